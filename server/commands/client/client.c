#include <stdatomic.h>
#include <stddef.h>

#include "server/commands/admin/help.h"
#include "server/commands/catalog/families.h"
#include "server/commands/client/client_line.h"
#include "server/commands/client/client_name.h"
#include "server/commands/client/client_survey.h"
#include "server/commands/client/client_tracking.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"
#include "server/exec/errors/errors_client.h"
#include "server/exec/gates/pause.h"
#include "server/exec/session/session.h"
#include "server/exec/session/survey.h"
#include "server/memory/client_account.h"
#include "server/net/connections.h"

static void id(struct call *call)
{
    reply_int(call->reply, (int64_t)call->session->id);
}

static void info(struct call *call)
{
    struct buffer line = { 0 };
    call_note_arguments(call);
    client_line_write(call->session, &line);
    call->session->argument_bytes = 0;
    reply_verbatim(call->reply, "txt", buffer_slice(&line));
    buffer_clear(&line);
}

static void get_name(struct call *call)
{
    if (call->session->name != NULL)
        reply_bulk_cstr(call->reply, call->session->name);
    else
        reply_null(call->reply);
}

static void set_name(struct call *call)
{
    if (client_name_set(call, 2)) reply_ok(call->reply);
}

static void set_info(struct call *call)
{
    struct session *session = call->session;
    bool name = call_arg_is(call, 2, "LIB-NAME");
    if (!name && !call_arg_is(call, 2, "LIB-VER")) {
        reply_errorf(call->reply, "ERR Unrecognized option '%.*s'", (int)call->argv[2].len,
                     call->argv[2].data);
    } else if (!client_name_is_good(call->argv[3])) {
        reply_errorf(call->reply, "ERR %s cannot contain spaces, newlines or special characters.",
                     name ? "lib-name" : "lib-ver");
    } else {
        session_set_text(name ? &session->library_name : &session->library_version, call->argv[3]);
        reply_ok(call->reply);
    }
}

/* Reads ON or OFF; false after a syntax error. */
static bool read_switch(struct call *call, bool *on)
{
    *on = call_arg_is(call, 2, "ON");
    if (*on || call_arg_is(call, 2, "OFF")) return true;
    reply_error(call->reply, SLICE(ERR_SYNTAX));
    return false;
}

static void no_evict(struct call *call)
{
    if (!read_switch(call, &call->session->no_evict)) return;
    client_account_spare(call->session->account, call->session->no_evict);
    reply_ok(call->reply);
}

static void no_touch(struct call *call)
{
    if (read_switch(call, &call->session->no_touch)) reply_ok(call->reply);
}

/* What it does not know it takes for a capability to come. */
static void capabilities(struct call *call)
{
    for (int arg = 2; arg < call->argc; arg++)
        if (call_arg_is(call, arg, "redirect")) call->session->follows_redirects = true;
    reply_ok(call->reply);
}

/* There is no mode of import, so nobody is a source. */
static void import_source(struct call *call)
{
    if (call_arg_is(call, 2, "OFF"))
        reply_ok(call->reply);
    else
        reply_error(call->reply, SLICE(ERR_NO_IMPORT_MODE));
}

static void reply_mode(struct call *call)
{
    struct session *session = call->session;
    if (call_arg_is(call, 2, "ON")) {
        session_set_replies(session, REPLIES_ON);
        reply_ok(call->reply);
    } else if (call_arg_is(call, 2, "OFF")) {
        session_set_replies(session, REPLIES_OFF);
    } else if (call_arg_is(call, 2, "SKIP")) {
        if (session->replies != REPLIES_OFF) session_set_replies(session, REPLIES_SKIP_NEXT);
    } else {
        reply_error(call->reply, SLICE(ERR_SYNTAX));
    }
}

static void tell_pause(struct loop *loop, void *question)
{
    (void)question;
    loop_read_clock(loop);
    connections_pause_changed(loop);
}

static void start_pause(struct call *call, int64_t until_ms, bool writes_only)
{
    pause_begin(call->server->pause, until_ms, writes_only, call->now_ms);
    survey_tell(call->loop, tell_pause, NULL, 0);
}

static void pause_clients(struct call *call)
{
    int64_t timeout_ms;
    bool writes_only = call->argc == 4 && call_arg_is(call, 3, "WRITE");
    if (call->argc == 4 && !writes_only && !call_arg_is(call, 3, "ALL")) {
        reply_error(call->reply, SLICE(ERR_PAUSE_MODE));
        return;
    }
    if (!call_arg_int_or(call, 2, &timeout_ms, SLICE(ERR_TIMEOUT_NOT_INTEGER))) return;
    if (timeout_ms < 0) {
        reply_error(call->reply, SLICE(ERR_TIMEOUT_NEGATIVE));
    } else if (timeout_ms > INT64_MAX - call->now_ms) {
        reply_error(call->reply, SLICE(ERR_TIMEOUT_RANGE));
    } else {
        start_pause(call, call->now_ms + timeout_ms, writes_only);
        reply_ok(call->reply);
    }
}

