#include "server/upstream/routing.h"

#include <stdio.h>
#include <string.h>

#include "server/config/option.h"
#include "server/config/settings.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/exec/acl/acl_check.h"
#include "server/exec/acl/denial.h"
#include "server/exec/call.h"
#include "server/exec/command/table.h"
#include "server/exec/errors/errors.h"
#include "server/exec/errors/refusal.h"
#include "server/exec/gates/permission.h"
#include "server/net/connection.h"
#include "server/upstream/clients/conversation.h"
#include "server/upstream/clients/dedicated_state.h"
#include "server/upstream/clients/departure.h"
#include "server/upstream/clients/patron.h"
#include "server/upstream/clients/patrons.h"
#include "server/upstream/copies/coherence.h"
#include "server/upstream/copies/hits.h"
#include "server/upstream/errands/dialect.h"
#include "server/upstream/errands/errand.h"
#include "server/upstream/errands/errand_kind.h"
#include "server/upstream/errands/journey.h"
#include "server/upstream/errands/side.h"
#include "server/upstream/roster/roster.h"
#include "server/upstream/tier_errors.h"
#include "server/upstream/tier_state.h"
#include "server/upstream/typed/fetch.h"

static struct patron *patron_if_any(const struct call *call)
{
    return call->session->patron;
}

static bool has_outstanding(const struct call *call)
{
    return patron_is_owed(patron_if_any(call));
}

/* Until all that is on its way for the client has come. */
static enum tier_verdict hold_for_order(struct call *call)
{
    connection_wait(session_connection(call->session), WAIT_UPSTREAM);
    return TIER_HELD;
}

static enum tier_verdict hold_for_link(struct call *call)
{
    patron_hold(patron_of(session_connection(call->session)));
    return TIER_HELD;
}

/* In its place among the replies that are on their way. */
static enum tier_verdict refuse(struct call *call, struct slice error)
{
    if (has_outstanding(call)) return hold_for_order(call);
    return conversation_refuse(call, KIND_PLAIN, error);
}

static enum tier_verdict refuse_unknown(struct call *call)
{
    struct patron *patron = patron_if_any(call);
    if (has_outstanding(call)) return hold_for_order(call);
    if (patron != NULL) transaction_doom(&patron->transaction);
    refuse_unknown_command(call);
    return TIER_SENT;
}

/* Whether it is there one that runs a script without end must say itself. */
static bool is_upstreams_now(const struct call *call, const struct command_info *command)
{
    return atomic_load_explicit(&call->server->tier->link.busy, memory_order_relaxed) &&
           (command->row->tier & TIER_HEARS_BUSY);
}

/* Of a container that goes up, one that does not: CACHE TOP. */
static bool has_local_subcommand(const struct call *call, const struct command_info *command)
{
    if (command->subcommand_count == 0 || call->argc < 2) return false;
    const struct command_info *sub = command_find_subcommand(command, call->argv[1]);
    return sub != NULL && sub->row->tier & TIER_LOCAL;
}

/* What is wrong with the number of its arguments the upstream says in its own words. */
static uint32_t policy_of(const struct call *call, const struct command_info *command)
{
    if (command == NULL) return TIER_PASS;
    if (has_local_subcommand(call, command)) return TIER_LOCAL;
    if (command->row->tier & TIER_LOCAL) return is_upstreams_now(call, command) ? TIER_PASS : TIER_LOCAL;
    return command_accepts(command, call->argc) ? command->row->tier : TIER_PASS;
}

/* Values of which this server keeps no copies it does not begin to keep without a link. */
static bool runs_without_link(const struct call *call, const struct command_info *command)
{
    bool local = SETTING(call->server->settings, upstream_on_failure) == FAILURE_LOCAL;
    return local && call->session->envoy == NULL && command != NULL &&
           (!(command->row->tier & TIER_PASS) || (command->row->tier & TIER_RUNS_ALONE));
}

