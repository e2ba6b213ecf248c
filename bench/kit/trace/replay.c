#include "bench/kit/trace/replay.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bench/kit/clock.h"
#include "bench/kit/program.h"
#include "bench/kit/trace/trace.h"
#include "proto/base/alloc.h"

#define KEY_BYTES_DEFAULT 16
#define KEY_BYTES_MAX     1024

struct replay {
    const struct replay_options *options;
    struct trace trace;
    struct exchange *exchange;
    int key_bytes;
    struct trace_request *group; /* those that are under way, and one follow-up for each */
    size_t group_len;
    struct trace_request *next; /* what follows on the replies to them */
    size_t next_len;
    struct trace_request *later; /* keys that are in the group already */
    size_t later_len;
    uint64_t groups;
    uint64_t *group_of_key; /* the last group each key was in */
    size_t keys_cap;
    char *value; /* what all values are a start of */
    size_t value_cap;
    struct replay_tally tally;
};

static int digits_of(uint32_t number)
{
    return snprintf(NULL, 0, "%" PRIu32, number);
}

static void add_key(struct replay *replay, uint32_t key)
{
    char name[KEY_BYTES_MAX + 1];
    int len =
        snprintf(name, sizeof name, "%c%0*" PRIu32, replay->options->letter, replay->key_bytes - 1, key);
    exchange_argument(replay->exchange, name, (size_t)len);
}

static uint32_t value_bytes(const struct replay *replay, const struct trace_request *request)
{
    return replay->trace.sized ? request->value_bytes : (uint32_t)replay->options->value_bytes;
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
    struct exchange *exchange = replay->exchange;
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
    exchange_begin(replay->exchange, 2);
    exchange_argument(replay->exchange, name, strlen(name));
    add_key(replay, request->key);
}

/* Count the GETs that were answered, and note a SET for each read that missed. */
static void follow_up(struct replay *replay)
{
    replay->next_len = 0;
    for (size_t i = 0; i < replay->group_len; i++) {
        struct trace_request request = replay->group[i];
        char kind = replay->exchange->replies.kinds[i];
        if (request.op != TRACE_READ && request.op != TRACE_GET) continue;
        replay->tally.gets++;
        replay->tally.get_bytes += value_bytes(replay, &request);
        if (kind == '$') {
            replay->tally.hits++;
            replay->tally.hit_bytes += value_bytes(replay, &request);
        } else if (kind == '_' && request.op == TRACE_READ) {
            request.op = TRACE_SET;
            replay->next[replay->next_len++] = request;
        }
    }
}

static void swap_next(struct replay *replay)
{
    struct trace_request *group = replay->group;
    replay->group = replay->next;
    replay->group_len = replay->next_len;
    replay->next = group;
}

static void send_group(struct replay *replay)
{
    replay->tally.requests += replay->group_len + replay->later_len;
    while (replay->group_len > 0) {
        for (size_t i = 0; i < replay->group_len; i++) add_request(replay, &replay->group[i]);
        exchange_turn(replay->exchange, replay->group_len);
        follow_up(replay);
        memcpy(replay->next + replay->next_len, replay->later, replay->later_len * sizeof *replay->later);
        replay->next_len += replay->later_len;
        replay->later_len = 0;
        swap_next(replay);
    }
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
    if (replay->group_len + replay->later_len == replay->options->pipeline) send_group(replay);
    if (enter_group(replay, request->key))
        replay->later[replay->later_len++] = *request;
    else
        replay->group[replay->group_len++] = *request;
}

static void send_all(struct replay *replay, const char *path)
{
    struct trace_request request;
    enum trace_status status = TRACE_END;
    uint64_t left = replay->options->limit > 0 ? replay->options->limit : UINT64_MAX;
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

static struct trace_request *room_for_group(const struct replay_options *options)
{
    return alloc_bytes(2 * options->pipeline * sizeof(struct trace_request));
}

static void open_trace(struct replay *replay, const struct replay_options *options, const char *path)
{
    replay->options = options;
    replay->groups = 1;
    if (!trace_open(&replay->trace, path)) program_fail("%s is no kvtrace", path);
    set_key_bytes(replay);
}

static void close_trace(struct replay *replay, const char *path)
{
    bool whole = trace_close(&replay->trace);
    if (!whole && replay->options->limit == 0) program_fail("%s: gzip could not unpack it", path);
}

struct replay_tally replay_trace(const struct replay_options *options, struct exchange *exchange,
                                 const char *path)
{
    struct replay *replay = ALLOC_NEW(struct replay);
    open_trace(replay, options, path);
    replay->exchange = exchange;
    replay->group = room_for_group(options);
    replay->next = room_for_group(options);
    replay->later = room_for_group(options);
    if (options->flush) flush_server(exchange);

    uint64_t errors = exchange->replies.errors;
    uint64_t start_ns = clock_now_ns();
    send_all(replay, path);
    struct replay_tally tally = replay->tally;
    memcpy(tally.name, replay->trace.name, sizeof tally.name);
    tally.seconds = (double)(clock_now_ns() - start_ns) / 1e9;
    tally.errors = exchange->replies.errors - errors;
    if (tally.errors > 0) fprintf(stderr, "%s: %s\n", path, exchange->replies.first_error);

    close_trace(replay, path);
    alloc_free(replay->group);
    alloc_free(replay->next);
    alloc_free(replay->later);
    alloc_free(replay->group_of_key);
    alloc_free(replay->value);
    alloc_free(replay);
    return tally;
}

uint64_t replay_footprint(const struct replay_options *options, const char *path)
{
    struct replay *replay = ALLOC_NEW(struct replay);
    open_trace(replay, options, path);
    uint32_t *largest = NULL;
    uint64_t bytes = 0, keys = 0, cap = 0;
    struct trace_request request;
    uint64_t left = options->limit > 0 ? options->limit : UINT64_MAX;
    while (left-- > 0 && trace_next(&replay->trace, &request) == TRACE_READY) {
        if (request.key >= cap) {
            cap = ((size_t)request.key + 1) * 2;
            largest = alloc_resize(largest, cap * sizeof *largest);
        }
        /* Keys are numbered in the order of their first use. */
        if (request.key == keys) {
            largest[keys++] = 0;
            bytes += (uint64_t)replay->key_bytes;
        }
        uint32_t len = value_bytes(replay, &request);
        if (len <= largest[request.key]) continue;
        bytes += len - largest[request.key];
        largest[request.key] = len;
    }
    close_trace(replay, path);
    alloc_free(largest);
    alloc_free(replay);
    return bytes;
}
