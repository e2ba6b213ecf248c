/*
 * tls.c - an encrypted wire whose peer says what it likes, in pieces and with bytes that are wrong.
 *
 * The input says by turns what OpenSSL's client at the other end does, how much of its ciphertext gets
 * through, which of it is spoilt, and when the loop has a turn. Whatever comes, the owner of the wire is told
 * of a beginning of what was said, in order, until it is told of an end or a failure, once; the peer reads a
 * beginning of what was echoed; and nothing of it is left.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>
#include <uv.h>

#include "proto/base/buffer.h"
#include "proto/base/contract.h"
#include "server/config/config.h"
#include "server/net/tls/tls_contexts.h"
#include "server/net/tls/tls_loop.h"
#include "server/net/tls/tls_wire.h"
#include "server/net/wire.h"
#include "tests/support/certificates.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROOM 4096

struct play {
    struct wire wire; /* first */
    const uint8_t *next, *end;
    SSL *client;
    BIO *in, *out; /* of the client */
    int socket;    /* the client's end */
    struct buffer said, received, heard;
    char room[ROOM];
    unsigned room_len;
    bool spoilt; /* something got through that the client did not say */
    bool over;   /* the owner was told so */
    bool closed;
};

static uv_loop_t uv;
static struct scratch scratch;
static struct tls_contexts *contexts;
static struct tls_loop *loop;
static SSL_CTX *client_context;

static void clean_up(void)
{
    scratch_clear(&scratch);
}

static void prepare(void)
{
    struct certificates files;
    struct buffer text = { 0 }, report = { 0 };
    struct config *config = config_create();
    scratch_init(&scratch);
    atexit(clean_up);
    certificates_make(&files, &scratch);
    buffer_printf(&text, "tls-port 1\ntls-cert-file %s\ntls-key-file %s\ntls-auth-clients no\n", files.server,
                  files.server_key);
    bool good = config_load_text(config, buffer_slice(&text), &report);
    INVARIANT(good);
    contexts = tls_contexts_create(config_settings(config));
    good = tls_contexts_load(contexts);
    INVARIANT(good && uv_loop_init(&uv) == 0);
    loop = tls_loop_create(&uv, config_settings(config));
    client_context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_session_cache_mode(client_context, SSL_SESS_CACHE_OFF);
    buffer_clear(&text);
    buffer_clear(&report);
}

static struct play *play_of(struct wire *wire)
{
    return (struct play *)(void *)wire;
}

static unsigned take(struct play *play)
{
    return play->next < play->end ? *play->next++ : 0;
}

static void give_room(struct wire *wire, uv_buf_t *room)
{
    struct play *play = play_of(wire);
    *room = uv_buf_init(play->room, play->room_len);
}

static void end(struct play *play)
{
    INVARIANT(!play->over);
    play->over = true;
    wire_close(&play->wire);
}

static void echo(struct wire *wire, char *bytes, size_t len)
{
    struct play *play = play_of(wire);
    INVARIANT(!play->over);
    buffer_append(&play->received, bytes, len);
    uv_buf_t piece = uv_buf_init(bytes, (unsigned)len);
    ssize_t tried = wire_try(wire, &piece, 1);
    if (tried < 0) {
        end(play);
        return;
    }
    struct wire_passage left = { .before = slice_of(bytes + tried, len - (size_t)tried) };
    if ((size_t)tried < len && wire_queue(wire, &left) < 0) end(play);
}

static void on_ended(struct wire *wire)
{
    end(play_of(wire));
}

static void on_failed(struct wire *wire, int why)
{
    char text[256];
    tls_wire_complaint(wire, why, text, sizeof text);
    INVARIANT(text[0] != '\0');
    end(play_of(wire));
}

static void on_opened(struct wire *wire)
{
    struct play *play = play_of(wire);
    struct buffer name = { 0 };
    INVARIANT(!play->over && play->received.len == 0 && !tls_wire_common_name(wire, &name));
}

static void on_sent(struct wire *wire, size_t text_len, size_t value_len, int status)
{
    (void)text_len, (void)value_len;
    struct play *play = play_of(wire);
    if (status < 0 && !play->over) end(play);
}

static void on_closed(struct wire *wire)
{
    play_of(wire)->closed = true;
}

static const struct wire_events events = { .room = give_room,
                                           .received = echo,
                                           .ended = on_ended,
                                           .failed = on_failed,
                                           .opened = on_opened,
                                           .sent = on_sent,
                                           .closed = on_closed };

