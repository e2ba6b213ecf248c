#include "server/burials.h"

#include <sched.h>
#include <stdatomic.h>

#include <uv.h>

#include "proto/base/alloc.h"
#include "server/priority.h"
#include "storage/keyspace/graveyard.h"
#include "storage/memory/block.h"

/* How long the thread stands back where a loop helps: it may be preempted with the lock in its hands, and is
 * then the last to have a core again. */
#define STAND_BACK_NS 5000000
/* Buckets freed before a loop that waits for the same core, or for the lock, may have it. */
#define DIG_STEPS 16

struct burial {
    struct graveyard *graveyard;
    size_t len; /* keys */
    struct burial *next;
};

struct burials {
    uv_mutex_t lock; /* of what follows, and of the graveyards: one digs at a time */
    uv_cond_t come;
    struct burial *first, **end;
    bool stopping;

    _Atomic bool helped; /* by a loop, since the thread last asked */
    _Atomic size_t pending;
    _Atomic uint64_t done;
    bool started;
    uv_thread_t thread;
};

struct burials *burials_create(void)
{
    struct burials *burials = ALLOC_NEW(struct burials);
    uv_mutex_init(&burials->lock);
    uv_cond_init(&burials->come);
    burials->end = &burials->first;
    return burials;
}

static void finish_first(struct burials *burials)
{
    struct burial *burial = burials->first;
    burials->first = burial->next;
    if (burials->first == NULL) burials->end = &burials->first;
    atomic_fetch_sub(&burials->pending, burial->len);
    atomic_fetch_add(&burials->done, burial->len);
    alloc_free(burial);
}

/* With the lock. True: one of them is done. */
static bool dig_first(struct burials *burials)
{
    if (graveyard_dig(&burials->first->graveyard, DIG_STEPS)) return false;
    finish_first(burials);
    return true;
}

static void tend_graves(void *context)
{
    struct burials *burials = context;
    priority_give_way();
    uv_mutex_lock(&burials->lock);
    while (!burials->stopping) {
        if (burials->first == NULL) {
            uv_cond_wait(&burials->come, &burials->lock);
            continue;
        }
        if (atomic_exchange(&burials->helped, false)) {
            uv_cond_timedwait(&burials->come, &burials->lock, STAND_BACK_NS);
            continue;
        }
        bool finished = dig_first(burials);
        uv_mutex_unlock(&burials->lock);
        if (finished) block_release_cached();
        sched_yield();
        uv_mutex_lock(&burials->lock);
    }
    uv_mutex_unlock(&burials->lock);
}

int burials_start(struct burials *burials)
{
    int failure = uv_thread_create(&burials->thread, tend_graves, burials);
    burials->started = failure == 0;
    return failure;
}

void burials_destroy(struct burials **burials)
{
    struct burials *b = *burials;
    uv_mutex_lock(&b->lock);
    b->stopping = true;
    uv_cond_signal(&b->come);
    uv_mutex_unlock(&b->lock);
    if (b->started) uv_thread_join(&b->thread);
    while (b->first != NULL) dig_first(b);
    uv_cond_destroy(&b->come);
    uv_mutex_destroy(&b->lock);
    alloc_free(b);
    *burials = NULL;
}

void burials_add(struct burials *burials, struct graveyard *graveyard)
{
    if (graveyard == NULL) return;
    struct burial *burial = ALLOC_NEW(struct burial);
    *burial = (struct burial){ .graveyard = graveyard, .len = graveyard_len(graveyard) };
    atomic_fetch_add(&burials->pending, burial->len);
    uv_mutex_lock(&burials->lock);
    *burials->end = burial;
    burials->end = &burial->next;
    uv_cond_signal(&burials->come);
    uv_mutex_unlock(&burials->lock);
}

bool burials_dig(struct burials *burials)
{
    uv_mutex_lock(&burials->lock);
    bool any = burials->first != NULL;
    atomic_store(&burials->helped, true);
    if (any) dig_first(burials);
    uv_mutex_unlock(&burials->lock);
    return any;
}

size_t burials_pending(const struct burials *burials)
{
    return atomic_load(&burials->pending);
}

uint64_t burials_done(const struct burials *burials)
{
    return atomic_load(&burials->done);
}

void burials_reset_done(struct burials *burials)
{
    atomic_store(&burials->done, 0);
}
