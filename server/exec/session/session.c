#include "server/exec/session/session.h"

#include <string.h>

#include "proto/base/alloc.h"
#include "server/memory/client_account.h"

void session_init(struct session *session, uint64_t id, bool authenticated, int64_t now_ms)
{
    *session = (struct session){
        .id = id,
        .protocol = 2,
        .gates = authenticated ? 0 : GATE_STRANGER,
        .created_ms = now_ms,
        .active_ms = now_ms,
    };
}

void session_set_replies(struct session *session, enum reply_mode replies)
{
    session->replies = replies;
    session->gates &= ~(uint32_t)GATE_SILENCE;
    if (replies != REPLIES_ON) session->gates |= GATE_SILENCE;
}

void session_set_text(char **text, struct slice value)
{
    alloc_free(*text);
    *text = value.len > 0 ? alloc_cstr(value.data, value.len) : NULL;
}

void session_clear(struct session *session)
{
    session_set_text(&session->name, SLICE(""));
    session_set_text(&session->library_name, SLICE(""));
    session_set_text(&session->library_version, SLICE(""));
}

void session_reset(struct session *session, bool authenticated)
{
    session_set_text(&session->name, SLICE(""));
    session->db = 0;
    session->protocol = 2;
    session->gates &= ~(uint32_t)(GATE_STRANGER | GATE_MONITOR);
    if (!authenticated) session->gates |= GATE_STRANGER;
    session->no_evict = false;
    session->no_touch = false;
    session->follows_redirects = false;
    if (session->replies != REPLIES_SKIPPING) session_set_replies(session, REPLIES_ON);
}

void session_hold(struct session *session)
{
    session->held = true;
    client_account_spare(session->account, true);
}

void session_let_go(struct session *session)
{
    session->held = false;
    client_account_spare(session->account, session->no_evict);
    if (session->left) session_close(session);
}
