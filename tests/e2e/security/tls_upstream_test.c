/*
 * An upstream that is spoken to by TLS: rediss://.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/buffer.h"
#include "tests/e2e/tier/tier.h"
#include "tests/support/certificates.h"
#include "tests/support/client/client.h"
#include "tests/support/client/expect.h"
#include "tests/support/pace.h"
#include "tests/support/process/instance.h"

static struct scratch scratch;
static struct certificates files;
static struct instance redis, server;
static struct client direct, client;
static char tls_port[16], url[64];

/* The Redis asks for a certificate, as it does by default. */
static void open_redis(void)
{
    scratch_init(&scratch);
    certificates_make(&files, &scratch);
    snprintf(tls_port, sizeof tls_port, "%d", instance_free_port());
    snprintf(url, sizeof url, "rediss://localhost:%s", tls_port);
    /* They are looked at again when it is started anew. */
    static const char *options[] = { "--tls-port",         tls_port,         "--tls-cert-file",
                                     files.server,         "--tls-key-file", files.server_key,
                                     "--tls-ca-cert-file", files.ca,         NULL };
    instance_start(&redis, INSTANCE_REDIS, options);
    cr_assert(client_open_tcp(&direct, redis.port));
}

static void open_server(const char *const *options)
{
    instance_start(&server, INSTANCE_NUTHATCH, options);
    cr_assert(client_open_tcp(&client, server.port));
}

static void close_server(void)
{
    client_close(&client);
    instance_stop(&server);
}

static void close_redis(void)
{
    client_close(&direct);
    instance_stop(&redis);
    scratch_clear(&scratch);
}

TestSuite(tls_upstream, .init = open_redis, .fini = close_redis, .timeout = 120);

#define WITH_IDENTITY                                                                                        \
    "--upstream-tls-ca-cert-file", files.ca, "--upstream-tls-cert-file", files.client,                       \
        "--upstream-tls-key-file", files.client_key

static void expect_in_log(const char *text)
{
    int64_t end_ms = pace_now_ms() + 10000 * PACE;
    struct buffer log = { 0 };
    for (;;) {
        log.len = 0;
        scratch_read(server.log_path, &log);
        if (log.len > 0 && memmem(log.data, log.len, text, strlen(text)) != NULL) break;
        cr_assert(pace_now_ms() < end_ms, "the log does not say: %s", text);
        pace_sleep_ms(5);
    }
    buffer_clear(&log);
}

Test(tls_upstream, every_kind_of_connection_is_encrypted)
{
    open_server(OPTIONS("--upstream", url, WITH_IDENTITY));
    tier_wait_link(&client, "up");
    expect(&direct, "CONFIG SET port 0", "OK"); /* there is no other way in */
    expect(&client, "SET k v", "OK");
    tier_wait_reply(&client, "GET k", "\"v\"");
    tier_expect_hit(&client, "GET k", "\"v\"");
    expect(&direct, "SET k w", "OK");
    tier_wait_reply(&client, "GET k", "\"w\"");
    expect(&client, "RPUSH l a", "(integer) 1");
    expect(&client, "BLPOP l 1", "1) \"l\"\n2) \"a\"");
    expect(&client, "MULTI", "OK");
    expect(&client, "INCR n", "QUEUED");
    expect(&client, "EXEC", "1) (integer) 1");
    expect(&client, "SUBSCRIBE news", "1) \"subscribe\"\n2) \"news\"\n3) (integer) 1");
    expect(&direct, "PUBLISH news hello", "(integer) 1");
    expect_next(&client, "1) \"message\"\n2) \"news\"\n3) \"hello\"");
    close_server();
}

Test(tls_upstream, long_values_go_both_ways)
{
    struct buffer value = { 0 };
    size_t len = 3u << 20;
    memset(buffer_reserve(&value, len), 'x', len);
    buffer_commit(&value, len);
    open_server(OPTIONS("--upstream", url, WITH_IDENTITY));
    tier_wait_link(&client, "up");
    struct slice set[] = { SLICE("SET"), SLICE("big"), buffer_slice(&value) }, reply;
    cr_assert(client_send_argv(&client, 3, set));
    expect_next(&client, "OK");
    for (int i = 0; i < 4; i++) {
        expect_start(&client, "STRLEN big", "(integer) 3145728");
        reply = client_ask(&client, "GET big");
        cr_assert_eq(reply.len, len + strlen("$3145728\r\n\r\n"));
    }
    buffer_clear(&value);
    close_server();
}

Test(tls_upstream, an_authority_that_is_unknown_is_not_believed)
{
    open_server(OPTIONS("--upstream", url, "--upstream-tls-ca-cert-file", files.stranger,
                        "--upstream-tls-cert-file", files.client, "--upstream-tls-key-file",
                        files.client_key));
    expect_in_log("certificate verify failed");
    cr_expect_neq(tier_count(&client, "link_state"), 1);
    expect_start(&client, "GET k", "(error)");
    char line[512];
    snprintf(line, sizeof line, "CONFIG SET upstream-tls-ca-cert-file %s", files.ca);
    expect(&client, line, "OK");
    tier_wait_link(&client, "up");
    close_server();
}

Test(tls_upstream, its_certificate_must_have_its_name)
{
    open_server(OPTIONS("--upstream", url, WITH_IDENTITY, "--upstream-tls-server-name", "cache.example"));
    expect_in_log("certificate verify failed");
    expect_in_log("hostname mismatch");
    expect(&client, "CONFIG SET upstream-tls-verify chain", "OK");
    tier_wait_link(&client, "up");
    close_server();
}

Test(tls_upstream, an_address_may_stand_in_a_certificate)
{
    snprintf(url, sizeof url, "rediss://127.0.0.1:%s/3", tls_port);
    open_server(OPTIONS("--upstream", url, WITH_IDENTITY));
    tier_wait_link(&client, "up");
    expect(&client, "SET k v", "OK");
    expect(&direct, "SELECT 3", "OK");
    expect(&direct, "GET k", "\"v\"");
    close_server();
}

Test(tls_upstream, it_may_want_a_certificate)
{
    open_server(OPTIONS("--upstream", url, "--upstream-tls-ca-cert-file", files.ca));
    pace_sleep_ms(300); /* what it says of that may be lost, since it closes while something is sent to it */
    expect_start(&client, "GET k", "(error)");
    char line[1024];
    snprintf(line, sizeof line, "CONFIG SET tls-client-cert-file %s tls-client-key-file %s", files.client,
             files.client_key);
    expect(&client, line, "OK");
    tier_wait_link(&client, "up");
    close_server();
}

Test(tls_upstream, one_that_is_not_encrypted_is_not_spoken_to)
{
    snprintf(url, sizeof url, "rediss://localhost:%d", redis.port);
    open_server(OPTIONS("--upstream", url, WITH_IDENTITY));
    expect_in_log("Upstream");
    expect_start(&client, "GET k", "(error)");
    close_server();
}

Test(tls_upstream, it_comes_back)
{
    open_server(OPTIONS("--upstream", url, WITH_IDENTITY));
    tier_wait_link(&client, "up");
    client_close(&direct);
    child_signal(&redis.child, 9);
    tier_wait_link(&client, "down");
    cr_assert(instance_restart(&redis));
    tier_wait_link(&client, "up");
    expect(&client, "SET k v", "OK");
    cr_assert(client_open_tcp(&direct, redis.port));
    close_server();
}
