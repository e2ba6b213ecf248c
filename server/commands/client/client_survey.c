#include "server/commands/client/client_survey.h"

#include <stdlib.h>

#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "proto/reply.h"
#include "server/commands/client/client_filter.h"
#include "server/commands/client/client_line.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/events/blocking/blocking.h"
#include "server/exec/call.h"
#include "server/exec/command/table.h"
#include "server/exec/errors/errors.h"
#include "server/exec/errors/refusal.h"
#include "server/exec/session/sessions.h"
#include "server/exec/session/survey.h"
#include "server/net/connection.h"
#include "server/net/connections.h"
#include "server/upstream/clients/conversation.h"

struct listed {
    uint64_t id;
    size_t at; /* of the line in the loop's text */
    size_t len;
    const struct buffer *text;
};

struct listing {
    struct buffer text;
    struct listed *clients;
    size_t len;
};

static void list_here(struct loop *loop, void *question, void *answer)
{
    struct listing *listing = answer;
    loop_read_clock(loop);
    for (struct connection *connection = loop->connections->first; connection != NULL;
         connection = connection->next) {
        if (!client_filter_matches(question, connection)) continue;
        listing->clients = alloc_resize(listing->clients, (listing->len + 1) * sizeof(struct listed));
        size_t at = listing->text.len;
        client_line_write(&connection->session, &listing->text);
        listing->clients[listing->len++] =
            (struct listed){ .id = connection->session.id, .at = at, .len = listing->text.len - at };
    }
}

static int by_id(const void *a, const void *b)
{
    uint64_t first = ((const struct listed *)a)->id;
    uint64_t second = ((const struct listed *)b)->id;
    return (first > second) - (first < second);
}

/* The clients of all loops, in the order of their ids; the caller frees them. */
static struct listed *gather(const struct listing *listings, size_t loops, size_t *len)
{
    struct listed *all = NULL;
    for (size_t i = 0; i < loops; i++) {
        all = alloc_resize(all, (*len + listings[i].len + 1) * sizeof(*all));
        for (size_t c = 0; c < listings[i].len; c++) {
            all[*len] = listings[i].clients[c];
            all[(*len)++].text = &listings[i].text;
        }
    }
    qsort(all, *len, sizeof(*all), by_id);
    return all;
}

static void append_listed(struct buffer *out, const struct listed *client)
{
    buffer_append(out, client->text->data + client->at, client->len);
}

/* Asked for by id, clients are told in the order of the question. */
static void append_in_order_of_ids(struct buffer *out, const struct client_filter *filter,
                                   const struct listed *all, size_t len)
{
    for (size_t i = 0; i < filter->wanted.id_count; i++) {
        struct listed wanted = { .id = filter->wanted.ids[i] };
        const struct listed *found = bsearch(&wanted, all, len, sizeof(*all), by_id);
        if (found != NULL) append_listed(out, found);
    }
}

static void list_done(struct session *session, struct reply *reply, void *question, void *answers,
                      size_t loops)
{
    (void)session;
    const struct client_filter *filter = question;
    struct buffer text = { 0 };
    size_t len = 0;
    struct listed *all = gather(answers, loops, &len);
    if (filter->wanted.ids != NULL)
        append_in_order_of_ids(&text, filter, all, len);
    else
        for (size_t i = 0; i < len; i++) append_listed(&text, &all[i]);
    reply_verbatim(reply, "txt", buffer_slice(&text));
    buffer_clear(&text);
    alloc_free(all);
}

static void list_release(void *question, void *answers, size_t loops)
{
    struct listing *listings = answers;
    client_filter_clear(question);
    for (size_t i = 0; i < loops; i++) {
        buffer_clear(&listings[i].text);
        alloc_free(listings[i].clients);
    }
}

