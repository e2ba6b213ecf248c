/*
 * Encrypted connections of those who mean no good, or whose network is bad: others are served all the while,
 * and nothing stays when they have gone.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <openssl/ssl.h>

#include "tests/support/certificates.h"
#include "tests/support/client/client.h"
#include "tests/support/client/expect.h"
#include "tests/support/pace.h"
#include "tests/support/process/instance.h"

static struct scratch scratch;
static struct certificates files;
static struct instance server;
static struct client plain; /* over the port that is not encrypted */
static int port;
static SSL_CTX *context;

static void open_with(const char *threads)
{
    static char tls_port[16];
    scratch_init(&scratch);
    certificates_make(&files, &scratch);
    port = instance_free_port();
    snprintf(tls_port, sizeof tls_port, "%d", port);
    instance_start(&server, INSTANCE_NUTHATCH,
                   OPTIONS("--tls-port", tls_port, "--tls-cert-file", files.server, "--tls-key-file",
                           files.server_key, "--tls-auth-clients", "no", "--threads", threads));
    cr_assert(client_open_tcp(&plain, server.port));
    context = SSL_CTX_new(TLS_client_method());
}

static void open_all(void)
{
    open_with("2");
}

static void close_all(void)
{
    SSL_CTX_free(context);
    client_close(&plain);
    instance_stop(&server);
    scratch_clear(&scratch);
}

TestSuite(tls_hostile, .init = open_all, .fini = close_all, .timeout = 300);

/* An end of TLS whose records are carried by hand. */
struct carried {
    struct client socket;
    SSL *ssl;
    BIO *in, *out;
};

static void carried_open(struct carried *carried)
{
    cr_assert(client_open_tcp(&carried->socket, port));
    carried->ssl = SSL_new(context);
    carried->in = BIO_new(BIO_s_mem());
    carried->out = BIO_new(BIO_s_mem());
    SSL_set_bio(carried->ssl, carried->in, carried->out);
    SSL_set_connect_state(carried->ssl);
}

static void carried_close(struct carried *carried)
{
    SSL_free(carried->ssl);
    client_close(&carried->socket);
}

/* What it has to say, `step` bytes at a time, each a segment of its own. */
static void carry_out(struct carried *carried, size_t step)
{
    char bytes[4096];
    int len;
    while ((len = BIO_read(carried->out, bytes, (int)step)) > 0)
        cr_assert_eq(send(carried->socket.fd, bytes, (size_t)len, MSG_NOSIGNAL), len);
}

static void carry_in(struct carried *carried)
{
    char bytes[4096];
    struct pollfd waiting = { .fd = carried->socket.fd, .events = POLLIN };
    cr_assert_gt(poll(&waiting, 1, 10000 * PACE), 0, "nothing came");
    ssize_t len = recv(carried->socket.fd, bytes, sizeof bytes, 0);
    cr_assert_gt(len, 0);
    BIO_write(carried->in, bytes, (int)len);
}

static void shake(struct carried *carried, size_t step)
{
    while (SSL_do_handshake(carried->ssl) != 1) {
        carry_out(carried, step);
        carry_in(carried);
    }
    carry_out(carried, step);
}

static void expect_carried(struct carried *carried, size_t step, const char *request, const char *reply)
{
    char text[256];
    size_t len = 0;
    cr_assert_gt(SSL_write(carried->ssl, request, (int)strlen(request)), 0);
    carry_out(carried, step);
    while (len < strlen(reply)) {
        int got = SSL_read(carried->ssl, text + len, (int)(sizeof text - len));
        if (got > 0)
            len += (size_t)got;
        else
            carry_in(carried);
    }
    cr_assert_eq(len, strlen(reply));
    cr_assert(memcmp(text, reply, len) == 0);
}

Test(tls_hostile, records_may_come_byte_by_byte)
{
    static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        struct carried client;
        SSL_CTX_set_max_proto_version(context, versions[i]);
        for (size_t step = 1; step <= 7; step += 3) {
            carried_open(&client);
            shake(&client, step);
            expect_carried(&client, step, "SET k v\r\nGET k\r\n", "+OK\r\n$1\r\nv\r\n");
            expect_carried(&client, step, "ECHO hello\r\n", "$5\r\nhello\r\n");
            carried_close(&client);
        }
    }
}

static long clients_now(void)
{
    struct slice info = client_ask(&plain, "INFO clients");
    const char *found = memmem(info.data, info.len, "connected_clients:", 18);
    cr_assert_not_null(found);
    return strtol(found + 18, NULL, 10);
}

static void wait_for_clients(long count)
{
    int64_t end_ms = pace_now_ms() + 10000 * PACE;
    while (clients_now() != count) {
        cr_assert_lt(pace_now_ms(), end_ms, "%ld are there", clients_now());
        pace_sleep_ms(5);
    }
}

