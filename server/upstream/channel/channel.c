#include "server/upstream/channel/channel.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "proto/base/contract.h"
#include "proto/reply_reader.h"
#include "server/config/settings.h"
#include "server/config/upstream_url.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/net/tls/tls_contexts.h"
#include "server/net/tls/tls_wire.h"
#include "server/upstream/channel/channel_state.h"

#define READ_ROOM (64u << 10)
/* Room that a long reply is given at least. */
#define READ_ROOM_MAX (1u << 20)
/* Taken in one go. libuv takes up to 32 in a turn, and others of the loop wait meanwhile. */
#define READ_PIECE (256u << 10)
/* Replies from here on are given away with the memory in which they stand. */
#define GIVEN_AWAY_MIN (64u << 10)
/* Buffers larger than this are given back when they are empty. */
#define KEPT_MAX (1u << 20)
#define WHY_MAX  256

void channel_tell(struct channel *channel, struct upstream_request *request, enum upstream_outcome outcome,
                  struct slice reply)
{
    if (!channel_is_own(request)) channel->outstanding--;
    request->done(request, outcome, reply);
}

static void free_if_closed(struct channel *channel)
{
    if (--channel->open > 0) return;
    buffer_clear(&channel->out);
    buffer_clear(&channel->in);
    alloc_free(channel);
}

static struct channel *channel_of(struct wire *wire)
{
    return (struct channel *)((char *)wire - offsetof(struct channel, wire));
}

static void on_wire_closed(struct wire *wire)
{
    free_if_closed(channel_of(wire));
}

static struct channel *channel_of_dial(struct dial *dial)
{
    return (struct channel *)((char *)dial - offsetof(struct channel, dial));
}

static void on_given_up(struct dial *dial)
{
    free_if_closed(channel_of_dial(dial));
}

static void on_timer_closed(uv_handle_t *handle)
{
    free_if_closed(handle->data);
}

/* `error` is what the upstream refuses all of them with, or empty. */
static void tell_all(struct channel *channel, struct slice error)
{
    while (channel->sent.oldest != NULL) {
        struct upstream_request *request = queue_take(&channel->sent);
        bool left = request->ends_at - request->bytes.len < channel->handed;
        enum upstream_outcome outcome = left ? UPSTREAM_UNKNOWN : UPSTREAM_UNSENT;
        channel_tell(channel, request, error.len > 0 ? UPSTREAM_REPLIED : outcome, error);
    }
    while (channel->held.oldest != NULL) {
        enum upstream_outcome outcome = error.len > 0 ? UPSTREAM_REPLIED : UPSTREAM_UNSENT;
        channel_tell(channel, queue_take(&channel->held), outcome, error);
    }
}

static void shut(struct channel *channel, struct slice error)
{
    channel->stage = STAGE_CLOSING;
    if (dial_give_up(&channel->dial)) channel->open++;
    wire_close(&channel->wire);
    uv_close((uv_handle_t *)&channel->timer, on_timer_closed);
    tell_all(channel, error);
}

/* What a request was told may have had its owner close it, and go. */
static void tell_owner(struct channel *channel, enum channel_end end, const char *why)
{
    if (!channel->disowned) channel->options.lost(channel->options.context, end, why);
}

void channel_lose(struct channel *channel, const char *why)
{
    if (channel->stage == STAGE_CLOSING) return;
    enum channel_end end = channel->stage == STAGE_READY ? CHANNEL_BROKEN : CHANNEL_UNREACHED;
    char copy[WHY_MAX];
    snprintf(copy, sizeof(copy), "%s", why);
    if (channel->options.ending != NULL) channel->options.ending(channel->options.context);
    shut(channel, SLICE(""));
    tell_owner(channel, end, copy);
}

static void be_refused(struct channel *channel, struct slice error)
{
    char why[WHY_MAX];
    snprintf(why, sizeof(why), "%.*s", (int)(error.len - 3), error.data + 1);
    shut(channel, error);
    tell_owner(channel, CHANNEL_REFUSED, why);
}

