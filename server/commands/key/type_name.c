#include "server/commands/key/type_name.h"

const char *type_name(enum entry_type type)
{
    static const char *const names[] = {
        [ENTRY_STRING] = "string", [ENTRY_LIST] = "list", [ENTRY_SET] = "set",
        [ENTRY_ZSET] = "zset",     [ENTRY_HASH] = "hash", [ENTRY_STREAM] = "stream",
    };
    return names[type];
}
