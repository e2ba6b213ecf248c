#include "server/events/tracking/newsletter.h"

#include "proto/base/alloc.h"
#include "proto/base/array.h"
#include "proto/reply.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/events/tracking/trackers.h"
#include "server/events/tracking/tracking.h"
#include "server/events/tracking/tracking_state.h"
#include "server/exec/session/session.h"
#include "server/exec/session/sessions.h"

/* What comes before the keys, in either protocol. */
static const struct slice push_head = { ">2\r\n$10\r\ninvalidate\r\n", 21 };
static const struct slice message_head = { "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n", 44 };

struct newsletter *newsletter_create(struct loop *to, struct trackers *trackers,
                                     const struct tracking_source *source)
{
    struct newsletter *letter = ALLOC_NEW(struct newsletter);
    letter->loop = to;
    letter->trackers = trackers;
    letter->source = source;
    return letter;
}

void newsletter_destroy(struct newsletter **letter)
{
    if (*letter == NULL) return;
    alloc_free((*letter)->items);
    buffer_clear(&(*letter)->bytes);
    alloc_free(*letter);
    *letter = NULL;
}

void newsletter_write_keys(struct buffer *out, const struct slice *keys, size_t count)
{
    struct reply reply = { .out = out, .protocol = 3 };
    buffer_append(out, push_head.data, push_head.len);
    reply_array(&reply, count);
    for (size_t i = 0; i < count; i++) reply_bulk(&reply, keys[i]);
}

void newsletter_write_all(struct buffer *out)
{
    struct reply reply = { .out = out, .protocol = 3 };
    buffer_append(out, push_head.data, push_head.len);
    reply_null(&reply);
}

void newsletter_write_broken(struct buffer *out, uint64_t redirect)
{
    struct reply reply = { .out = out, .protocol = 3 };
    reply_push(&reply, 2);
    reply_bulk(&reply, SLICE("tracking-redir-broken"));
    reply_int(&reply, (int64_t)redirect);
}

void newsletter_add(struct newsletter *letter, const struct newsletter_item *item)
{
    ARRAY_RESERVE(letter->items, letter->len, letter->cap, 8);
    letter->items[letter->len++] = *item;
}

/* To whom it went instead has left while the letter was on its way: the tracker is told that. */
static void report_broken(const struct newsletter *letter, const struct newsletter_item *item)
{
    trackers_lock_to_read(letter->trackers);
    struct tracker *tracker = trackers_find(letter->trackers, item->number);
    struct newsletter *report = NULL;
    if (tracker != NULL && tracker->redirect == item->to) {
        atomic_fetch_or(&tracker->modes, TRACKER_BROKEN);
        report =
            newsletter_create(&letter->loop->server->loops[tracker->loop], letter->trackers, letter->source);
        newsletter_write_broken(&report->bytes, tracker->redirect);
        newsletter_add(report, &(struct newsletter_item){ .to = tracker->session,
                                                          .number = tracker->number,
                                                          .len = report->bytes.len });
    }
    trackers_unlock(letter->trackers);
    if (report != NULL) newsletter_post(report);
}

static bool is_subscribed(const struct newsletter *letter, const struct session *session)
{
    return session->subscriber != NULL || (letter->source != NULL && letter->source->is_subscribed(session));
}

static void push(const struct newsletter *letter, struct session *session, struct slice bytes)
{
    if (letter->source != NULL)
        letter->source->push(session, bytes);
    else
        session_push(session, bytes);
}

/* A subscriber that speaks RESP2 is sent a message in the channel of that name, whatever its channels are. */
static void push_message(const struct newsletter *letter, struct session *session, struct slice told)
{
    struct buffer message = { 0 };
    buffer_append(&message, message_head.data, message_head.len);
    struct slice keys = slice_of(told.data + push_head.len, told.len - push_head.len);
    if (keys.data[0] == '_') keys = SLICE("$-1\r\n");
    buffer_append(&message, keys.data, keys.len);
    push(letter, session, buffer_slice(&message));
    buffer_clear(&message);
}

/* The tags stand behind what it is told. */
static bool has_read(const struct session *session, const struct newsletter_item *item, struct slice told)
{
    return tracking_take_tags(session->tracker, told.data + told.len, item->tag_bytes / sizeof(uint64_t));
}

static void read_item(const struct newsletter *letter, const struct newsletter_item *item)
{
    struct session *session = sessions_find(letter->loop->sessions, item->to);
    struct slice told = slice_of(letter->bytes.data + item->at, item->len - item->tag_bytes);
    if (session == NULL && item->redirected)
        report_broken(letter, item);
    else if (session == NULL || (item->for_readers && !has_read(session, item, told)))
        return;
    else if (session->protocol > 2)
        push(letter, session, told);
    else if (item->redirected && is_subscribed(letter, session))
        push_message(letter, session, told);
}

void newsletter_read(struct newsletter *letter)
{
    for (size_t i = 0; i < letter->len; i++) read_item(letter, &letter->items[i]);
    newsletter_destroy(&letter);
}

static void open_letter(struct loop *loop, struct letter *letter)
{
    (void)loop;
    newsletter_read((struct newsletter *)letter);
}

void newsletter_post(struct newsletter *letter)
{
    letter->letter.open = open_letter;
    mailbox_post(&letter->loop->mailbox, &letter->letter);
}
