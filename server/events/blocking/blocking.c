/* How a client comes to wait, and how it is served. blocking_end.c has all other ends. */
#include "server/events/blocking/blocking.h"

#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/core/ticks.h"
#include "server/events/blocking/blocking_state.h"
#include "server/events/changes.h"
#include "server/events/tracking/tracking.h"
#include "server/exec/acl/acl_check.h"
#include "server/exec/acl/denial.h"
#include "server/exec/acl/user.h"
#include "server/exec/acl/users.h"
#include "server/exec/call.h"
#include "server/exec/command/table.h"
#include "server/exec/session/census.h"
#include "server/exec/session/session.h"
#include "server/exec/session/suspension.h"
#include "server/memory/client_account.h"
#include "storage/entry/entry.h"
#include "storage/keyspace/access.h"
#include "storage/shard/shard.h"

static unsigned shard_of(const struct blocking *blocking, uint64_t hash)
{
    return keyspace_shard_of(blocking->keyspace, hash);
}

static struct lines *lines_of(struct blocking *blocking, uint64_t hash)
{
    return &blocking->lines[shard_of(blocking, hash)];
}

void blocking_note_claimed(struct blocking *blocking, const struct waiter *waiter)
{
    atomic_fetch_sub_explicit(&blocking->clients, 1, memory_order_relaxed);
    if (waiter->kind->is_for_lease) atomic_fetch_sub_explicit(&blocking->for_leases, 1, memory_order_relaxed);
    if (waiter->timeout.at_ms != BLOCKING_FOR_EVER)
        atomic_fetch_sub_explicit(&blocking->with_timeout, 1, memory_order_relaxed);
}

bool blocking_claim(struct blocking *blocking, struct waiter *waiter, enum waiter_state how)
{
    if (!waiter_claim(waiter, how)) return false;
    blocking_note_claimed(blocking, waiter);
    return true;
}

static void note_keys(struct blocking *blocking, size_t before, size_t after)
{
    if (after != before)
        atomic_fetch_add_explicit(&blocking->keys, (uint32_t)(after - before), memory_order_relaxed);
}

static void join_line(struct blocking *blocking, const struct waiter *waiter, struct key key,
                      struct line_place *place)
{
    unsigned shard = shard_of(blocking, key.hash);
    struct lines *lines = &blocking->lines[shard];
    size_t before = lines->chains.len;
    if (!lines_join(lines, waiter->db, key, place)) return;
    if (lines->places == 1) changes_listen_in(waiter->loop->changes, shard, CHANGES_BLOCKING);
    note_keys(blocking, before, lines->chains.len);
    place->line->watching += waiter->kind->is_ready != NULL;
    if (place->shards != 0)
        census_join_attended(waiter->loop->server->census, &waiter->loop->server->census->reaching);
}

void blocking_leave_line(struct blocking *blocking, struct line_place *place)
{
    unsigned shard = shard_of(blocking, place->line->key.hash);
    struct lines *lines = &blocking->lines[shard];
    size_t before = lines->chains.len;
    place->line->watching -= place->waiter->kind->is_ready != NULL;
    lines_leave(lines, place);
    if (lines->places == 0) changes_unlisten_in(place->waiter->loop->changes, shard, CHANGES_BLOCKING);
    note_keys(blocking, before, lines->chains.len);
    if (place->shards != 0)
        census_leave_attended(place->waiter->loop->server->census,
                              &place->waiter->loop->server->census->reaching);
}

/* Also if it is the shard of the key itself: others there may go on from it to a further one. */
static uint64_t destination_of(struct call *call, const struct blocking_request *request)
{
    const struct blocking *blocking = call->loop->blocking->all;
    if (request->destination == 0 || keyspace_shards(blocking->keyspace) == 1) return 0;
    return UINT64_C(1) << shard_of(blocking, call_key(call, request->destination).hash);
}

static void join_lines(struct call *call, const struct blocking_request *request, struct waiter *waiter)
{
    struct blocking *blocking = call->loop->blocking->all;
    uint64_t destination = destination_of(call, request);
    for (size_t i = 0; i < waiter->place_count; i++) {
        struct line_place *place = &waiter->places[i];
        place->arg = request->first + (int)i;
        struct key key = call_key(call, place->arg);
        place->shards = destination;
        join_line(blocking, waiter, key, place);
    }
}