/* A transaction is the upstream's, also where the commands in it could be executed here. */
static enum tier_verdict without_link(struct call *call, const struct command_info *command,
                                      enum command_kind kind)
{
    if (has_outstanding(call)) return hold_for_order(call);
    if (runs_without_link(call, command) && !patron_is_engaged(patron_if_any(call))) {
        call->guard = hits_may_answer;
        call->offline = true;
        return TIER_RUN;
    }
    counter_add(&tier_of(call->loop)->stats.refused, 1);
    return conversation_refuse(call, kind, SLICE(TIER_ERR_NO_LINK));
}

static enum tier_verdict forbid(struct call *call, enum command_kind kind)
{
    if (kind == KIND_CLUSTER) return refuse(call, SLICE(ERR_NO_CLUSTER));
    char text[160];
    int shown = call->argv[0].len < 64 ? (int)call->argv[0].len : 64;
    int len = snprintf(text, sizeof(text), TIER_ERR_NOT_HERE_FMT, shown, call->argv[0].data);
    return refuse(call, slice_of(text, (size_t)len));
}

static enum command_kind kind_of(const struct tier *tier, const struct call *call)
{
    return errand_kind_of(call->command, rosters_latest(&tier->rosters), dialect_name(call, call->command),
                          call->argv, call->argc);
}

/* May it give a client that waits for a key what it waits for? Of our own commands those that move keys. */
static bool may_push(const struct call *call, const struct command_info *command, uint32_t policy)
{
    if (policy & TIER_WRITE) return (policy & TIER_FLUSHES) || command->row->keys[1].first != 0;
    if (!(policy & TIER_PASS)) return false;
    const struct roster *roster = rosters_latest(&call->server->tier->rosters);
    const struct roster_row *row = roster_find_call(roster, call->argv, call->argc);
    return row == NULL || !row->reads;
}

/* What has an envoy goes up over connections that are its own, and leaves no copies behind. And a read does
 * not wait for a write of somebody else that the upstream holds (CLIENT PAUSE): what it brings
 * another way is not kept. */
static uint32_t detour(const struct call *call, uint32_t policy)
{
    if (call->session->envoy != NULL && !(policy & TIER_LOCAL)) return TIER_PASS;
    bool held_up = atomic_load_explicit(&call->server->tier->link.held_up, memory_order_relaxed);
    return held_up && (policy & TIER_READ) && !has_outstanding(call) ? TIER_PASS : policy;
}

/* A copy of what it reads is on its way, and nothing of the client's is: it waits, and will ask again. */
static bool expects_copy(const struct call *call, struct patron *patron)
{
    if (patron_is_owed(patron) || !fetch_is_under_way(call)) return false;
    patron_expect(patron);
    counter_add(&tier_of(call->loop)->stats.coalesced, 1);
    /* Who brings it may have looked for those who wait just before. */
    if (!fetch_is_under_way(call)) patrons_wake_expecting(call->server->tier);
    return true;
}

/* What the upstream, or this server, does not allow; empty: nothing. */
static struct slice refusal_of(const struct call *call, const struct command_info *command, uint32_t policy)
{
    const struct tier *tier = call->server->tier;
    if (call->db >= atomic_load_explicit(&tier->link.databases, memory_order_relaxed))
        return SLICE(ERR_DB_RANGE);
    struct slice refusal =
        policy & TIER_PASS ? permission_refusal(call, dialect_name(call, command)) : SLICE("");
    if (refusal.len > 0) return refusal;
    return limits_exceeded(&tier->limits, call) ? SLICE(ERR_BULK_LENGTH) : SLICE("");
}

/* Over a connection that clients share, when nothing of this one's is on its way over another. */
static enum tier_verdict send_shared(struct call *call, const struct command_info *command, uint32_t policy,
                                     enum command_kind kind)
{
    struct patron *patron = patron_of(session_connection(call->session));
    enum patron_way way = policy & TIER_PASS ? WAY_SIDE : WAY_LANE;
    if (patron->parcels > 0 || (patron->outstanding > 0 && patron->way != way)) return hold_for_order(call);
    if ((policy & TIER_TYPED) && call->loop->serves_copies && expects_copy(call, patron)) return TIER_HELD;
    if (kind == KIND_UNWATCH) transaction_failed(&patron->transaction, ROLE_UNWATCH);
    patron->way = way;
    struct errand *errand = journey_begin(call, command, policy);
    if (policy & TIER_TYPED) counter_add(&tier_of(call->loop)->stats.misses, 1);
    if (way == WAY_LANE)
        coherence_send(errand);
    else
        side_send(errand);
    return TIER_SENT;
}

