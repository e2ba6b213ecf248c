#include "server/commands/families.h"

#include <stddef.h>

/* One a line, so that a new family is a line. */
/* clang-format off */
const struct command *const command_families[] = {
    string_commands,
    string_range_commands,
    counter_commands,
    lcs_commands,
    hash_commands,
    hash_counter_commands,
    hash_random_commands,
    set_commands,
    set_random_commands,
    set_algebra_commands,
    list_commands,
    list_position_commands,
    list_move_commands,
    sort_commands,
    bit_commands,
    bitfield_commands,
    hyperloglog_commands,
    key_commands,
    key_copy_commands,
    expire_commands,
    scan_commands,
    object_commands,
    connection_commands,
    client_commands,
    config_commands,
    info_commands,
    command_commands,
    server_commands,
    memory_commands,
    slowlog_commands,
    latency_commands,
    monitor_commands,
    debug_commands,
    shutdown_commands,
    nearcache_commands,
    NULL,
};
/* clang-format on */
