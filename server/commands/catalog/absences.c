#include "server/commands/catalog/absences.h"

#define NO_VECTORS "of a module's type: this server has no modules"
#define NO_LOG     "`SLOWLOG` tells what was slow, and nothing what was large"

const struct absence absences[] = {
    { "commandlog", NO_LOG }, { "vadd", NO_VECTORS },
    { "vcard", NO_VECTORS },  { "vdim", NO_VECTORS },
    { "vemb", NO_VECTORS },   { "vgetattr", NO_VECTORS },
    { "vinfo", NO_VECTORS },  { "vismember", NO_VECTORS },
    { "vlinks", NO_VECTORS }, { "vrandmember", NO_VECTORS },
    { "vrem", NO_VECTORS },   { "vsetattr", NO_VECTORS },
    { "vsim", NO_VECTORS },   { 0 },
};
