/* How waiting ends, and the way home of those who were served. */
#include "proto/base/holder.h"
#include "server/events/blocking/blocking.h"

#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "proto/reply.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/core/ticks.h"
#include "server/events/blocking/blocking_state.h"
#include "server/events/tracking/tracking.h"
#include "server/exec/acl/denial.h"
#include "server/exec/errors/errors.h"
#include "server/exec/lateness.h"
#include "server/exec/session/session.h"
#include "server/exec/session/suspension.h"
#include "server/memory/client_account.h"
#include "server/observe/secrets.h"
#include "storage/keyspace/access.h"

static void open_letter(struct loop *loop, struct letter *letter)
{
    (void)loop;
    blocking_come_home((struct waiter *)letter);
}

void blocking_post(struct loop *loop)
{
    struct waiter_list *claimed = &loop->blocking->claimed;
    while (!STAILQ_EMPTY(claimed)) {
        struct waiter *waiter = STAILQ_FIRST(claimed);
        STAILQ_REMOVE_HEAD(claimed, claimed_others);
        waiter->letter.open = open_letter;
        if (waiter->loop == loop)
            blocking_come_home(waiter);
        else
            mailbox_post(&waiter->loop->mailbox, &waiter->letter);
    }
}

/* False: a shard is kept for long. */
static bool leave_lines(struct blocking *blocking, struct waiter *waiter)
{
    for (size_t i = 0; i < waiter->place_count; i++) {
        struct line_place *place = &waiter->places[i];
        if (place->line == NULL) continue;
        struct access access;
        if (!access_open(&access, blocking->keyspace, place->line->key.hash)) return false;
        blocking_leave_line(blocking, place);
        access_close(&access);
    }
    return true;
}

/* What is told who was served is written already. */
static void write_answer(struct waiter *waiter)
{
    struct reply reply = { .out = &waiter->reply, .protocol = waiter->protocol };
    if (waiter->state == WAITER_SERVED) return;
    if (waiter->state == WAITER_UNBLOCKED_WITH_ERROR)
        reply_error(&reply, SLICE(ERR_UNBLOCKED));
    else if (waiter->kind->in_vain != NULL)
        waiter->kind->in_vain(&reply, waiter->argv, waiter->argc);
    else
        reply_null_array(&reply);
}

/* As in Redis, who has waited is in the slow log only if it was served, and with what that took. */
static void report(const struct waiter *waiter)
{
    struct server *server = waiter->loop->server;
    uint64_t ns = ticks_to_ns(waiter->spent_ticks, server->ns_per_tick);
    if (!lateness_is_of_interest(server->settings, ns)) return;
    struct public_words words = { .argv = waiter->argv, .argc = waiter->argc };
    lateness_report(&(struct late_command){
        .session = waiter->session, .words = &words, .ns = ns, .is_logged = true, .event = LATENESS_SERVED });
}

/* Nobody looks at one that was claimed, so it may stay in its lines for a while. */
static bool finish(struct waiter *waiter)
{
    if (waiter->unwanted && !blocking_put_back(waiter)) return false;
    waiter->unwanted = false;
    if (!leave_lines(waiter->loop->blocking->all, waiter)) return false;
    waiter_destroy(waiter);
    return true;
}

static void finish_or_linger(struct waiter *waiter)
{
    struct blocking_loop *own = waiter->loop->blocking;
    if (finish(waiter)) return;
    STAILQ_INSERT_TAIL(&own->lingering, waiter, claimed_others);
    blocking_arm(own);
}

/* The client waits no more, or is no more. */
static void part(struct waiter *waiter)
{
    client_account_set(waiter->session->account, ACCOUNT_WAITING, 0);
    waiter->session->waiter = NULL;
    waiter->session = NULL;
}

static bool was_denied(const struct waiter *waiter)
{
    return waiter->state == WAITER_SERVED && waiter->finding.denial != ACL_GRANTED;
}

static void report_denial(const struct waiter *waiter)
{
    denial_came_late(&(struct late_denial){ .session = waiter->session,
                                            .command = waiter->command,
                                            .argv = waiter->argv,
                                            .finding = waiter->finding });
}

static bool has_taken(const struct waiter *waiter)
{
    return waiter->state == WAITER_SERVED && !was_denied(waiter);
}

/* A change behind what it was served may have been told on its way here: then it is told once more, behind
 * the answer. */
static void end_reads(struct session *session, struct waiter *waiter)
{
    struct keyspace *keyspace = waiter->loop->server->keyspace;
    for (size_t i = 0; i < waiter->place_count; i++)
        tracking_end_read(session, keyspace_key(keyspace, waiter->argv[waiter->places[i].arg]),
                          &waiter->reply);
}

void blocking_come_home(struct waiter *waiter)
{
    struct blocking_loop *own = waiter->loop->blocking;
    timeouts_remove(&own->timeouts, &waiter->timeout);
    waiters_remove(&own->all->waiters, waiter);
    if (waiter->session != NULL) {
        struct session *session = waiter->session;
        if (was_denied(waiter)) report_denial(waiter);
        if (has_taken(waiter)) report(waiter);
        part(waiter);
        write_answer(waiter);
        if (waiter->tracks && has_taken(waiter)) end_reads(session, waiter);
        suspension_push(session, buffer_slice(&waiter->reply));
    } else {
        waiter->unwanted = has_taken(waiter) && waiter->kind->put_back != NULL && !own->loop->ended;
    }
    finish_or_linger(waiter);
}

static struct waiter *waiter_of(struct timeout *timeout)
{
    return HOLDER_OF(timeout, struct waiter, timeout);
}

/* As in Redis, time is up when more than it has passed: the first and the last millisecond are hardly ever
 * whole ones. */
