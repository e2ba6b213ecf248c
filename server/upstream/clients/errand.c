#include "server/upstream/clients/errand.h"

#include <stdatomic.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "server/config/settings.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/core/ticks.h"
#include "server/exec/call.h"
#include "server/exec/table.h"
#include "server/net/connection.h"
#include "server/observe/errorstats.h"
#include "server/upstream/clients/dialect.h"
#include "server/upstream/clients/passed_stats.h"
#include "server/upstream/clients/patron.h"
#include "server/upstream/clients/publicity.h"
#include "server/upstream/clients/repeats.h"
#include "server/upstream/clients/translation.h"
#include "server/upstream/copies/coherence.h"
#include "server/upstream/copies/followers.h"
#include "server/upstream/copies/reach.h"
#include "server/upstream/copies/roster.h"
#include "server/upstream/link/command_writer.h"
#include "server/upstream/tier.h"
#include "server/upstream/tier_errors.h"
#include "storage/keyspace/keyspace.h"

static void count_under_way(struct errand *errand, int sign)
{
    struct tier *tier = errand->home->server->tier;
    atomic_fetch_add_explicit(&tier->inflight, sign, memory_order_relaxed);
    atomic_fetch_add_explicit(&tier->inflight_bytes, sign * (int64_t)errand->request.bytes.len,
                              memory_order_relaxed);
}

/* With the command's words as the upstream calls them. */
static struct errand *make(const struct call *call, const struct command_info *command)
{
    struct dialect dialect;
    const struct slice *words = dialect_begin(&dialect, call, command);
    size_t argc = (size_t)call->argc;
    size_t bytes = command_size(words, argc);
    char *memory = alloc_bytes(sizeof(struct errand) + argc * sizeof(struct slice) + bytes);
    struct errand *errand = (struct errand *)(void *)memory;
    errand->argv = (struct slice *)(void *)(memory + sizeof(*errand));
    char *space = memory + sizeof(*errand) + argc * sizeof(struct slice);
    command_place(space, words, argc, errand->argv);
    errand->request.bytes = slice_of(space, bytes);
    dialect_end(&dialect);
    return errand;
}

/* A write that takes another way than the lane is one of which nothing is told. */
static struct outcome outcome_of(const struct command_info *command, uint32_t policy,
                                 const struct slice *argv, int argc)
{
    bool tells = (policy & TIER_WRITE) && command->row->outcome != NULL;
    return tells ? command->row->outcome(argv, argc) : (struct outcome){ 0 };
}

struct errand *errand_create(struct call *call, const struct command_info *command, uint32_t policy)
{
    struct errand *errand = make(call, command);
    const struct slice *argv = errand->argv;
    struct session *session = call->session;
    *errand = (struct errand){
        .request = { .bytes = errand->request.bytes, .db = tier_upstream_db(call->server->tier, call->db) },
        .home = call->loop,
        .command = command,
        .policy = policy,
        .outcome = outcome_of(command, policy, argv, call->argc),
        .db = call->db,
        .protocol = session->protocol,
        .unwanted = session_is_silent(session),
        .started = call->loop->ticks,
        .argc = call->argc,
        .argv = errand->argv,
    };
    errand->session = session->id;
    errand->patron = patron_of(session_connection(session));
    errand->may_join = errand->patron->outstanding == 0;
    errand->patron->outstanding++;
    errand->counted = true;
    errand->charged =
        sizeof(*errand) + (size_t)errand->argc * sizeof(struct slice) + errand->request.bytes.len;
    patron_send(errand->patron, errand->charged);
    count_under_way(errand, 1);
    counter_add(&tier_of(call->loop)->stats.forwarded, 1);
    publicity_sent(call, argv, command);
    if (session->tracker != NULL) followers_begin(errand, session);
    return errand;
}

void errand_uncount(struct errand *errand)
{
    if (errand->counted) count_under_way(errand, -1);
    errand->counted = false;
}

void errand_make_fills(struct errand *errand, size_t count)
{
    errand->fill_count = count;
    errand->fills = count == 1 ? &errand->only_fill : alloc_zeroed(count * sizeof(struct fill *));
}

static void drop_fills(struct errand *errand)
{
    if (errand->fills != &errand->only_fill) alloc_free(errand->fills);
    errand->fills = NULL;
    errand->only_fill = NULL;
    errand->fill_count = 0;
}