static struct waiter *make_waiter(struct call *call, const struct blocking_request *request)
{
    struct session *session = call->session;
    struct waiter *waiter = waiter_create((size_t)request->keys, call->argv, call->argc);
    waiter->kind = request->kind;
    waiter->command = call->command;
    waiter->db = call->db;
    waiter->protocol = session->protocol;
    waiter->no_touch = session->no_touch;
    waiter->user = session->user != NULL ? user_hold(session->user) : NULL;
    waiter->is_restricted = session->gates & GATE_RESTRICTED;
    waiter->users_version = users_version(call->server->users);
    waiter->tracks = tracking_is_noting(call, &waiter->tracker);
    waiter->id = session->id;
    waiter->loop = call->loop;
    waiter->session = session;
    waiter->timeout.at_ms = request->until_ms;
    waiter->spent_ticks = ticks_now() - call->loop->ticks;
    return waiter;
}

/* Nobody may find it before it is complete: the lines come last. */
static void wait(struct call *call, const struct blocking_request *request)
{
    struct blocking_loop *own = call->loop->blocking;
    struct blocking *blocking = own->all;
    struct waiter *waiter = make_waiter(call, request);
    call->session->waiter = waiter;
    client_account_set(call->session->account, ACCOUNT_WAITING, waiter->bytes);
    atomic_fetch_add_explicit(&blocking->clients, 1, memory_order_relaxed);
    if (request->kind->is_for_lease)
        atomic_fetch_add_explicit(&blocking->for_leases, 1, memory_order_relaxed);
    if (request->until_ms != BLOCKING_FOR_EVER) {
        atomic_fetch_add_explicit(&blocking->with_timeout, 1, memory_order_relaxed);
        timeouts_add(&own->timeouts, &waiter->timeout);
        blocking_arm(own);
    }
    suspension_start(call, WAIT_KEYS);
    waiters_add(&blocking->waiters, waiter);
    join_lines(call, request, waiter);
}

void blocking_take(struct call *call, const struct blocking_request *request)
{
    for (int i = 0; i < request->keys; i++)
        if (request->kind->take(call, request->first + i)) return;
    blocking_wait(call, request);
}

void blocking_wait(struct call *call, const struct blocking_request *request)
{
    if (call->inside || call->session->executing)
        request->kind->refuse(call->reply);
    else
        wait(call, request);
}

static void make_ready(struct blocking_loop *own, struct line *line)
{
    if (line->ready) return;
    line->ready = true;
    STAILQ_INSERT_TAIL(&own->ready, line, ready_others);
    own->loop->unserved = own->loop->unfinished = true;
}

/* Of a stream's changes those that may end a wait; any other may have put an end to the stream. */
static bool concerns_watching(const struct change *change)
{
    if ((change->class & CHANGE_STREAM) == 0) return change_modifies(change->class);
    return change->which == EVENT_XADD || change->which == EVENT_XGROUP_DESTROY;
}

void blocking_on_change(struct loop *loop, unsigned index, const struct change *change)
{
    struct blocking_loop *own = loop->blocking;
    bool is_new = change->class == CHANGE_NEW;
    if (!is_new && !concerns_watching(change)) return;
    struct line *line = lines_find(&own->all->lines[index], change->db, change->key);
    if (line != NULL && (is_new || line->watching > 0)) make_ready(own, line);
}

void blocking_make_ready(struct loop *loop, unsigned index, unsigned db, struct key key)
{
    struct blocking_loop *own = loop->blocking;
    struct line *line = lines_find(&own->all->lines[index], db, key);
    if (line != NULL) make_ready(own, line);
}

size_t blocking_waiting(const struct loop *loop, unsigned index, unsigned db, struct key key)
{
    const struct line *line = lines_find(&loop->blocking->all->lines[index], db, key);
    const struct line_place *place;
    size_t count = 0;
    if (line == NULL) return 0;
    TAILQ_FOREACH(place, &line->places, others) count++;
    return count;
}

struct passing {
    struct blocking_loop *own;
    const struct flush *flush;
};