void channel_close(struct channel **channel)
{
    struct channel *c = *channel;
    *channel = NULL;
    if (c == NULL) return;
    c->disowned = true;
    if (c->stage != STAGE_CLOSING) shut(c, SLICE(""));
}

static void on_sent(struct wire *wire, size_t text_len, size_t value_len, int status)
{
    struct channel *channel = channel_of(wire);
    (void)text_len;
    (void)value_len;
    if (channel->stage == STAGE_CLOSING) return;
    if (status < 0)
        channel_lose(channel, uv_strerror(status));
    else
        channel_flush(channel);
}

/* Below 0: libuv's code. */
static ssize_t hand_over(struct channel *channel)
{
    struct buffer *out = &channel->out;
    uv_buf_t piece = uv_buf_init(out->data, (unsigned)out->len);
    ssize_t written = wire_try(&channel->wire, &piece, 1);
    if (written < 0) return written;
    channel->handed += out->len;
    return (size_t)written < out->len ? wire_queue_rest(&channel->wire, out, (size_t)written) : 0;
}

void channel_flush(struct channel *channel)
{
    struct buffer *out = &channel->out;
    if (channel->stage != STAGE_READY || out->len == 0 || wire_unsent(&channel->wire) > 0) return;
    ssize_t failure = hand_over(channel);
    out->len = 0;
    if (out->cap > KEPT_MAX) buffer_clear(out);
    if (failure != 0) channel_lose(channel, uv_strerror((int)failure));
}

void channel_put(struct channel *channel, struct slice bytes)
{
    buffer_append(&channel->out, bytes.data, bytes.len);
    channel->accepted += bytes.len;
}

void channel_write(struct channel *channel, struct slice bytes)
{
    if (channel->stage != STAGE_CLOSING) channel_put(channel, bytes);
}

void channel_enqueue(struct channel *channel, struct upstream_request *request)
{
    channel_put(channel, request->bytes);
    request->ends_at = channel->accepted;
    request->sent_ms = channel_now_ms(channel);
    request->memory = NULL;
    queue_push(&channel->sent, request);
}

/* A new connection takes a few words at once, or when hands are shaken. One that is closed already has mostly
 * said why: that is read. */
static void say_words(struct channel *channel, struct buffer *words)
{
    uv_buf_t piece = uv_buf_init(words->data, (unsigned)words->len);
    ssize_t written = wire_try(&channel->wire, &piece, 1);
    if (written >= 0 && (size_t)written < words->len)
        (void)wire_queue_rest(&channel->wire, words, (size_t)written);
}

const char *channel_refusal(struct channel *channel)
{
    const struct channel_guard *guard = &channel->options.guard;
    return guard->refuse != NULL ? guard->refuse(guard->guard, &channel->greeting.identity) : NULL;
}

static void become_ready(struct channel *channel)
{
    const char *why = channel_refusal(channel);
    if (why != NULL) {
        channel_lose(channel, why);
        return;
    }
    channel->stage = STAGE_READY;
    channel->asked_ms = channel_now_ms(channel);
    if (channel->options.ready != NULL) channel->options.ready(channel->options.context);
    channel_flush(channel);
}

static void hear_greeting(struct channel *channel, struct slice reply)
{
    struct buffer words = { 0 };
    switch (greeting_hear(&channel->greeting, reply, &words)) {
    case GREETING_GOES_ON: say_words(channel, &words); break;
    case GREETING_ACCEPTED: become_ready(channel); break;
    case GREETING_REFUSED: be_refused(channel, reply); break;
    }
    buffer_clear(&words);
}

static bool starts_with(struct slice reply, struct slice start)
{
    return reply.len >= start.len && memcmp(reply.data, start.data, start.len) == 0;
}

static void note_error(struct channel *channel, struct slice error)
{
    const struct channel_guard *guard = &channel->options.guard;
    if (guard->demoted == NULL) return;
    if (starts_with(error, SLICE("-READONLY")) || starts_with(error, SLICE("-REDIRECT")))
        guard->demoted(guard->guard);
}

