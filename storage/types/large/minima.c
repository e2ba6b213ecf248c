#include "storage/types/large/minima.h"

#include "proto/base/contract.h"
#include "storage/memory/block.h"
#include "storage/memory/segments.h"

#define FAN_LOG2   4
#define FAN        ((size_t)1 << FAN_LOG2)
#define LEVELS_MAX 8

struct minima {
    unsigned depth;
    struct segments *levels[LEVELS_MAX];
};

static int64_t *at(const struct minima *minima, unsigned level, size_t item)
{
    return segments_at(minima->levels[level], item, sizeof(int64_t));
}

static size_t count_of(const struct minima *minima, unsigned level)
{
    return minima->levels[level]->count;
}

/* Of the sixteen, or fewer at the end, that one of the level above stands for. */
static int64_t earliest(const struct minima *minima, unsigned level, size_t group)
{
    size_t first = group << FAN_LOG2, end = first + FAN;
    if (end > count_of(minima, level)) end = count_of(minima, level);
    int64_t least = MINIMA_NEVER;
    for (size_t item = first; item < end; item++) {
        int64_t time_ms = *at(minima, level, item);
        if (time_ms < least) least = time_ms;
    }
    return least;
}

static void push_to(struct minima *minima, unsigned level, int64_t time_ms)
{
    segments_push(minima->levels[level]);
    *at(minima, level, count_of(minima, level) - 1) = time_ms;
}

static void add_level(struct minima *minima)
{
    INVARIANT(minima->depth < LEVELS_MAX);
    struct segments *level = block_alloc(sizeof *level);
    segments_init(level, sizeof(int64_t));
    minima->levels[minima->depth++] = level;
    if (minima->depth == 1) return;
    unsigned below = minima->depth - 2;
    for (size_t group = 0; group << FAN_LOG2 < count_of(minima, below); group++)
        push_to(minima, minima->depth - 1, earliest(minima, below, group));
}

static void drop_level(struct minima *minima)
{
    struct segments *level = minima->levels[--minima->depth];
    segments_clear(level);
    block_free(level, sizeof *level);
}

struct minima *minima_create(size_t count)
{
    struct minima *minima = block_alloc_zeroed(sizeof *minima);
    add_level(minima);
    while (count-- > 0) minima_push(minima);
    return minima;
}

void minima_destroy(struct minima **minima)
{
    if (*minima == NULL) return;
    while ((*minima)->depth > 0) drop_level(*minima);
    block_free(*minima, sizeof **minima);
    *minima = NULL;
}

struct minima *minima_copy(const struct minima *minima)
{
    struct minima *copy = minima_create(count_of(minima, 0));
    for (size_t item = 0; item < count_of(minima, 0); item++) minima_lower(copy, item, *at(minima, 0, item));
    return copy;
}

size_t minima_bytes(const struct minima *minima)
{
    size_t bytes = block_real_size(sizeof *minima);
    for (unsigned level = 0; level < minima->depth; level++)
        bytes += block_real_size(sizeof *minima->levels[level]) + minima->levels[level]->bytes;
    return bytes;
}

void minima_push(struct minima *minima)
{
    size_t item = count_of(minima, 0);
    push_to(minima, 0, MINIMA_NEVER);
    for (unsigned level = 1; level < minima->depth; level++) {
        item >>= FAN_LOG2;
        if (item == count_of(minima, level)) push_to(minima, level, MINIMA_NEVER);
    }
    if (count_of(minima, minima->depth - 1) > FAN) add_level(minima);
}

void minima_pop(struct minima *minima)
{
    size_t item = count_of(minima, 0) - 1;
    minima_set(minima, item, MINIMA_NEVER);
    segments_pop(minima->levels[0]);
    for (unsigned level = 1; level < minima->depth; level++) {
        if (item & (FAN - 1)) break;
        item >>= FAN_LOG2;
        segments_pop(minima->levels[level]);
    }
    if (minima->depth > 1 && count_of(minima, minima->depth - 2) <= FAN) drop_level(minima);
}

int64_t minima_at(const struct minima *minima, size_t item)
{
    return *at(minima, 0, item);
}

void minima_set(struct minima *minima, size_t item, int64_t time_ms)
{
    *at(minima, 0, item) = time_ms;
    for (unsigned level = 1; level < minima->depth; level++) {
        item >>= FAN_LOG2;
        int64_t least = earliest(minima, level - 1, item);
        if (*at(minima, level, item) == least) return;
        *at(minima, level, item) = least;
    }
}

void minima_lower(struct minima *minima, size_t item, int64_t time_ms)
{
    for (unsigned level = 0; level < minima->depth; level++, item >>= FAN_LOG2) {
        if (*at(minima, level, item) <= time_ms) return;
        *at(minima, level, item) = time_ms;
    }
}

int64_t minima_first(const struct minima *minima)
{
    return earliest(minima, minima->depth - 1, 0);
}

/* The next item of a level from `from` on that has passed, or the level's count. Goes up while there is none
 * among its neighbours, then down again. */
static size_t next_due(const struct minima *minima, unsigned level, int64_t now_ms, size_t from)
{
    INVARIANT(level < LEVELS_MAX);
    size_t count = count_of(minima, level);
    while (from < count) {
        size_t end = (from | (FAN - 1)) + 1;
        for (; from < end && from < count; from++)
            if (*at(minima, level, from) < now_ms) return from;
        if (from >= count || level + 1 == minima->depth) continue;
        from = next_due(minima, level + 1, now_ms, from >> FAN_LOG2) << FAN_LOG2;
    }
    return count;
}

size_t minima_due(const struct minima *minima, int64_t now_ms, size_t from, size_t *items, size_t max)
{
    size_t len = 0, count = count_of(minima, 0);
    if (minima_first(minima) >= now_ms) return 0;
    for (; len < max; from = items[len++] + 1) {
        items[len] = next_due(minima, 0, now_ms, from);
        if (items[len] >= count) break;
    }
    return len;
}

void minima_check(const struct minima *minima)
{
    INVARIANT(minima->depth > 0 && count_of(minima, minima->depth - 1) <= FAN);
    for (unsigned level = 1; level < minima->depth; level++) {
        INVARIANT(count_of(minima, level) == (count_of(minima, level - 1) + FAN - 1) >> FAN_LOG2);
        for (size_t item = 0; item < count_of(minima, level); item++)
            INVARIANT(*at(minima, level, item) == earliest(minima, level - 1, item));
    }
}
