#include <stddef.h>

#include "proto/base/number.h"
#include "server/commands/catalog/families.h"
#include "server/commands/client/client_name.h"
#include "server/config/settings.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/events/pubsub/pubsub.h"
#include "server/events/tracking/tracking.h"
#include "server/exec/acl/denial.h"
#include "server/exec/acl/user.h"
#include "server/exec/acl/users.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"
#include "server/exec/errors/refusal.h"
#include "server/exec/session/monitors.h"
#include "server/exec/session/session.h"
#include "server/exec/session/sheet.h"
#include "server/exec/transaction/multi.h"
#include "server/net/connection.h"
#include "server/upstream/link/link.h"
#include "server/upstream/tier.h"

/* To a subscriber that cannot tell a reply from a message. */
static void pong_among_messages(struct call *call)
{
    reply_array(call->reply, 2);
    reply_bulk_cstr(call->reply, "pong");
    reply_bulk(call->reply, call->argc == 2 ? call->argv[1] : SLICE(""));
}

static void ping(struct call *call)
{
    if (call->argc > 2)
        refuse_arity(call, call->command);
    else if (session_mixes_messages(call->session))
        pong_among_messages(call);
    else if (call->argc == 2)
        reply_bulk(call->reply, call->argv[1]);
    else
        reply_status(call->reply, SLICE("PONG"));
}

static void echo(struct call *call)
{
    reply_bulk(call->reply, call->argv[1]);
}

/* Of an upstream's databases there may be fewer. */
static int64_t databases(const struct call *call)
{
    struct tier *tier = call->server->tier;
    return tier == NULL ? SETTING(call_settings(call), databases)
                        : (int64_t)atomic_load(&tier_link(tier)->databases);
}

/* In the upstream's words, where it is the upstream that lacks it: a cluster's node has others. */
static void refuse_database(struct call *call, int64_t index)
{
    char error[128] = "";
    struct tier *tier = call->server->tier;
    bool ours = index >= 0 && index < SETTING(call_settings(call), databases);
    if (tier != NULL && ours) link_copy_no_database(tier_link(tier), error, sizeof(error));
    reply_error(call->reply, error[0] != '\0' ? slice_of_cstr(error) : SLICE(ERR_DB_RANGE));
}

static void select_db(struct call *call)
{
    int64_t index;
    if (!call_arg_int(call, 1, &index)) return;
    if (index < INT32_MIN || index > INT32_MAX) {
        reply_error(call->reply, SLICE(ERR_INT_RANGE));
    } else if (index < 0 || index >= databases(call)) {
        refuse_database(call, index);
    } else {
        call->session->db = (unsigned)index;
        reply_ok(call->reply);
    }
}

static void quit(struct call *call)
{
    reply_ok(call->reply);
    call->session->closing = true;
}

static void reset(struct call *call)
{
    monitors_leave(call->server, call->session);
    tracking_turn_off(call->session);
    pubsub_leave(call->session);
    multi_end(call->session);
    session_reset(call->session, true);
    users_seat_default(call->server->users, call->session);
    client_account_spare(call->session->account, false);
    call->reply->protocol = 2;
    reply_status(call->reply, SLICE("RESET"));
}

/* Authenticates the session; false after Redis's error. */
static bool admit(struct call *call, struct slice user, struct slice password)
{
    struct user *admitted = users_admit(call->server->users, user, password);
    if (admitted != NULL) {
        users_seat(call->session, admitted);
        call->session->gates &= ~(uint32_t)GATE_STRANGER;
        return true;
    }
    denial_of_login(call, user);
    reply_error(call->reply, SLICE(ERR_WRONG_PASS));
    return false;
}

static void auth(struct call *call)
{
    if (call->argc > 3) {
        reply_error(call->reply, SLICE(ERR_SYNTAX));
        return;
    }
    bool named = call->argc == 3;
    if (!named && users_are_open(call->server->users)) {
        reply_error(call->reply, SLICE(ERR_NO_PASSWORD_SET));
        return;
    }
    struct slice user = named ? call->argv[1] : SLICE("default");
    if (admit(call, user, call->argv[call->argc - 1])) reply_ok(call->reply);
}

/* False after an error reply; `*protocol` stays 0 where none is asked for. */
static bool read_protocol(struct call *call, int *protocol)
{
    int64_t version;
    if (call->argc < 2) return true;
    if (!call_arg_int_or(call, 1, &version, SLICE(ERR_PROTOCOL_VERSION))) return false;
    if (version == 2 || version == 3) {
        *protocol = (int)version;
        return true;
    }
    reply_error(call->reply, SLICE(ERR_NO_PROTO));
    return false;
}

