#include "server/events/line.h"

#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/contract.h"

#define BITS_MIN 4

/* The top bits of a hash are the same all over the shard. */
static struct line **bucket_of(const struct lines *lines, uint64_t hash)
{
    return &lines->buckets[hash & ((UINT64_C(1) << lines->bits) - 1)];
}

static bool is_named(const struct line *line, struct key key)
{
    return line->key.hash == key.hash && slice_equal(line->key.name, key.name);
}

struct line *lines_find(const struct lines *lines, unsigned db, struct key key)
{
    if (lines->buckets == NULL) return NULL;
    struct line *line = *bucket_of(lines, key.hash);
    while (line != NULL && !(line->db == db && is_named(line, key))) line = line->next_in_bucket;
    return line;
}

static void put_in_bucket(struct lines *lines, struct line *line)
{
    struct line **bucket = bucket_of(lines, line->key.hash);
    line->next_in_bucket = *bucket;
    *bucket = line;
}

static void set_bits(struct lines *lines, unsigned bits)
{
    struct lines old = *lines;
    lines->bits = bits;
    lines->buckets = alloc_zeroed(sizeof(struct line *) << bits);
    for (size_t i = 0; old.buckets != NULL && i < (size_t)1 << old.bits; i++) {
        struct line *next;
        for (struct line *line = old.buckets[i]; line != NULL; line = next) {
            next = line->next_in_bucket;
            put_in_bucket(lines, line);
        }
    }
    alloc_free(old.buckets);
}

static struct line *add(struct lines *lines, unsigned db, struct key key)
{
    if (lines->buckets == NULL)
        set_bits(lines, BITS_MIN);
    else if (lines->len >> lines->bits > 0)
        set_bits(lines, lines->bits + 1);
    struct line *line = alloc_bytes(sizeof(*line) + key.name.len);
    char *name = (char *)(line + 1);
    if (key.name.len > 0) memcpy(name, key.name.data, key.name.len);
    *line = (struct line){ .db = db, .key = { slice_of(name, key.name.len), key.hash } };
    TAILQ_INIT(&line->places);
    put_in_bucket(lines, line);
    lines->len++;
    return line;
}

static void drop(struct lines *lines, struct line *line)
{
    struct line **at = bucket_of(lines, line->key.hash);
    while (*at != line) at = &(*at)->next_in_bucket;
    *at = line->next_in_bucket;
    lines->len--;
    alloc_free(line->reach);
    alloc_free(line);
    if (lines->bits > BITS_MIN && lines->len << 2 >> lines->bits == 0) set_bits(lines, lines->bits - 1);
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
    if (lines->buckets == NULL) return 0;
    for (struct line *line = *bucket_of(lines, key.hash); line != NULL; line = line->next_in_bucket)
        if (line->reach != NULL && is_named(line, key)) shards |= line->reach->shards;
    return shards;
}

void lines_each(const struct lines *lines, void (*visit)(void *context, struct line *line), void *context)
{
    for (size_t i = 0; lines->buckets != NULL && i < (size_t)1 << lines->bits; i++)
        for (struct line *line = lines->buckets[i]; line != NULL; line = line->next_in_bucket)
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
    for (size_t i = 0; lines->buckets != NULL && i < (size_t)1 << lines->bits; i++) {
        for (struct line *line = lines->buckets[i]; line != NULL; line = line->next_in_bucket) {
            INVARIANT(bucket_of(lines, line->key.hash) == &lines->buckets[i]);
            places += check_line(line, &all);
            len++;
        }
    }
    INVARIANT(len == lines->len && places == lines->places);
    check_reach(&lines->reach, &all);
}

void lines_clear(struct lines *lines)
{
    REQUIRE(lines->len == 0);
    alloc_free(lines->buckets);
    lines->buckets = NULL;
    lines->bits = 0;
}
