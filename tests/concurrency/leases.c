/*
 * Cached values under invalidation. Each key depends on two tags, and each tag has a version at its source.
 * Who changes a source invalidates the tag, and notes the version when that was acknowledged. Who wins a
 * lease reads the source and stores what it has read. Nobody may be told as fresh what is older than what was
 * acknowledged before it asked.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "tests/concurrency/exercises.h"
#include "tests/support/client/reply_parts.h"
#include "tests/support/pace.h"

#define KEYS      16
#define TAGS      8
#define IN_FLIGHT 32

struct source {
    _Atomic int64_t version; /* of what the tag stands for */
    _Atomic int64_t acknowledged;
};

struct sources {
    struct source tags[TAGS];
    struct source keys[KEYS]; /* what is about one key alone */
};

enum counted { FRESH, OLD, WON, STORED, REFUSED, INVALIDATED };

static void count(struct worker *worker, enum counted what)
{
    atomic_fetch_add_explicit(&worker->crew->counts[what], 1, memory_order_relaxed);
}

static void prepare(struct crew *crew, struct client *client)
{
    (void)client;
    crew->notes = ALLOC_NEW(struct sources);
}

static size_t first_tag(size_t key)
{
    return key % TAGS;
}

static size_t second_tag(size_t key)
{
    return (key / 2 + 3) % TAGS;
}

struct versions {
    long long first, second, own;
};

static struct versions acknowledged(const struct sources *sources, size_t key)
{
    return (struct versions){ atomic_load(&sources->tags[first_tag(key)].acknowledged),
                              atomic_load(&sources->tags[second_tag(key)].acknowledged),
                              atomic_load(&sources->keys[key].acknowledged) };
}

static struct versions current(const struct sources *sources, size_t key)
{
    return (struct versions){ atomic_load(&sources->tags[first_tag(key)].version),
                              atomic_load(&sources->tags[second_tag(key)].version),
                              atomic_load(&sources->keys[key].version) };
}

static void expect_no_older(struct worker *worker, size_t key, struct slice text, struct versions least)
{
    struct versions told;
    char value[96];
    slice_to_cstr(text, value, sizeof value);
    if (sscanf(value, "%lld %lld %lld", &told.first, &told.second, &told.own) != 3)
        crew_fail(worker->crew, "key %zu is \"%s\"", key, value);
    else if (told.first < least.first || told.second < least.second || told.own < least.own)
        crew_fail(worker->crew, "key %zu is %s, but %lld %lld %lld was acknowledged", key, value, least.first,
                  least.second, least.own);
}

static void compute(struct worker *worker, size_t key, const char *token)
{
    const struct sources *sources = worker->crew->notes;
    struct versions now = current(sources, key);
    unsigned what = (unsigned)random_below(&worker->random, 20);
    if (what == 0) {
        worker_reconnect(worker);
        return;
    }
    if (what == 1) {
        worker_ask(worker, "CACHE RELEASE k%zu %s RETRY 1", key, token);
        return;
    }
    if (what < 6) pace_sleep_ms(1);
    struct slice reply =
        worker_ask(worker, "CACHE SET k%zu \"%lld %lld %lld\" TOKEN %s PX %d GRACE 20 TAGS 2 t%zu t%zu", key,
                   now.first, now.second, now.own, token, 1 + (int)random_below(&worker->random, 40),
                   first_tag(key), second_tag(key));
    count(worker, reply.len > 0 && reply.data[0] == '+' ? STORED : REFUSED);
}

/* Returns whether it has won, with the token in `token`. */
static bool judge(struct worker *worker, size_t key, struct slice reply, struct versions least, char *token)
{
    struct slice state = reply_part_text(reply_part(reply, 0));
    struct slice value = reply_part_text(reply_part(reply, 1));
    if (slice_equal(state, SLICE("hit"))) {
        count(worker, FRESH);
        expect_no_older(worker, key, value, least);
    } else if (slice_equal(state, SLICE("win"))) {
        count(worker, WON);
        slice_to_cstr(reply_part_text(reply_part(reply, 2)), token, 32);
        return true;
    } else {
        count(worker, OLD);
    }
    return false;
}

