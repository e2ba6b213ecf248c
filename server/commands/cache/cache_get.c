/*
 * CACHE GET: a value with its state. Of those who find none, or one that is not fresh, one wins the lease.
 *
 * What to say is judged first, and changes nothing; then it is said, and the lease granted. Who waits is
 * judged anew whenever something has happened to the lease or the key, on whatever loop that is.
 */
#include "proto/base/contract.h"
#include "server/commands/cache/cache.h"
#include "server/commands/cache/cache_options.h"
#include "server/commands/cache/cache_view.h"
#include "server/commands/string/text.h"
#include "server/core/loop.h"
#include "server/events/blocking/blocking.h"
#include "server/events/lease/lease_token.h"
#include "server/events/lease/leasing.h"
#include "server/exec/acl/call_rights.h"
#include "server/exec/call.h"
#include "server/exec/session/session.h"
#include "server/exec/session/session_gate.h"
#include "storage/entry/entry.h"

enum state { HIT, WIN, STALE, BUSY, PASS, FAIL, MISS };

struct judgement {
    enum state state;
    bool early;          /* WIN: of a value that is fresh yet */
    bool shows;          /* the value is told */
    struct lease *lease; /* of the key, as it was found */
    struct cache_view view;
};

/* A lease is of use to who may store what he computes, and to nobody else: he would keep it from all others.
 */
static bool may_lease(const struct call *call, int arg, const struct cache_get_options *options)
{
    const struct slice store[] = { SLICE("CACHE"), SLICE("SET"), call->argv[arg] };
    if (options->peeks || call->session->reads_only) return false;
    return call_may_run(call, SLICE("cache|set"), store, 3);
}

/* Somebody computes: an old value will do, but for who wants a fresh one. */
static enum state while_held(const struct cache_get_options *options, const struct judgement *judgement)
{
    return judgement->view.freshness == CACHE_STALE && !options->fresh ? STALE : BUSY;
}

static enum state judge_state(const struct call *call, int arg, const struct cache_get_options *options,
                              const struct judgement *judgement)
{
    bool has_old = judgement->view.freshness == CACHE_STALE && !options->fresh;
    switch (lease_phase_at(judgement->lease, call->now_ms)) {
    case LEASE_HELD: return while_held(options, judgement);
    case LEASE_PASS: return PASS;
    case LEASE_RETRY: return has_old ? STALE : FAIL;
    case LEASE_OPEN: break;
    }
    if (may_lease(call, arg, options)) return WIN;
    return has_old ? STALE : MISS;
}

/* Of a value that is fresh, the lease is of interest only when it is to be computed soon. */
static void judge_fresh(struct call *call, int arg, const struct cache_get_options *options,
                        struct judgement *judgement)
{
    judgement->state = HIT;
    judgement->shows = true;
    if (!cache_view_is_due(call, &judgement->view) || !may_lease(call, arg, options)) return;
    judgement->lease = leasing_find(call, arg);
    judgement->early = lease_phase_at(judgement->lease, call->now_ms) == LEASE_OPEN;
    if (judgement->early) judgement->state = WIN;
}

/* False: an error was replied. */
static bool judge(struct call *call, int arg, const struct cache_get_options *options,
                  struct judgement *judgement)
{
    *judgement = (struct judgement){ 0 };
    const struct slice *version = options->versioned ? &options->version : NULL;
    if (!cache_view_find(call, arg, version, &judgement->view)) return false;
    if (judgement->view.freshness == CACHE_FRESH) {
        judge_fresh(call, arg, options, judgement);
        return true;
    }
    judgement->lease = leasing_find(call, arg);
    judgement->state = judge_state(call, arg, options, judgement);
    bool may_show = judgement->state == WIN || judgement->state == STALE;
    judgement->shows = may_show && judgement->view.freshness == CACHE_STALE && !options->fresh;
    return true;
}

/* There may be no room for a lease. */
static void grant(struct call *call, int arg, const struct cache_get_options *options,
                  struct judgement *judgement)
{
    judgement->lease = leasing_grant(call, arg, judgement->lease, options->lease_ms, judgement->view.cost_ms);
    if (judgement->lease != NULL) return;
    if (judgement->early)
        judgement->state = HIT;
    else
        judgement->state = judgement->shows ? STALE : MISS;
}

static void count(struct call *call, const struct judgement *judgement)
{
    struct counters *counters = &call->loop->counters;
    counter_add(judgement->shows ? &counters->hits : &counters->misses, 1);
    if (judgement->state == HIT) counter_add(&counters->cache_hits, 1);
    if (judgement->state == STALE) counter_add(&counters->cache_stale, 1);
    if (judgement->state == WIN) counter_add(&counters->cache_wins, 1);
    if (judgement->state == WIN && judgement->early) counter_add(&counters->cache_early, 1);
}

static void reply_state(struct reply *reply, enum state state)
{
    static const char *const names[] = { "hit", "win", "stale", "busy", "pass", "fail", "miss" };
    reply_bulk_cstr(reply, names[state]);
}

static void reply_token(struct reply *reply, const struct lease *lease)
{
    char text[LEASE_TOKEN_LEN];
    lease_token_write(lease->secret, text);
    reply_bulk(reply, slice_of(text, LEASE_TOKEN_LEN));
}

static void reply_field(struct reply *reply, const char *name, int64_t value)
{
    reply_bulk_cstr(reply, name);
    reply_int(reply, value);
}

static void reply_type(struct reply *reply, struct slice type)
{
    reply_bulk_cstr(reply, "type");
    if (type.len > 0)
        reply_bulk(reply, type);
    else
        reply_null(reply);
}

