/* How a lease is won, and what ends it while its winner is there. leasing_time.c has the other ends. */
#include "server/events/lease/leasing.h"

#include "proto/base/contract.h"
#include "server/config/settings.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/events/blocking/blocking.h"
#include "server/events/changes.h"
#include "server/events/lease/leasing_state.h"
#include "server/exec/call.h"
#include "server/exec/session/session.h"
#include "server/exec/session/sessions.h"
#include "storage/dress/bumps.h"
#include "storage/keyspace/access.h"
#include "storage/keyspace/keyspace.h"
#include "storage/shard/change.h"

struct leasing_step leasing_step_begin(struct loop *loop, unsigned index)
{
    struct leasing *all = loop->leasing->all;
    struct leases *leases = &all->leases[index];
    return (struct leasing_step){ .all = all,
                                  .loop = loop,
                                  .leases = leases,
                                  .index = index,
                                  .len = leases_len(leases),
                                  .held = leases->held,
                                  .bytes = leases->bytes };
}

/* Differences may be negative: they wrap around, and back. */
static void count(_Atomic size_t *total, size_t before, size_t after)
{
    if (after != before) atomic_fetch_add_explicit(total, after - before, memory_order_relaxed);
}

static void hear(const struct leasing_step *step)
{
    bool had = step->len > 0, has = leases_len(step->leases) > 0;
    if (has && !had) changes_listen_in(step->loop->changes, step->index, CHANGES_LEASE);
    if (had && !has) changes_unlisten_in(step->loop->changes, step->index, CHANGES_LEASE);
}

void leasing_step_end(const struct leasing_step *step)
{
    struct leasing *all = step->all;
    const struct leases *leases = step->leases;
    int64_t due_ms = leases_due_ms(leases);
    hear(step);
    count(&all->len, step->len, leases_len(leases));
    count(&all->held, step->held, leases->held);
    keyspace_charge_beside(all->server->keyspace, step->index, step->bytes, leases->bytes);
    atomic_store_explicit(&all->due_ms[step->index], due_ms, memory_order_relaxed);
    if (due_ms != 0) leasing_arm(step->loop->leasing, due_ms);
}

void leasing_wake(struct loop *loop, unsigned index, const struct lease *lease)
{
    blocking_make_ready(loop, index, lease->db, lease_key(lease));
}

/* What orders births and invalidations. */
static uint64_t clock_of(const struct call *call)
{
    return bumps_tick(keyspace_bumps(call->server->keyspace), call->now_ms * 1000);
}

static unsigned index_of(const struct call *call, struct key key)
{
    return keyspace_shard_of(call->access.keyspace, key.hash);
}

struct lease *leasing_find(struct call *call, int arg)
{
    struct key key = call_key(call, arg);
    const struct leasing *all = call->loop->leasing->all;
    return leases_find(&all->leases[index_of(call, key)], call->db, key);
}

int64_t leasing_left_ms(struct call *call, int arg)
{
    const struct lease *lease = leasing_find(call, arg);
    bool held = lease_phase_at(lease, call->now_ms) == LEASE_HELD;
    return held ? lease->timeout.at_ms - call->now_ms : -1;
}

size_t leasing_waiting(const struct call *call, int arg)
{
    struct key key = call_key(call, arg);
    return blocking_waiting(call->loop, index_of(call, key), call->db, key);
}

struct lease *leasing_find_by_token(struct call *call, int arg, struct slice token)
{
    uint64_t secret = lease_token_read(token);
    struct lease *lease = secret != 0 ? leasing_find(call, arg) : NULL;
    return lease != NULL && lease->secret == secret ? lease : NULL;
}

/* What nobody computes makes room; leasing.h has the rest. */
static bool has_room(const struct leasing_step *step)
{
    struct server *server = step->all->server;
    size_t most = (size_t)SETTING(server->settings, cache_max_leases);
    size_t shards = keyspace_shards(server->keyspace);
    if (atomic_load_explicit(&step->all->held, memory_order_relaxed) >= most) return false;
    if (atomic_load_explicit(&step->all->len, memory_order_relaxed) < most) return true;
    if (leases_drop_open(step->leases) || leases_drop_resting(step->leases)) return true;
    return step->len < (most + shards - 1) / shards;
}

/* It is another loop's if it waited, and noted it when it began to. A script wins for who has called it. */
static void note_winner(struct call *call, unsigned index)
{
    struct session *winner = sessions_find(call->loop->sessions, call->session->id);
    if (winner == NULL) winner = call->session;
    winner->lease_shards |= UINT64_C(1) << index;
}

