#include "server/commands/catalog/absences.h"

#define NO_ACL     "not there yet: there is one user, `default`, with or without a password"
#define NO_SCRIPTS "not there yet: no scripts and no functions are run"
#define NO_VECTORS "of a module's type: this server has no modules"
#define NO_LOG     "not there yet: `SLOWLOG` tells what was slow, and nothing what was large"

const struct absence absences[] = {
    { "acl", NO_ACL },
    { "commandlog", NO_LOG },
    { "eval", NO_SCRIPTS },
    { "eval_ro", NO_SCRIPTS },
    { "evalsha", NO_SCRIPTS },
    { "evalsha_ro", NO_SCRIPTS },
    { "fcall", NO_SCRIPTS },
    { "fcall_ro", NO_SCRIPTS },
    { "function", NO_SCRIPTS },
    { "script", NO_SCRIPTS },
    { "vadd", NO_VECTORS },
    { "vcard", NO_VECTORS },
    { "vdim", NO_VECTORS },
    { "vemb", NO_VECTORS },
    { "vgetattr", NO_VECTORS },
    { "vinfo", NO_VECTORS },
    { "vismember", NO_VECTORS },
    { "vlinks", NO_VECTORS },
    { "vrandmember", NO_VECTORS },
    { "vrem", NO_VECTORS },
    { "vsetattr", NO_VECTORS },
    { "vsim", NO_VECTORS },
    { 0 },
};
