#include "server/events/blocking/line.h"

#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/contract.h"

static bool is_named(const struct line *line, struct key key)
{
    return line->key.hash == key.hash && slice_equal(line->key.name, key.name);
}

struct line *lines_find(const struct lines *lines, unsigned db, struct key key)
{
    struct chain *at = chains_find(&lines->chains, key.hash);
    while (at != NULL && !(((struct line *)at)->db == db && is_named((struct line *)at, key)))
        at = chain_next(at);
    return (struct line *)at;
}

static struct line *add(struct lines *lines, unsigned db, struct key key)
{
    struct line *line = alloc_bytes(sizeof(*line) + key.name.len);
    char *name = (char *)(line + 1);
    if (key.name.len > 0) memcpy(name, key.name.data, key.name.len);
    *line = (struct line){ .db = db, .key = { slice_of(name, key.name.len), key.hash } };
    TAILQ_INIT(&line->places);
    chains_add(&lines->chains, &line->chain, key.hash);
    return line;
}

static void drop(struct lines *lines, struct line *line)
{
    chains_remove(&lines->chains, &line->chain);
    alloc_free(line->reach);
    alloc_free(line);
    chains_shrink(&lines->chains);
}

static void count_reach(struct line_reach *reach, uint64_t shards, bool joins)
{
    uint64_t all = atomic_load_explicit(&reach->shards, memory_order_relaxed);
    for (uint64_t left = shards; left != 0; left &= left - 1) {
        unsigned shard = (unsigned)__builtin_ctzll(left);
        reach->places[shard] += joins ? 1u : -1u;
        uint64_t bit = UINT64_C(1) << shard;
        all = reach->places[shard] > 0 ? all | bit : all & ~bit;
    }
    atomic_store_explicit(&reach->shards, all, memory_order_relaxed);
}

static void count(struct lines *lines, struct line *line, uint64_t shards, bool joins)
{
    lines->places += joins ? 1 : -(size_t)1;
    if (shards == 0) return;
    if (line->reach == NULL) line->reach = ALLOC_NEW(struct line_reach);
    count_reach(line->reach, shards, joins);
    count_reach(&lines->reach, shards, joins);
}

bool lines_join(struct lines *lines, unsigned db, struct key key, struct line_place *place)
{
    REQUIRE(place->line == NULL);
    struct line *line = lines_find(lines, db, key);
    if (line == NULL) line = add(lines, db, key);
    const struct line_place *last = TAILQ_LAST(&line->places, line_places);
    if (last != NULL && last->waiter == place->waiter) return false;
    TAILQ_INSERT_TAIL(&line->places, place, others);
    place->line = line;
    count(lines, line, place->shards, true);
    return true;
}

void lines_leave(struct lines *lines, struct line_place *place)
{
    struct line *line = place->line;
    TAILQ_REMOVE(&line->places, place, others);
    place->line = NULL;
    count(lines, line, place->shards, false);
    if (TAILQ_EMPTY(&line->places) && !line->ready) drop(lines, line);
}

void lines_settle(struct lines *lines, struct line *line)
{
    line->ready = false;
    if (TAILQ_EMPTY(&line->places)) drop(lines, line);
}

uint64_t lines_reach_of(const struct lines *lines, struct key key)
{
    uint64_t shards = 0;
    for (struct chain *at = chains_find(&lines->chains, key.hash); at != NULL; at = chain_next(at)) {
        const struct line *line = (const struct line *)at;
        if (line->reach != NULL && is_named(line, key)) shards |= line->reach->shards;
    }
    return shards;
}

void lines_each(const struct lines *lines, void (*visit)(void *context, struct line *line), void *context)
{
    struct chains_walk walk = { 0 };
    for (struct line *line; (line = (struct line *)chains_next(&lines->chains, &walk)) != NULL;)
        visit(context, line);
}

static void check_reach(const struct line_reach *reach, const struct line_reach *sum)
{
    for (size_t i = 0; i < KEYSPACE_SHARDS_MAX; i++) {
        INVARIANT(reach->places[i] == sum->places[i]);
        INVARIANT((reach->shards >> i & 1) == (reach->places[i] > 0));
    }
}

static size_t check_line(const struct line *line, struct line_reach *all)
{
    size_t places = 0;
    struct line_reach own = { 0 };
    const struct line_place *place;
    TAILQ_FOREACH(place, &line->places, others)
    {
        INVARIANT(place->line == line);
        count_reach(&own, place->shards, true);
        count_reach(all, place->shards, true);
        places++;
    }
    INVARIANT(places > 0 || line->ready);
    INVARIANT(line->reach != NULL || own.shards == 0);
    if (line->reach != NULL) check_reach(line->reach, &own);
    return places;
}

void lines_check(const struct lines *lines)
{
    size_t len = 0, places = 0;
    struct line_reach all = { 0 };
    struct chains_walk walk = { 0 };
    for (const struct line *line; (line = (const struct line *)chains_next(&lines->chains, &walk)) != NULL;) {
        INVARIANT(line->chain.hash == line->key.hash);
        places += check_line(line, &all);
        len++;
    }
    INVARIANT(len == lines->chains.len && places == lines->places);
    check_reach(&lines->reach, &all);
}

void lines_clear(struct lines *lines)
{
    REQUIRE(lines->chains.len == 0);
    chains_clear(&lines->chains);
}
