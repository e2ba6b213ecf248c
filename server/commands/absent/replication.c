/*
 * Replication, which this server does not do: it is a master without replicas, and stays one. What would make
 * it a replica, or somebody else a replica of it, is refused.
 */
#include "server/commands/catalog/families.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"
#include "server/exec/errors/errors_absent.h"

#define PORT_MAX    65535
#define ADDRESS_MAX 255 /* as long as Redis takes it */

static void refuse(struct call *call, const char *what)
{
    reply_errorf(call->reply, ERR_NO_REPLICATION_FMT, what);
}

static void replicaof(struct call *call)
{
    int64_t port;
    if (call_arg_is(call, 1, "no") && call_arg_is(call, 2, "one")) {
        reply_ok(call->reply);
    } else if (call_arg_int_or(call, 2, &port, SLICE(ERR_MASTER_PORT))) {
        if (port < 0 || port > PORT_MAX)
            reply_error(call->reply, SLICE(ERR_MASTER_PORT));
        else
            refuse(call, "REPLICAOF");
    }
}

static void sync(struct call *call)
{
    refuse(call, "SYNC");
}

static void psync(struct call *call)
{
    int64_t offset;
    if (call_arg_int(call, 2, &offset)) refuse(call, "PSYNC");
}

static bool read_zero_or_one(struct call *call, int arg)
{
    int64_t value;
    if (!call_arg_int(call, arg, &value)) return false;
    if (value == 0 || value == 1) return true;
    reply_error(call->reply, SLICE(ERR_ZERO_OR_ONE));
    return false;
}

static bool read_address(struct call *call, int arg)
{
    if (call->argv[arg].len <= ADDRESS_MAX) return true;
    reply_errorf(call->reply, ERR_REPLICA_ADDRESS_FMT, call->argv[arg].len);
    return false;
}

static bool read_filter(struct call *call, int arg)
{
    if (call->argv[arg].len == 0 || call_arg_is(call, arg, "functions")) return true;
    reply_errorf(call->reply, ERR_REPLICA_FILTER_FMT, (int)call->argv[arg].len, call->argv[arg].data);
    return false;
}

/* What a replica says of itself. False: replied, or it is something that is never answered. */
static bool read_replica_option(struct call *call, int arg)
{
    int64_t port;
    if (call_arg_is(call, arg, "listening-port")) return call_arg_int(call, arg + 1, &port);
    if (call_arg_is(call, arg, "ip-address")) return read_address(call, arg + 1);
    if (call_arg_is(call, arg, "capa")) return true;
    if (call_arg_is(call, arg, "rdb-only")) return read_zero_or_one(call, arg + 1);
    if (call_arg_is(call, arg, "rdb-filter-only")) return read_filter(call, arg + 1);
    if (call_arg_is(call, arg, "ack") || call_arg_is(call, arg, "getack")) return false;
    reply_errorf(call->reply, ERR_REPLCONF_FMT, (int)call->argv[arg].len, call->argv[arg].data);
    return false;
}

/* Polite to a replica until it asks for data. */
static void replconf(struct call *call)
{
    if (call->argc % 2 == 0) {
        reply_error(call->reply, SLICE(ERR_SYNTAX));
        return;
    }
    for (int arg = 1; arg < call->argc; arg += 2)
        if (!read_replica_option(call, arg)) return;
    reply_ok(call->reply);
}

struct wish {
    bool host, force, timeout, abort;
};

static bool read_timeout(struct call *call, int arg)
{
    int64_t timeout_ms;
    if (!call_arg_int(call, arg, &timeout_ms)) return false;
    if (timeout_ms > 0) return true;
    reply_error(call->reply, SLICE(ERR_FAILOVER_TIMEOUT));
    return false;
}

