/*
 * CLUSTER and its like: this server is no node of a cluster, and answers as a Redis that is none. The
 * subcommands are known, so that a client learns that there is no cluster, and not that it asked wrongly.
 */
#include "server/commands/catalog/families.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"

static void refuse(struct call *call)
{
    reply_error(call->reply, SLICE(ERR_NO_CLUSTER));
}

#define STATE     CMD_STALE
#define CHANGE    (CMD_ADMIN | CMD_STALE | CMD_NO_ASYNC_LOADING)
#define QUESTION  (CMD_ADMIN | CMD_STALE)
#define CLUSTER   .group = "cluster", .cost = "O(1)", .reply = "an error", .summary = "There is no cluster."
#define OF_VALKEY CLUSTER, .origin = "Valkey"
#define VARIES    .tips = "nondeterministic_output"

static const struct command cluster_subcommands[] = {
    { "addslots", refuse, .syntax = "slot [slot ...]", .flags = CHANGE, CLUSTER, .since = "3.0.0" },
    { "addslotsrange", refuse, .syntax = "start-slot end-slot [start-slot end-slot ...]", .flags = CHANGE,
      CLUSTER, .since = "7.0.0" },
    { "bumpepoch", refuse, .syntax = "", .flags = CHANGE, CLUSTER, .since = "3.0.0", VARIES },
    { "cancelslotmigrations", refuse, .syntax = "", .flags = QUESTION, OF_VALKEY, .since = "9.0.0" },
    { "count-failure-reports", refuse, .syntax = "node-id", .flags = QUESTION, CLUSTER, .since = "3.0.0",
      VARIES },
    { "countkeysinslot", refuse, .syntax = "slot", .flags = STATE, CLUSTER, .since = "3.0.0" },
    { "delslots", refuse, .syntax = "slot [slot ...]", .flags = CHANGE, CLUSTER, .since = "3.0.0" },
    { "delslotsrange", refuse, .syntax = "start-slot end-slot [start-slot end-slot ...]", .flags = CHANGE,
      CLUSTER, .since = "7.0.0" },
    { "failover", refuse, .syntax = "[FORCE | TAKEOVER]", .flags = CHANGE, CLUSTER, .since = "3.0.0" },
    { "flushslot", refuse, .syntax = "slot [ASYNC | SYNC]", .flags = CHANGE, OF_VALKEY, .since = "9.0.0" },
    { "flushslots", refuse, .syntax = "", .flags = CHANGE, CLUSTER, .since = "3.0.0" },
    { "forget", refuse, .syntax = "node-id", .flags = CHANGE, CLUSTER, .since = "3.0.0" },
    { "getkeysinslot", refuse, .syntax = "slot count", .flags = STATE, CLUSTER, .since = "3.0.0", VARIES },
    { "getslotmigrations", refuse, .syntax = "", .flags = QUESTION, OF_VALKEY, .since = "9.0.0", VARIES },
    { "help", refuse, .syntax = "", .flags = CMD_LOADING | CMD_STALE, CLUSTER, .since = "5.0.0" },
    { "info", refuse, .syntax = "", .flags = STATE, CLUSTER, .since = "3.0.0", VARIES },
    { "keyslot", refuse, .syntax = "key", .flags = STATE, CLUSTER, .since = "3.0.0" },
    { "links", refuse, .syntax = "", .flags = STATE, CLUSTER, .since = "7.0.0", VARIES },
    { "meet", refuse, .syntax = "ip port [cluster_bus_port]", .flags = CHANGE, CLUSTER, .since = "3.0.0" },
    { "migrateslots", refuse, .syntax = "SLOTSRANGE start-slot end-slot NODE node-id", .flags = CHANGE,
      OF_VALKEY, .since = "9.0.0" },
    { "myid", refuse, .syntax = "", .flags = STATE, CLUSTER, .since = "3.0.0" },
    { "myshardid", refuse, .syntax = "", .flags = STATE, CLUSTER, .since = "7.2.0", VARIES },
    { "nodes", refuse, .syntax = "", .flags = STATE, CLUSTER, .since = "3.0.0", VARIES },
    { "replicas", refuse, .syntax = "node-id", .flags = QUESTION, CLUSTER, .since = "5.0.0", VARIES },
    { "replicate", refuse, .syntax = "node-id", .flags = CHANGE, CLUSTER, .since = "3.0.0" },
    { "reset", refuse, .syntax = "[HARD | SOFT]", .flags = CMD_ADMIN | CMD_NOSCRIPT | CMD_STALE, CLUSTER,
      .since = "3.0.0" },
    { "saveconfig", refuse, .syntax = "", .flags = CHANGE, CLUSTER, .since = "3.0.0" },
    { "set-config-epoch", refuse, .syntax = "config-epoch", .flags = CHANGE, CLUSTER, .since = "3.0.0" },
    { "setslot", refuse, .syntax = "slot <IMPORTING node-id | MIGRATING node-id | NODE node-id | STABLE>",
      .flags = CHANGE, CLUSTER, .since = "3.0.0" },
    { "shards", refuse, .syntax = "", .flags = STATE, CLUSTER, .since = "7.0.0", VARIES },
    { "slaves", refuse, .syntax = "node-id", .flags = QUESTION, CLUSTER, .since = "3.0.0", VARIES,
      .deprecated_since = "5.0.0", .replaced_by = "`CLUSTER REPLICAS`" },
    { "slot-stats", refuse,
      .syntax = "<SLOTSRANGE start-slot end-slot | ORDERBY metric [LIMIT limit] [ASC | DESC]>",
      .flags = CMD_STALE, OF_VALKEY, .since = "8.0.0", VARIES },
    { "slots", refuse, .syntax = "", .flags = STATE, CLUSTER, .since = "3.0.0", VARIES,
      .deprecated_since = "7.0.0", .replaced_by = "`CLUSTER SHARDS`" },
    { "syncslots", refuse, .syntax = "word [word ...]", .flags = CHANGE, OF_VALKEY, .since = "9.0.0" },
    { 0 },
};

const struct command cluster_commands[] = {
    { "cluster", .syntax = "", .group = "cluster", .tier = TIER_PASS | TIER_RUNS_ALONE, .since = "3.0.0",
      .cost = "Depends on the subcommand", .summary = "About a cluster, which there is not.",
      .subcommands = cluster_subcommands },
    { "clusterscan", refuse, .syntax = "cursor [MATCH match-pattern] [COUNT count] [TYPE type] [SLOT slot]",
      .flags = CMD_READONLY, .categories = ACL_KEYSPACE, .tier = TIER_PASS | TIER_RUNS_ALONE, OF_VALKEY,
      .since = "9.1.0", .tips = "nondeterministic_output request_policy:special response_policy:special" },
    { "asking", refuse, .syntax = "", .flags = CMD_FAST, .categories = ACL_CONNECTION,
      .tier = TIER_PASS | TIER_RUNS_ALONE, .kind = KIND_CLUSTER, CLUSTER, .since = "3.0.0" },
    { "readonly", refuse, .syntax = "", .flags = CMD_LOADING | CMD_STALE | CMD_FAST,
      .categories = ACL_CONNECTION, .tier = TIER_PASS | TIER_RUNS_ALONE, .kind = KIND_CLUSTER, CLUSTER,
      .since = "3.0.0" },
    { "readwrite", refuse, .syntax = "", .flags = CMD_LOADING | CMD_STALE | CMD_FAST,
      .categories = ACL_CONNECTION, .tier = TIER_PASS | TIER_RUNS_ALONE, .kind = KIND_CLUSTER, CLUSTER,
      .since = "3.0.0" },
    { 0 },
};
