/* Bytes as the socket has them. */
#include <sys/socket.h>

#include "server/net/wire.h"

static struct wire *wire_of(void *handle)
{
    return handle; /* its first member */
}

static void give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *room)
{
    (void)suggested;
    struct wire *wire = wire_of(handle);
    wire->events->room(wire, room);
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *room)
{
    struct wire *wire = wire_of(stream);
    if (__builtin_expect(len > 0, 1))
        wire->events->received(wire, room->base, (size_t)len);
    else if (len == UV_EOF)
        wire->events->ended(wire);
    else if (len < 0)
        wire->events->failed(wire, (int)len);
}

/* It fails for what is being closed or has failed, which the owner knows. */
static void start(struct wire *wire)
{
    (void)uv_read_start(&wire->stream, give_room, on_read);
}

static void stop(struct wire *wire)
{
    uv_read_stop(&wire->stream);
}

static int try_write(struct wire *wire, const uv_buf_t *pieces, unsigned count)
{
    return uv_try_write(&wire->stream, pieces, count);
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
