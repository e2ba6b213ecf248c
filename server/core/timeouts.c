#include "server/core/timeouts.h"

#include "proto/base/alloc.h"
#include "proto/base/array.h"
#include "proto/base/contract.h"

/* A heap of four children has half the levels of one of two, and a level's children lie in a cache line. */
#define CHILDREN 4

static bool is_before(const struct timeout *a, const struct timeout *b)
{
    return a->at_ms < b->at_ms || (a->at_ms == b->at_ms && a->turn < b->turn);
}

static void set(struct timeouts *timeouts, size_t place, struct timeout *timeout)
{
    timeouts->items[place] = timeout;
    timeout->place = place + 1;
}

static void rise(struct timeouts *timeouts, size_t place)
{
    struct timeout *timeout = timeouts->items[place];
    while (place > 0) {
        size_t parent = (place - 1) / CHILDREN;
        if (!is_before(timeout, timeouts->items[parent])) break;
        set(timeouts, place, timeouts->items[parent]);
        place = parent;
    }
    set(timeouts, place, timeout);
}

/* The child of `place` that is due first; `place` itself if it has none. */
static size_t first_child(const struct timeouts *timeouts, size_t place)
{
    size_t child = place * CHILDREN + 1, first = child < timeouts->len ? child : place;
    for (size_t i = 1; i < CHILDREN && child + i < timeouts->len; i++)
        if (is_before(timeouts->items[child + i], timeouts->items[first])) first = child + i;
    return first;
}

static void sink(struct timeouts *timeouts, size_t place)
{
    struct timeout *timeout = timeouts->items[place];
    for (size_t child; (child = first_child(timeouts, place)) != place; place = child) {
        if (!is_before(timeouts->items[child], timeout)) break;
        set(timeouts, place, timeouts->items[child]);
    }
    set(timeouts, place, timeout);
}

void timeouts_add(struct timeouts *timeouts, struct timeout *timeout)
{
    REQUIRE(timeout->place == 0);
    ARRAY_RESERVE(timeouts->items, timeouts->len, timeouts->cap, 16);
    timeout->turn = timeouts->turns++;
    timeouts->items[timeouts->len] = timeout;
    rise(timeouts, timeouts->len++);
}

void timeouts_remove(struct timeouts *timeouts, struct timeout *timeout)
{
    if (timeout->place == 0) return;
    size_t place = timeout->place - 1;
    REQUIRE(place < timeouts->len && timeouts->items[place] == timeout);
    timeout->place = 0;
    struct timeout *last = timeouts->items[--timeouts->len];
    if (last == timeout) return;
    timeouts->items[place] = last;
    rise(timeouts, place);
    sink(timeouts, last->place - 1);
}

struct timeout *timeouts_first(const struct timeouts *timeouts)
{
    return timeouts->len > 0 ? timeouts->items[0] : NULL;
}

void timeouts_check(const struct timeouts *timeouts)
{
    for (size_t place = 0; place < timeouts->len; place++) {
        INVARIANT(timeouts->items[place]->place == place + 1);
        INVARIANT(place == 0 || is_before(timeouts->items[(place - 1) / CHILDREN], timeouts->items[place]));
    }
}

void timeouts_clear(struct timeouts *timeouts)
{
    alloc_free(timeouts->items);
    *timeouts = (struct timeouts){ 0 };
}