static enum tier_verdict forward(struct call *call, const struct command_info *command, uint32_t policy)
{
    struct tier *tier = call->server->tier;
    enum link_state link = atomic_load_explicit(&tier->link.state, memory_order_acquire);
    struct patron *waiting = patron_if_any(call);
    if (waiting != NULL && waiting->lost != NULL) return hold_for_order(call);
    policy = detour(call, policy);
    enum command_kind kind = policy & (TIER_PASS | TIER_LOCAL) ? kind_of(tier, call) : KIND_PLAIN;
    if (link == LINK_DOWN) return without_link(call, command, kind);
    if (link == LINK_TRYING || !room_is_left(&tier->room, tier->server->settings)) return hold_for_link(call);
    if (departure_concerns(call->loop, waiting) && may_push(call, command, policy) &&
        departure_holds(call->loop, patron_of(session_connection(call->session))))
        return hold_for_link(call);

    struct slice refusal = refusal_of(call, command, policy);
    if (refusal.len > 0) return refuse(call, refusal);
    if (kind == KIND_FORBIDDEN || kind == KIND_CLUSTER) return forbid(call, kind);
    if (waiting != NULL && patron_holds_back(waiting)) return TIER_HELD;
    return conversation_wants(patron_if_any(call), kind) ? conversation_route(call, command, kind)
                                                         : send_shared(call, command, policy, kind);
}

/* It has become another user, while the connection that it has upstream is the one's that it was: what it has
 * begun there is not its own any more. */
static enum tier_verdict part(struct call *call)
{
    if (has_outstanding(call)) return hold_for_order(call);
    reply_error(call->reply, SLICE(TIER_ERR_OTHER_USER));
    call->session->closing = true;
    return TIER_SENT;
}

/* A client that has a connection of its own, or a transaction that the upstream does not know of. */
static enum tier_verdict follow(struct call *call, const struct command_info *command, uint32_t policy)
{
    struct patron *patron = patron_if_any(call);
    struct transaction *transaction = &patron->transaction;
    if (patron->dedicated != NULL && patron->dedicated->envoy != call->session->envoy) return part(call);
    if (transaction->state != TRANSACTION_REFUSED) return forward(call, command, policy);
    enum command_kind kind = kind_of(call->server->tier, call);
    if (transaction_turn(transaction, kind) != TURN_AGAIN)
        return conversation_route_refused(call, command, kind);
    if (has_outstanding(call)) return hold_for_order(call);
    transaction_end(transaction);
    return forward(call, command, policy);
}

/* What is about to run here may make its client one that has just come. */
static enum tier_verdict run_here(struct call *call, const struct command_info *command)
{
    struct patron *patron = patron_if_any(call);
    if (patron != NULL && patron->transaction.unwatched) conversation_reset(patron, call, command);
    return TIER_RUN;
}

/* As Redis says of its commands. An EXEC may hold writes that were queued before. */
bool routing_pauses_writes_of(const struct call *call)
{
    struct slice words[2] = { dialect_name(call, call->command), SLICE("") };
    if (words[0].len == 0) return false;
    if (call->argc > 1) words[1] = call->argv[1];
    const struct roster_row *row =
        roster_find_call(rosters_latest(&call->server->tier->rosters), words, call->argc > 1 ? 2 : 1);
    bool executes = call->command != NULL && (call->command->row->flags & CMD_EXECUTES);
    return row == NULL || row->writes || row->may_replicate || executes;
}

enum share { SHARE_NONE, SHARE_SOME, SHARE_ALL };