struct lease *leasing_grant(struct call *call, int arg, struct lease *lease, int64_t lease_ms,
                            uint32_t cost_ms)
{
    struct key key = call_key(call, arg);
    unsigned index = index_of(call, key);
    struct leasing_step step = leasing_step_begin(call->loop, index);
    struct lease_terms terms = { .db = call->db,
                                 .owner = call->session->id,
                                 .secret = lease_token_draw(&call->loop->leasing->tokens),
                                 .granted = clock_of(call),
                                 .now_ms = call->now_ms,
                                 .until_ms = call->now_ms + lease_ms,
                                 .cost_ms = cost_ms };
    if (lease == NULL && !has_room(&step)) return NULL;
    lease = leases_grant(step.leases, lease, key, &terms);
    leasing_step_end(&step);
    note_winner(call, index);
    return lease;
}

void leasing_expect(struct call *call, int arg)
{
    note_winner(call, index_of(call, call_key(call, arg)));
}

void leasing_give_up(struct call *call, int arg)
{
    struct lease *lease = leasing_find(call, arg);
    if (lease == NULL || lease->phase != LEASE_HELD || lease->owner != call->session->id) return;
    struct leasing_step step = leasing_step_begin(call->loop, index_of(call, lease_key(lease)));
    leases_open(step.leases, lease, call->now_ms);
    leasing_wake(step.loop, step.index, lease);
    leasing_step_end(&step);
}

uint32_t leasing_cost_ms(const struct call *call, const struct lease *lease)
{
    int64_t taken_ms = call->now_ms - lease->granted_ms;
    if (taken_ms < 0) taken_ms = 0; /* the clock was set back */
    if (taken_ms > UINT32_MAX) taken_ms = UINT32_MAX;
    if (lease->cost_ms == 0) return (uint32_t)taken_ms;
    return (uint32_t)(((uint64_t)lease->cost_ms + (uint64_t)taken_ms) / 2);
}

void leasing_end(struct call *call, struct lease *lease)
{
    struct leasing_step step = leasing_step_begin(call->loop, index_of(call, lease_key(lease)));
    leasing_wake(step.loop, step.index, lease);
    leases_drop(step.leases, lease);
    leasing_step_end(&step);
}

void leasing_rest(struct call *call, struct lease *lease, enum lease_phase phase, int64_t ms)
{
    struct leasing_step step = leasing_step_begin(call->loop, index_of(call, lease_key(lease)));
    leases_rest(step.leases, lease, phase, call->now_ms + ms);
    leasing_wake(step.loop, step.index, lease);
    leasing_step_end(&step);
}

/* What made room, or was over anyway, says nothing of what the value would be now. */
static bool breaks(const struct change *change)
{
    if (change->which == EVENT_ABSENT) return true;
    return change_modifies(change->class) && (change->class & (CHANGE_EVICTED | CHANGE_EXPIRED)) == 0;
}

void leasing_on_change(struct loop *loop, unsigned index, const struct change *change)
{
    if (!breaks(change)) return;
    struct lease *lease = leases_find(&loop->leasing->all->leases[index], change->db, change->key);
    if (lease == NULL) return;
    struct leasing_step step = leasing_step_begin(loop, index);
    leasing_wake(loop, index, lease);
    leases_drop(step.leases, lease);
    leasing_step_end(&step);
}

struct breaking {
    struct loop *loop;
    unsigned index;
    bool (*goes)(void *context, const struct lease *lease);
    void *context;
};

static bool goes(void *context, const struct lease *lease)
{
    const struct breaking *breaking = (const struct breaking *)context;
    if (!breaking->goes(breaking->context, lease)) return false;
    leasing_wake(breaking->loop, breaking->index, lease);
    return true;
}

void leasing_break_each(struct loop *loop, unsigned index,
                        bool (*wanted)(void *context, const struct lease *lease), void *context)
{
    struct leasing_step step = leasing_step_begin(loop, index);
    struct breaking breaking = { loop, index, wanted, context };
    if (step.len == 0) return;
    leases_drop_each(step.leases, goes, &breaking);
    leasing_step_end(&step);
}

static bool is_concerned(void *context, const struct lease *lease)
{
    const struct flush *flush = (const struct flush *)context;
    return flush->kind == FLUSH_ALL || lease->db == flush->db ||
           (flush->kind == FLUSH_SWAP && lease->db == flush->other_db);
}

void leasing_on_flush(struct loop *loop, const struct flush *flush)
{
    unsigned shards = keyspace_shards(loop->server->keyspace);
    for (unsigned i = 0; i < shards; i++) leasing_break_each(loop, i, is_concerned, (void *)flush);
}

uint64_t leasing_oldest(const struct leasing *leasing, unsigned index)
{
    return leases_oldest(&leasing->leases[index]);
}

struct leasing_counts leasing_counts(const struct leasing *leasing)
{
    return (struct leasing_counts){ .leases = atomic_load_explicit(&leasing->len, memory_order_relaxed),
                                    .held = atomic_load_explicit(&leasing->held, memory_order_relaxed) };
}
