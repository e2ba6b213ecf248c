#include "server/net/wire.h"

#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>

#include "proto/base/alloc.h"
#include "proto/base/contract.h"

/* From here on the rest of a long text is handed over where it is, and not copied. */
#define HANDED_OVER_MIN ((size_t)64 << 10)

/* What is left of a passage: its texts copied, or in memory that was handed over. */
struct pending_write {
    uv_write_t request; /* first */
    struct wire *wire;
    size_t text_len;
    size_t value_len;
    struct pin pin;
    char *memory; /* handed over, or NULL */
    char texts[];
};

void wire_init(struct wire *wire, uv_loop_t *uv, bool unix_socket, const struct wire_events *events)
{
    *wire = (struct wire){
        .ops = &plain_wire, .events = events, .fd = -1, .awaited = 1, .unix_socket = unix_socket
    };
    int failure = unix_socket ? uv_pipe_init(uv, &wire->pipe, 0) : uv_tcp_init(uv, &wire->tcp);
    INVARIANT(failure == 0);
}

int wire_open(struct wire *wire, uv_loop_t *uv, int fd, bool unix_socket, const struct wire_events *events)
{
    wire_init(wire, uv, unix_socket, events);
    wire->fd = fd;
    return unix_socket ? uv_pipe_open(&wire->pipe, fd) : uv_tcp_open(&wire->tcp, fd);
}

void wire_connected(struct wire *wire)
{
    uv_os_fd_t fd;
    if (uv_fileno(&wire->handle, &fd) == 0) wire->fd = fd;
}

static void on_closed(uv_handle_t *handle)
{
    struct wire *wire = (struct wire *)(void *)handle;
    wire->events->closed(wire);
}

void wire_close(struct wire *wire)
{
    wire->closing = true;
    wire->ops->close(wire, on_closed);
}

void wire_read(struct wire *wire, bool wanted)
{
    if (wanted == wire->reading) return;
    wire->reading = wanted;
    if (wanted)
        wire->ops->start(wire);
    else
        wire->ops->stop(wire);
}

void wire_await(struct wire *wire, int least)
{
    if (least == wire->awaited || wire->unix_socket) return;
    wire->awaited = least;
    wire->ops->await(wire, least);
}

bool wire_has_ended(const struct wire *wire)
{
    struct pollfd socket = { .fd = wire->fd, .events = POLLRDHUP };
    return poll(&socket, 1, 0) > 0;
}

size_t wire_waiting(const struct wire *wire)
{
    int held = 0;
    size_t waiting = wire->ops->waiting(wire);
    bool is_told = waiting > 0 && ioctl(wire->fd, TIOCOUTQ, &held) == 0;
    return is_told ? waiting + (size_t)held : waiting;
}

static uv_buf_t *add_piece(uv_buf_t *piece, struct slice bytes)
{
    if (bytes.len == 0) return piece;
    *piece = (uv_buf_t){ .base = (char *)(uintptr_t)bytes.data, .len = bytes.len };
    return piece + 1;
}

static unsigned pieces_of(const struct wire_passage *passage, uv_buf_t pieces[3])
{
    uv_buf_t *end = add_piece(pieces, passage->before);
    end = add_piece(end, passage->value);
    return (unsigned)(add_piece(end, passage->behind) - pieces);
}

static struct slice without_first(struct slice slice, size_t *len)
{
    size_t part = *len < slice.len ? *len : slice.len;
    *len -= part;
    return slice_of(slice.data + part, slice.len - part);
}

ssize_t wire_try_passage(struct wire *wire, struct wire_passage *passage)
{
    uv_buf_t pieces[3];
    unsigned count = pieces_of(passage, pieces);
    ssize_t written = count > 0 ? wire_try(wire, pieces, count) : 0;
    if (written <= 0) return written;
    size_t done = (size_t)written;
    passage->before = without_first(passage->before, &done);
    passage->value = without_first(passage->value, &done);
    passage->behind = without_first(passage->behind, &done);
    return written;
}

static void free_pending(struct pending_write *write)
{
    if (write->pin.place != NULL) pin_drop(&write->pin);
    alloc_free(write->memory);
    alloc_free(write);
}

static void on_written(uv_write_t *request, int status)
{
    struct pending_write *write = (struct pending_write *)(void *)request;
    struct wire *wire = write->wire;
    size_t text_len = write->text_len, value_len = write->value_len;
    free_pending(write);
    wire->unsent -= text_len + value_len;
    wire->events->sent(wire, text_len, value_len, status);
}

static struct slice copy_to(char *place, struct slice text)
{
    if (text.len > 0) memcpy(place, text.data, text.len);
    return slice_of(place, text.len);
}

/* Takes the pin and, unless NULL, `memory`, in which the texts then lie. */
static int enqueue(struct wire *wire, const struct wire_passage *passage, char *memory)
{
    struct wire_passage left = *passage;
    size_t text_len = left.before.len + left.behind.len;
    struct pending_write *write = alloc_bytes(sizeof(*write) + (memory == NULL ? text_len : 0));
    write->wire = wire;
    write->text_len = text_len;
    write->value_len = left.value.len;
    write->pin = left.pin;
    write->memory = memory;
    if (memory == NULL) {
        left.behind = copy_to(write->texts + left.before.len, left.behind);
        left.before = copy_to(write->texts, left.before);
    }
    uv_buf_t pieces[3];
    unsigned count = pieces_of(&left, pieces);
    int failure = wire->ops->write(wire, &write->request, pieces, count, on_written);
    if (failure != 0)
        free_pending(write);
    else
        wire->unsent += text_len + left.value.len;
    return failure;
}

int wire_queue(struct wire *wire, const struct wire_passage *left)
{
    return enqueue(wire, left, NULL);
}

int wire_queue_rest(struct wire *wire, struct buffer *text, size_t done)
{
    struct wire_passage left = { .before = slice_of(text->data + done, text->len - done) };
    char *memory = NULL;
    if (left.before.len >= HANDED_OVER_MIN && left.before.len >= text->cap / 4) {
        memory = text->data;
        *text = (struct buffer){ 0 };
    }
    text->len = 0;
    return enqueue(wire, &left, memory);
}
