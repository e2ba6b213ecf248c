#include "server/exec/session/monitors.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "server/core/address.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/exec/aftermath.h"
#include "server/exec/session/census.h"
#include "server/exec/session/session.h"
#include "server/exec/session/sessions.h"
#include "server/exec/session/survey.h"
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

/* +1339518083.107412 [0 127.0.0.1:60866] "keys" "*" */
static void append_line(struct buffer *line, const struct session *session, unsigned db,
                        const struct public_words *words)
{
    char peer[ADDRESS_TEXT_MAX];
    const struct clock *clock = &session->loop->server->clock;
    session_peer(session, peer, sizeof(peer));
    if (session->unix_socket) cut_port(peer);
    int64_t now_us = clock->now_us(clock->context);
    buffer_printf(line, "+%lld.%06lld [%u %s%s] ", (long long)(now_us / 1000000),
                  (long long)(now_us % 1000000), db, session->unix_socket ? "unix:" : "", peer);
    for (int i = 0; i < words->argc; i++) {
        if (i > 0) buffer_append(line, " ", 1);
        if (secrets_hide(words->secrets, i))
            append_quoted(line, SLICE("(redacted)"));
        else
            append_quoted(line, words->argv[i]);
    }
    buffer_append(line, "\r\n", 2);
}

void monitors_join(struct server *server, struct session *session)
{
    if (session_is_monitor(session)) return;
    session->gates |= GATE_MONITOR;
    census_join_attended(server->census, &server->census->monitors);
}

void monitors_leave(struct server *server, struct session *session)
{
    if (!session_is_monitor(session)) return;
    session->gates &= ~(uint32_t)GATE_MONITOR;
    census_leave_attended(server->census, &server->census->monitors);
}

struct told {
    struct aftermath aftermath; /* first */
    size_t len;
    char line[];
};

static void tell_one(struct session *session, void *context)
{
    const struct told *told = context;
    if (session_is_monitor(session)) session_push(session, slice_of(told->line, told->len));
}

static void tell(struct loop *loop, void *question)
{
    sessions_each(loop->sessions, tell_one, question);
}

static void send_told(struct loop *loop, struct aftermath *aftermath)
{
    struct told *told = (struct told *)aftermath;
    survey_tell(loop, tell, told, sizeof(*told) + told->len);
    alloc_free(told);
}

void monitors_feed(struct session *session, unsigned db, const struct public_words *words)
{
    struct buffer line = { 0 };
    append_line(&line, session, db, words);
    struct told *told = alloc_bytes(sizeof(*told) + line.len);
    *told = (struct told){ .aftermath = { .run = send_told }, .len = line.len };
    memcpy(told->line, line.data, line.len);
    buffer_clear(&line);
    aftermath_leave(session->loop, &told->aftermath);
}
