/*
 * replay - send recorded requests to a server and say how many it could answer.
 *
 * A read is GET and, on a miss, SET with the size and TTL that the trace knows: what an application with a
 * cache does. With --pipeline N, up to N requests for different keys go out together: first all GETs, SETs
 * and DELs of the group, then the SETs for those GETs that missed. A key that comes again ends the group, so
 * that each key sees its requests in the order of the trace.
 *
 * Traces are sent as fast as the server answers; times in them are not waited for. Every trace has keys of
 * its own.
 *
 * Exit status 1 when a server replied an error.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/load/address.h"
#include "bench/load/clock.h"
#include "bench/load/exchange.h"
#include "bench/load/options.h"
#include "bench/load/program.h"
#include "bench/load/table.h"
#include "bench/load/trace.h"
#include "proto/base/alloc.h"

#define KEY_BYTES_DEFAULT 16
#define KEY_BYTES_MAX     1024

struct settings {
    const char *server;
    uint64_t pipeline;
    uint64_t value_bytes;
    uint64_t limit;
    bool flush;
};

struct tally {
    char name[64]; /* of the trace */
    uint64_t requests, gets, hits, errors;
    uint64_t get_bytes, hit_bytes;
    double seconds;
};

struct replay {
    const struct settings *settings;
    struct trace trace;
    struct exchange exchange;
    char letter; /* the first of every key of this trace */
    int key_bytes;
    struct trace_request *group; /* requests for different keys that go out together */
    size_t group_len;
    uint64_t groups;
    uint64_t *group_of_key; /* the last group each key was in */
    size_t keys_cap;
    char *value; /* what all values are a start of */
    size_t value_cap;
    struct tally tally;
};

static int digits_of(uint32_t number)
{
    return snprintf(NULL, 0, "%" PRIu32, number);
}

static void add_key(struct replay *replay, uint32_t key)
{
    char name[KEY_BYTES_MAX + 1];
    int len = snprintf(name, sizeof name, "%c%0*" PRIu32, replay->letter, replay->key_bytes - 1, key);
    exchange_argument(&replay->exchange, name, (size_t)len);
}

static uint32_t value_bytes(const struct replay *replay, const struct trace_request *request)
{
    return replay->trace.sized ? request->value_bytes : (uint32_t)replay->settings->value_bytes;
}

/* Letters, so that no server can keep a value as a number. */
static const char *value_of(struct replay *replay, size_t len)
{
    if (len > replay->value_cap) {
        replay->value = alloc_resize(replay->value, len);
        for (size_t i = replay->value_cap; i < len; i++) replay->value[i] = (char)('a' + i % 26);
        replay->value_cap = len;
    }
    return replay->value;
}

static void add_set(struct replay *replay, const struct trace_request *request)
{
    struct exchange *exchange = &replay->exchange;
    size_t len = value_bytes(replay, request);
    exchange_begin(exchange, request->ttl_s > 0 ? 5 : 3);
    exchange_argument(exchange, "SET", strlen("SET"));
    add_key(replay, request->key);
    exchange_argument(exchange, value_of(replay, len), len);
    if (request->ttl_s == 0) return;

    char seconds[16];
    int digits = snprintf(seconds, sizeof seconds, "%" PRIu32, request->ttl_s);
    exchange_argument(exchange, "EX", strlen("EX"));
    exchange_argument(exchange, seconds, (size_t)digits);
}

static void add_request(struct replay *replay, const struct trace_request *request)
{
    if (request->op == TRACE_SET) {
        add_set(replay, request);
        return;
    }
    const char *name = request->op == TRACE_DELETE ? "DEL" : "GET";
    exchange_begin(&replay->exchange, 2);
    exchange_argument(&replay->exchange, name, strlen(name));
    add_key(replay, request->key);
}

/* Count the GETs that were answered, and append a SET for each read that missed; how many. */
static size_t follow_up(struct replay *replay)
{
    size_t sets = 0;
    for (size_t i = 0; i < replay->group_len; i++) {
        const struct trace_request *request = &replay->group[i];
        char kind = replay->exchange.replies.kinds[i];
        if (request->op != TRACE_READ && request->op != TRACE_GET) continue;
        replay->tally.gets++;
        replay->tally.get_bytes += value_bytes(replay, request);
        if (kind == '$') {
            replay->tally.hits++;
            replay->tally.hit_bytes += value_bytes(replay, request);
        } else if (kind == '_' && request->op == TRACE_READ) {
            add_set(replay, request);
            sets++;
        }
    }
    return sets;
}

static void send_group(struct replay *replay)
{
    for (size_t i = 0; i < replay->group_len; i++) add_request(replay, &replay->group[i]);
    if (replay->group_len > 0) exchange_turn(&replay->exchange, replay->group_len);
    size_t sets = follow_up(replay);
    if (sets > 0) exchange_turn(&replay->exchange, sets);
    replay->tally.requests += replay->group_len;
    replay->group_len = 0;
    replay->groups++;
}

/* Whether the key is in the group at hand, where it is from now on. */
static bool enter_group(struct replay *replay, uint32_t key)
{
    if (key >= replay->keys_cap) {
        size_t cap = ((size_t)key + 1) * 2;
        replay->group_of_key = alloc_resize(replay->group_of_key, cap * sizeof *replay->group_of_key);
        memset(replay->group_of_key + replay->keys_cap, 0,
               (cap - replay->keys_cap) * sizeof *replay->group_of_key);
        replay->keys_cap = cap;
    }
    bool there = replay->group_of_key[key] == replay->groups;
    replay->group_of_key[key] = replay->groups;
    return there;
}

