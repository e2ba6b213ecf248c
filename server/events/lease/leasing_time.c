/* Leases whose time is up, whose winner has gone; and the leases of a server. */
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/array.h"
#include "proto/base/contract.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/events/lease/leasing.h"
#include "server/events/lease/leasing_state.h"
#include "server/exec/session/session.h"
#include "storage/keyspace/access.h"

/* How soon those are tried again who met a shard that is kept for long. */
#define LINGER_MS 5

static void on_time(uv_timer_t *timer);

void leasing_arm(struct leasing_loop *own, int64_t at_ms)
{
    int64_t now_ms = own->loop->now_ms;
    if (own->armed_ms != 0 && own->armed_ms <= at_ms) return;
    own->armed_ms = at_ms;
    uv_update_time(&own->loop->uv); /* a batch may have taken a while since it was read */
    uv_timer_start(&own->timer, on_time, at_ms > now_ms ? (uint64_t)(at_ms - now_ms) : 0, 0);
}

/* Do something to the leases of a shard outside of a command, and serve whom that wakes. False: the shard is
 * kept for long. */
static bool visit(struct leasing_loop *own, unsigned index,
                  void (*act)(const struct leasing_step *step, uint64_t owner), uint64_t owner)
{
    struct loop *loop = own->loop;
    struct access access;
    if (!access_open_at(&access, loop->server->keyspace, index)) return false;
    struct leasing_step step = leasing_step_begin(loop, index);
    act(&step, owner);
    leasing_step_end(&step);
    if (loop->unserved) loop->serve_alone(loop, &access);
    access_close(&access);
    loop_post(loop);
    return true;
}

static void advance(const struct leasing_step *step, uint64_t owner)
{
    struct lease *opened;
    (void)owner;
    while (leases_advance(step->leases, step->loop->now_ms, &opened))
        if (opened != NULL) leasing_wake(step->loop, step->index, opened);
}

static void open_those_of(const struct leasing_step *step, uint64_t owner)
{
    for (struct lease *lease; (lease = leases_of_owner(step->leases, owner)) != NULL;) {
        leases_open(step->leases, lease, step->loop->now_ms);
        leasing_wake(step->loop, step->index, lease);
    }
}

/* The shards that are kept for long. */
static uint64_t depart(struct leasing_loop *own, struct departed departed)
{
    uint64_t kept = 0;
    for (uint64_t left = departed.shards; left != 0; left &= left - 1) {
        unsigned index = (unsigned)__builtin_ctzll(left);
        if (!visit(own, index, open_those_of, departed.id)) kept |= UINT64_C(1) << index;
    }
    return kept;
}

static void depart_or_linger(struct leasing_loop *own, struct departed departed)
{
    departed.shards = depart(own, departed);
    if (departed.shards == 0) return;
    ARRAY_RESERVE(own->departed, own->departed_len, own->departed_cap, 4);
    own->departed[own->departed_len++] = departed;
    leasing_arm(own, own->loop->now_ms + LINGER_MS);
}

void leasing_leave(struct session *session)
{
    struct loop *loop = session->loop;
    struct departed departed = { session->id, session->lease_shards };
    session->lease_shards = 0;
    if (departed.shards == 0 || loop->stopping || loop->ended) return;
    depart_or_linger(loop->leasing, departed);
}

static void finish_departed(struct leasing_loop *own)
{
    size_t len = own->departed_len;
    struct departed *departed = own->departed;
    own->departed = NULL;
    own->departed_len = own->departed_cap = 0;
    for (size_t i = 0; i < len; i++) depart_or_linger(own, departed[i]);
    alloc_free(departed);
}

static void look_at_shard(struct leasing_loop *own, unsigned index)
{
    int64_t due_ms = atomic_load_explicit(&own->all->due_ms[index], memory_order_relaxed);
    if (due_ms == 0 || due_ms > own->loop->now_ms || visit(own, index, advance, 0)) return;
    leasing_arm(own, own->loop->now_ms + LINGER_MS);
}

/* Whatever is due next, whichever loop has granted it: that has gone to sleep for it as well. */
static void arm_for_next(struct leasing_loop *own)
{
    for (unsigned i = 0; i < keyspace_shards(own->all->server->keyspace); i++) {
        int64_t due_ms = atomic_load_explicit(&own->all->due_ms[i], memory_order_relaxed);
        if (due_ms > own->loop->now_ms) leasing_arm(own, due_ms);
    }
}

static void on_time(uv_timer_t *timer)
{
    struct leasing_loop *own = timer->data;
    own->armed_ms = 0;
    if (own->loop->stopping || own->loop->ended) return;
    loop_read_clock(own->loop);
    finish_departed(own);
    for (unsigned i = 0; i < keyspace_shards(own->all->server->keyspace); i++) look_at_shard(own, i);
    arm_for_next(own);
}

static void open_loop(struct leasing *leasing, struct loop *loop)
{
    struct leasing_loop *own = &leasing->loops[loop->index];
    own->all = leasing;
    own->loop = loop;
    int failure = uv_timer_init(&loop->uv, &own->timer);
    INVARIANT(failure == 0);
    own->timer.data = own;
    loop->leasing = own;
}

struct leasing *leasing_create(struct server *server)
{
    struct leasing *leasing = ALLOC_NEW(struct leasing);
    leasing->server = server;
    leasing->loop_count = server->loop_count;
    leasing->loops = alloc_zeroed(server->loop_count * sizeof(*leasing->loops));
    for (unsigned i = 0; i < KEYSPACE_SHARDS_MAX; i++) leases_init(&leasing->leases[i]);
    for (unsigned i = 0; i < server->loop_count; i++) open_loop(leasing, &server->loops[i]);
    return leasing;
}

void leasing_destroy(struct leasing **leasing)
{
    struct leasing *l = *leasing;
    for (unsigned i = 0; i < KEYSPACE_SHARDS_MAX; i++) leases_clear(&l->leases[i]);
    for (unsigned i = 0; i < l->loop_count; i++) alloc_free(l->loops[i].departed);
    alloc_free(l->loops);
    alloc_free(l);
    *leasing = NULL;
}
