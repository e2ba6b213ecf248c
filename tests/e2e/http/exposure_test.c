/*
 * Where HTTP is listened for: encrypted, over a socket, and not for everybody without a password.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <openssl/ssl.h>

#include "tests/support/certificates.h"
#include "tests/support/client/client.h"
#include "tests/support/client/expect.h"
#include "tests/support/client/http.h"
#include "tests/support/fixture.h"
#include "tests/support/process/child.h"
#include "tests/support/process/instance.h"

static char port_text[16];
static int port;

static void choose_port(void)
{
    port = instance_free_port();
    snprintf(port_text, sizeof port_text, "%d", port);
}

TestSuite(http_exposure, .init = choose_port);

Test(http_exposure, it_is_spoken_encrypted)
{
    struct instance server;
    struct scratch scratch;
    struct certificates files;
    struct client http;
    scratch_init(&scratch);
    certificates_make(&files, &scratch);
    instance_start(&server, INSTANCE_NUTHATCH,
                   OPTIONS("--http-tls-port", port_text, "--tls-cert-file", files.server, "--tls-key-file",
                           files.server_key, "--tls-ca-cert-file", files.ca, "--tls-auth-clients", "no"));
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    cr_assert(client_open_tls(&http, port, context));
    http_expect(&http, "PUT /keys/k", "\r\nhello", 201);
    struct http_answer answer = http_expect(&http, "GET /keys/k", "", 200);
    cr_assert(slice_equal(answer.body, SLICE("hello")));
    http_expect_raw(&http, SLICE("GET / HTTP/1.1\n\n"), 400);
    client_close(&http);
    SSL_CTX_free(context);
    instance_stop(&server);
    scratch_clear(&scratch);
}

static bool has_one_other_client(struct fixture *fixture)
{
    struct slice list = client_ask(&fixture->client, "CLIENT LIST");
    const char *first = memmem(list.data, list.len, "\nid=", 4);
    return first != NULL && memmem(first + 4, (size_t)(list.data + list.len - first - 4), "\nid=", 4) != NULL;
}

/* What has come is taken off the socket, and not looked at. */
static void take_some(const struct client *http)
{
    static char room[256 << 10];
    (void)recv(http->fd, room, sizeof room, 0);
}

Test(http_exposure, encrypted_as_well_who_reads_slowly_is_served_and_who_reads_nothing_is_closed)
{
    struct scratch scratch;
    struct certificates files;
    struct client http;
    scratch_init(&scratch);
    certificates_make(&files, &scratch);
    struct fixture *fixture =
        fixture_open(OPTIONS("--http-tls-port", port_text, "--tls-cert-file", files.server, "--tls-key-file",
                             files.server_key, "--tls-ca-cert-file", files.ca, "--tls-auth-clients", "no"));
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    cr_assert(client_open_tls(&http, port, context));
    expect(&fixture->client, "SETRANGE k 33554432 x", "(integer) 33554433");
    cr_assert(client_send(&http, SLICE("GET /keys/k HTTP/1.1\r\nHost: localhost\r\n\r\n")));
    for (int i = 0; i < 200; i++) {
        if (i % 20 == 0) take_some(&http);
        fixture_advance(fixture, 1000);
    }
    cr_assert(has_one_other_client(fixture));
    for (int i = 0; i < 80; i++) fixture_advance(fixture, 1000);
    cr_assert(!has_one_other_client(fixture));
    client_close(&http);
    SSL_CTX_free(context);
    fixture_close(&fixture);
    scratch_clear(&scratch);
}

Test(http_exposure, over_a_socket_any_host_will_do)
{
    struct instance server;
    struct scratch scratch;
    struct client http;
    char path[SCRATCH_PATH_MAX];
    scratch_init(&scratch);
    scratch_path(&scratch, "http", path);
    instance_start(&server, INSTANCE_NUTHATCH, OPTIONS("--http-unixsocket", path));
    cr_assert(client_open_unix(&http, path));
    http_expect_raw(&http, SLICE("GET /keys/k HTTP/1.1\r\nHost: www.example.org\r\n\r\n"), 404);
    client_close(&http);
    instance_stop(&server);
    scratch_clear(&scratch);
}

static int run_to_its_end(const char *const *options)
{
    const char *argv[16] = { instance_program(INSTANCE_NUTHATCH), "--port", "0", "--http-port", port_text };
    size_t argc = 5;
    for (; *options != NULL; options++) argv[argc++] = *options;
    return child_run(&(struct child_options){ .argv = argv }, 3000);
}

Test(http_exposure, without_a_password_other_hosts_are_not_let_in)
{
    cr_assert_eq(run_to_its_end(OPTIONS("--http-bind", "*")), 1);
    cr_assert_eq(run_to_its_end(OPTIONS("--http-bind", "127.0.0.1 ::*")), 1);
    struct instance server;
    struct client resp, http;
    instance_start(&server, INSTANCE_NUTHATCH,
                   OPTIONS("--http-port", port_text, "--http-bind", "*", "--requirepass", "secret"));
    cr_assert(client_open_tcp(&resp, server.port));
    cr_assert(client_open_tcp(&http, port));
    http_expect(&http, "GET /keys/k", "", 401);
    client_close(&http);
    client_close(&resp);
    instance_stop(&server);
}

Test(http_exposure, ports_and_addresses_change_while_it_runs)
{
    struct instance server;
    struct client resp, http;
    char line[64];
    instance_start(&server, INSTANCE_NUTHATCH, NULL);
    cr_assert(client_open_tcp(&resp, server.port));
    snprintf(line, sizeof line, "CONFIG SET http-port %d", port);
    expect(&resp, line, "OK");
    cr_assert(client_open_tcp(&http, port));
    http_expect(&http, "GET /keys/k", "", 404);
    expect_start(&resp, "CONFIG SET http-bind *", "(error) ERR CONFIG SET failed");
    expect(&resp, "CONFIG GET http-bind", "1) \"http-bind\"\n2) \"127.0.0.1 -::1\"");
    http_expect(&http, "GET /keys/k", "", 404);
    expect(&resp, "CONFIG SET http-port 0", "OK");
    client_close(&http);
    cr_assert(!client_open_tcp(&http, port));
    client_close(&resp);
    instance_stop(&server);
}