static bool ran_astray(const struct channel *channel, const struct upstream_request *request,
                       struct slice reply)
{
    return channel->astray && request->db != UPSTREAM_ANY_DB && !identity_error_is_passing(reply);
}

/* `memory` is what the reply stands in, or NULL: it is a part of something else. */
static void take_reply(struct channel *channel, struct slice reply, struct buffer *memory)
{
    if (channel->sent.oldest == NULL) {
        channel_lose(channel, "a reply that nobody asked for");
    } else if (ran_astray(channel, channel->sent.oldest, reply)) {
        channel_lose(channel, "a database could not be selected any more");
    } else {
        channel->replied_ms = channel->heard_ms;
        if (reply.data[0] == '-') note_error(channel, reply);
        channel->sent.oldest->memory = memory;
        channel_tell(channel, queue_take(&channel->sent), UPSTREAM_REPLIED, reply);
    }
}

static void take_frame(struct channel *channel, struct slice frame, struct buffer *memory)
{
    bool push = frame.data[0] == '>';
    if (channel->stage == STAGE_GREETING) {
        if (!push) hear_greeting(channel, frame);
    } else if (raw_ping_take(&channel->ping, frame)) {
        channel->replied_ms = channel->heard_ms;
    } else if (push || (channel->raw && channel->sent.oldest == NULL)) {
        channel->options.push(channel->options.context, frame);
    } else {
        take_reply(channel, frame, memory);
    }
}

/* A long frame at the front of the input leaves with its memory, so that nobody who keeps it has to copy it;
 * what is behind it is little. */
static void take_long_frame(struct channel *channel, size_t len)
{
    struct buffer memory = channel->in;
    channel->in = (struct buffer){ 0 };
    buffer_append(&channel->in, memory.data + len, memory.len - len);
    memory.len = len;
    take_frame(channel, buffer_slice(&memory), &memory);
    buffer_clear(&memory);
}

static void take_frames(struct channel *channel)
{
    size_t start = 0;
    while (channel->stage != STAGE_CLOSING && start < channel->in.len) {
        struct slice rest = slice_of(channel->in.data + start, channel->in.len - start);
        size_t len;
        enum reader_status status = reply_reader_skip(&channel->reader, rest, &len);
        if (status == READER_MORE) break;
        if (status == READER_BROKEN) {
            channel_lose(channel, "bytes that are no reply");
            return;
        }
        if (start == 0 && len >= GIVEN_AWAY_MIN && len >= channel->in.len / 2) {
            take_long_frame(channel, len);
            continue;
        }
        start += len;
        take_frame(channel, slice_of(rest.data, len), NULL);
    }
    buffer_consume(&channel->in, start);
    if (channel->in.len > 0 && channel->in.data[0] != '>') channel->replied_ms = channel->heard_ms;
    if (channel->in.len == 0 && channel->in.cap > KEPT_MAX) buffer_clear(&channel->in);
}

/* As much as has come already, of what is announced or of what may come: so a long reply is moved few times,
 * and no more is reserved than was sent. False: it is not to be had. */
static bool make_room(struct channel *channel)
{
    size_t wanted = channel->reader.wanted > channel->in.len ? channel->reader.wanted - channel->in.len : 0;
    size_t earned = channel->in.len > READ_ROOM ? channel->in.len : READ_ROOM;
    size_t least = earned < READ_ROOM_MAX ? earned : READ_ROOM_MAX;
    if (wanted > earned) wanted = earned;
    if (wanted < least) wanted = least;
    struct buffer *in = &channel->in;
    if (in->cap - in->len >= least) return true;
    /* Parts of an array are announced one by one. */
    size_t by = wanted < in->len / 2 ? earned : wanted;
    return buffer_try_set_capacity(in, in->len + by);
}

