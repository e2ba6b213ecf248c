#include "server/upstream/channel.h"

#include <stdio.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "proto/base/contract.h"
#include "proto/reply_reader.h"
#include "server/upstream/command_writer.h"
#include "server/upstream/upstream_url.h"

#define READ_ROOM (64u << 10)
/* Buffers larger than this are given back when they are empty. */
#define KEPT_MAX (1u << 20)

#define WHY_MAX 256

struct channel {
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    };
    struct channel_options options;
    uv_getaddrinfo_t lookup;
    uv_connect_t connect;
    uv_write_t write;
    bool looking_up;
    bool connected;
    bool closing;
    bool closed;
    bool raw;
    int db;
    struct upstream_request *oldest;
    struct upstream_request *newest;
    size_t outstanding;
    struct buffer out;     /* written this turn */
    struct buffer writing; /* the kernel has not taken all of it; meanwhile `out` collects */
    uint64_t accepted;     /* bytes ever put into `out` */
    uint64_t handed;       /* of them, given to the kernel */
    struct buffer in;
    struct reply_reader reader;
    char why[WHY_MAX];
};

/* --- the end ---------------------------------------------------------------------------------------------
 */

static void free_if_done(struct channel *channel)
{
    if (!channel->closed || channel->looking_up) return;
    buffer_clear(&channel->out);
    buffer_clear(&channel->writing);
    buffer_clear(&channel->in);
    alloc_free(channel);
}

static void on_closed(uv_handle_t *handle)
{
    struct channel *channel = handle->data;
    channel->closed = true;
    free_if_done(channel);
}

static void tell_all(struct channel *channel)
{
    while (channel->oldest != NULL) {
        struct upstream_request *request = channel->oldest;
        channel->oldest = request->next;
        channel->outstanding--;
        uint64_t starts_at = request->ends_at - request->bytes.len;
        enum upstream_outcome outcome = starts_at < channel->handed ? UPSTREAM_UNKNOWN : UPSTREAM_UNSENT;
        request->done(request, outcome, SLICE(""));
    }
    channel->newest = NULL;
}

static void shut(struct channel *channel)
{
    channel->closing = true;
    if (channel->looking_up) uv_cancel((uv_req_t *)&channel->lookup);
    uv_close(&channel->handle, on_closed);
    tell_all(channel);
}

static void lose(struct channel *channel, const char *why)
{
    if (channel->closing) return;
    char copy[WHY_MAX];
    snprintf(copy, sizeof(copy), "%s", why);
    if (channel->options.ending != NULL) channel->options.ending(channel->options.context);
    shut(channel);
    channel->options.lost(channel->options.context, copy);
}

void channel_close(struct channel **channel)
{
    struct channel *c = *channel;
    *channel = NULL;
    if (c != NULL && !c->closing) shut(c);
}

/* --- output ----------------------------------------------------------------------------------------------
 */

static void on_written(uv_write_t *write, int status)
{
    struct channel *channel = write->data;
    channel->writing.len = 0;
    if (channel->closing) return;
    if (channel->writing.cap > KEPT_MAX) buffer_clear(&channel->writing);
    if (status < 0)
        lose(channel, uv_strerror(status));
    else
        channel_flush(channel);
}

static void write_rest(struct channel *channel)
{
    struct buffer rest = channel->out;
    channel->out = channel->writing;
    channel->writing = rest;
    channel->handed += rest.len;
    uv_buf_t piece = uv_buf_init(rest.data, (unsigned)rest.len);
    channel->write.data = channel;
    int failure = uv_write(&channel->write, &channel->stream, &piece, 1, on_written);
    if (failure != 0) lose(channel, uv_strerror(failure));
}

void channel_flush(struct channel *channel)
{
    if (channel->closing || !channel->connected) return;
    if (channel->out.len == 0 || channel->writing.len > 0) return;
    uv_buf_t piece = uv_buf_init(channel->out.data, (unsigned)channel->out.len);
    int written = uv_try_write(&channel->stream, &piece, 1);
    if (written < 0 && written != UV_EAGAIN) {
        lose(channel, uv_strerror(written));
        return;
    }
    size_t done = written > 0 ? (size_t)written : 0;
    channel->handed += done;
    buffer_consume(&channel->out, done);
    if (channel->out.len > 0) write_rest(channel);
}

static void put(struct channel *channel, struct slice bytes)
{
    buffer_append(&channel->out, bytes.data, bytes.len);
    channel->accepted += bytes.len;
}

