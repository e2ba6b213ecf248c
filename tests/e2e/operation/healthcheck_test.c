/*
 * `nuthatch --healthcheck`: what a container asks.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/certificates.h"
#include "tests/support/client/client.h"
#include "tests/support/client/expect.h"
#include "tests/support/process/capture.h"
#include "tests/support/process/instance.h"

#define PROGRAM instance_program(INSTANCE_NUTHATCH)

static struct capture out;
static struct instance server;
static char port[16];

/* These listen at ports and sockets of their own, in plain words or not. */
static void skip_where_all_is_encrypted(void)
{
    if (instance_encrypts()) cr_skip_test("every server speaks TLS here");
}

static void clean(void)
{
    capture_clear(&out);
}

TestSuite(healthcheck, .init = skip_where_all_is_encrypted, .fini = clean, .timeout = 120);

static void start(const char *const *options)
{
    instance_start(&server, INSTANCE_NUTHATCH, options);
    snprintf(port, sizeof port, "%d", server.port);
}

static int health_of(const char *const *argv)
{
    capture_clear(&out);
    capture_run(&out, argv, SLICE(""), 10000);
    return out.code;
}

static void expect_health(const char *const *argv, int code, const char *words)
{
    cr_assert_eq(health_of(argv), code, "code %d: %s", out.code, out.text);
    cr_assert(capture_contains(&out, words), "no \"%s\" in:\n%s", words, out.text);
}

Test(healthcheck, a_server_is_found_by_its_port_and_by_its_socket)
{
    start(NULL);
    expect_health(ARGV(PROGRAM, "--healthcheck", "--port", port, "--bind", "0.0.0.0"), 0, "");
    expect_health(ARGV(PROGRAM, "--healthcheck", "--port", "0", "--unixsocket", server.socket_path), 0, "");
    instance_stop(&server);
}

Test(healthcheck, a_server_that_wants_a_password_answers)
{
    start(OPTIONS("--requirepass", "secret"));
    expect_health(ARGV(PROGRAM, "--healthcheck", "--port", port, "--requirepass", "secret"), 0, "");
    expect_health(ARGV(PROGRAM, "--healthcheck", "--port", port), 0, "");
    instance_stop(&server);
}

Test(healthcheck, nobody_there_is_told_with_the_address)
{
    snprintf(port, sizeof port, "%d", instance_free_port());
    expect_health(ARGV(PROGRAM, "--healthcheck", "--port", port, "--bind", "127.0.0.1"), 1,
                  "nuthatch: no health at 127.0.0.1:");
    cr_expect(capture_contains(&out, "Connection refused"));
}

Test(healthcheck, a_server_that_hangs_is_given_up)
{
    start(NULL);
    child_signal(&server.child, SIGSTOP);
    expect_health(ARGV(PROGRAM, "--healthcheck", "--port", port), 1, "it does not answer");
    child_signal(&server.child, SIGCONT);
    instance_stop(&server);
}

Test(healthcheck, what_serves_nobody_yet_is_shown)
{
    struct client client;
    start(OPTIONS("--busy-reply-threshold", "1"));
    cr_assert(client_open_tcp(&client, server.port));
    client_send_line(&client, "EVAL 'while true do end' 0");
    while (health_of(ARGV(PROGRAM, "--healthcheck", "--port", port)) == 0) continue;
    cr_expect(capture_contains(&out, "BUSY "));
    client_close(&client);
    cr_assert(client_open_tcp(&client, server.port));
    expect(&client, "SCRIPT KILL", "OK");
    client_close(&client);
    instance_stop(&server);
}

Test(healthcheck, a_server_that_wants_certificates_gets_one)
{
    struct scratch scratch;
    struct certificates files;
    scratch_init(&scratch);
    certificates_make(&files, &scratch);
    snprintf(port, sizeof port, "%d", instance_free_port());
    const char *const *tls = ARGV(PROGRAM, "--healthcheck", "--port", "0", "--tls-port", port,
                                  "--tls-cert-file", files.server, "--tls-key-file", files.locked_key,
                                  "--tls-key-file-pass", "secret", "--tls-ca-cert-file", files.ca);
    instance_start(&server, INSTANCE_NUTHATCH, tls + 4);
    expect_health(tls, 0, "");
    instance_stop(&server);
    scratch_clear(&scratch);
}

Test(healthcheck, a_wrong_configuration_is_no_health)
{
    expect_health(ARGV(PROGRAM, "--healthcheck", "--port", "many"), 1, "FATAL CONFIG FILE ERROR");
}

/* The first word that answers will do, and those with a sign need not. */
Test(healthcheck, every_address_is_tried)
{
    start(OPTIONS("--bind", "127.0.0.1"));
    expect_health(ARGV(PROGRAM, "--healthcheck", "--port", port, "--bind", "-127.0.0.9 127.0.0.1"), 0, "");
    expect_health(ARGV(PROGRAM, "--healthcheck", "--port", port, "--bind", "-::9 127.0.0.1"), 0, "");
    expect_health(ARGV(PROGRAM, "--healthcheck", "--port", port, "--bind", "127.0.0.1 -::9"), 0, "");
    expect_health(ARGV(PROGRAM, "--healthcheck", "--port", port, "--bind", "-::9 -127.0.0.9"), 1,
                  "127.0.0.9:");
    instance_stop(&server);
}

Test(healthcheck, a_server_that_knows_no_ping_answers)
{
    start(OPTIONS("--rename-command", "PING", ""));
    expect_health(ARGV(PROGRAM, "--healthcheck", "--port", port), 0, "");
    instance_stop(&server);
}

Test(healthcheck, a_server_of_http_alone_is_asked_in_its_own_way)
{
    char http_port[16], path[SCRATCH_PATH_MAX];
    struct scratch scratch;
    scratch_init(&scratch);
    scratch_path(&scratch, "http.sock", path);
    snprintf(http_port, sizeof http_port, "%d", instance_free_port());
    const char *const *argv = ARGV(PROGRAM, "--healthcheck", "--port", "0", "--http-port", http_port);
    expect_health(argv, 1, "127.0.0.1:");
    start(OPTIONS("--http-port", http_port, "--http-bind", "127.0.0.2"));
    expect_health(ARGV(PROGRAM, "--healthcheck", "--port", "0", "--http-port", http_port, "--http-bind",
                       "-127.0.0.9 127.0.0.2"),
                  0, "");
    expect_health(ARGV(PROGRAM, "--healthcheck", "--port", "0", "--http-unixsocket", path), 1, path);
    expect_health(ARGV(PROGRAM, "--healthcheck", "--port", "0"), 1, "it listens nowhere");
    instance_stop(&server);
    start(OPTIONS("--http-unixsocket", path));
    expect_health(ARGV(PROGRAM, "--healthcheck", "--port", "0", "--http-unixsocket", path), 0, "");
    instance_stop(&server);
    scratch_clear(&scratch);
}