void client_list(struct call *call)
{
    static const struct survey survey = { .ask = list_here,
                                          .done = list_done,
                                          .release = list_release,
                                          .question_bytes = sizeof(struct client_filter),
                                          .answer_bytes = sizeof(struct listing) };
    struct client_filter filter = { 0 };
    if (client_filter_read_list(&filter, call))
        survey_start(call, &survey, &filter);
    else
        client_filter_clear(&filter);
}

struct kill_order {
    struct client_filter filter;
    uint64_t by;     /* the session that asks: it is told before it goes */
    bool by_address; /* the old form, which answers OK */
};

struct kill_count {
    size_t killed;
    bool self;
};

static void kill_here(struct loop *loop, void *question, void *answer)
{
    const struct kill_order *order = question;
    struct kill_count *count = answer;
    struct connection *next;
    for (struct connection *connection = loop->connections->first; connection != NULL; connection = next) {
        next = connection->next;
        if (!client_filter_matches(&order->filter, connection)) continue;
        count->killed++;
        if (connection->session.id == order->by)
            count->self = true;
        else
            connection_close(connection);
    }
}

static void kill_done(struct session *session, struct reply *reply, void *question, void *answers,
                      size_t loops)
{
    const struct kill_order *order = question;
    const struct kill_count *counts = answers;
    size_t killed = 0;
    for (size_t i = 0; i < loops; i++) {
        killed += counts[i].killed;
        if (counts[i].self) session->closing = true;
    }
    if (!order->by_address)
        reply_int(reply, (int64_t)killed);
    else if (killed > 0)
        reply_ok(reply);
    else
        reply_error(reply, SLICE(ERR_NO_SUCH_CLIENT));
}

static void kill_release(void *question, void *answers, size_t loops)
{
    (void)answers;
    (void)loops;
    client_filter_clear(&((struct kill_order *)question)->filter);
}

void client_kill(struct call *call)
{
    static const struct survey survey = { .ask = kill_here,
                                          .done = kill_done,
                                          .release = kill_release,
                                          .question_bytes = sizeof(struct kill_order),
                                          .answer_bytes = sizeof(struct kill_count) };
    struct kill_order order = { .by = call->session->id, .by_address = call->argc == 3 };
    if (client_filter_read_kill(&order.filter, call))
        survey_start(call, &survey, &order);
    else
        client_filter_clear(&order.filter);
}

/* With an upstream it is there that clients wait for keys. */
struct unblock_order {
    uint64_t id;
    bool with_error;
};

static void unblock_here(struct loop *loop, void *question, void *answer)
{
    const struct unblock_order *order = question;
    struct session *session = sessions_find(loop->sessions, order->id);
    *(bool *)answer = session != NULL && conversation_unblock(session->patron, order->with_error);
}

static void unblock_done(struct session *session, struct reply *reply, void *question, void *answers,
                         size_t loops)
{
    (void)session;
    (void)question;
    bool any = false;
    for (size_t i = 0; i < loops; i++) any = any || ((const bool *)answers)[i];
    reply_int(reply, any);
}

void client_unblock(struct call *call)
{
    static const struct survey survey = { .ask = unblock_here,
                                          .done = unblock_done,
                                          .question_bytes = sizeof(struct unblock_order),
                                          .answer_bytes = sizeof(bool) };
    struct unblock_order order = { 0 };
    int64_t id;
    if (call->argc > 4) {
        refuse_subcommand_arguments(call, call->command->parent);
        return;
    }
    order.with_error = call->argc == 4 && call_arg_is(call, 3, "ERROR");
    if (call->argc == 4 && !order.with_error && !call_arg_is(call, 3, "TIMEOUT")) {
        reply_error(call->reply, SLICE(ERR_UNBLOCK_REASON));
        return;
    }
    if (!call_arg_int(call, 2, &id)) return;
    order.id = (uint64_t)id;
    if (call->server->tier != NULL)
        survey_start(call, &survey, &order);
    else
        reply_int(call->reply, blocking_unblock(call->loop, order.id, order.with_error));
}