/* Of a container, what its subcommand says. */
static uint32_t settings_named(const struct call *call, const struct command_info *command)
{
    if (command == NULL || command->subcommand_count == 0 || call->argc < 3) return 0;
    const struct command_info *sub = command_find_subcommand(command, call->argv[1]);
    return sub != NULL ? sub->row->tier & (TIER_GETS_SETTINGS | TIER_SETS_SETTINGS) : 0;
}

/* How many of the settings that a CONFIG SET or GET names are the upstream's. */
static enum share share_of_upstream(const struct call *call, const struct command_info *command)
{
    uint32_t names = settings_named(call, command);
    bool set = names & TIER_SETS_SETTINGS;
    if (names == 0 || (set && call->argc % 2 != 0)) return SHARE_NONE;
    int theirs = 0, ours = 0;
    for (int i = 2; i < call->argc; i += set ? 2 : 1)
        if (option_is_upstreams(call->argv[i]))
            theirs++;
        else
            ours++;
    if (ours == 0) return SHARE_ALL;
    return set && theirs > 0 ? SHARE_SOME : SHARE_NONE;
}

/* In Redis's order: who is no client yet learns what is wrong with its words before it is told so. */
static enum tier_verdict refuse_stranger(struct call *call, const struct command_info *command)
{
    const struct roster *roster = rosters_latest(&call->server->tier->rosters);
    if (command == NULL && roster != NULL && roster_find(roster, call->argv[0]) == NULL)
        return refuse_unknown(call);
    return refuse(call, SLICE(ERR_NO_AUTH));
}

/* As Redis, for which a monitor is a replica: what touches keys, or could. Who watches may have transactions.
 */
static bool is_for_no_monitor(const struct call *call, uint32_t policy)
{
    if (policy & (TIER_READ | TIER_WRITE)) return true;
    const struct roster *roster = rosters_latest(&call->server->tier->rosters);
    const struct roster_row *row = roster_find_call(roster, call->argv, call->argc);
    if (row == NULL) return roster == NULL;
    return roster_accepts(row, call->argc) && (row->reads || row->writes || row->may_replicate);
}

/* Of a command that is not ours, where the upstream says that its keys are. */
static struct acl_foreign foreign_of(const struct call *call)
{
    const struct roster *roster = rosters_latest(&call->server->tier->rosters);
    const struct roster_row *row = roster_find_call(roster, call->argv, call->argc);
    if (row == NULL || row->moves_keys) return (struct acl_foreign){ .any_key = true };
    return (struct acl_foreign){ .first_key = row->first_key, .last_key = row->last_key, .step = row->step };
}

/* NULL: it is none of ours. */
static const struct command_info *innermost(const struct call *call, const struct command_info *named)
{
    bool is_container = named != NULL && named->subcommand_count > 0 && call->argc > 1;
    return is_container ? command_find_subcommand(named, call->argv[1]) : named;
}

/* Does the upstream list no command of that name, or of these words in a container of ours? */
static bool is_listed_nowhere(const struct call *call, const struct command_info *named)
{
    const struct roster *roster = rosters_latest(&call->server->tier->rosters);
    if (roster == NULL) return false;
    const struct roster_row *row = roster_find_call(roster, call->argv, call->argc);
    return row == NULL || (named != NULL && strchr(row->name, '|') == NULL);
}

static bool may_run(const struct call *call, const struct command_info *command)
{
    const struct user *user = call->session->user;
    struct acl_foreign foreign = command == NULL ? foreign_of(call) : (struct acl_foreign){ 0 };
    struct acl_finding finding = command != NULL ? acl_check(user, command, call->argv, call->argc)
                                                 : acl_check_foreign(user, &foreign, call->argv, call->argc);
    return finding.denial == ACL_GRANTED;
}

/* What is wrong with its words is told before what its user may do, as by Redis. It is told here: what the
 * upstream does with words that it does not list this user may not try. False: nothing is. */
