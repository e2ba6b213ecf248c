#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/json.h"
#include "proto/reply.h"
#include "server/core/loop.h"
#include "server/events/tracking/trackers.h"
#include "server/exec/acl/user.h"
#include "server/exec/command/table.h"
#include "server/exec/session/session.h"
#include "server/exec/session/survey.h"
#include "server/memory/client_account.h"
#include "server/net/connection.h"
#include "server/net/connections.h"
#include "server/report/stats/stats.h"

struct listed {
    uint64_t id;
    struct buffer text; /* an object */
};

/* What one loop answers. */
struct listing {
    size_t len;
    struct listed clients[STATS_CLIENTS_MAX];
};

static void write_text(struct buffer *out, const char *name, const char *text)
{
    json_name(out, name);
    json_text(out, text != NULL ? slice_of(text, strlen(text)) : SLICE(""));
}

static void write_count(struct buffer *out, const char *name, uint64_t count)
{
    json_name(out, name);
    json_u64(out, count);
}

static const char *last_command_of(const struct session *session)
{
    return session->last_command != NULL ? session->last_command->full_name : session->last_passed;
}

static bool is_tracking(const struct session *session)
{
    return session->tracker != NULL && atomic_load(&session->tracker->modes) & TRACKER_ON;
}

static bool is_blocked(const struct session *session)
{
    return session->waits & (WAIT_SUSPENDED | WAIT_PAUSED | WAIT_KEYS);
}

static void write_client(const struct session *session, struct buffer *out)
{
    int64_t now_ms = session->loop->now_ms;
    char peer[ADDRESS_TEXT_MAX];
    session_peer(session, peer, sizeof(peer));
    json_open(out, '{');
    write_count(out, "id", session->id);
    write_text(out, "addr", peer);
    write_text(out, "name", session->name);
    json_name(out, "age");
    json_i64(out, (now_ms - session->created_ms) / 1000);
    json_name(out, "idle");
    json_i64(out, (now_ms - session->active_ms) / 1000);
    write_text(out, "user", user_text(session->user));
    write_count(out, "db", session->db);
    write_text(out, "cmd", last_command_of(session));
    json_name(out, "tracking");
    json_raw(out, is_tracking(session) ? SLICE("true") : SLICE("false"));
    json_name(out, "blocked");
    json_raw(out, is_blocked(session) ? SLICE("true") : SLICE("false"));
    write_count(out, "resp", (uint64_t)session->protocol);
    write_text(out, "lib", session->library_name);
    write_count(out, "memory", session->account != NULL ? client_account_total(session->account) : 0);
    json_close(out, '}');
}

static void list_here(struct loop *loop, void *question, void *answer)
{
    (void)question;
    struct listing *listing = answer;
    struct connection *connection = loop->connections->first;
    for (; connection != NULL && listing->len < STATS_CLIENTS_MAX; connection = connection->next) {
        struct listed *client = &listing->clients[listing->len++];
        client->id = connection->session.id;
        write_client(&connection->session, &client->text);
    }
}

static int by_id(const void *a, const void *b)
{
    uint64_t first = (*(const struct listed *const *)a)->id, second = (*(const struct listed *const *)b)->id;
    return (first > second) - (first < second);
}

static void write_sorted(const struct listing *listings, size_t loops, struct buffer *out)
{
    const struct listed **all = alloc_bytes(loops * STATS_CLIENTS_MAX * sizeof(const struct listed *));
    size_t len = 0;
    for (size_t i = 0; i < loops; i++)
        for (size_t c = 0; c < listings[i].len; c++) all[len++] = &listings[i].clients[c];
    qsort(all, len, sizeof(const struct listed *), by_id);
    json_open(out, '[');
    for (size_t i = 0; i < len; i++) json_raw(out, buffer_slice(&all[i]->text));
    json_close(out, ']');
    alloc_free(all);
}

static void list_done(struct session *session, struct reply *reply, void *question, void *answers,
                      size_t loops)
{
    (void)session;
    (void)question;
    struct buffer text = { 0 };
    write_sorted(answers, loops, &text);
    reply_bulk(reply, buffer_slice(&text));
    buffer_clear(&text);
}

static void release(void *question, void *answers, size_t loops)
{
    (void)question;
    struct listing *listings = answers;
    for (size_t i = 0; i < loops; i++)
        for (size_t c = 0; c < listings[i].len; c++) buffer_clear(&listings[i].clients[c].text);
}

const struct survey stats_clients_survey = {
    .ask = list_here, .done = list_done, .release = release, .answer_bytes = sizeof(struct listing)
};