static void unpause_clients(struct call *call)
{
    pause_end(call->server->pause);
    survey_tell(call->loop, tell_pause, NULL, 0);
    reply_ok(call->reply);
}

static void help(struct call *call)
{
    static const char *const lines[] = {
        "CACHING (YES|NO)",
        "    Whether reads of the next command are tracked, with OPTIN or OPTOUT.",
        "CAPA <capability> [<capability> [...]]",
        "    Say what this connection can do: REDIRECT, that it follows when it is sent elsewhere.",
        "GETREDIR",
        "    The client that invalidations are redirected to: 0, none; -1, there are none.",
        "GETNAME",
        "    The name of this connection.",
        "ID",
        "    The number of this connection.",
        "IMPORT-SOURCE (ON|OFF)",
        "    Whether this connection brings data from elsewhere. None does.",
        "INFO",
        "    What LIST tells, of this connection.",
        "KILL <ip:port>",
        "    Close the connection that comes from there.",
        "KILL <option> <value> [<option> <value> [...]]",
        "    Close the connections that all of these fit:",
        "    * ADDR (<ip:port>|<unixsocket>:0), where it comes from",
        "    * LADDR (<ip:port>|<unixsocket>:0), where it goes to",
        "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
        "    * USER <username>",
        "    * ID <client-id> [<client-id> [...]]",
        "    * SKIPME (YES|NO), whether this connection is spared (default: yes)",
        "    * MAXAGE <seconds>, IDLE <seconds>: open, or silent, for so long or longer",
        "    * NAME <name>, LIB-NAME <name>, LIB-VER <version>, DB <db>, IP <ip>, CAPA <letters>",
        "    * FLAGS <letters>, those of LIST; all of them",
        "    * NOT- before any of these but SKIPME, MAXAGE and IDLE: all that it does not fit",
        "LIST [<option> <value> [<option> <value> [...]]]",
        "    One line about each connection, or about those that the options of KILL fit.",
        "UNBLOCK <client-id> [TIMEOUT|ERROR]",
        "    End the waiting of a client that waits for keys.",
        "UNPAUSE",
        "    End a pause.",
        "PAUSE <timeout> [WRITE|ALL]",
        "    Hold back all commands, or those that write, for <timeout> milliseconds.",
        "REPLY (ON|OFF|SKIP)",
        "    Whether this connection is answered; SKIP leaves out the next reply.",
        "SETINFO <option> <value>",
        "    Say what library speaks here; options are LIB-NAME and LIB-VER.",
        "SETNAME <name>",
        "    Name this connection.",
        "TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]]",
        "         [OPTIN] [OPTOUT] [NOLOOP]",
        "    Whether this connection is told of changes of the keys that it reads, or with",
        "    BCAST of all that begin with one of the prefixes.",
        "TRACKINGINFO",
        "    Whether and how reads of this connection are tracked.",
        "NO-EVICT (ON|OFF)",
        "    Whether this connection is spared when clients take too much memory.",
        "NO-TOUCH (ON|OFF)",
        "    Whether reads of this connection leave no trace in the order of eviction.",
        NULL,
    };
    help_reply(call, lines);
}

#define OWN        (CMD_NOSCRIPT | CMD_LOADING | CMD_STALE)
#define OTHERS     (CMD_ADMIN | CMD_NOSCRIPT | CMD_LOADING | CMD_STALE)
#define CONNECTION .categories = ACL_CONNECTION, .group = "connection"