static void free_errand(struct errand *errand)
{
    errand_uncount(errand);
    buffer_clear(&errand->reply);
    drop_fills(errand);
    alloc_free(errand);
}

static void count_call(struct errand *errand, struct slice reply)
{
    struct loop *loop = errand->home;
    struct server *server = loop->server;
    bool failed = reply.len > 0 && reply.data[0] == '-';
    if (failed) {
        errorstats_count(server->errorstats, reply);
        counter_add(&loop->counters.errors, 1);
    }
    uint64_t ns = ticks_to_ns(ticks_now() - errand->started, server->ns_per_tick);
    /* As long as its client waited for it, the upstream and the way there included: that is what it can
     * notice, and what the upstream itself took stands in the upstream's SLOWLOG. */
    publicity_took(errand, ns);
    if (errand->command == NULL) {
        const struct roster *roster = atomic_load(&server->tier->roster);
        const struct roster_row *row = roster_find_call(roster, errand->argv, errand->argc);
        if (row != NULL) passed_stats_count(server->tier->passed, row->name, ns, reply);
        counter_add(&loop->counters.commands, 1);
        return;
    }
    if (passed_stats_rejects(reply)) {
        counter_add(&loop->counters.commands, 1);
        counter_add(&loop->counters.by_command[errand->command->id].rejected, 1);
        return;
    }
    counters_command(&loop->counters, errand->command->id, ns, SETTING(server->settings, latency_tracking));
    if (failed) counter_add(&loop->counters.by_command[errand->command->id].failed, 1);
}

bool errand_is_read(const struct errand *errand)
{
    if (errand->policy & TIER_READ) return true;
    const struct roster *roster = atomic_load(&errand->home->server->tier->roster);
    const struct roster_row *row = roster_find_call(roster, errand->argv, errand->argc);
    return errand->kind == KIND_PLAIN && row != NULL && row->reads;
}

void errand_renew(struct errand *errand)
{
    drop_fills(errand);
    buffer_clear(&errand->reply);
    errand->request.memory = NULL;
    errand->repeated = true;
}

/* What the reply stands in alone, or NULL. */
static struct buffer *memory_of(struct errand *errand, struct slice reply)
{
    struct buffer *memory = errand->request.memory != NULL ? errand->request.memory : &errand->reply;
    return reply.len > 0 && memory->data == reply.data ? memory : NULL;
}

void errand_keep(struct errand *errand, struct slice reply, int from)
{
    struct buffer *memory = memory_of(errand, reply);
    if (memory == &errand->reply) return;
    if (memory != NULL && !translation_changes(reply, from, errand->protocol)) {
        errand->reply = *memory;
        *memory = (struct buffer){ 0 };
    } else {
        translation_append(&errand->reply, reply, from, errand->protocol);
    }
    errand->request.memory = NULL;
}

/* Shorter ones are collected, and written together. */
#define HANDED_OVER_MIN ((size_t)64 << 10)

static void deliver(struct errand *errand, struct slice reply, int from)
{
    struct patron *patron = errand->patron;
    struct buffer *memory = reply.len >= HANDED_OVER_MIN ? memory_of(errand, reply) : NULL;
    if (memory != NULL && !translation_changes(reply, from, errand->protocol)) {
        patron_take(patron, memory);
    } else if (from == errand->protocol) {
        patron_append(patron, reply.data, reply.len);
    } else {
        translation_append(&patron->replies, reply, from, errand->protocol);
        patron_append(patron, "", 0);
    }
}

static struct slice excuse_for(struct errand *errand, enum upstream_outcome outcome)
{
    struct nearcache_stats *stats = &tier_of(errand->home)->stats;
    if (outcome == UPSTREAM_UNSENT) {
        counter_add(&stats->refused, 1);
        return SLICE("-" TIER_ERR_NO_LINK "\r\n");
    }
    counter_add(&stats->unknown, 1);
    return errand_is_read(errand) ? SLICE("-" TIER_ERR_NO_LINK "\r\n")
                                  : SLICE("-" TIER_ERR_UNKNOWN_OUTCOME "\r\n");
}

void errand_settle(struct errand *errand, enum upstream_outcome outcome, struct slice reply, int from)
{
    struct patron *patron = errand->patron;
    if (outcome != UPSTREAM_REPLIED) {
        reply = excuse_for(errand, outcome);
        from = errand->protocol;
    }
    count_call(errand, reply);
    patron_received(patron, errand->charged, reply.len);
    if (!errand->unwanted && patron->connection != NULL) deliver(errand, reply, from);
    if (patron->connection != NULL && patron->connection->session.tracker != NULL)
        followers_end(errand, reply);
    free_errand(errand);
    patron_settle(patron);
}