/* Without room libuv reports UV_ENOBUFS, and the channel is lost: the commands under way are answered with an
 * error, and the process goes on. */
static void give_room(struct wire *wire, uv_buf_t *room)
{
    struct channel *channel = channel_of(wire);
    struct buffer *in = &channel->in;
    size_t len = make_room(channel) ? in->cap - in->len : 0;
    *room = uv_buf_init(in->data + in->len, (unsigned)(len < READ_PIECE ? len : READ_PIECE));
}

static void on_received(struct wire *wire, char *bytes, size_t len)
{
    struct channel *channel = channel_of(wire);
    (void)bytes; /* the room that was given */
    if (channel->stage == STAGE_CLOSING) return;
    channel->heard_ms = channel_now_ms(channel);
    channel->suspected = false;
    buffer_commit(&channel->in, len);
    take_frames(channel);
}

static void on_end(struct wire *wire)
{
    channel_lose(channel_of(wire), "the upstream closed the connection");
}

static void on_failure(struct wire *wire, int why)
{
    char reason[WHY_MAX];
    tls_wire_complaint(wire, why, reason, sizeof(reason));
    channel_lose(channel_of(wire), reason);
}

static const struct wire_events wire_events = {
    .room = give_room,
    .received = on_received,
    .ended = on_end,
    .failed = on_failure,
    .sent = on_sent,
    .closed = on_wire_closed,
};

/* False: it cannot be. */
static bool encrypt(struct channel *channel)
{
    struct loop *loop = loop_of_thread();
    SSL *ssl = tls_contexts_new_upstream(loop->server->tls, channel->options.url->host);
    if (ssl != NULL) tls_wire_connect(&channel->wire, loop->tls, ssl);
    return ssl != NULL;
}

static void on_opened(struct dial *dial, const char *why)
{
    struct channel *channel = channel_of_dial(dial);
    if (why == NULL && channel->options.url->tls && !encrypt(channel)) why = "TLS cannot be set up for it";
    if (why != NULL) {
        channel_lose(channel, why);
        return;
    }
    channel->stage = STAGE_GREETING;
    wire_read(&channel->wire, true);
    struct buffer words = { 0 };
    greeting_begin(&channel->greeting, channel->options.url, channel->options.protocol, &words);
    say_words(channel, &words);
    buffer_clear(&words);
}

struct channel *channel_open(const struct channel_options *options)
{
    struct channel *channel = ALLOC_NEW(struct channel);
    channel->options = *options;
    channel->greeting.protocol = options->protocol;
    channel->known_dbs = channel_db_bit(0);
    channel->heard_ms = channel->replied_ms = channel_now_ms(channel);
    channel->open = 2;
    int failure = uv_timer_init(options->uv, &channel->timer);
    INVARIANT(failure == 0);
    channel->timer.data = channel;
    wire_init(&channel->wire, options->uv, options->url->unix_socket, &wire_events);
    dial_start(&channel->dial, &channel->wire,
               &(struct dial_options){ .url = options->url,
                                       .heartbeat_ms = SETTING(options->settings, upstream_heartbeat_ms),
                                       .timeout_ms = SETTING(options->settings, upstream_timeout_ms),
                                       .opened = on_opened,
                                       .given_up = on_given_up });
    channel_beat_later(channel, 0);
    return channel;
}

void channel_set_raw(struct channel *channel, bool raw)
{
    channel->raw = raw;
}

bool channel_is_ready(const struct channel *channel)
{
    return channel->stage == STAGE_READY;
}

const struct identity *channel_identity(const struct channel *channel)
{
    return &channel->greeting.identity;
}

int channel_protocol(const struct channel *channel)
{
    return channel->greeting.protocol;
}

void channel_set_protocol(struct channel *channel, int protocol)
{
    channel->greeting.protocol = protocol;
}

size_t channel_outstanding(const struct channel *channel)
{
    return channel->outstanding;
}

size_t channel_unsent(const struct channel *channel)
{
    return channel->out.len + wire_unsent(&channel->wire);
}