static bool is_up(const struct timeout *timeout, int64_t now_ms)
{
    return timeout->at_ms < now_ms;
}

static void finish_lingering(struct blocking_loop *own)
{
    struct waiter_list list = STAILQ_HEAD_INITIALIZER(list);
    STAILQ_CONCAT(&list, &own->lingering);
    while (!STAILQ_EMPTY(&list)) {
        struct waiter *waiter = STAILQ_FIRST(&list);
        STAILQ_REMOVE_HEAD(&list, claimed_others);
        finish_or_linger(waiter);
    }
}

static void on_time(uv_timer_t *timer)
{
    struct blocking_loop *own = timer->data;
    own->armed_ms = 0;
    loop_read_clock(own->loop);
    finish_lingering(own);
    blocking_look_at_clock(own->loop);
}

/* How soon those are tried again who met a shard that is kept for long. */
#define LINGER_MS 5

/* When to look at the clock again; 0: never. */
static int64_t next_ms(const struct blocking_loop *own)
{
    const struct timeout *first = timeouts_first(&own->timeouts);
    int64_t at_ms = first != NULL ? first->at_ms + 1 : 0, soon_ms = own->loop->now_ms + LINGER_MS;
    if (STAILQ_EMPTY(&own->lingering)) return at_ms;
    return at_ms == 0 || at_ms > soon_ms ? soon_ms : at_ms;
}

void blocking_arm(struct blocking_loop *own)
{
    int64_t at_ms = next_ms(own), now_ms = own->loop->now_ms;
    if (at_ms == 0 || (own->armed_ms != 0 && own->armed_ms <= at_ms)) return;
    own->armed_ms = at_ms;
    uv_update_time(&own->loop->uv); /* a batch may have taken a while since it was read */
    uv_timer_start(&own->timer, on_time, at_ms > now_ms ? (uint64_t)(at_ms - now_ms) : 0, 0);
}

void blocking_look_at_clock(struct loop *loop)
{
    struct blocking_loop *own = loop->blocking;
    struct timeout *first;
    while ((first = timeouts_first(&own->timeouts)) != NULL && is_up(first, loop->now_ms)) {
        struct waiter *waiter = waiter_of(first);
        timeouts_remove(&own->timeouts, first);
        if (blocking_claim(own->all, waiter, WAITER_TIMED_OUT)) blocking_come_home(waiter);
    }
    blocking_arm(own);
}

void blocking_leave(struct session *session)
{
    struct waiter *waiter = session->waiter;
    if (waiter == NULL) return;
    part(waiter);
    if (blocking_claim(waiter->loop->blocking->all, waiter, WAITER_LEFT)) blocking_come_home(waiter);
}

bool blocking_unblock(struct loop *loop, uint64_t session, bool with_error)
{
    struct blocking_loop *own = loop->blocking;
    enum waiter_state how = with_error ? WAITER_UNBLOCKED_WITH_ERROR : WAITER_UNBLOCKED;
    struct waiter *waiter = waiters_claim(&own->all->waiters, session, how);
    if (waiter == NULL) return false;
    blocking_note_claimed(own->all, waiter);
    STAILQ_INSERT_TAIL(&own->claimed, waiter, claimed_others);
    loop->unposted = true;
    return true;
}

struct blocking_counts blocking_counts(const struct blocking *blocking)
{
    return (struct blocking_counts){
        .clients = atomic_load_explicit(&blocking->clients, memory_order_relaxed),
        .with_timeout = atomic_load_explicit(&blocking->with_timeout, memory_order_relaxed),
        .for_leases = atomic_load_explicit(&blocking->for_leases, memory_order_relaxed),
        .keys = atomic_load_explicit(&blocking->keys, memory_order_relaxed),
    };
}

static void open_loop(struct blocking *blocking, struct loop *loop)
{
    struct blocking_loop *own = &blocking->loops[loop->index];
    own->all = blocking;
    own->loop = loop;
    STAILQ_INIT(&own->ready);
    STAILQ_INIT(&own->aside);
    STAILQ_INIT(&own->claimed);
    STAILQ_INIT(&own->lingering);
    int failure = uv_timer_init(&loop->uv, &own->timer);
    INVARIANT(failure == 0);
    own->timer.data = own;
    loop->blocking = own;
    loop->serve = blocking_serve;
    loop->serve_alone = blocking_serve_alone;
    loop->reach = blocking_reach;
}

struct blocking *blocking_create(struct keyspace *keyspace, struct loop *loops, unsigned loop_count)
{
    struct blocking *blocking = ALLOC_NEW(struct blocking);
    blocking->keyspace = keyspace;
    blocking->loop_count = loop_count;
    blocking->loops = alloc_zeroed(loop_count * sizeof(*blocking->loops));
    waiters_init(&blocking->waiters);
    for (unsigned i = 0; i < loop_count; i++) open_loop(blocking, &loops[i]);
    return blocking;
}

static void close_loop(struct blocking_loop *own)
{
    while (!STAILQ_EMPTY(&own->lingering)) {
        struct waiter *waiter = STAILQ_FIRST(&own->lingering);
        STAILQ_REMOVE_HEAD(&own->lingering, claimed_others);
        waiter->unwanted = false;
        bool finished = finish(waiter);
        INVARIANT(finished);
    }
    timeouts_clear(&own->timeouts);
}

void blocking_destroy(struct blocking **blocking)
{
    struct blocking *b = *blocking;
    for (unsigned i = 0; i < b->loop_count; i++) close_loop(&b->loops[i]);
    for (unsigned i = 0; i < KEYSPACE_SHARDS_MAX; i++) lines_clear(&b->lines[i]);
    waiters_clear(&b->waiters);
    alloc_free(b->loops);
    alloc_free(b);
    *blocking = NULL;
}
