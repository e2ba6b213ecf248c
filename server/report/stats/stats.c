#include "server/report/stats/stats.h"

#include <unistd.h>

#include "proto/base/json.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/core/totals.h"
#include "server/events/tracking/tracking.h"
#include "server/exec/acl/acl_check.h"
#include "server/exec/acl/user.h"
#include "server/exec/command/table.h"
#include "server/exec/session/session.h"
#include "server/observe/counters.h"
#include "server/report/figures.h"
#include "server/report/sampler.h"
#include "server/report/stats/stats_parts.h"
#include "storage/keyspace/keyspace.h"
#include "storage/shard/database_set.h"
#include "storage/shard/shard.h"

static const struct {
    enum stats_part part;
    struct slice name; /* as Redis would give it, whatever clients call it here */
    struct slice argv[2];
    int argc;
} commands[] = {
    { STATS_INFO, SLICE("info"), { SLICE("info") }, 1 },
    { STATS_TOP, SLICE("cache|top"), { SLICE("cache"), SLICE("top") }, 2 },
    { STATS_SLOWLOG, SLICE("slowlog|get"), { SLICE("slowlog"), SLICE("get") }, 2 },
    { STATS_CLIENTS, SLICE("client|list"), { SLICE("client"), SLICE("list") }, 2 },
    { STATS_WHY, SLICE("nearcache|why"), { SLICE("nearcache"), SLICE("why") }, 2 },
};

unsigned stats_parts_of(const struct session *session)
{
    const struct command_table *table = session->loop->server->commands;
    bool restricted = session->gates & GATE_RESTRICTED && session->user != NULL;
    unsigned parts = 0;
    for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
        const struct command_info *command = command_table_find_original(table, commands[i].name);
        if (command == NULL) continue; /* nobody may, by rename-command */
        struct acl_finding found = { ACL_GRANTED, 0 };
        if (restricted) found = acl_check(session->user, command, commands[i].argv, commands[i].argc);
        if (found.denial == ACL_GRANTED) parts |= commands[i].part;
    }
    return parts;
}

bool stats_parts_are_out(const struct session *session, unsigned parts)
{
    const struct command_table *table = session->loop->server->commands;
    for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
        if ((parts & commands[i].part) && command_table_find_original(table, commands[i].name) != NULL)
            return false;
    return true;
}

/* Under another name. */
struct renamed {
    const char *name;
    struct slice figure;
};

static void write_figures(const struct figures *figures, const struct renamed *list, size_t len,
                          struct buffer *out)
{
    for (size_t i = 0; i < len; i++) {
        struct slice value = figures_find(figures, list[i].figure);
        json_name(out, list[i].name);
        if (value.data == NULL)
            json_null(out);
        else
            json_number_or_text(out, value);
    }
}

#define WRITE_FIGURES(figures, list, out) write_figures(figures, list, sizeof(list) / sizeof(*(list)), out)

/* All that begin with `prefix`, without it. */
static void write_section(const struct figures *figures, struct slice prefix, struct buffer *out)
{
    for (size_t i = 0; i < figures->len; i++) {
        struct slice name = figures->items[i].name;
        char text[128];
        if (name.len <= prefix.len || memcmp(name.data, prefix.data, prefix.len) != 0) continue;
        slice_to_cstr(slice_of(name.data + prefix.len, name.len - prefix.len), text, sizeof(text));
        json_name(out, text);
        json_number_or_text(out, figures->items[i].value);
    }
}

static void write_server(const struct stats_request *request, const struct figures *figures,
                         struct buffer *out)
{
    static const struct renamed list[] = {
        { "version", SLICE("nuthatch_version") },
        { "pid", SLICE("process_id") },
        { "uptime_s", SLICE("uptime_in_seconds") },
        { "loops", SLICE("threads") },
    };
    const char *mode = request->server->tier != NULL ? "near cache" : "standalone";
    const char *user = user_text(request->session->user);
    json_name(out, "server");
    json_open(out, '{');
    json_name(out, "name");
    json_text(out, SLICE("nuthatch"));
    WRITE_FIGURES(figures, list, out);
    json_name(out, "mode");
    json_text(out, slice_of(mode, strlen(mode)));
    json_name(out, "now_ms");
    json_i64(out, server_now_ms(request->server));
    json_name(out, "user");
    json_text(out, slice_of(user, strlen(user)));
    json_close(out, '}');
}

static void write_memory(const struct stats_request *request, const struct figures *figures,
                         struct buffer *out)
{
    static const struct renamed list[] = {
        { "used", SLICE("used_memory") },
        { "max", SLICE("maxmemory") },
        { "peak", SLICE("used_memory_peak") },
        { "rss", SLICE("used_memory_rss") },
        { "fragmentation", SLICE("mem_fragmentation_ratio") },
        { "policy", SLICE("maxmemory_policy") },
        { "lua", SLICE("used_memory_lua") },
        { "dataset", SLICE("used_memory_dataset") },
        { "clients", SLICE("mem_clients_normal") },
    };
    json_name(out, "memory");
    json_open(out, '{');
    WRITE_FIGURES(figures, list, out);
    json_name(out, "tracked");
    json_u64(out, tracking_bytes(request->server->tracking));
    json_close(out, '}');
}

