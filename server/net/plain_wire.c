/* Bytes as the socket has them. */
#include <sys/socket.h>

#include "server/net/socket.h"
#include "server/net/wire.h"

static void end(struct wire *wire, ssize_t why)
{
    uv_read_stop(&wire->stream);
    if (why == UV_EOF)
        wire->events->ended(wire);
    else
        wire->events->failed(wire, (int)why);
}

/* What fills its room is mostly the beginning of more. */
static void read_on(struct wire *wire)
{
    for (unsigned reads = 0; reads < SOCKET_READS_MAX && wire->reading && !wire->closing; reads++) {
        uv_buf_t room = uv_buf_init(NULL, 0);
        wire->events->room(wire, &room);
        ssize_t len = room.len > 0 ? socket_receive(wire->fd, room) : UV_ENOBUFS;
        if (__builtin_expect(len > 0, 1))
            wire->events->received(wire, room.base, (size_t)len);
        else if (len < 0)
            end(wire, len);
        if (len < (ssize_t)room.len) return;
    }
}

static void on_readable(uv_stream_t *stream, ssize_t len, const uv_buf_t *room)
{
    (void)len;
    (void)room;
    read_on((struct wire *)(void *)stream); /* its first member */
}

/* It fails for what is being closed or has failed, which the owner knows. */
static void start(struct wire *wire)
{
    (void)socket_listen(&wire->stream, on_readable);
}

static void stop(struct wire *wire)
{
    uv_read_stop(&wire->stream);
}

static int try_write(struct wire *wire, const uv_buf_t *pieces, unsigned count)
{
    bool is_simple = count == 1 && wire->fd >= 0 && !wire->closing;
    return is_simple ? socket_send(wire->fd, *pieces) : uv_try_write(&wire->stream, pieces, count);
}

static int write_all(struct wire *wire, uv_write_t *request, const uv_buf_t *pieces, unsigned count,
                     uv_write_cb written)
{
    return uv_write(request, &wire->stream, pieces, count, written);
}

static size_t waiting(const struct wire *wire)
{
    return uv_stream_get_write_queue_size(&wire->stream);
}

static void await(struct wire *wire, int least)
{
    setsockopt(wire->fd, SOL_SOCKET, SO_RCVLOWAT, &least, sizeof least);
}

static void close_it(struct wire *wire, uv_close_cb closed)
{
    uv_close(&wire->handle, closed);
}

const struct wire_ops plain_wire = {
    .start = start,
    .stop = stop,
    .try_write = try_write,
    .write = write_all,
    .waiting = waiting,
    .await = await,
    .close = close_it,
};