void channel_write(struct channel *channel, struct slice bytes)
{
    if (!channel->closing) put(channel, bytes);
}

static void enqueue(struct channel *channel, struct upstream_request *request)
{
    put(channel, request->bytes);
    request->ends_at = channel->accepted;
    request->sent_ms = (int64_t)uv_now(channel->options.uv);
    request->next = NULL;
    if (channel->newest != NULL)
        channel->newest->next = request;
    else
        channel->oldest = request;
    channel->newest = request;
    channel->outstanding++;
}

/* --- what the channel says itself ------------------------------------------------------------------------
 */

struct own_request {
    struct upstream_request request;
    struct channel *channel;
    struct buffer bytes;
    bool greeting;
};

static void free_own(struct own_request *own)
{
    buffer_clear(&own->bytes);
    alloc_free(own);
}

/* Whatever the channel has to say for itself must be accepted, or it is of no use to anybody. */
static void own_done(struct upstream_request *request, enum upstream_outcome outcome, struct slice reply)
{
    struct own_request *own = (struct own_request *)request;
    struct channel *channel = own->channel;
    bool greeting = own->greeting;
    free_own(own);
    if (outcome != UPSTREAM_REPLIED) return;
    if (reply.data[0] == '-') {
        char why[WHY_MAX];
        snprintf(why, sizeof(why), "%.*s", (int)(reply.len - 3), reply.data + 1);
        lose(channel, why);
    } else if (greeting && channel->options.ready != NULL) {
        channel->options.ready(channel->options.context);
    }
}

static struct own_request *own_request(struct channel *channel)
{
    struct own_request *own = ALLOC_NEW(struct own_request);
    own->channel = channel;
    own->request.done = own_done;
    own->request.db = UPSTREAM_ANY_DB;
    return own;
}

static void send_own(struct own_request *own)
{
    own->request.bytes = buffer_slice(&own->bytes);
    enqueue(own->channel, &own->request);
}

static void select_db(struct channel *channel, int db)
{
    char number[16];
    int len = snprintf(number, sizeof(number), "%d", db);
    struct own_request *own = own_request(channel);
    struct slice words[] = { SLICE("SELECT"), slice_of(number, (size_t)len) };
    command_write(&own->bytes, words, 2);
    send_own(own);
    channel->db = db;
}

static void greet(struct channel *channel)
{
    const struct upstream_url *url = channel->options.url;
    struct slice user = slice_of_cstr(url->user[0] != '\0' ? url->user : "default");
    struct slice password = slice_of_cstr(url->password);
    struct own_request *own;
    if (channel->options.protocol == 3) {
        struct slice words[] = { SLICE("HELLO"), SLICE("3"), SLICE("SETNAME"), SLICE("nuthatch"),
                                 SLICE("AUTH"),  user,       password };
        own = own_request(channel);
        command_write(&own->bytes, words, password.len > 0 ? 7 : 4);
    } else {
        struct slice words[] = { SLICE("AUTH"), user, password };
        struct slice ping[] = { SLICE("PING") };
        struct slice old[] = { SLICE("AUTH"), password };
        own = own_request(channel);
        if (password.len == 0)
            command_write(&own->bytes, ping, 1);
        else if (url->user[0] == '\0')
            command_write(&own->bytes, old, 2);
        else
            command_write(&own->bytes, words, 3);
    }
    own->greeting = true;
    send_own(own);
}

void channel_send(struct channel *channel, struct upstream_request *request)
{
    if (channel->closing) {
        request->done(request, UPSTREAM_UNSENT, SLICE(""));
        return;
    }
    if (request->db != UPSTREAM_ANY_DB && request->db != channel->db) select_db(channel, request->db);
    enqueue(channel, request);
}

/* --- input -----------------------------------------------------------------------------------------------
 */

static void take_frame(struct channel *channel, struct slice frame)
{
    if (channel->raw ? channel->oldest == NULL || frame.data[0] == '>' : frame.data[0] == '>') {
        channel->options.push(channel->options.context, frame);
        return;
    }
    struct upstream_request *request = channel->oldest;
    if (request == NULL) {
        lose(channel, "a reply that nobody asked for");
        return;
    }
    channel->oldest = request->next;
    if (channel->oldest == NULL) channel->newest = NULL;
    channel->outstanding--;
    request->done(request, UPSTREAM_REPLIED, frame);
}