static void write_databases(const struct keyspace *keyspace, struct buffer *out)
{
    json_name(out, "dbs");
    json_open(out, '[');
    DATABASE_SET_EACH(keyspace_used_databases(keyspace), db)
    {
        size_t keys = keyspace_len(keyspace, db);
        if (keys == 0) continue;
        json_open(out, '{');
        json_name(out, "db");
        json_u64(out, db);
        json_name(out, "keys");
        json_u64(out, keys);
        json_name(out, "expires");
        json_u64(out, keyspace_deadlines(keyspace, db));
        json_close(out, '}');
    }
    json_close(out, ']');
}

static void write_keys(const struct stats_request *request, struct buffer *out)
{
    const struct keyspace *keyspace = request->server->keyspace;
    uint64_t total = 0, expiring = 0;
    DATABASE_SET_EACH(keyspace_used_databases(keyspace), db)
    {
        total += keyspace_len(keyspace, db);
        expiring += keyspace_deadlines(keyspace, db);
    }
    json_name(out, "keys");
    json_open(out, '{');
    json_name(out, "total");
    json_u64(out, total);
    json_name(out, "expiring");
    json_u64(out, expiring);
    write_databases(keyspace, out);
    json_close(out, '}');
}

static void write_totals(const struct stats_request *request, const struct figures *figures,
                         struct buffer *out)
{
    static const struct renamed list[] = {
        { "commands", SLICE("total_commands_processed") },
        { "evicted", SLICE("evicted_keys") },
        { "expired", SLICE("expired_keys") },
        { "in_bytes", SLICE("total_net_input_bytes") },
        { "out_bytes", SLICE("total_net_output_bytes") },
        { "connections", SLICE("total_connections_received") },
        { "rejected", SLICE("rejected_connections") },
        { "errors", SLICE("total_error_replies") },
        { "clients", SLICE("connected_clients") },
        { "blocked", SLICE("blocked_clients") },
        { "tracking", SLICE("tracking_clients") },
        { "ops_per_s", SLICE("instantaneous_ops_per_sec") },
    };
    struct sampler_reads reads = sampler_reads(request->server);
    json_name(out, "totals");
    json_open(out, '{');
    WRITE_FIGURES(figures, list, out);
    json_name(out, "hits");
    json_u64(out, reads.hits);
    json_name(out, "misses");
    json_u64(out, reads.misses);
    json_name(out, "invalidated");
    json_u64(out, reads.invalidated);
    json_close(out, '}');
}

static void write_cache(const struct figures *figures, struct buffer *out)
{
    static const struct renamed leases[] = { { "now", SLICE("cache_leases") },
                                             { "waiters", SLICE("cache_waiters") } };
    json_name(out, "cache");
    json_open(out, '{');
    write_section(figures, SLICE("cache_"), out);
    json_close(out, '}');
    json_name(out, "leases");
    json_open(out, '{');
    WRITE_FIGURES(figures, leases, out);
    json_close(out, '}');
}

/* Of copies there are as many as keys. */
static void write_nearcache(const struct stats_request *request, const struct figures *figures,
                            struct buffer *out)
{
    static const struct renamed list[] = { { "rtt_us", SLICE("nearcache_rtt_p50_usec") },
                                           { "bytes", SLICE("used_memory_dataset") },
                                           { "pushes", SLICE("nearcache_invalidations") } };
    json_name(out, "nearcache");
    if (request->server->tier == NULL) {
        json_null(out);
        return;
    }
    const struct keyspace *keyspace = request->server->keyspace;
    uint64_t copies = 0;
    DATABASE_SET_EACH(keyspace_used_databases(keyspace), db) copies += keyspace_len(keyspace, db);
    json_open(out, '{');
    write_section(figures, SLICE("nearcache_"), out);
    WRITE_FIGURES(figures, list, out);
    json_name(out, "copies");
    json_u64(out, copies);
    json_close(out, '}');
}

static void write_info(const struct stats_request *request, struct buffer *out)
{
    struct figures figures = { 0 };
    figures_read(&figures, request->server);
    write_server(request, &figures, out);
    write_memory(request, &figures, out);
    write_keys(request, out);
    write_cache(&figures, out);
    write_totals(request, &figures, out);
    write_nearcache(request, &figures, out);
    figures_clear(&figures);
    stats_write_history(request, out);
    stats_write_commands(request, out);
}

void stats_write(const struct stats_request *request, struct buffer *out)
{
    json_open(out, '{');
    if (request->parts & STATS_INFO) write_info(request, out);
    if (request->parts & STATS_TOP) stats_write_top(request, out);
    if (request->parts & STATS_SLOWLOG) stats_write_slowlog(request, out);
    if (request->parts & STATS_CLIENTS) {
        json_name(out, "clients");
        json_raw(out, request->clients);
    }
    json_close(out, '}');
    buffer_append(out, "\n", 1);
}
