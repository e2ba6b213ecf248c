#include "server/events/tracking/whereabouts.h"

#include <pthread.h>
#include <stddef.h>

#include "proto/base/alloc.h"
#include "storage/keyspace/rank.h"

/* Open addressing: `session` is 0 in a place that is free. Ids rise by one, so they spread by themselves. */
struct place {
    uint64_t session;
    unsigned loop;
};

struct whereabouts {
    pthread_mutex_t lock;
    struct place *places;
    size_t cap; /* a power of two */
    size_t len;
};

#define PLACES_MIN 64

struct whereabouts *whereabouts_create(void)
{
    struct whereabouts *whereabouts = ALLOC_NEW(struct whereabouts);
    pthread_mutex_init(&whereabouts->lock, NULL);
    whereabouts->cap = PLACES_MIN;
    whereabouts->places = alloc_zeroed(PLACES_MIN * sizeof *whereabouts->places);
    return whereabouts;
}

void whereabouts_destroy(struct whereabouts **whereabouts)
{
    if (*whereabouts == NULL) return;
    pthread_mutex_destroy(&(*whereabouts)->lock);
    alloc_free((*whereabouts)->places);
    alloc_free(*whereabouts);
    *whereabouts = NULL;
}

/* Where the session is, or the free place where it belongs. */
static struct place *place_of(const struct whereabouts *whereabouts, uint64_t session)
{
    size_t at = session & (whereabouts->cap - 1);
    while (whereabouts->places[at].session != 0 && whereabouts->places[at].session != session)
        at = (at + 1) & (whereabouts->cap - 1);
    return &whereabouts->places[at];
}

static void resize(struct whereabouts *whereabouts, size_t cap)
{
    struct place *old = whereabouts->places;
    size_t old_cap = whereabouts->cap;
    whereabouts->cap = cap;
    whereabouts->places = alloc_zeroed(cap * sizeof *old);
    for (size_t i = 0; i < old_cap; i++)
        if (old[i].session != 0) *place_of(whereabouts, old[i].session) = old[i];
    alloc_free(old);
}

void whereabouts_add(struct whereabouts *whereabouts, uint64_t session, unsigned loop)
{
    leaf_lock(&whereabouts->lock);
    if (whereabouts->len * 2 >= whereabouts->cap) resize(whereabouts, 2 * whereabouts->cap);
    *place_of(whereabouts, session) = (struct place){ .session = session, .loop = loop };
    whereabouts->len++;
    leaf_unlock(&whereabouts->lock);
}

/* Those behind a gap that would not be found any more move up into it. */
static void close_gap(struct whereabouts *whereabouts, size_t gap)
{
    size_t mask = whereabouts->cap - 1;
    for (size_t at = (gap + 1) & mask; whereabouts->places[at].session != 0; at = (at + 1) & mask) {
        size_t home = whereabouts->places[at].session & mask;
        if (((at - home) & mask) < ((at - gap) & mask)) continue;
        whereabouts->places[gap] = whereabouts->places[at];
        gap = at;
    }
    whereabouts->places[gap] = (struct place){ 0 };
}

void whereabouts_remove(struct whereabouts *whereabouts, uint64_t session)
{
    leaf_lock(&whereabouts->lock);
    struct place *place = place_of(whereabouts, session);
    if (place->session != 0) {
        close_gap(whereabouts, (size_t)(place - whereabouts->places));
        whereabouts->len--;
    }
    if (whereabouts->cap > PLACES_MIN && whereabouts->len * 8 < whereabouts->cap)
        resize(whereabouts, whereabouts->cap / 2);
    leaf_unlock(&whereabouts->lock);
}

bool whereabouts_find(struct whereabouts *whereabouts, uint64_t session, unsigned *loop)
{
    leaf_lock(&whereabouts->lock);
    const struct place *place = place_of(whereabouts, session);
    bool found = session != 0 && place->session == session;
    if (found) *loop = place->loop;
    leaf_unlock(&whereabouts->lock);
    return found;
}
