/* What comes: ciphertext from the kernel, and what it says to the owner. */
#include <openssl/err.h>

#include "server/net/socket.h"
#include "server/net/tls/tls_loop.h"
#include "server/net/tls/tls_state.h"
#include "server/net/wire.h"

/* A read takes at least what a record may have, whatever the owner has room for. */
#define READ_MIN ((size_t)18 << 10)

/* So much is said by us because the peer asked for it, and not taken by it, before it is held for an attack.
 */
#define FLIGHTS_MAX 64

/* As much as the owner has room for, since all that is read is decrypted at once if it can be. It has no
 * length if there is none. */
static uv_buf_t room_for_ciphertext(struct tls_wire *tls)
{
    struct wire *wire = tls->wire;
    size_t most = READ_MIN;
    if (tls->stage == TLS_OPEN) {
        uv_buf_t room = uv_buf_init(NULL, 0);
        wire->events->room(wire, &room);
        if (room.len == 0) return room;
        most = room.len > READ_MIN ? room.len : READ_MIN;
    }
    return uv_buf_init(tls->loop->input, (unsigned)(most < TLS_READ_BYTES ? most : TLS_READ_BYTES));
}

static void take_ciphertext(struct tls_wire *tls, struct slice bytes)
{
    if (tls->stage == TLS_SHAKING) {
        /* Its turn comes; until then the kernel keeps what follows. */
        buffer_append(&tls->kept, bytes.data, bytes.len);
        tls_input_listen(tls, false);
        tls_loop_make_due(tls);
        return;
    }
    tls->window = bytes;
    tls_input_pump(tls);
}

static void end(struct tls_wire *tls)
{
    tls_input_listen(tls, false);
    tls->ended = true;
    if (tls->stage == TLS_SHAKING) {
        tls->complaint = "the peer closed the connection amid the handshake";
        tls_fail(tls);
        return;
    }
    tls->wire->events->ended(tls->wire);
}

static void end_reading(struct tls_wire *tls, ssize_t why)
{
    if (why == UV_EOF) {
        end(tls);
        return;
    }
    tls_input_listen(tls, false);
    tls->wire->events->failed(tls->wire, (int)why);
}

static void read_on(struct tls_wire *tls)
{
    for (unsigned reads = 0; reads < SOCKET_READS_MAX && tls->listens && tls->closed == NULL; reads++) {
        uv_buf_t room = room_for_ciphertext(tls);
        ssize_t len = room.len > 0 ? socket_receive(tls->wire->fd, room) : UV_ENOBUFS;
        if (__builtin_expect(len > 0, 1))
            take_ciphertext(tls, slice_of(room.base, (size_t)len));
        else if (len < 0)
            end_reading(tls, len);
        if (len < (ssize_t)room.len) return;
    }
}

static void on_readable(uv_stream_t *stream, ssize_t len, const uv_buf_t *room)
{
    (void)len;
    (void)room;
    read_on(((struct wire *)(void *)stream)->tls); /* its first member */
}

/* It fails for what is being closed or has failed, which the owner knows. */
void tls_input_listen(struct tls_wire *tls, bool wanted)
{
    wanted = wanted && !tls->ended;
    if (wanted == tls->listens) return;
    tls->listens = wanted;
    if (wanted)
        (void)socket_listen(&tls->wire->stream, on_readable);
    else
        uv_read_stop(&tls->wire->stream);
}

/* What OpenSSL says when it cannot go on, and how far it came. */
struct filling {
    size_t len;
    int reason;
};

/* OpenSSL takes no record before the one that it has is read, so it need not be asked to find out. */
static bool has_nothing(const struct tls_wire *tls)
{
    return tls->window.len == 0 && SSL_pending(tls->ssl) == 0;
}

static struct filling fill(struct tls_wire *tls, uv_buf_t room)
{
    struct filling filling = { .reason = SSL_ERROR_NONE };
    ERR_clear_error();
    while (filling.len < room.len && filling.reason == SSL_ERROR_NONE) {
        size_t read = 0;
        if (has_nothing(tls)) {
            filling.reason = SSL_ERROR_WANT_READ;
            break;
        }
        int done = SSL_read_ex(tls->ssl, room.base + filling.len, room.len - filling.len, &read);
        filling.len += read;
        if (done != 1) filling.reason = SSL_get_error(tls->ssl, done);
    }
    if (filling.reason != SSL_ERROR_NONE && filling.reason != SSL_ERROR_WANT_READ) tls_note_failure(tls);
    return filling;
}

/* True: there may be more. */
static bool pump_once(struct tls_wire *tls)
{
    struct wire *wire = tls->wire;
    uv_buf_t room;
    wire->events->room(wire, &room);
    if (room.len == 0) {
        wire->events->failed(wire, UV_ENOBUFS);
        return false;
    }
    struct filling filling = fill(tls, room);
    if (tls->loop->out.len > 0 && (!tls_output_flush(tls) || tls_is_over(tls))) return false;
    tls->sated = filling.reason == SSL_ERROR_NONE;
    if (filling.len > 0) wire->events->received(wire, room.base, filling.len);
    if (tls->closed != NULL || tls->sated) return tls->closed == NULL;
    if (filling.reason == SSL_ERROR_ZERO_RETURN)
        end(tls);
    else if (filling.reason != SSL_ERROR_WANT_READ || tls->flights > FLIGHTS_MAX)
        tls_fail(tls);
    return false;
}

void tls_input_keep(struct tls_wire *tls)
{
    struct buffer old = tls->kept; /* which the window may be a part of */
    tls->kept = (struct buffer){ 0 };
    if (tls->window.len > 0) buffer_append(&tls->kept, tls->window.data, tls->window.len);
    tls->window = SLICE("");
    buffer_clear(&old);
}

void tls_input_pump(struct tls_wire *tls)
{
    struct wire *wire = tls->wire;
    if (tls->kept.len > 0) tls->window = buffer_slice(&tls->kept);
    tls->pumping = true;
    while (wire->reading && pump_once(tls)) {}
    tls->pumping = false;
    if (tls->window.len > 0 || tls->kept.cap > 0) tls_input_keep(tls);
    if (tls_is_over(tls) || tls->ended) return;
    bool more = tls->sated || tls->kept.len > 0;
    tls_input_listen(tls, wire->reading && !more);
    if (wire->reading && more) tls_loop_make_due(tls);
}
