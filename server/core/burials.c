#include "server/core/burials.h"

#include <sched.h>
#include <stdatomic.h>

#include <uv.h>

#include "proto/base/alloc.h"
#include "server/core/priority.h"
#include "storage/keyspace/rank.h"
#include "storage/memory/block.h"
#include "storage/shard/graveyard.h"

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
    uv_mutex_t
        door; /* of what has come: held for a few instructions, as loops come by with a shard in hand */
    uv_cond_t come;
    struct burial *added, **end;
    _Atomic bool unrung; /* some have come, and the thread may not know */
    bool stopping;

    uv_mutex_t pit; /* of what is being freed: one digs at a time */
    struct burial *first;

    _Atomic bool helped; /* by a loop, since the thread last asked */
    _Atomic size_t pending;
    _Atomic uint64_t done;
    bool started;
    uv_thread_t thread;
};

struct burials *burials_create(void)
{
    struct burials *burials = ALLOC_NEW(struct burials);
    uv_mutex_init(&burials->door);
    uv_mutex_init(&burials->pit);
    uv_cond_init(&burials->come);
    burials->end = &burials->added;
    return burials;
}

static struct burial *take_added(struct burials *burials)
{
    uv_mutex_lock(&burials->door);
    struct burial *added = burials->added;
    burials->added = NULL;
    burials->end = &burials->added;
    uv_mutex_unlock(&burials->door);
    return added;
}

static void finish_first(struct burials *burials)
{
    struct burial *burial = burials->first;
    burials->first = burial->next;
    atomic_fetch_sub(&burials->pending, burial->len);
    atomic_fetch_add(&burials->done, burial->len);
    alloc_free(burial);
}

enum dug { DUG_NOTHING, DUG_SOME, DUG_LAST_OF_ONE };

static enum dug dig(struct burials *burials)
{
    enum dug dug = DUG_NOTHING;
    uv_mutex_lock(&burials->pit);
    if (burials->first == NULL) burials->first = take_added(burials);
    if (burials->first != NULL) {
        dug = graveyard_dig(&burials->first->graveyard, DIG_STEPS) ? DUG_SOME : DUG_LAST_OF_ONE;
        if (dug == DUG_LAST_OF_ONE) finish_first(burials);
    }
    uv_mutex_unlock(&burials->pit);
    return dug;
}

/* Until something has come; or where a loop digs, for a while. False: it is time to end. */
static bool stand_by(struct burials *burials, bool has_work)
{
    uv_mutex_lock(&burials->door);
    if (!burials->stopping && has_work) {
        uv_cond_timedwait(&burials->come, &burials->door, STAND_BACK_NS);
    } else {
        while (!burials->stopping && burials->added == NULL) uv_cond_wait(&burials->come, &burials->door);
    }
    bool goes_on = !burials->stopping;
    uv_mutex_unlock(&burials->door);
    return goes_on;
}

static bool is_stopping(struct burials *burials)
{
    uv_mutex_lock(&burials->door);
    bool stopping = burials->stopping;
    uv_mutex_unlock(&burials->door);
    return stopping;
}

static void tend_graves(void *context)
{
    struct burials *burials = context;
    priority_give_way();
    while (!is_stopping(burials)) {
        if (atomic_exchange(&burials->helped, false) && !stand_by(burials, true)) break;
        enum dug dug = dig(burials);
        if (dug == DUG_LAST_OF_ONE) block_release_cached();
        if (dug == DUG_NOTHING && !stand_by(burials, false)) break;
        sched_yield();
    }
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
    uv_mutex_lock(&b->door);
    b->stopping = true;
    uv_cond_signal(&b->come);
    uv_mutex_unlock(&b->door);
    if (b->started) uv_thread_join(&b->thread);
    while (dig(b) != DUG_NOTHING) {}
    uv_cond_destroy(&b->come);
    uv_mutex_destroy(&b->pit);
    uv_mutex_destroy(&b->door);
    alloc_free(b);
    *burials = NULL;
}

void burials_leave(struct burials *burials, struct graveyard *graveyard)
{
    struct burial *burial = ALLOC_NEW(struct burial);
    *burial = (struct burial){ .graveyard = graveyard, .len = graveyard_len(graveyard) };
    atomic_fetch_add(&burials->pending, burial->len);
    uv_mutex_lock(&burials->door);
    *burials->end = burial;
    burials->end = &burial->next;
    uv_mutex_unlock(&burials->door);
    atomic_store(&burials->unrung, true);
}

void burials_ring(struct burials *burials)
{
    if (!atomic_load_explicit(&burials->unrung, memory_order_relaxed)) return;
    rank_require_none();
    atomic_store(&burials->unrung, false);
    uv_mutex_lock(&burials->door);
    uv_cond_signal(&burials->come);
    uv_mutex_unlock(&burials->door);
}

void burials_add(struct burials *burials, struct graveyard *graveyard)
{
    if (graveyard == NULL) return;
    burials_leave(burials, graveyard);
    burials_ring(burials);
}

bool burials_dig(struct burials *burials)
{
    atomic_store(&burials->helped, true);
    return dig(burials) != DUG_NOTHING;
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
