/* What leaves: the owner's pieces, encrypted as far as the kernel takes them. */
#include <string.h>

#include <openssl/err.h>

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "server/net/socket.h"
#include "server/net/tls/tls_loop.h"
#include "server/net/tls/tls_state.h"
#include "server/net/wire.h"

/* A record, and what is encrypted before the kernel is asked whether it takes that. */
#define RECORD_BYTES ((size_t)SSL3_RT_MAX_PLAIN_LENGTH)
#define STEP_BYTES   (8 * RECORD_BYTES)

/* So many steps are made before others have their turn, however fast the peer reads. */
#define STEPS_MAX 16

/* Ciphertext that a flight or a loop's buffer keeps room for. */
#define OUT_KEPT_MAX (STEP_BYTES + ((size_t)16 << 10))

#define PIECES_MAX 3 /* of a passage */

/* What the owner has queued; the bytes are its. */
struct tls_letter {
    struct tls_letter *next;
    uv_write_t *request;
    uv_write_cb written;
    unsigned count;
    uv_buf_t pieces[PIECES_MAX];
};

/* Pieces, of which some bytes are done. */
struct cursor {
    const uv_buf_t *pieces;
    unsigned count;
    size_t done; /* of the first */
};

static void advance(struct cursor *cursor, size_t len)
{
    while (cursor->count > 0) {
        size_t left = cursor->pieces->len - cursor->done;
        if (len < left) {
            cursor->done += len;
            return;
        }
        len -= left;
        cursor->pieces++;
        cursor->count--;
        cursor->done = 0;
    }
}

/* The bytes for the next records: those of one piece where they are, or several put together. */
static struct slice gather(const struct cursor *cursor, char staged[RECORD_BYTES])
{
    const uv_buf_t *piece = cursor->pieces;
    size_t left = piece->len - cursor->done;
    struct slice rest = slice_of(piece->base + cursor->done, left);
    if (cursor->count == 1) return rest;
    if (left >= RECORD_BYTES) return slice_of(rest.data, left - left % RECORD_BYTES);

    memcpy(staged, rest.data, left);
    size_t len = left;
    for (unsigned i = 1; i < cursor->count && len < RECORD_BYTES; i++) {
        size_t more = piece[i].len < RECORD_BYTES - len ? piece[i].len : RECORD_BYTES - len;
        memcpy(staged + len, piece[i].base, more);
        len += more;
    }
    return slice_of(staged, len);
}

/* False: OpenSSL has failed. */
static bool encrypt(struct tls_wire *tls, struct slice bytes)
{
    ERR_clear_error();
    for (size_t done = 0; done < bytes.len;) {
        size_t len = 0;
        if (SSL_write_ex(tls->ssl, bytes.data + done, bytes.len - done, &len) != 1) {
            tls_note_failure(tls);
            return false;
        }
        done += len;
    }
    return true;
}

/* Up to a step of what is left at the cursor. Its length, or -1: OpenSSL has failed. */
static ssize_t encrypt_step(struct tls_wire *tls, struct cursor *cursor)
{
    char staged[RECORD_BYTES];
    size_t taken = 0;
    while (cursor->count > 0 && taken < STEP_BYTES) {
        struct slice bytes = gather(cursor, staged);
        if (bytes.len > STEP_BYTES - taken) bytes.len = STEP_BYTES - taken;
        if (!encrypt(tls, bytes)) return -1;
        advance(cursor, bytes.len);
        taken += bytes.len;
    }
    return (ssize_t)taken;
}

struct flight {
    uv_write_t request; /* first */
    struct tls_wire *tls;
    char bytes[];
};

static void on_flown(uv_write_t *request, int status)
{
    struct flight *flight = (struct flight *)(void *)request;
    struct tls_wire *tls = flight->tls;
    alloc_free(flight);
    tls->flights--;
    if (tls_is_over(tls)) return;
    if (status == 0) {
        if (tls->flights == 0) tls_output_go_on(tls);
        return;
    }
    tls->stage = TLS_BROKEN;
    if (tls->first == NULL)
        tls->wire->events->failed(tls->wire, status);
    else
        tls_output_drop(tls, status);
}

static int take_off(struct tls_wire *tls, struct slice bytes)
{
    struct flight *flight = alloc_bytes(sizeof(*flight) + bytes.len);
    flight->tls = tls;
    memcpy(flight->bytes, bytes.data, bytes.len);
    uv_buf_t piece = uv_buf_init(flight->bytes, (unsigned)bytes.len);
    int failure = uv_write(&flight->request, &tls->wire->stream, &piece, 1, on_flown);
    if (failure != 0)
        alloc_free(flight);
    else
        tls->flights++;
    return failure;
}

