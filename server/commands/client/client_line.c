#include "server/commands/client/client_line.h"

#include "server/core/address.h"
#include "server/core/loop.h"
#include "server/events/pubsub/pubsub.h"
#include "server/events/tracking/trackers.h"
#include "server/events/tracking/tracking.h"
#include "server/exec/acl/user.h"
#include "server/exec/command/table.h"
#include "server/exec/transaction/multi.h"
#include "server/exec/transaction/watches.h"
#include "server/memory/client_account.h"
#include "server/upstream/clients/conversation.h"

static const char *text_of(const char *text)
{
    return text != NULL ? text : "";
}

/* Also while it is executed. */
static const struct multi *transaction_of(const struct session *session)
{
    return session->multi != NULL ? session->multi : session->running;
}

static void write_tracking(const struct session *session, struct buffer *out)
{
    unsigned modes = session->tracker != NULL ? atomic_load(&session->tracker->modes) : 0;
    if (modes & TRACKER_ON) buffer_append(out, "t", 1);
    if (modes & TRACKER_BROKEN) buffer_append(out, "R", 1);
    if (modes & TRACKER_BCAST) buffer_append(out, "B", 1);
}

static void write_flags(const struct session *session, const struct session_transport *transport,
                        const struct conversation_state *state, struct buffer *out)
{
    size_t before = out->len;
    bool blocked = state->blocked || session->waits & (WAIT_SUSPENDED | WAIT_PAUSED | WAIT_KEYS);
    if (session_is_monitor(session)) buffer_append(out, "O", 1);
    if (transport->has_messages) buffer_append(out, "P", 1);
    if (state->in_multi || transaction_of(session) != NULL) buffer_append(out, "x", 1);
    if (blocked) buffer_append(out, "b", 1);
    write_tracking(session, out);
    if (watches_are_broken(session)) buffer_append(out, "d", 1);
    if (session->closing || transport->is_closing) buffer_append(out, "c", 1);
    if (session->unix_socket) buffer_append(out, "U", 1);
    if (session->no_evict) buffer_append(out, "e", 1);
    if (session->no_touch) buffer_append(out, "T", 1);
    if (out->len == before) buffer_append(out, "N", 1);
}

void client_line_write_flags(const struct session *session, struct buffer *out)
{
    struct session_transport transport = session_transport(session);
    struct conversation_state state = conversation_state(session->patron);
    write_flags(session, &transport, &state, out);
}

static void write_who(const struct session *session, const struct session_transport *transport,
                      struct buffer *out)
{
    int64_t now_ms = session->loop->now_ms;
    char peer[ADDRESS_TEXT_MAX];
    session_peer(session, peer, sizeof(peer));
    buffer_printf(out, "id=%llu addr=%s laddr=%s fd=%d name=%s age=%lld idle=%lld flags=",
                  (unsigned long long)session->id, peer, transport->local, transport->fd,
                  text_of(session->name), (long long)(now_ms - session->created_ms) / 1000,
                  (long long)(now_ms - session->active_ms) / 1000);
}

/* A client that has gone, while its script runs on, has none. */
static const struct client_account *account_of(const struct session *session)
{
    static const struct client_account nothing;
    return session->account != NULL ? session->account : &nothing;
}

/* The text of what it has queued, here or at the upstream. */
static size_t queued_text(const struct session *session)
{
    const struct multi *multi = transaction_of(session);
    if (multi != NULL) return multi->text_bytes;
    const struct client_account *account = account_of(session);
    return account->held[ACCOUNT_QUEUED] + account->held[ACCOUNT_ELSEWHERE];
}

/* Replies are written in the loop's buffer, so a session has none of its own but while its command runs:
 * of all others rbs, rbp and obl are 0. */
static void write_memory(const struct session *session, const struct session_transport *transport,
                         struct buffer *out)
{
    const struct buffer *replies = &session->loop->out;
    const struct client_account *account = account_of(session);
    bool is_running = session->argument_bytes > 0 && !(session->waits & WAIT_PAUSED);
    size_t arguments = session->argument_bytes + account->held[ACCOUNT_ARGUMENTS];
    size_t space = is_running ? replies->cap : 0, replied = is_running ? replies->len : 0;
    size_t total = client_account_total(account) + transport->pushed + session->argument_bytes + space;
    buffer_printf(out,
                  " qbuf=%zu qbuf-free=%zu argv-mem=%zu multi-mem=%zu rbs=%zu rbp=%zu obl=%zu oll=%d "
                  "omem=%zu tot-mem=%zu",
                  transport->input, transport->input_room, arguments, queued_text(session), space, replied,
                  replied, transport->unread > 0, transport->unread, total);
}

static const char *last_command_of(const struct session *session)
{
    if (session->last_command != NULL) return session->last_command->full_name;
    return session->last_passed != NULL ? session->last_passed : "NULL";
}

/* Here, or at the upstream. */
static long long subscribed(const struct session *session, const struct conversation_state *state,
                            enum topic_kind kind)
{
    size_t count = pubsub_count(session, kind) + (size_t)state->subscribed[kind];
    return (long long)count;
}

/* -1: it is in no transaction. */
static int queued_by(const struct session *session, const struct conversation_state *state)
{
    const struct multi *multi = transaction_of(session);
    if (multi != NULL) return (int)multi->count;
    return state->in_multi ? (int)state->queued : -1;
}

void client_line_write(const struct session *session, struct buffer *out)
{
    struct session_transport transport = session_transport(session);
    struct conversation_state state = conversation_state(session->patron);
    write_who(session, &transport, out);
    write_flags(session, &transport, &state, out);
    buffer_printf(out, " db=%u sub=%lld psub=%lld ssub=%lld multi=%d", session->db,
                  subscribed(session, &state, TOPIC_CHANNEL), subscribed(session, &state, TOPIC_PATTERN),
                  subscribed(session, &state, TOPIC_SHARD_CHANNEL), queued_by(session, &state));
    write_memory(session, &transport, out);
    buffer_printf(out, " events=%s%s cmd=%s user=%s redir=%lld resp=%d lib-name=%s lib-ver=%s\n",
                  transport.is_read ? "r" : "", transport.unread > 0 ? "w" : "", last_command_of(session),
                  user_text(session->user), (long long)tracking_redirect(session), session->protocol,
                  text_of(session->library_name), text_of(session->library_version));
}