static const struct command client_subcommands[] = {
    { "trackinginfo", client_trackinginfo, .syntax = "", .flags = OWN, CONNECTION, .since = "6.2.0",
      .cost = "O(1)", .reply = "map", .summary = "Whether and how reads of this connection are tracked." },
    { "unblock", client_unblock, .syntax = "client-id [TIMEOUT | ERROR]", .flags = OTHERS, CONNECTION,
      .since = "5.0.0", .cost = "O(log N) for N clients", .reply = "integer",
      .summary = "End the waiting of a client that waits for keys." },
    { "unpause", unpause_clients, .syntax = "", .flags = CMD_APART | OTHERS, CONNECTION, .since = "6.2.0",
      .cost = "O(N) for N held clients", .reply = "OK", .summary = "End a pause." },
    { "getname", get_name, .syntax = "", .flags = OWN, CONNECTION, .since = "2.6.9", .cost = "O(1)",
      .reply = "bulk string or null", .summary = "The name of this connection." },
    { "list", client_list,
      .syntax = "[TYPE <NORMAL | MASTER | REPLICA | PUBSUB> | ID client-id [client-id ...]] [filter value "
                "[filter value ...]]",
      .flags = CMD_APART | OTHERS, CONNECTION, .since = "2.4.0", .cost = "O(N) for N clients",
      .reply = "bulk string", .summary = "One line about each connection.",
      .tips = "nondeterministic_output" },
    { "no-evict", no_evict, .syntax = "<ON | OFF>", .flags = OTHERS, CONNECTION, .since = "7.0.0",
      .cost = "O(1)", .reply = "OK", .summary = "Spare this connection when clients take too much memory." },
    { "no-touch", no_touch, .syntax = "<ON | OFF>", .flags = OWN, CONNECTION, .since = "7.2.0",
      .cost = "O(1)", .reply = "OK",
      .summary = "Do not count reads of this connection as uses of their keys." },
    { "capa", capabilities, .syntax = "capability [capability ...]", .flags = OWN | CMD_ALLOW_BUSY,
      CONNECTION, .since = "8.0.0", .origin = "Valkey", .cost = "O(1)", .reply = "OK",
      .summary = "Say what this connection can do." },
    { "import-source", import_source, .syntax = "<ON | OFF>", .flags = OWN, CONNECTION, .since = "8.1.0",
      .origin = "Valkey", .cost = "O(1)", .reply = "OK to OFF, otherwise an error",
      .summary = "Whether this connection brings data from elsewhere. None does." },
    { "getredir", client_getredir, .syntax = "", .flags = OWN, CONNECTION, .since = "6.0.0", .cost = "O(1)",
      .reply = "integer", .summary = "The client that invalidations are redirected to." },
    { "id", id, .syntax = "", .flags = OWN, CONNECTION, .since = "5.0.0", .cost = "O(1)", .reply = "integer",
      .summary = "The number of this connection." },
    { "reply", reply_mode, .syntax = "<ON | OFF | SKIP>", .kind = KIND_REPLIES, .flags = OWN, CONNECTION,
      .since = "3.2.0", .cost = "O(1)", .reply = "OK", .summary = "Whether this connection is answered." },
    { "pause", pause_clients, .syntax = "timeout [WRITE | ALL]", .flags = CMD_APART | OTHERS, CONNECTION,
      .since = "2.9.50", .cost = "O(1)", .reply = "OK", .summary = "Hold commands back for a while." },
    { "kill", client_kill,
      .syntax = "<ip:port | <[ID client-id] | [TYPE <NORMAL | MASTER | SLAVE | REPLICA | PUBSUB>] | "
                "[USER username] | [ADDR ip:port] | [LADDR ip:port] | [SKIPME yes/no] | [filter value]>>",
      .flags = CMD_APART | OTHERS, CONNECTION, .since = "2.4.0", .cost = "O(N) for N clients",
      .reply = "OK or integer", .summary = "Close connections." },
    { "info", info, .syntax = "", .flags = CMD_APART | OWN, CONNECTION, .since = "6.2.0", .cost = "O(1)",
      .reply = "bulk string", .summary = "What LIST tells, of this connection.",
      .tips = "nondeterministic_output" },
    { "setinfo", set_info, .syntax = "<LIB-NAME libname | LIB-VER libver>", .flags = OWN, CONNECTION,
      .since = "7.2.0", .cost = "O(1)", .reply = "OK",
      .summary = "Tell the name or the version of the client library." },
    { "setname", set_name, .syntax = "connection-name", .flags = OWN, CONNECTION, .since = "2.6.9",
      .cost = "O(1)", .reply = "OK", .summary = "Name this connection." },
    { "tracking", client_tracking,
      .syntax =
          "<ON | OFF> [REDIRECT client-id] [PREFIX prefix [PREFIX prefix ...]] [BCAST] [OPTIN] [OPTOUT] "
          "[NOLOOP]",
      .flags = OWN, CONNECTION, .since = "6.0.0", .cost = "O(N) with N prefixes of all clients",
      .reply = "OK", .summary = "Tell this connection, or another, when keys that it has read change." },
    { "caching", client_caching, .syntax = "<YES | NO>", .flags = OWN, CONNECTION, .since = "6.0.0",
      .cost = "O(1)", .reply = "OK", .summary = "Whether reads of the next command are tracked." },
    { "help", help, .syntax = "", .flags = CMD_LOADING | CMD_STALE, CONNECTION, .since = "5.0.0",
      .cost = "O(1)", .reply = "array", .summary = "Explain the subcommands." },
    { 0 },
};

const struct command client_commands[] = {
    { "client", .syntax = "", .group = "connection", .tier = TIER_LOCAL, .since = "2.4.0",
      .cost = "Depends on the subcommand", .summary = "About the connections of clients.",
      .subcommands = client_subcommands },
    { 0 },
};