static void read_once(struct worker *worker)
{
    char token[32];
    size_t key = random_below(&worker->random, KEYS);
    struct versions least = acknowledged(worker->crew->notes, key);
    bool waits = random_chance(&worker->random, 50);
    struct slice reply = worker_ask(worker, waits ? "CACHE GET k%zu WAIT 50" : "CACHE GET k%zu", key);
    if (judge(worker, key, reply, least, token)) compute(worker, key, token);
}

static void read_on(struct worker *worker)
{
    while (!crew_is_over(worker->crew)) read_once(worker);
}

/* Many at a time, without leases. */
static void look_on(struct worker *worker)
{
    char token[32];
    while (!crew_is_over(worker->crew)) {
        size_t keys[IN_FLIGHT];
        struct versions least[IN_FLIGHT];
        for (size_t i = 0; i < IN_FLIGHT; i++) {
            keys[i] = random_below(&worker->random, KEYS);
            least[i] = acknowledged(worker->crew->notes, keys[i]);
            worker_send(worker, "CACHE GET k%zu PEEK", keys[i]);
        }
        for (size_t i = 0; i < IN_FLIGHT; i++) judge(worker, keys[i], worker_read(worker), least[i], token);
    }
}

/* It is acknowledged that nothing older than `version` is fresh. */
static void note(struct source *source, int64_t version)
{
    int64_t known = atomic_load(&source->acknowledged);
    while (known < version && !atomic_compare_exchange_weak(&source->acknowledged, &known, version)) {}
}

static void invalidate_tag(struct worker *worker)
{
    struct sources *sources = worker->crew->notes;
    size_t tag = random_below(&worker->random, TAGS);
    bool soft = random_chance(&worker->random, 50);
    int64_t version = atomic_fetch_add(&sources->tags[tag].version, 1) + 1;
    worker_ask(worker, soft ? "CACHE INVALIDATE SOFT TAGS t%zu" : "CACHE INVALIDATE TAGS t%zu", tag);
    note(&sources->tags[tag], version);
}

static void invalidate_key(struct worker *worker)
{
    static const char *const ways[] = { "DEL k%zu", "CACHE INVALIDATE KEYS k%zu",
                                        "CACHE INVALIDATE SOFT KEYS k%zu",
                                        "EVAL \"return redis.call('del', KEYS[1])\" 1 k%zu" };
    struct sources *sources = worker->crew->notes;
    size_t key = random_below(&worker->random, KEYS);
    int64_t version = atomic_fetch_add(&sources->keys[key].version, 1) + 1;
    worker_ask(worker, ways[random_below(&worker->random, sizeof ways / sizeof *ways)], key);
    note(&sources->keys[key], version);
}

static void invalidate_on(struct worker *worker)
{
    while (!crew_is_over(worker->crew)) {
        if (random_chance(&worker->random, 60))
            invalidate_tag(worker);
        else
            invalidate_key(worker);
        count(worker, INVALIDATED);
        if (random_chance(&worker->random, 30)) pace_sleep_ms(1);
    }
}

static void finish(struct crew *crew, struct client *client)
{
    (void)client;
    if (crew->counts[FRESH] == 0) crew_fail(crew, "nobody has met a fresh value");
    if (crew->counts[STORED] == 0 || crew->counts[REFUSED] == 0)
        crew_fail(crew, "nothing was stored, or refused");
}

const struct exercise exercise_leases = {
    .name = "leases",
    .prepare = prepare,
    .parts = { { "reader", 16, read_on }, { "onlooker", 4, look_on }, { "invalidator", 3, invalidate_on } },
    .finish = finish,
};