/* Each option takes effect as it is met, as in Redis: one that follows and is wrong does not undo it. */
static bool apply_options(struct call *call)
{
    for (int i = 2; i < call->argc; i++) {
        int more = call->argc - 1 - i;
        if (call_arg_is(call, i, "AUTH") && more >= 2) {
            if (!admit(call, call->argv[i + 1], call->argv[i + 2])) return false;
            i += 2;
        } else if (call_arg_is(call, i, "SETNAME") && more >= 1) {
            if (!client_name_set(call, ++i)) return false;
        } else {
            reply_errorf(call->reply, "ERR Syntax error in HELLO option '%.*s'", (int)call->argv[i].len,
                         call->argv[i].data);
            return false;
        }
    }
    return true;
}

static void greet(struct call *call)
{
    struct reply *reply = call->reply;
    reply_map(reply, 7);
    reply_bulk_cstr(reply, "server");
    reply_bulk_cstr(reply, "redis");
    reply_bulk_cstr(reply, "version");
    reply_bulk_cstr(reply, SERVER_REDIS_VERSION);
    reply_bulk_cstr(reply, "proto");
    reply_int(reply, reply->protocol);
    reply_bulk_cstr(reply, "id");
    reply_int(reply, (int64_t)call->session->id);
    reply_bulk_cstr(reply, "mode");
    reply_bulk_cstr(reply, "standalone");
    reply_bulk_cstr(reply, "role");
    reply_bulk_cstr(reply, "master");
    reply_bulk_cstr(reply, "modules");
    reply_array(reply, 0);
}

static void hello(struct call *call)
{
    int protocol = 0;
    if (!read_protocol(call, &protocol) || !apply_options(call)) return;
    if (!session_is_authenticated(call->session)) {
        reply_error(call->reply, SLICE(ERR_HELLO_NO_AUTH));
        return;
    }
    if (protocol != 0) {
        sheet_close(call->loop->sheet);
        call->session->protocol = call->reply->protocol = protocol;
    }
    greet(call);
}

#define ALWAYS (CMD_NOSCRIPT | CMD_LOADING | CMD_STALE | CMD_FAST | CMD_NO_AUTH | CMD_ALLOW_BUSY)

#define ENDS_MULTI (CMD_UNQUEUED | CMD_ENDS_MULTI)

const struct command connection_commands[] = {
    { "ping", ping, .syntax = "[message]", .flags = CMD_FAST | CMD_SUBSCRIBER, .categories = ACL_CONNECTION,
      .group = "connection", .tier = TIER_LOCAL | TIER_HEARS_BUSY, .kind = KIND_PING, .since = "1.0.0",
      .cost = "O(1)", .reply = "simple string, or the message as bulk string",
      .summary = "Ask whether the server answers.",
      .tips = "request_policy:all_shards response_policy:all_succeeded" },
    { "echo", echo, .syntax = "message", .flags = CMD_LOADING | CMD_STALE | CMD_FAST,
      .categories = ACL_CONNECTION, .group = "connection", .tier = TIER_LOCAL, .since = "1.0.0",
      .cost = "O(1)", .reply = "bulk string", .summary = "Reply with the message." },
    { "select", select_db, .syntax = "index", .databases = { .first = 1, .last = 1 },
      .flags = CMD_LOADING | CMD_STALE | CMD_FAST, .categories = ACL_CONNECTION, .group = "connection",
      .tier = TIER_LOCAL, .kind = KIND_SELECT, .since = "1.0.0", .cost = "O(1)", .reply = "OK",
      .summary = "Choose the database of this connection." },
    { "quit", quit, .syntax = "[ignored ...]", .flags = ALWAYS | CMD_SUBSCRIBER | ENDS_MULTI,
      .categories = ACL_CONNECTION, .group = "connection", .tier = TIER_LOCAL, .kind = KIND_LEAVE,
      .since = "1.0.0", .cost = "O(1)", .reply = "OK",
      .summary = "Close the connection once all is answered." },
    { "reset", reset, .syntax = "", .flags = ALWAYS | CMD_TURNS_INPUT | CMD_SUBSCRIBER | ENDS_MULTI,
      .categories = ACL_CONNECTION, .group = "connection", .tier = TIER_LOCAL, .kind = KIND_LEAVE,
      .since = "6.2.0", .cost = "O(1)", .reply = "simple string",
      .summary = "Put the connection back into the state of a new one." },
    { "hello", hello, .syntax = "[protover [AUTH username password] [SETNAME clientname]]",
      .flags = ALWAYS | CMD_TURNS_INPUT, .categories = ACL_CONNECTION, .group = "connection",
      .tier = TIER_LOCAL, .kind = KIND_HELLO, .since = "6.0.0", .cost = "O(1)", .reply = "map",
      .summary = "Introduce the client and choose the protocol." },
    { "auth", auth, .syntax = "[username] password", .flags = ALWAYS | CMD_TURNS_INPUT,
      .categories = ACL_CONNECTION, .group = "connection", .tier = TIER_LOCAL, .since = "1.0.0",
      .cost = "O(1)", .reply = "OK", .summary = "Authenticate this connection with a password." },
    { 0 },
};
