#include "server/commands/catalog/wording.h"

#include <stddef.h>

const char *const command_flag_names[] = {
    "write",    "readonly",     "denyoom",           "admin",
    "pubsub",   "noscript",     "blocking",          "loading",
    "stale",    "skip_monitor", "skip_slowlog",      "asking",
    "fast",     "no_auth",      "no_mandatory_keys", "no_async_loading",
    "no_multi", "movablekeys",  "allow_busy",        NULL,
};

const char *const key_use_names[] = {
    "RO",      "RW",         "OW", "RM", "access", "update", "insert", "delete", "variable_flags",
    "not_key", "incomplete", NULL,
};