static bool concerns(const struct flush *flush, unsigned db)
{
    return flush->kind == FLUSH_ALL || db == flush->db ||
           (flush->kind == FLUSH_SWAP && db == flush->other_db);
}

static void look_at_line(void *context, struct line *line)
{
    const struct passing *passing = context;
    const struct flush *flush = passing->flush;
    struct shard *shard = access_shard(flush->access, line->key.hash);
    if (!concerns(flush, line->db)) return;
    bool is_new = flush->kind == FLUSH_SWAP && shard_find(shard, line->db, line->key, flush->now_ms) != NULL;
    if (is_new || line->watching > 0) make_ready(passing->own, line);
}

void blocking_on_flush(struct loop *loop, const struct flush *flush)
{
    struct passing passing = { loop->blocking, flush };
    struct blocking *blocking = passing.own->all;
    for (unsigned i = 0; i < KEYSPACE_SHARDS_MAX; i++)
        lines_each(&blocking->lines[i], look_at_line, &passing);
}

/* The client itself may be another loop's. */
static struct session session_for(const struct waiter *waiter)
{
    return (struct session){ .loop = loop_of_thread(),
                             .id = waiter->id,
                             .db = waiter->db,
                             .protocol = waiter->protocol,
                             .no_touch = waiter->no_touch,
                             .user = waiter->user,
                             .gates = waiter->is_restricted ? GATE_RESTRICTED : 0,
                             .executing = true };
}

struct call blocking_stand_in(struct blocking_stand_in *stand_in, struct loop *loop,
                              const struct waiter *waiter)
{
    *stand_in =
        (struct blocking_stand_in){ .session = session_for(waiter),
                                    .reply = { .out = &stand_in->out, .protocol = waiter->protocol } };
    struct call call = { .command = waiter->command,
                         .argv = waiter->argv,
                         .argc = waiter->argc,
                         .reply = &stand_in->reply,
                         .session = &stand_in->session,
                         .loop = loop,
                         .server = loop->server,
                         .access = { .keyspace = loop->server->keyspace },
                         .inside = true,
                         .now_ms = loop->now_ms,
                         .db = waiter->db };
    int first = waiter->command->first_key;
    if (first != 0) call.first_hash = keyspace_key(call.access.keyspace, call.argv[first]).hash;
    return call;
}

/* Users have changed since it came: may it still? That of its name is the call's from then on, held, and NULL
 * where there is none any more; then the client is about to be closed. */
static bool is_denied(struct call *call, struct waiter *waiter)
{
    struct session *session = call->session;
    session->user = users_find(call->server->users, user_name(waiter->user));
    waiter->finding = (struct acl_finding){ ACL_NO_COMMAND, 0 };
    if (session->user == NULL) return true;
    waiter->finding = acl_check(session->user, call->command, call->argv, call->argc);
    session->gates = user_is_boundless(session->user) ? 0 : GATE_RESTRICTED;
    return waiter->finding.denial != ACL_GRANTED;
}

static void refuse(struct call *call, const struct waiter *waiter)
{
    char text[160];
    reply_error(call->reply, denial_text(&waiter->finding, call->command, text, sizeof(text)));
}

/* What serves it: `take`, or `gone`. */
static void take(struct call *call, struct waiter *waiter, int arg, bool gone)
{
    if (gone)
        waiter->kind->gone(call, arg);
    else
        waiter->kind->take(call, arg);
}

static void take_if_allowed(struct call *call, struct waiter *waiter, int arg, bool gone)
{
    if (is_denied(call, waiter))
        refuse(call, waiter);
    else
        take(call, waiter, arg, gone);
    user_drop(&call->session->user);
}

static void run(struct call *outer, struct waiter *waiter, int arg, bool gone)
{
    struct blocking_stand_in stand_in;
    struct call call = blocking_stand_in(&stand_in, outer->loop, waiter);
    call.access = outer->access;
    uint64_t start = ticks_now();
    if (waiter->user == NULL || users_version(call.server->users) == waiter->users_version)
        take(&call, waiter, arg, gone);
    else
        take_if_allowed(&call, waiter, arg, gone);
    waiter->spent_ticks += ticks_now() - start;
    waiter->reply = stand_in.out;
}