/* The bytes of a first flight. */
static size_t first_flight(char *bytes, size_t size)
{
    SSL *ssl = SSL_new(context);
    BIO *out = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl, BIO_new(BIO_s_mem()), out);
    SSL_set_connect_state(ssl);
    (void)SSL_do_handshake(ssl);
    int len = BIO_read(out, bytes, (int)size);
    cr_assert_gt(len, 0);
    SSL_free(ssl);
    return (size_t)len;
}

Test(tls_hostile, handshakes_may_end_anywhere)
{
    char flight[2048];
    size_t len = first_flight(flight, sizeof flight);
    for (size_t cut = 0; cut <= len; cut += cut < 16 ? 1 : 13) {
        struct client client;
        cr_assert(client_open_tcp(&client, port));
        cr_assert_eq(send(client.fd, flight, cut, MSG_NOSIGNAL), (ssize_t)cut);
        struct linger at_once = { .l_onoff = 1 };
        if (cut % 2 == 0) setsockopt(client.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        client_close(&client);
    }
    wait_for_clients(1);
}

Test(tls_hostile, bytes_that_are_wrong_end_a_connection_and_no_other)
{
    char flight[2048];
    size_t len = first_flight(flight, sizeof flight);
    unsigned state = 1;
    for (int i = 0; i < 300; i++) {
        struct client client;
        char broken[2048];
        memcpy(broken, flight, len);
        for (int k = 0; k <= i % 4; k++) {
            state = state * 1664525u + 1013904223u;
            broken[(state >> 8) % len] = (char)(state >> 24);
        }
        cr_assert(client_open_tcp(&client, port));
        (void)!send(client.fd, broken, len, MSG_NOSIGNAL);
        client_close(&client);
    }
    struct carried client;
    carried_open(&client);
    shake(&client, 4096);
    cr_assert_gt(SSL_write(client.ssl, "PING\r\n", 6), 0);
    char record[256];
    int record_len = BIO_read(client.out, record, sizeof record);
    record[record_len - 1] ^= 1;
    cr_assert_eq(send(client.socket.fd, record, (size_t)record_len, MSG_NOSIGNAL), record_len);
    cr_assert(client_wait_closed(&client.socket));
    carried_close(&client);
    wait_for_clients(1);
    expect(&plain, "PING", "PONG");
}

static int by_size(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

/* Milliseconds of the 99th in a hundred requests, while `meanwhile` goes on. */
static int64_t p99_ms(void)
{
    enum { ASKED = 1000 };
    static int64_t taken_ms[ASKED];
    for (int i = 0; i < ASKED; i++) {
        int64_t start_ms = pace_now_ms();
        expect(&plain, "PING", "PONG");
        taken_ms[i] = pace_now_ms() - start_ms;
    }
    qsort(taken_ms, ASKED, sizeof *taken_ms, by_size);
    return taken_ms[ASKED * 99 / 100];
}

/* A machine that does other work stretches these times; what a signature of each would take is a second. */
#define PROMPT_MS (200 * PACE)

Test(tls_hostile, a_thousand_that_shake_hands_only_half_keep_nobody_waiting)
{
    enum { CROWD = 1000 };
    static struct client crowd[CROWD];
    char flight[2048];
    size_t len = first_flight(flight, sizeof flight);
    int64_t quiet_ms = p99_ms();
    for (int i = 0; i < CROWD; i++) cr_assert(client_open_tcp(&crowd[i], port));
    for (int i = 0; i < CROWD; i++)
        cr_assert_eq(send(crowd[i].fd, flight, i % 3 == 0 ? len / 2 : len, MSG_NOSIGNAL),
                     (ssize_t)(i % 3 == 0 ? len / 2 : len));
    int64_t flooded_ms = p99_ms();
    fprintf(stderr, "99 of 100 requests within %lld ms, %lld before\n", (long long)flooded_ms,
            (long long)quiet_ms);
    cr_assert_lt(flooded_ms, PROMPT_MS);
    cr_assert_eq(clients_now(), CROWD + 1);
    expect(&plain, "CONFIG SET tls-handshake-timeout 10", "OK"); /* for those that come */
    struct client late;
    cr_assert(client_open_tcp(&late, port));
    expect_closed(&late);
    client_close(&late);
    for (int i = 0; i < CROWD; i++) client_close(&crowd[i]);
    wait_for_clients(1);
}

/* It reads nothing: neither grows what waits for it, nor does anything stand still. */
Test(tls_hostile, keys_that_are_updated_without_end_are_no_burden)
{
    struct carried client;
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    carried_open(&client);
    shake(&client, 4096);
    for (int i = 0; i < 20000; i++) {
        char bytes[4096];
        (void)SSL_key_update(client.ssl, SSL_KEY_UPDATE_REQUESTED);
        (void)SSL_do_handshake(client.ssl);
        int len = BIO_read(client.out, bytes, sizeof bytes);
        if (len > 0 && send(client.socket.fd, bytes, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) break;
    }
    expect(&plain, "PING", "PONG");
    carried_close(&client);
    wait_for_clients(1);
}
