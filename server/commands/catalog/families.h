/*
 * families.h - the rows of every family of commands.
 *
 * Each array stands in its family's file and ends with an empty row. A new family is declared here and listed
 * in families.c, in the order in which COMMAND tells them.
 *
 * Threads: immutable.
 */
#ifndef SERVER_COMMANDS_CATALOG_FAMILIES_H
#define SERVER_COMMANDS_CATALOG_FAMILIES_H

#include "server/exec/command/command.h"

extern const struct command string_commands[];
extern const struct command string_pairs_commands[];
extern const struct command string_compared_commands[];
extern const struct command string_range_commands[];
extern const struct command counter_commands[];
extern const struct command lcs_commands[];
extern const struct command hash_commands[];
extern const struct command hash_counter_commands[];
extern const struct command hash_random_commands[];
extern const struct command hash_expire_commands[];
extern const struct command hash_exchange_commands[];
extern const struct command set_commands[];
extern const struct command set_random_commands[];
extern const struct command set_algebra_commands[];
extern const struct command list_commands[];
extern const struct command list_position_commands[];
extern const struct command list_move_commands[];
extern const struct command list_blocking_commands[];
extern const struct command sort_commands[];
extern const struct command bit_commands[];
extern const struct command bitfield_commands[];
extern const struct command hyperloglog_commands[];
extern const struct command stream_commands[];
extern const struct command stream_add_commands[];
extern const struct command stream_remove_commands[];
extern const struct command stream_read_commands[];
extern const struct command stream_read_group_commands[];
extern const struct command stream_group_commands[];
extern const struct command stream_pending_commands[];
extern const struct command stream_claim_commands[];
extern const struct command stream_info_commands[];
extern const struct command eval_commands[];
extern const struct command script_commands[];
extern const struct command fcall_commands[];
extern const struct command function_commands[];
extern const struct command key_commands[];
extern const struct command key_copy_commands[];
extern const struct command expire_commands[];
extern const struct command scan_commands[];
extern const struct command object_commands[];
extern const struct command dump_commands[];
extern const struct command restore_commands[];
extern const struct command migrate_commands[];
extern const struct command zset_add_commands[];
extern const struct command zset_commands[];
extern const struct command zset_range_commands[];
extern const struct command zset_pop_commands[];
extern const struct command zset_blocking_commands[];
extern const struct command zset_random_commands[];
extern const struct command zset_algebra_commands[];
extern const struct command geo_commands[];
extern const struct command geo_search_commands[];
extern const struct command command_commands[];
extern const struct command server_commands[];
extern const struct command persistence_commands[];
extern const struct command replication_commands[];
extern const struct command cluster_commands[];
extern const struct command module_commands[];
extern const struct command memory_commands[];
extern const struct command hotkeys_commands[];

extern const struct command client_commands[];
extern const struct command config_commands[];
extern const struct command info_commands[];
extern const struct command connection_commands[];
extern const struct command transaction_commands[];

extern const struct command acl_commands[];
extern const struct command slowlog_commands[];
extern const struct command latency_commands[];
extern const struct command monitor_commands[];
extern const struct command subscribe_commands[];
extern const struct command publish_commands[];
extern const struct command pubsub_commands[];
extern const struct command debug_commands[];
extern const struct command shutdown_commands[];
extern const struct command nearcache_commands[];
extern const struct command cache_commands[];

/* All of them, ended by NULL. */
extern const struct command *const command_families[];

#endif