static void begin(struct play *play)
{
    int ends[2];
    INVARIANT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
    play->socket = ends[0];
    play->room_len = ROOM;
    INVARIANT(wire_open(&play->wire, &uv, ends[1], true, &events) == 0);
    tls_wire_accept(&play->wire, loop, contexts);
    wire_read(&play->wire, true);
    play->client = SSL_new(client_context);
    play->in = BIO_new(BIO_s_mem());
    play->out = BIO_new(BIO_s_mem());
    SSL_set_bio(play->client, play->in, play->out);
    SSL_set_connect_state(play->client);
    (void)SSL_do_handshake(play->client);
}

/* What the kernel does not take is lost, which spoils the rest. */
static void pass(struct play *play, const char *bytes, size_t len)
{
    if (len > 0 && send(play->socket, bytes, len, MSG_NOSIGNAL) != (ssize_t)len) play->spoilt = true;
}

static void pass_some(struct play *play, size_t most, bool flip)
{
    char bytes[1 << 14];
    int len = BIO_read(play->out, bytes, (int)(most < sizeof bytes ? most : sizeof bytes));
    if (len <= 0) return;
    if (flip) bytes[take(play) % (unsigned)len] ^= (char)(1 + take(play) % 255);
    play->spoilt |= flip;
    pass(play, bytes, (size_t)len);
}

static void pass_garbage(struct play *play, size_t len)
{
    size_t left = (size_t)(play->end - play->next);
    if (len > left) len = left;
    play->spoilt |= len > 0;
    pass(play, (const char *)play->next, len);
    play->next += len;
}

static void hear(struct play *play)
{
    char bytes[1 << 14];
    ssize_t len;
    while ((len = recv(play->socket, bytes, sizeof bytes, 0)) > 0) BIO_write(play->in, bytes, (int)len);
    if (!SSL_is_init_finished(play->client)) (void)SSL_do_handshake(play->client);
    size_t read;
    while (SSL_is_init_finished(play->client) && SSL_read_ex(play->client, bytes, sizeof bytes, &read) == 1)
        buffer_append(&play->heard, bytes, read);
}

static void say(struct play *play, size_t len)
{
    char bytes[256 * 64];
    size_t written;
    if (!SSL_is_init_finished(play->client)) return;
    for (size_t i = 0; i < len; i++) bytes[i] = (char)((play->said.len + i) * 31 >> 3);
    if (len > 0 && SSL_write_ex(play->client, bytes, len, &written) == 1)
        buffer_append(&play->said, bytes, written);
}

static void turn(struct play *play, unsigned times)
{
    for (unsigned i = 0; i < times; i++) uv_run(&uv, UV_RUN_NOWAIT);
    hear(play);
}

static void step(struct play *play)
{
    unsigned what = take(play), much = take(play);
    switch (what % 8) {
    case 0: say(play, (size_t)much * 64); break;
    case 1: pass_some(play, 1 + much, false); break;
    case 2: pass_some(play, SIZE_MAX, false); break;
    case 3: pass_some(play, 1 + much, true); break;
    case 4: pass_garbage(play, much % 64); break;
    case 5: turn(play, 1 + much % 4); break;
    case 6:
        play->room_len = 1 + much / 2 * (ROOM / 128);
        if (!play->over) wire_read(&play->wire, much % 2);
        break;
    case 7:
        if (much == 0)
            shutdown(play->socket, SHUT_WR);
        else
            (void)SSL_key_update(play->client, SSL_KEY_UPDATE_REQUESTED);
        break;
    }
}

static bool begins(const struct buffer *part, const struct buffer *whole)
{
    return part->len <= whole->len && (part->len == 0 || memcmp(part->data, whole->data, part->len) == 0);
}

static void finish(struct play *play)
{
    turn(play, 2);
    if (!play->over) end(play);
    while (!play->closed) uv_run(&uv, UV_RUN_NOWAIT);
    INVARIANT(begins(&play->received, &play->said));
    INVARIANT(begins(&play->heard, &play->received));
    INVARIANT(loop->due.first == NULL && loop->shaking.first == NULL && loop->out.len == 0);
    SSL_free(play->client);
    close(play->socket);
    buffer_clear(&play->said);
    buffer_clear(&play->received);
    buffer_clear(&play->heard);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct play play;
    if (contexts == NULL) prepare();
    if (size > 4096) return 0;
    play = (struct play){ .next = data, .end = data + size };
    begin(&play);
    for (int i = 0; i < 600 && play.next < play.end; i++) step(&play);
    finish(&play);
    return 0;
}