/* False: replied. */
static bool read_wish(struct call *call, struct wish *wish)
{
    int64_t port;
    for (int arg = 1; arg < call->argc; arg++) {
        int left = call->argc - arg - 1;
        if (call_arg_is(call, arg, "timeout") && left >= 1 && !wish->timeout) {
            wish->timeout = true;
            if (!read_timeout(call, ++arg)) return false;
        } else if (call_arg_is(call, arg, "abort") && call->argc == 2) {
            wish->abort = true;
        } else if (call_arg_is(call, arg, "to") && left >= 2 && !wish->host) {
            wish->host = true;
            if (!call_arg_int(call, arg += 2, &port)) return false;
        } else if (call_arg_is(call, arg, "force") && !wish->force) {
            wish->force = true;
        } else {
            reply_error(call->reply, SLICE(ERR_SYNTAX));
            return false;
        }
    }
    return true;
}

static void failover(struct call *call)
{
    struct wish wish = { 0 };
    if (!read_wish(call, &wish)) return;
    reply_error(call->reply, wish.abort ? SLICE(ERR_NO_FAILOVER) : SLICE(ERR_FAILOVER_REPLICAS));
}

/* A master at replication offset 0, without replicas. */
static void role(struct call *call)
{
    reply_array(call->reply, 3);
    reply_bulk_cstr(call->reply, "master");
    reply_int(call->reply, 0);
    reply_array(call->reply, 0);
}

#define REPLICATION .group = "server", .cost = "O(1)"
#define PASSED      .tier = (TIER_PASS | TIER_RUNS_ALONE)
#define CHANGE      (CMD_ADMIN | CMD_NOSCRIPT | CMD_STALE | CMD_NO_ASYNC_LOADING)
#define COPYING     (CMD_ADMIN | CMD_NOSCRIPT | CMD_NO_ASYNC_LOADING | CMD_NO_MULTI)

const struct command replication_commands[] = {
    { "role", role, .syntax = "", .flags = CMD_NOSCRIPT | CMD_LOADING | CMD_STALE | CMD_FAST,
      .categories = ACL_ADMIN | ACL_DANGEROUS, REPLICATION, PASSED, .since = "2.8.12",
      .reply = "array: master, offset, replicas",
      .summary = "Tell the role in replication: always a master." },
    { "replicaof", replicaof, .syntax = "<host port | NO ONE>", .flags = CHANGE, REPLICATION, PASSED,
      .since = "5.0.0", .reply = "OK to NO ONE, otherwise an error",
      .summary = "Become a replica, which this server does not." },
    { "slaveof", replicaof, .syntax = "<host port | NO ONE>", .flags = CHANGE, REPLICATION, PASSED,
      .since = "1.0.0", .reply = "OK to NO ONE, otherwise an error",
      .summary = "Become a replica, which this server does not.", .deprecated_since = "5.0.0",
      .replaced_by = "`REPLICAOF`" },
    { "replconf", replconf, .syntax = "[option value [option value ...]]",
      .flags = CMD_ADMIN | CMD_NOSCRIPT | CMD_LOADING | CMD_STALE | CMD_ALLOW_BUSY | CMD_SYSTEM, REPLICATION,
      .tier = TIER_PASS, .kind = KIND_FORBIDDEN, .since = "3.0.0", .reply = "OK, or none",
      .summary = "What a replica says of itself." },
    { "sync", sync, .syntax = "", .flags = COPYING, REPLICATION, .tier = TIER_PASS, .kind = KIND_FORBIDDEN,
      .since = "1.0.0", .reply = "an error", .summary = "Copy everything to a replica, which cannot be." },
    { "psync", psync, .syntax = "replicationid offset [FAILOVER]", .flags = COPYING, REPLICATION,
      .tier = TIER_PASS, .kind = KIND_FORBIDDEN, .since = "2.8.0", .reply = "an error",
      .summary = "Copy what a replica lacks, which cannot be." },
    { "failover", failover, .syntax = "[TO host port [FORCE]] [ABORT] [TIMEOUT milliseconds]",
      .flags = CMD_ADMIN | CMD_NOSCRIPT | CMD_STALE, REPLICATION, PASSED, .since = "6.2.0",
      .reply = "an error", .summary = "Let a replica become the master. There is none." },
    { 0 },
};