static bool is_misspoken(struct call *call, const struct command_info *named)
{
    const struct command_info *command = innermost(call, named);
    bool wrong = command != NULL ? !command_accepts(command, call->argc) : is_listed_nowhere(call, named);
    return wrong && !may_run(call, command);
}

static enum tier_verdict refuse_misspoken(struct call *call, const struct command_info *named)
{
    const struct command_info *command = innermost(call, named);
    struct patron *patron = patron_if_any(call);
    if (named == NULL || has_outstanding(call)) return refuse_unknown(call);
    if (patron != NULL) transaction_doom(&patron->transaction);
    if (command != NULL)
        refuse_arity(call, command);
    else
        refuse_unknown_subcommand(call, named);
    return TIER_SENT;
}

/* What goes up is this server's to allow: the upstream sees a connection of ours. */
static bool is_entitled(struct call *call, const struct command_info *named, struct buffer *error)
{
    char text[160];
    const struct command_info *command = innermost(call, named);
    struct acl_foreign foreign = command == NULL ? foreign_of(call) : (struct acl_foreign){ 0 };
    struct acl_finding finding =
        command != NULL ? denial_of(call, command, ACL_TOP_LEVEL) : denial_of_foreign(call, &foreign);
    if (finding.denial == ACL_GRANTED) return true;
    struct slice refusal = denial_text(&finding, command, text, sizeof(text));
    buffer_append(error, refusal.data, refusal.len);
    return false;
}

static bool is_refused(struct call *call, const struct command_info *command, enum tier_verdict *verdict)
{
    struct buffer error = { 0 };
    if (!(call->session->gates & GATE_RESTRICTED)) return false;
    if (is_misspoken(call, command)) {
        *verdict = refuse_misspoken(call, command);
        return true;
    }
    if (is_entitled(call, command, &error)) return false;
    *verdict = refuse(call, buffer_slice(&error));
    buffer_clear(&error);
    return true;
}

enum tier_verdict routing_send(struct call *call, const struct command_info *command)
{
    if (command == NULL && dialect_name(call, NULL).len == 0) return refuse_unknown(call);
    if (!session_is_authenticated(call->session)) {
        if (command != NULL && command->row->tier & TIER_LOCAL) return TIER_RUN; /* it has gates of its own */
        return refuse_stranger(call, command);
    }
    enum tier_verdict verdict;
    if (is_refused(call, command, &verdict)) return verdict;
    uint32_t policy = policy_of(call, command);
    struct patron *patron = patron_if_any(call);
    if ((policy & TIER_LOCAL) && !patron_is_engaged(patron)) {
        enum share share = share_of_upstream(call, command);
        if (share == SHARE_SOME) return refuse(call, SLICE(TIER_ERR_MIXED_SETTINGS));
        if (share == SHARE_ALL) policy = TIER_PASS;
    }
    if (session_is_monitor(call->session) && !(policy & TIER_LOCAL) && is_for_no_monitor(call, policy))
        return refuse(call, SLICE(ERR_MONITOR_KEYS));
    if (patron_is_engaged(patron)) return follow(call, command, policy);
    if (policy & TIER_LOCAL) return has_outstanding(call) ? hold_for_order(call) : run_here(call, command);
    bool shares = call->session->envoy == NULL;
    if ((policy & (TIER_READ | TIER_TYPED)) && shares && !has_outstanding(call) &&
        call->loop->serves_copies) {
        /* Whether a copy may tell when its key ends must be known before it does. */
        bool tells = policy & (TIER_TELLS_TTL | TIER_TELLS_END);
        call->guard = tells ? hits_may_answer : NULL;
        call->cached = !tells;
        return TIER_RUN;
    }
    return forward(call, command, policy);
}

enum tier_verdict routing_miss(struct call *call)
{
    struct tier *tier = call->server->tier;
    call->cached = call->offline = call->missed = call->endless = false;
    call->guard = NULL;
    if (atomic_load(&tier->link.state) == LINK_DOWN) return without_link(call, NULL, KIND_PLAIN);
    return forward(call, call->command, call->command->row->tier);
}