static void reply_meta(struct reply *reply, const struct cache_view *view)
{
    int64_t length = view->entry != NULL ? (int64_t)entry_text_len(view->entry) : -1;
    reply_map(reply, 6);
    reply_field(reply, "ttl", view->left_ms);
    reply_field(reply, "grace", view->grace_ms);
    reply_field(reply, "age", view->age_ms);
    reply_field(reply, "cost", view->cost_ms > 0 ? (int64_t)view->cost_ms : -1);
    reply_type(reply, view->type);
    reply_field(reply, "length", length);
}

static void reply_nothing(struct reply *reply, enum state state, bool meta)
{
    static const struct cache_view nothing = { .left_ms = -1, .grace_ms = -1, .age_ms = -1 };
    reply_array(reply, meta ? 4 : 3);
    reply_state(reply, state);
    reply_null(reply);
    reply_null(reply);
    if (meta) reply_meta(reply, &nothing);
}

static void answer(struct call *call, const struct cache_get_options *options,
                   const struct judgement *judgement)
{
    struct reply *reply = call->reply;
    if (!judgement->shows && judgement->state != WIN) {
        reply_nothing(reply, judgement->state, options->meta);
        return;
    }
    reply_array(reply, options->meta ? 4 : 3);
    reply_state(reply, judgement->state);
    if (judgement->shows)
        text_reply(call, judgement->view.entry);
    else
        reply_null(reply);
    if (judgement->state == WIN)
        reply_token(reply, judgement->lease);
    else
        reply_null(reply);
    static const struct cache_view nothing = { .left_ms = -1, .grace_ms = -1, .age_ms = -1 };
    if (options->meta) reply_meta(reply, judgement->shows ? &judgement->view : &nothing);
}

static void settle(struct call *call, int arg, const struct cache_get_options *options,
                   struct judgement *judgement)
{
    if (judgement->state == WIN) grant(call, arg, options, judgement);
    count(call, judgement);
    answer(call, options, judgement);
}

/* For who waits. Its arguments were right when it came. */
static bool is_ready(struct call *call, int arg)
{
    struct cache_get_options options;
    struct judgement judgement;
    if (!cache_get_options_read(call, &options)) return true;
    return !judge(call, arg, &options, &judgement) || judgement.state != BUSY;
}

static bool take(struct call *call, int arg)
{
    struct cache_get_options options;
    struct judgement judgement;
    if (cache_get_options_read(call, &options) && judge(call, arg, &options, &judgement))
        settle(call, arg, &options, &judgement);
    return true;
}

static void put_back(struct call *call, int arg, const struct slice *elements, size_t count)
{
    (void)elements;
    (void)count;
    leasing_give_up(call, arg);
}

/* An option with a value, which may be any word. */
static bool has_value(struct slice word)
{
    return slice_equal_nocase(word, SLICE("lease")) || slice_equal_nocase(word, SLICE("wait")) ||
           slice_equal_nocase(word, SLICE("version"));
}

static bool wants_meta(const struct slice *argv, int argc)
{
    for (int arg = 3; arg < argc; arg++) {
        if (slice_equal_nocase(argv[arg], SLICE("meta"))) return true;
        arg += has_value(argv[arg]);
    }
    return false;
}

/* On the loop of who has waited. */
static void reply_busy(struct reply *reply, const struct slice *argv, int argc)
{
    struct loop *loop = loop_of_thread();
    REQUIRE(loop != NULL);
    struct counters *counters = &loop->counters;
    counter_add(&counters->misses, 1);
    counter_add(&counters->cache_timeouts, 1);
    reply_nothing(reply, BUSY, wants_meta(argv, argc));
}

static void wait(struct call *call, int arg, const struct cache_get_options *options)
{
    static const struct blocking_kind kind = {
        .take = take, .put_back = put_back, .is_ready = is_ready, .in_vain = reply_busy, .is_for_lease = true
    };
    struct blocking_request request = {
        .kind = &kind, .first = arg, .keys = 1, .until_ms = call->now_ms + options->wait_ms
    };
    counter_add(&call->loop->counters.cache_waits, 1);
    leasing_expect(call, arg);
    blocking_wait(call, &request);
}

/* What is mostly asked, and mostly found. False: nothing was said. */
static inline bool tell_fresh(struct call *call, int arg)
{
    static const struct reply_frame frames[] = { REPLY_FRAME("*3\r\n$3\r\nhit\r\n", "_\r\n"),
                                                 REPLY_FRAME("*3\r\n$3\r\nhit\r\n", "$-1\r\n") };
    const struct entry *entry = call_edit(call, arg);
    if (entry == NULL || entry_type(entry) != ENTRY_STRING || !cache_view_is_young(call, entry)) return false;
    counter_add(&call->loop->counters.hits, 1);
    counter_add(&call->loop->counters.cache_hits, 1);
    text_reply_framed(call, entry, &frames[call->reply->protocol == 2]);
    return true;
}

void cache_get(struct call *call)
{
    if (call->argc == 3 && tell_fresh(call, 2)) return;
    struct cache_get_options options;
    struct judgement judgement;
    int arg = 2;
    if (!cache_get_options_read(call, &options) || !judge(call, arg, &options, &judgement)) return;
    bool may_wait = options.wait_ms > 0 && !call->inside && !call->session->executing;
    if (judgement.state == BUSY && may_wait)
        wait(call, arg, &options);
    else
        settle(call, arg, &options, &judgement);
}