static void add_to_group(struct replay *replay, const struct trace_request *request)
{
    if (replay->group_len == replay->settings->pipeline) send_group(replay);
    if (enter_group(replay, request->key)) {
        send_group(replay);
        enter_group(replay, request->key);
    }
    replay->group[replay->group_len++] = *request;
}

static void send_all(struct replay *replay, const char *path)
{
    struct trace_request request;
    enum trace_status status = TRACE_END;
    uint64_t left = replay->settings->limit > 0 ? replay->settings->limit : UINT64_MAX;
    while (left-- > 0 && (status = trace_next(&replay->trace, &request)) == TRACE_READY)
        add_to_group(replay, &request);
    if (status == TRACE_BROKEN)
        program_fail("%s: line %" PRIu64 " is no request", path, replay->trace.line_number);
    send_group(replay);
}

static void flush_server(struct exchange *exchange)
{
    exchange_begin(exchange, 1);
    exchange_argument(exchange, "FLUSHALL", strlen("FLUSHALL"));
    exchange_turn(exchange, 1);
}

static void set_key_bytes(struct replay *replay)
{
    const struct trace *trace = &replay->trace;
    int least = 1 + digits_of(trace->keys);
    uint32_t wanted = trace->key_bytes > 0 ? trace->key_bytes : KEY_BYTES_DEFAULT;
    if (wanted > KEY_BYTES_MAX) program_fail("keys of %" PRIu32 " bytes", wanted);
    replay->key_bytes = (int)wanted > least ? (int)wanted : least;
}

/* `index` tells traces of one run apart. */
static struct tally replay_trace(const struct settings *settings, const struct address *address,
                                 const char *path, int index)
{
    struct replay *replay = ALLOC_NEW(struct replay);
    replay->settings = settings;
    replay->letter = (char)('a' + index % 26);
    replay->groups = 1;
    replay->group = alloc_bytes(settings->pipeline * sizeof *replay->group);
    if (!trace_open(&replay->trace, path)) program_fail("%s is no kvtrace", path);
    set_key_bytes(replay);
    exchange_open(&replay->exchange, address);
    if (settings->flush) flush_server(&replay->exchange);

    uint64_t start_ns = clock_now_ns();
    send_all(replay, path);
    struct tally tally = replay->tally;
    memcpy(tally.name, replay->trace.name, sizeof tally.name);
    tally.seconds = (double)(clock_now_ns() - start_ns) / 1e9;
    tally.errors = replay->exchange.replies.errors;
    if (tally.errors > 0) fprintf(stderr, "%s: %s\n", path, replay->exchange.replies.first_error);

    exchange_close(&replay->exchange);
    bool whole = trace_close(&replay->trace);
    if (!whole && settings->limit == 0) program_fail("%s: gzip could not unpack it", path);
    alloc_free(replay->group);
    alloc_free(replay->group_of_key);
    alloc_free(replay->value);
    alloc_free(replay);
    return tally;
}

static double percent(uint64_t part, uint64_t whole)
{
    return whole > 0 ? 100.0 * (double)part / (double)whole : 0;
}

static void add_row(struct table *table, const struct tally *tally)
{
    table_add(table, "%s", tally->name);
    table_add(table, "%" PRIu64, tally->requests);
    table_add(table, "%" PRIu64, tally->hits);
    table_add(table, "%" PRIu64, tally->gets - tally->hits);
    table_add(table, "%" PRIu64, tally->errors);
    table_add(table, "%.2f", percent(tally->hits, tally->gets));
    table_add(table, "%.2f", percent(tally->hit_bytes, tally->get_bytes));
    table_add(table, "%.1f", tally->seconds);
}

static int parse(int argc, char **argv, struct settings *settings)
{
    const struct option options[] = {
        { "server", OPTION_TEXT, &settings->server, "A", "host:port or unix:path (127.0.0.1:6379)" },
        { "pipeline", OPTION_COUNT, &settings->pipeline, "N", "requests that may go out together (16)" },
        { "value-size", OPTION_COUNT, &settings->value_bytes, "N", "where the trace has no sizes (64)" },
        { "limit", OPTION_COUNT, &settings->limit, "N", "only the first N requests of each trace" },
        { "flush", OPTION_FLAG, &settings->flush, NULL, "FLUSHALL before each trace" },
        { 0 },
    };
    int first = options_parse(argc, argv, options, "[options] trace.kvt[.gz]...");
    if (first == argc) program_fail("which trace? (try --help)");
    if (settings->pipeline == 0) program_fail("--pipeline must be above 0");
    return first;
}

int main(int argc, char **argv)
{
    static const char *const heads[] = { "trace",  "requests", "hits",       "misses",
                                         "errors", "hit %",    "byte hit %", "seconds" };
    struct settings settings = { .server = "127.0.0.1:6379", .pipeline = 16, .value_bytes = 64 };
    int first = parse(argc, argv, &settings);
    struct address address;
    if (!address_parse(settings.server, &address)) program_fail("no such address: %s", settings.server);

    struct table *table = ALLOC_NEW(struct table);
    table->columns = sizeof heads / sizeof heads[0];
    for (size_t i = 0; i < table->columns; i++) table_add(table, "%s", heads[i]);
    bool failed = false;
    for (int i = first; i < argc; i++) {
        struct tally tally = replay_trace(&settings, &address, argv[i], i - first);
        add_row(table, &tally);
        failed = failed || tally.errors > 0;
    }
    table_print(table);
    alloc_free(table);
    return failed ? PROGRAM_FAILED : EXIT_SUCCESS;
}