/* 0, or libuv's code. */
static int give_kernel(struct tls_wire *tls)
{
    struct buffer *out = &tls->loop->out;
    int written = 0;
    REQUIRE(tls->closed == NULL); /* or the socket may be another's */
    if (tls->flights == 0 && out->len > 0) {
        uv_buf_t piece = uv_buf_init(out->data, (unsigned)out->len);
        written = socket_send(tls->wire->fd, piece);
        if (written == UV_EAGAIN) written = 0;
    }
    int failure = written < 0 ? written : 0;
    if (failure == 0 && (size_t)written < out->len)
        failure = take_off(tls, slice_of(out->data + written, out->len - (size_t)written));
    out->len = 0;
    if (out->cap > 2 * OUT_KEPT_MAX) buffer_clear(out);
    return failure;
}

bool tls_output_flush(struct tls_wire *tls)
{
    int failure = give_kernel(tls);
    if (failure == 0) return true;
    if (tls_is_over(tls)) return false;
    tls->stage = TLS_BROKEN;
    tls->wire->events->failed(tls->wire, failure);
    return false;
}

/* What is on its way in a flight is told as not written: its owner queues it next, and it is passed over
 * there. */
int tls_output_try(struct wire *wire, const uv_buf_t *pieces, unsigned count)
{
    struct tls_wire *tls = wire->tls;
    struct cursor cursor = { .pieces = pieces, .count = count };
    size_t written = 0;
    if (tls_is_over(tls)) return UV_EPIPE;
    if (tls->stage == TLS_SHAKING || tls->flights > 0 || tls->first != NULL) return UV_EAGAIN;
    REQUIRE(tls->ahead == 0);
    for (unsigned i = 0; cursor.count > 0 && i < STEPS_MAX; i++) {
        ssize_t step = encrypt_step(tls, &cursor);
        int failure = step < 0 ? UV_EPROTO : give_kernel(tls);
        if (failure != 0) return failure;
        if (tls->flights > 0) {
            tls->ahead = (size_t)step;
            break;
        }
        written += (size_t)step;
    }
    return written > 0 ? (int)written : UV_EAGAIN;
}

/* The cursor stands where the letter's bytes go on. */
static void cut_letter(struct tls_letter *letter, const struct cursor *cursor)
{
    letter->count = cursor->count;
    if (cursor->count == 0) return;
    memmove(letter->pieces, cursor->pieces, cursor->count * sizeof(*letter->pieces));
    letter->pieces[0].base += cursor->done;
    letter->pieces[0].len -= cursor->done;
}

static size_t length_of(const uv_buf_t *pieces, unsigned count)
{
    size_t len = 0;
    for (unsigned i = 0; i < count; i++) len += pieces[i].len;
    return len;
}

int tls_output_queue(struct wire *wire, uv_write_t *request, const uv_buf_t *pieces, unsigned count,
                     uv_write_cb written)
{
    struct tls_wire *tls = wire->tls;
    if (tls_is_over(tls)) return UV_EPIPE;
    if (count > PIECES_MAX) return UV_E2BIG;
    struct tls_letter *letter = ALLOC_NEW(struct tls_letter);
    size_t len = length_of(pieces, count), passed = tls->ahead < len ? tls->ahead : len;
    struct cursor cursor = { .pieces = pieces, .count = count };
    advance(&cursor, passed);
    tls->ahead -= passed;
    letter->request = request;
    letter->written = written;
    cut_letter(letter, &cursor);
    *(tls->last != NULL ? &tls->last->next : &tls->first) = letter;
    tls->last = letter;
    if (tls->flights == 0 && tls->stage == TLS_OPEN) tls_loop_make_due(tls);
    return 0;
}

size_t tls_output_waiting(const struct wire *wire)
{
    size_t len = uv_stream_get_write_queue_size(&wire->stream);
    for (const struct tls_letter *letter = wire->tls->first; letter != NULL; letter = letter->next)
        len += length_of(letter->pieces, letter->count);
    return len;
}

/* Its owner may close the wire, or queue more. */
static void tell_written(struct tls_wire *tls, int status)
{
    struct tls_letter *letter = tls->first;
    uv_write_t *request = letter->request;
    uv_write_cb written = letter->written;
    tls->first = letter->next;
    if (tls->first == NULL) tls->last = NULL;
    alloc_free(letter);
    written(request, status);
}

void tls_output_drop(struct tls_wire *tls, int why)
{
    while (tls->first != NULL) tell_written(tls, why);
}

/* False: it goes on no further. */
static bool send_step(struct tls_wire *tls, struct tls_letter *letter)
{
    struct cursor cursor = { .pieces = letter->pieces, .count = letter->count };
    ssize_t step = encrypt_step(tls, &cursor);
    cut_letter(letter, &cursor);
    if (step < 0) tls_fail(tls);
    return step >= 0 && tls_output_flush(tls);
}

static bool goes_on(const struct tls_wire *tls)
{
    return !tls_is_over(tls) && tls->first != NULL && tls->flights == 0;
}

/* A letter has gone when the kernel has the last byte of it. */
void tls_output_go_on(struct tls_wire *tls)
{
    for (unsigned steps = 0; goes_on(tls) && steps < STEPS_MAX;) {
        if (tls->first->count == 0) {
            tell_written(tls, 0);
            continue;
        }
        if (!send_step(tls, tls->first)) return;
        steps++;
    }
    if (goes_on(tls)) tls_loop_make_due(tls);
}
