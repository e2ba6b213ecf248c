/*
 * MEMORY: where the bytes are.
 */
#include <stdbool.h>
#include <stdint.h>

#include "proto/base/buffer.h"
#include "proto/reply.h"
#include "server/commands/admin/help.h"
#include "server/commands/catalog/families.h"
#include "server/core/server.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"
#include "server/memory/client_account.h"
#include "server/memory/memory_marks.h"
#include "server/memory/memory_use.h"
#include "server/report/allocator_report.h"
#include "storage/entry/entry.h"
#include "storage/keyspace/keyspace.h"
#include "storage/shard/database_set.h"
#include "storage/shard/shard.h"
#include "storage/table/table.h"

/* Nothing is estimated from samples here, but SAMPLES is read as if it were. False: an error has been
 * replied. */
static bool read_samples(struct call *call)
{
    int64_t samples = 0;
    for (int i = 3; i < call->argc; i += 2) {
        bool named = call_arg_is(call, i, "SAMPLES") && i + 1 < call->argc;
        if (named && !call_arg_int(call, i + 1, &samples)) return false;
        if (named && samples >= 0) continue;
        reply_error(call->reply, SLICE(ERR_SYNTAX));
        return false;
    }
    return true;
}

static void usage(struct call *call)
{
    if (!read_samples(call)) return;
    const struct entry *entry = call_peek(call, 2);
    if (entry == NULL) {
        reply_null(call->reply);
        return;
    }
    reply_int(call->reply, (int64_t)(entry_real_size(entry) + TABLE_SLOT_BYTES));
}

static void reply_number(struct reply *reply, const char *name, int64_t value)
{
    reply_bulk_cstr(reply, name);
    reply_int(reply, value);
}

/* `part` of `whole`, times `scale`; 0 of nothing. */
static void reply_ratio(struct reply *reply, const char *name, int64_t part, int64_t whole, double scale)
{
    reply_bulk_cstr(reply, name);
    reply_double(reply, whole != 0 ? (double)part * scale / (double)whole : 0.0);
}

/* What STATS tells is drawn from these. */
struct facts {
    struct memory_use process;
    int64_t used;
    int64_t peak;
    int64_t at_start;
    int64_t keys;
    int64_t clients;  /* what is on their accounts */
    int64_t entries;  /* bytes of keys and values */
    int64_t keyspace; /* those and the tables they stand in */
};

static struct facts facts_of(const struct call *call)
{
    struct server *server = call->server;
    struct shard_stats sums = keyspace_stats(server->keyspace);
    struct facts facts = {
        .process = memory_use_of(server),
        .peak = (int64_t)memory_marks_peak(server),
        .at_start = (int64_t)memory_marks_at_start(server),
        .clients = (int64_t)client_account_held(server),
        .entries = (int64_t)sums.entry_bytes,
        .keyspace = (int64_t)sums.bytes,
    };
    facts.used = (int64_t)facts.process.allocated;
    if (facts.peak < facts.used) facts.peak = facts.used;
    DATABASE_SET_EACH(keyspace_used_databases(server->keyspace), db)
    {
        facts.keys += (int64_t)keyspace_len(server->keyspace, db);
    }
    return facts;
}

/* The part of the tables that belongs to each database with keys, by its share of them. Other loops may be
 * adding and removing keys meanwhile. Returns how many databases it told of. */
static size_t reply_databases(struct call *call, const struct facts *facts)
{
    size_t databases = 0;
    DATABASE_SET_EACH(keyspace_used_databases(call->server->keyspace), db)
    {
        int64_t keys = (int64_t)keyspace_len(call->server->keyspace, db);
        if (keys == 0) continue;
        int64_t all = keys > facts->keys ? keys : facts->keys;
        double share = (double)keys / (double)all;
        reply_bulkf(call->reply, "db.%u", db);
        reply_map(call->reply, 3);
        reply_number(call->reply, "overhead.hashtable.main",
                     (int64_t)(share * (double)(facts->keyspace - facts->entries)));
        reply_number(call->reply, "overhead.hashtable.expires", 0);
        reply_number(call->reply, "overhead.hashtable.slot-to-keys", 0);
        databases++;
    }
    return databases;
}

#define OVERHEAD_PAIRS 10

static void reply_overheads(struct reply *reply, const struct facts *facts)
{
    reply_number(reply, "peak.allocated", facts->peak);
    reply_number(reply, "total.allocated", facts->used);
    reply_number(reply, "startup.allocated", facts->at_start);
    reply_number(reply, "replication.backlog", 0);
    reply_number(reply, "clients.slaves", 0);
    reply_number(reply, "clients.normal", facts->clients);
    reply_number(reply, "cluster.links", 0);
    reply_number(reply, "aof.buffer", 0);
    reply_number(reply, "lua.caches", 0);
    reply_number(reply, "functions.caches", 0);
}

#define TOTAL_PAIRS 6

static void reply_totals(struct reply *reply, const struct facts *facts)
{
    int64_t overhead = facts->used > facts->entries ? facts->used - facts->entries : 0;
    reply_number(reply, "overhead.total", overhead);
    reply_number(reply, "keys.count", facts->keys);
    reply_number(reply, "keys.bytes-per-key", facts->keys > 0 ? facts->keyspace / facts->keys : 0);
    reply_number(reply, "dataset.bytes", facts->entries);
    reply_ratio(reply, "dataset.percentage", facts->entries, facts->used, 100);
    reply_ratio(reply, "peak.percentage", facts->used, facts->peak, 100);
}

#define ALLOCATOR_PAIRS 11

