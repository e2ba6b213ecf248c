#include "server/exec/monitors.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/buffer.h"
#include "server/core/address.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/exec/call.h"
#include "server/exec/census.h"
#include "server/exec/session.h"
#include "server/exec/sessions.h"
#include "server/exec/survey.h"
#include "server/observe/secrets.h"

static void append_byte(struct buffer *line, unsigned char byte)
{
    static const char escaped[] = "\n\r\t\a\b\"\\";
    static const char letters[] = "nrtab\"\\";
    const char *found = byte != '\0' ? strchr(escaped, byte) : NULL;
    if (found != NULL)
        buffer_printf(line, "\\%c", letters[found - escaped]);
    else if (byte >= 0x20 && byte < 0x7f)
        buffer_append(line, &byte, 1);
    else
        buffer_printf(line, "\\x%02x", byte);
}

static void append_quoted(struct buffer *line, struct slice text)
{
    buffer_append(line, "\"", 1);
    for (size_t i = 0; i < text.len; i++) append_byte(line, (unsigned char)text.data[i]);
    buffer_append(line, "\"", 1);
}

/* A unix socket is told without the port 0 that it has elsewhere. */
static void cut_port(char *peer)
{
    char *colon = strrchr(peer, ':');
    if (colon != NULL) *colon = '\0';
}

/* With the database that the client is in now, after a SELECT:
 * +1339518083.107412 [0 127.0.0.1:60866] "keys" "*" */
static void append_line(struct buffer *line, const struct call *call)
{
    char peer[ADDRESS_TEXT_MAX];
    session_peer(call->session, peer, sizeof(peer));
    if (call->session->unix_socket) cut_port(peer);
    int64_t now_us = call->server->clock.now_us(call->server->clock.context);
    buffer_printf(line, "+%lld.%06lld [%u %s%s] ", (long long)(now_us / 1000000),
                  (long long)(now_us % 1000000), call->session->db, call->session->unix_socket ? "unix:" : "",
                  peer);
    for (int i = 0; i < call->argc; i++) {
        if (i > 0) buffer_append(line, " ", 1);
        if (secrets_hide(call->redacted, i))
            append_quoted(line, SLICE("(redacted)"));
        else
            append_quoted(line, call->argv[i]);
    }
    buffer_append(line, "\r\n", 2);
}

void monitors_join(struct server *server, struct session *session)
{
    if (session->monitor) return;
    session->monitor = true;
    census_join(&server->census->monitors);
}

void monitors_leave(struct server *server, struct session *session)
{
    if (!session->monitor) return;
    session->monitor = false;
    census_leave(&server->census->monitors);
}

struct told {
    size_t len;
    char line[];
};

static void tell_one(struct session *session, void *context)
{
    const struct told *told = context;
    if (session->monitor) session_push(session, slice_of(told->line, told->len));
}

static void tell(struct loop *loop, void *question)
{
    sessions_each(loop->sessions, tell_one, question);
}

void monitors_feed(const struct call *call)
{
    struct buffer letter = { 0 };
    buffer_reserve(&letter, sizeof(struct told));
    buffer_commit(&letter, sizeof(struct told));
    append_line(&letter, call);
    size_t len = letter.len - sizeof(struct told);
    memcpy(letter.data, &len, sizeof(len));
    survey_tell(call->loop, tell, letter.data, letter.len);
    buffer_clear(&letter);
}