/* What is not claimed here ends otherwise at this moment, and leaves the line by itself. */
static void serve(struct call *call, struct line_place *place, bool gone)
{
    struct blocking_loop *own = call->loop->blocking;
    struct waiter *waiter = place->waiter;
    if (!blocking_claim(own->all, waiter, WAITER_SERVED)) return;
    blocking_leave_line(own->all, place);
    waiter->served_at = place->arg;
    run(call, waiter, place->arg, gone);
    /* The change that it has waited for has let it be forgotten. */
    struct key key = keyspace_key(call->access.keyspace, waiter->argv[place->arg]);
    if (waiter->tracks) tracking_remember(call, key, waiter->tracker);
    STAILQ_INSERT_TAIL(&own->claimed, waiter, claimed_others);
    own->loop->unposted = true;
}

/* NULL: the key is not there. */
static struct entry *find(struct call *call, const struct line *line)
{
    struct shard *shard = access_shard(&call->access, line->key.hash);
    return shard_find(shard, line->db, line->key, call->now_ms);
}

static bool is_ready(struct call *outer, const struct line_place *place)
{
    struct blocking_stand_in stand_in;
    const struct blocking_kind *kind = place->waiter->kind;
    if (kind->is_ready == NULL) return true;
    struct call call = blocking_stand_in(&stand_in, outer->loop, place->waiter);
    call.access = outer->access;
    return kind->is_ready(&call, place->arg);
}

static void serve_place(struct call *call, struct line_place *place, const struct entry *entry)
{
    const struct blocking_kind *kind = place->waiter->kind;
    bool is_its = kind->type == NULL || (entry != NULL && entry_value_type(entry) == kind->type);
    if (is_its) {
        if (is_ready(call, place)) serve(call, place, false);
    } else if (kind->gone != NULL) {
        serve(call, place, true);
    }
}

static void serve_line(struct call *call, struct line *line)
{
    struct line_place *next;
    for (struct line_place *place = TAILQ_FIRST(&line->places); place != NULL; place = next) {
        next = TAILQ_NEXT(place, others);
        struct entry *entry = find(call, line);
        if (entry == NULL && line->watching == 0) return;
        serve_place(call, place, entry);
    }
}

void blocking_serve(struct call *call)
{
    struct blocking_loop *own = call->loop->blocking;
    struct line *line;
    while ((line = STAILQ_FIRST(&own->ready)) != NULL) {
        struct lines *lines = lines_of(own->all, line->key.hash);
        size_t before = lines->chains.len;
        STAILQ_REMOVE_HEAD(&own->ready, ready_others);
        serve_line(call, line);
        lines_settle(lines, line);
        note_keys(own->all, before, lines->chains.len);
    }
    own->loop->unserved = false;
}

void blocking_serve_alone(struct loop *loop, struct access *access)
{
    struct call call = {
        .loop = loop, .server = loop->server, .access = *access, .inside = true, .now_ms = loop->now_ms
    };
    blocking_serve(&call);
    loop->unfinished = loop->aftermath != NULL;
}

void blocking_put_aside(struct loop *loop)
{
    STAILQ_CONCAT(&loop->blocking->aside, &loop->blocking->ready);
}

void blocking_take_up(struct loop *loop)
{
    STAILQ_CONCAT(&loop->blocking->ready, &loop->blocking->aside);
}

/* Who is served there may in turn fill a key that somebody waits for. Of shards that are not open this is a
 * guess, which is why it is asked again. */
static uint64_t reach_on(const struct blocking *blocking, uint64_t shards)
{
    uint64_t reached = shards;
    for (uint64_t left = shards; left != 0; left &= left - 1)
        reached |=
            atomic_load_explicit(&blocking->lines[__builtin_ctzll(left)].reach.shards, memory_order_relaxed);
    return reached;
}

uint64_t blocking_reach(const struct loop *loop, const struct access *access, struct key key)
{
    const struct blocking *blocking = loop->blocking->all;
    uint64_t shards = lines_reach_of(&blocking->lines[shard_of(blocking, key.hash)], key);
    for (uint64_t further; (further = reach_on(blocking, shards)) != shards;) shards = further;
    return shards & ~access->shards;
}