void errand_return(struct errand *errand, enum upstream_outcome outcome, struct slice reply, int from)
{
    if (!repeats_take(errand, outcome, reply, from)) errand_settle(errand, outcome, reply, from);
}

/* Does it show, or leave behind, what the copies must not contradict, and what nobody will tell the lane of?
 * Of what is tracked the lane is told while there is one. */
static bool is_unheard(const struct errand *errand, enum upstream_outcome outcome)
{
    const struct tier *tier = errand->home->server->tier;
    if (!atomic_load(&tier->copies.kept)) return false;
    if (outcome != UPSTREAM_REPLIED) return outcome == UPSTREAM_UNKNOWN && reach_of(errand).writes;
    return atomic_load(&tier->tracking) == UPSTREAM_TRACKS_NONE;
}

/* Is anything known here of what it reaches, or will be? */
static bool is_known(struct errand *errand, const struct reach *reach)
{
    struct tier *tier = errand->home->server->tier;
    if (reach->kind != REACH_KEYS) return reach->kind == REACH_ALL;
    for (int i = reach->first; i <= reach->last; i += reach->step) {
        struct key key = keyspace_key(tier->server->keyspace, errand->argv[i]);
        /* A copy on its way is looked for first: when it has come, it is found in the second look. */
        if (fills_may_hold(&tier->fills, key.hash)) return true;
        if (copies_know(&tier->copies, key, errand->home->now_ms)) return true;
        if (followers_hear(errand, key)) return true;
    }
    return false;
}

/* Nothing that is known here, or will be, can have changed by a command whose keys are not known here. */
static bool needs_barrier(struct errand *errand, const struct reach *reach)
{
    if (errand->patron->behind > 0 || errand->kind != KIND_PLAIN || errand->patron->dedicated != NULL)
        return true;
    return reach->kind != REACH_KEYS || is_known(errand, reach);
}

static struct errand *errand_of_waiter(struct barrier_waiter *waiter)
{
    return (struct errand *)(void *)((char *)waiter - offsetof(struct errand, waiter));
}

static void release(struct barrier_waiter *waiter)
{
    struct errand *errand = errand_of_waiter(waiter);
    patron_let_behind_go(errand->patron, errand->reply.len);
    errand_return(errand, errand->came, buffer_slice(&errand->reply), errand->protocol);
}

static void forget_at_loss(struct barrier_waiter *waiter)
{
    coherence_forget_now(errand_of_waiter(waiter));
}

void errand_return_behind_barrier(struct errand *errand, enum upstream_outcome outcome, struct slice reply)
{
    struct reach reach = reach_of(errand);
    bool replied = outcome == UPSTREAM_REPLIED;
    bool unheard = is_unheard(errand, outcome) && (reach.writes || is_known(errand, &reach));
    bool waits = replied ? needs_barrier(errand, &reach) : errand->patron->behind > 0;
    if (!unheard && !waits) {
        errand_return(errand, outcome, reply, errand->protocol);
        return;
    }
    if (unheard) coherence_forget(errand);
    errand->came = outcome;
    errand_keep(errand, reply, errand->protocol);
    patron_keep_behind(errand->patron, errand->reply.len);
    errand->waiter.home = errand->home;
    errand->waiter.pass = release;
    errand->waiter.lost = forget_at_loss;
    errand->waiter.may_swap = reach.kind == REACH_ALL && reach.writes;
    barrier_wait(errand->home->server->tier, &errand->waiter);
}

static void come_home(struct loop *loop, struct letter *letter)
{
    (void)loop;
    struct errand *errand = (struct errand *)(void *)((char *)letter - offsetof(struct errand, letter));
    struct slice reply = buffer_slice(&errand->reply);
    errand_return(errand, errand->came, reply, errand->protocol);
}

void errand_answer(struct errand *errand, enum upstream_outcome outcome, struct slice reply, int from)
{
    loop_post(&errand->home->server->loops[0]);
    if (errand->home->index == 0) {
        errand_return(errand, outcome, reply, from);
        return;
    }
    errand->came = outcome;
    if (outcome == UPSTREAM_REPLIED) errand_keep(errand, reply, from);
    errand->letter.open = come_home;
    mailbox_post(&errand->home->mailbox, &errand->letter);
}
