#include "server/events/tracking/whereabouts.h"

#include <pthread.h>
#include <stddef.h>

#include "proto/base/alloc.h"
#include "proto/base/chains.h"
#include "storage/keyspace/rank.h"

struct place {
    struct chain chain;
    uint64_t session;
    unsigned loop;
};

struct whereabouts {
    pthread_mutex_t lock;
    struct chains places;
};

struct whereabouts *whereabouts_create(void)
{
    struct whereabouts *whereabouts = ALLOC_NEW(struct whereabouts);
    pthread_mutex_init(&whereabouts->lock, NULL);
    return whereabouts;
}

void whereabouts_destroy(struct whereabouts **whereabouts)
{
    if (*whereabouts == NULL) return;
    pthread_mutex_destroy(&(*whereabouts)->lock);
    struct chains_walk walk = { 0 };
    for (struct chain *at; (at = chains_next(&(*whereabouts)->places, &walk)) != NULL;) alloc_free(at);
    chains_clear(&(*whereabouts)->places);
    alloc_free(*whereabouts);
    *whereabouts = NULL;
}

static struct place *find(const struct whereabouts *whereabouts, uint64_t session)
{
    struct chain *at = chains_find(&whereabouts->places, chains_hash_number(session));
    while (at != NULL && ((struct place *)at)->session != session) at = chain_next(at);
    return (struct place *)at;
}

void whereabouts_add(struct whereabouts *whereabouts, uint64_t session, unsigned loop)
{
    struct place *place = ALLOC_NEW(struct place);
    place->session = session;
    place->loop = loop;
    leaf_lock(&whereabouts->lock);
    chains_add(&whereabouts->places, &place->chain, chains_hash_number(session));
    leaf_unlock(&whereabouts->lock);
}

void whereabouts_remove(struct whereabouts *whereabouts, uint64_t session)
{
    leaf_lock(&whereabouts->lock);
    struct place *place = find(whereabouts, session);
    if (place != NULL) chains_remove(&whereabouts->places, &place->chain);
    chains_shrink(&whereabouts->places);
    leaf_unlock(&whereabouts->lock);
    alloc_free(place);
}

bool whereabouts_find(struct whereabouts *whereabouts, uint64_t session, unsigned *loop)
{
    leaf_lock(&whereabouts->lock);
    const struct place *place = find(whereabouts, session);
    if (place != NULL) *loop = place->loop;
    leaf_unlock(&whereabouts->lock);
    return place != NULL;
}