static void reply_allocator(struct reply *reply, const struct facts *facts)
{
    int64_t allocated = (int64_t)facts->process.allocated;
    int64_t active = (int64_t)facts->process.active;
    int64_t resident = (int64_t)facts->process.resident;
    int64_t rss = (int64_t)facts->process.rss;
    reply_number(reply, "allocator.allocated", allocated);
    reply_number(reply, "allocator.active", active);
    reply_number(reply, "allocator.resident", resident);
    reply_ratio(reply, "allocator-fragmentation.ratio", active, allocated, 1);
    reply_number(reply, "allocator-fragmentation.bytes", active - allocated);
    reply_ratio(reply, "allocator-rss.ratio", resident, active, 1);
    reply_number(reply, "allocator-rss.bytes", resident - active);
    reply_ratio(reply, "rss-overhead.ratio", rss, resident, 1);
    reply_number(reply, "rss-overhead.bytes", rss - resident);
    reply_ratio(reply, "fragmentation", rss, facts->used, 1);
    reply_number(reply, "fragmentation.bytes", rss - facts->used);
}

static void stats(struct call *call)
{
    struct facts facts = facts_of(call);
    struct reply_mark mark = reply_open_counted(call->reply);
    reply_overheads(call->reply, &facts);
    size_t databases = reply_databases(call, &facts);
    reply_totals(call->reply, &facts);
    reply_allocator(call->reply, &facts);
    reply_close_map(call->reply, mark, OVERHEAD_PAIRS + TOTAL_PAIRS + ALLOCATOR_PAIRS + databases);
}

/* Below this much there is nothing to find that would matter. */
#define DOCTOR_LEAST_BYTES (5 << 20)

static void doctor(struct call *call)
{
    struct facts facts = facts_of(call);
    int64_t rss = (int64_t)facts.process.rss;
    struct buffer report = { 0 };
    if (facts.used < DOCTOR_LEAST_BYTES) {
        buffer_printf(&report, "Less than 5 MB are in use: too little to tell anything from.\n");
    } else {
        if (facts.peak > facts.used + facts.used / 2)
            buffer_printf(&report, "Peak: %lld bytes were once in use, now it is %lld.\n",
                          (long long)facts.peak, (long long)facts.used);
        if (rss > facts.used + facts.used * 2 / 5)
            buffer_printf(&report,
                          "Fragmentation: the process holds %lld bytes for %lld in use. See MEMORY PURGE.\n",
                          (long long)rss, (long long)facts.used);
        if (report.len == 0) buffer_printf(&report, "No memory problem found.\n");
    }
    reply_verbatim(call->reply, "txt", buffer_slice(&report));
    buffer_clear(&report);
}

static void purge(struct call *call)
{
    memory_purge();
    reply_ok(call->reply);
}

static void malloc_stats(struct call *call)
{
    struct buffer report = { 0 };
    if (!allocator_report(&report)) buffer_printf(&report, "Stats not supported for the current allocator");
    reply_verbatim(call->reply, "txt", buffer_slice(&report));
    buffer_clear(&report);
}

static void help(struct call *call)
{
    static const char *const lines[] = {
        "DOCTOR",
        "    Return memory problems reports.",
        "MALLOC-STATS",
        "    Return internal statistics report from the memory allocator.",
        "PURGE",
        "    Attempt to purge dirty pages for reclamation by the allocator.",
        "STATS",
        "    Return information about the memory usage of the server.",
        "USAGE <key> [SAMPLES <count>]",
        "    Return memory in bytes used by <key> and its value. Nested values are",
        "    sampled up to <count> times (default: 5, 0 means sample all).",
        NULL,
    };
    help_reply(call, lines);
}

#define MEMORY_GROUP  .group = "server", .since = "4.0.0"
#define OF_ALL_SHARDS "nondeterministic_output request_policy:all_shards response_policy:special"

static const struct command subcommands[] = {
    { "doctor", doctor, .syntax = "", .flags = CMD_APART, MEMORY_GROUP, .cost = "O(1)",
      .reply = "verbatim string", .summary = "Report problems with memory.", .tips = OF_ALL_SHARDS },
    { "help", help, .syntax = "", .flags = CMD_LOADING | CMD_STALE, MEMORY_GROUP, .cost = "O(1)",
      .reply = "array of lines", .summary = "Explain the subcommands." },
    { "malloc-stats", malloc_stats, .syntax = "", .flags = CMD_APART, MEMORY_GROUP,
      .cost = "depends on the allocator, could be slow", .reply = "verbatim string",
      .summary = "Show the allocator's own report.", .tips = OF_ALL_SHARDS },
    { "purge", purge, .syntax = "", .flags = CMD_APART, MEMORY_GROUP,
      .cost = "depends on the memory that is free, could be slow", .reply = "OK",
      .summary = "Make the allocator give free memory back.",
      .tips = "request_policy:all_shards response_policy:all_succeeded" },
    { "stats", stats, .syntax = "", .flags = CMD_APART, MEMORY_GROUP, .cost = "O(1)", .reply = "map",
      .summary = "Tell what memory is used for.", .tips = OF_ALL_SHARDS },
    { "usage", usage, .syntax = "key [SAMPLES count]", .keys = { KEY(2, KEY_RO) }, .flags = CMD_READONLY,
      MEMORY_GROUP, .cost = "O(1)", .reply = "integer, or null",
      .summary = "Tell how many bytes a key takes." },
    { 0 },
};

const struct command memory_commands[] = {
    { "memory", NULL, .syntax = "", MEMORY_GROUP, .tier = TIER_PASS | TIER_RUNS_ALONE,
      .cost = "depends on the subcommand", .reply = "", .summary = "About the memory of the server.",
      .subcommands = subcommands },
    { 0 },
};