static void take_frames(struct channel *channel)
{
    size_t start = 0;
    while (!channel->closing && start < channel->in.len) {
        struct slice rest = slice_of(channel->in.data + start, channel->in.len - start);
        size_t len;
        enum reader_status status = reply_reader_skip(&channel->reader, rest, &len);
        if (status == READER_MORE) break;
        if (status == READER_BROKEN) {
            lose(channel, "bytes that are no reply");
            return;
        }
        start += len;
        take_frame(channel, slice_of(rest.data, len));
    }
    buffer_consume(&channel->in, start);
    if (channel->in.len == 0 && channel->in.cap > KEPT_MAX) buffer_clear(&channel->in);
}

static void give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *room)
{
    (void)suggested;
    struct channel *channel = handle->data;
    size_t wanted = channel->reader.wanted > channel->in.len ? channel->reader.wanted - channel->in.len : 0;
    size_t earned = channel->in.len > READ_ROOM ? channel->in.len : READ_ROOM;
    if (wanted > earned) wanted = earned;
    if (wanted < READ_ROOM) wanted = READ_ROOM;
    char *space = buffer_reserve(&channel->in, wanted);
    *room = uv_buf_init(space, (unsigned)wanted);
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *room)
{
    (void)room;
    struct channel *channel = stream->data;
    if (channel->closing) return;
    if (len < 0) {
        lose(channel, len == UV_EOF ? "the upstream closed the connection" : uv_strerror((int)len));
        return;
    }
    buffer_commit(&channel->in, (size_t)len);
    take_frames(channel);
}

/* --- the beginning ---------------------------------------------------------------------------------------
 */

static void on_connected(uv_connect_t *connect, int status)
{
    struct channel *channel = connect->data;
    if (channel->closing) return;
    if (status < 0) {
        lose(channel, uv_strerror(status));
        return;
    }
    channel->connected = true;
    if (!channel->options.url->unix_socket) {
        uv_tcp_nodelay(&channel->tcp, 1);
        uv_tcp_keepalive(&channel->tcp, 1, 30);
    }
    uv_read_start(&channel->stream, give_room, on_read);
    channel_flush(channel);
}

static void on_address(uv_getaddrinfo_t *lookup, int status, struct addrinfo *found)
{
    struct channel *channel = lookup->data;
    channel->looking_up = false;
    if (channel->closing) {
        uv_freeaddrinfo(found);
        free_if_done(channel);
        return;
    }
    if (status == 0) status = uv_tcp_connect(&channel->connect, &channel->tcp, found->ai_addr, on_connected);
    uv_freeaddrinfo(found);
    if (status < 0) lose(channel, uv_strerror(status));
}

static void start_tcp(struct channel *channel)
{
    char port[8];
    const struct upstream_url *url = channel->options.url;
    snprintf(port, sizeof(port), "%d", url->port);
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_family = AF_UNSPEC };
    channel->lookup.data = channel;
    channel->looking_up = true;
    int failure = uv_getaddrinfo(channel->options.uv, &channel->lookup, on_address, url->host, port, &hints);
    INVARIANT(failure == 0); /* it fails for names that are too long, which the url has refused */
}

struct channel *channel_open(const struct channel_options *options)
{
    struct channel *channel = ALLOC_NEW(struct channel);
    channel->options = *options;
    channel->connect.data = channel;
    int failure = options->url->unix_socket ? uv_pipe_init(options->uv, &channel->pipe, 0)
                                            : uv_tcp_init(options->uv, &channel->tcp);
    INVARIANT(failure == 0);
    channel->handle.data = channel;
    greet(channel);
    if (options->url->unix_socket)
        uv_pipe_connect(&channel->connect, &channel->pipe, options->url->host, on_connected);
    else
        start_tcp(channel);
    return channel;
}

/* --- questions -------------------------------------------------------------------------------------------
 */

void channel_set_raw(struct channel *channel, bool raw)
{
    channel->raw = raw;
}

int channel_db(const struct channel *channel)
{
    return channel->db;
}

int channel_protocol(const struct channel *channel)
{
    return channel->options.protocol;
}

void channel_set_db(struct channel *channel, int db)
{
    channel->db = db;
}

size_t channel_outstanding(const struct channel *channel)
{
    return channel->outstanding;
}

int64_t channel_oldest_ms(const struct channel *channel)
{
    return channel->oldest != NULL ? channel->oldest->sent_ms : 0;
}

size_t channel_unsent(const struct channel *channel)
{
    return channel->out.len + channel->writing.len;
}
