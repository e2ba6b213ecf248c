/*
 * Encrypted connections: what is refused, what is said of it, and that a client notices nothing else.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "proto/base/buffer.h"
#include "tests/support/certificates.h"
#include "tests/support/client/client.h"
#include "tests/support/client/expect.h"
#include "tests/support/pace.h"
#include "tests/support/process/capture.h"
#include "tests/support/process/instance.h"

static struct scratch scratch;
static struct certificates files;
static struct instance server;
static struct client plain; /* over the port that is not encrypted */
static int port;
static SSL_CTX *context;

static SSL_CTX *context_of(const char *certificate, const char *key)
{
    SSL_CTX *made = SSL_CTX_new(TLS_client_method());
    cr_assert(SSL_CTX_load_verify_locations(made, files.ca, NULL) == 1);
    SSL_CTX_set_verify(made, SSL_VERIFY_PEER, NULL);
    if (certificate == NULL) return made;
    cr_assert(SSL_CTX_use_certificate_chain_file(made, certificate) == 1);
    cr_assert(SSL_CTX_use_PrivateKey_file(made, key, SSL_FILETYPE_PEM) == 1);
    return made;
}

static void open_all(void)
{
    static char tls_port[16];
    scratch_init(&scratch);
    certificates_make(&files, &scratch);
    port = instance_free_port();
    snprintf(tls_port, sizeof tls_port, "%d", port);
    instance_start(&server, INSTANCE_NUTHATCH,
                   OPTIONS("--tls-port", tls_port, "--tls-cert-file", files.server, "--tls-key-file",
                           files.server_key, "--tls-ca-cert-file", files.ca));
    cr_assert(client_open_tcp(&plain, server.port));
    context = context_of(files.client, files.client_key);
}

static void close_all(void)
{
    SSL_CTX_free(context);
    client_close(&plain);
    instance_stop(&server);
    scratch_clear(&scratch);
}

TestSuite(tls, .init = open_all, .fini = close_all, .timeout = 120);

static void expect_in_log(const char *text)
{
    int64_t end_ms = pace_now_ms() + 5000 * PACE;
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

static void expect_refused(SSL_CTX *by)
{
    /* With TLS 1.3 the client believes that hands are shaken before its certificate is looked at. */
    struct client client;
    if (client_open_tls(&client, port, by)) {
        cr_expect_eq(client_ask(&client, "PING").len, 0, "it was let in");
        client_close(&client);
    }
}

Test(tls, a_client_with_a_certificate_is_served)
{
    struct client client;
    cr_assert(client_open_tls(&client, port, context));
    expect(&client, "SET k v", "OK");
    expect(&client, "GET k", "\"v\"");
    expect(&plain, "GET k", "\"v\"");
    client_close(&client);
}

Test(tls, a_client_without_a_certificate_is_refused)
{
    SSL_CTX *bare = context_of(NULL, NULL);
    expect_refused(bare);
    expect_in_log("Error accepting a client connection: error:0A0000C7:SSL routines::peer did not return a "
                  "certificate");
    SSL_CTX_free(bare);
}

Test(tls, a_certificate_that_nobody_has_signed_is_refused)
{
    SSL_CTX *stranger = context_of(files.stranger, files.stranger_key);
    expect_refused(stranger);
    expect_in_log("certificate verify failed");
    expect(&plain, "CONFIG SET tls-auth-clients optional", "OK");
    expect_refused(stranger);
    expect(&plain, "CONFIG SET tls-auth-clients no", "OK");
    struct client client;
    cr_assert(client_open_tls(&client, port, stranger));
    expect(&client, "PING", "PONG");
    client_close(&client);
    SSL_CTX_free(stranger);
}

Test(tls, a_certificate_may_be_optional)
{
    SSL_CTX *bare = context_of(NULL, NULL);
    struct client client;
    expect(&plain, "CONFIG SET tls-auth-clients optional", "OK");
    cr_assert(client_open_tls(&client, port, bare));
    expect(&client, "PING", "PONG");
    client_close(&client);
    SSL_CTX_free(bare);
}

Test(tls, who_speaks_without_encryption_is_refused)
{
    struct client client;
    cr_assert(client_open_tcp(&client, port));
    client_send_line(&client, "PING");
    expect_closed(&client);
    client_close(&client);
    expect_in_log("Error accepting a client connection: error:0A00010B:SSL routines::wrong version number");
}

static bool speaks(int version)
{
    struct client client;
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_min_proto_version(context, version);
    SSL_CTX_set_max_proto_version(context, version);
    if (!client_open_tls(&client, port, context)) return false;
    expect(&client, "PING", "PONG");
    client_close(&client);
    return true;
}

Test(tls, versions_are_those_that_are_set)
{
    cr_expect_not(speaks(TLS1_VERSION));
    cr_expect_not(speaks(TLS1_1_VERSION));
    cr_expect(speaks(TLS1_2_VERSION));
    cr_expect(speaks(TLS1_3_VERSION));
    expect(&plain, "CONFIG SET tls-protocols TLSv1.2", "OK");
    cr_expect(speaks(TLS1_2_VERSION));
    cr_expect_not(speaks(TLS1_3_VERSION));
    expect(&plain, "CONFIG SET tls-protocols \"tlsv1.3\"", "OK");
    cr_expect_not(speaks(TLS1_2_VERSION));
    cr_expect(speaks(TLS1_3_VERSION));
}

#define REFUSED(name)                                                                                        \
    "(error) ERR CONFIG SET failed (possibly related to argument '" name                                     \
    "') - Unable to update TLS configuration. Check server logs."

Test(tls, what_cannot_be_loaded_changes_nothing)
{
    expect(&plain, "CONFIG SET tls-cert-file /nowhere", REFUSED("tls-cert-file"));
    expect_in_log("Failed to load certificate: /nowhere: error:80000002:system library::No such file or "
                  "directory");
    expect(&plain, "CONFIG SET tls-key-file /nowhere", REFUSED("tls-key-file"));
    expect_in_log("Failed to load private key: /nowhere: ");
    expect(&plain, "CONFIG SET tls-ca-cert-file /nowhere", REFUSED("tls-ca-cert-file"));
    expect_in_log("Failed to configure CA certificate(s) file/directory: ");
    expect(&plain, "CONFIG SET tls-dh-params-file /nowhere", REFUSED("tls-dh-params-file"));
    expect_in_log("Failed to load /nowhere: No such file or directory");
    expect(&plain, "CONFIG SET tls-protocols TLSv9", REFUSED("tls-protocols"));
    expect_in_log("Invalid tls-protocols specified. Use a combination of 'TLSv1', 'TLSv1.1', 'TLSv1.2' and "
                  "'TLSv1.3'.");
    expect(&plain, "CONFIG SET tls-ciphers foo", REFUSED("tls-ciphers"));
    expect_in_log("Failed to configure ciphers: foo");
    expect(&plain, "CONFIG SET tls-ciphersuites foo", REFUSED("tls-ciphersuites"));
    expect_in_log("Failed to configure ciphersuites: foo");
    expect(&plain, "CONFIG SET tls-cert-file ''", REFUSED("tls-cert-file"));
    expect_in_log("No tls-cert-file configured!");
    expect(&plain, "CONFIG GET tls-ciphers", "1) \"tls-ciphers\"\n2) \"\"");
    struct client client;
    cr_assert(client_open_tls(&client, port, context));
    expect(&client, "PING", "PONG");
    client_close(&client);
}

Test(tls, a_key_may_have_a_password)
{
    char line[512];
    snprintf(line, sizeof line, "CONFIG SET tls-key-file %s", files.locked_key);
    expect(&plain, line, REFUSED("tls-key-file"));
    snprintf(line, sizeof line, "CONFIG SET tls-key-file %s tls-key-file-pass secret", files.locked_key);
    expect(&plain, line, "OK");
    struct client client;
    cr_assert(client_open_tls(&client, port, context));
    expect(&client, "PING", "PONG");
    client_close(&client);
}

static long serial_seen(void)
{
    struct client client;
    cr_assert(client_open_tls(&client, port, context));
    X509 *certificate = SSL_get1_peer_certificate(client.ssl);
    long serial = ASN1_INTEGER_get(X509_get0_serialNumber(certificate));
    X509_free(certificate);
    client_close(&client);
    return serial;
}

Test(tls, renewed_certificates_are_shown_and_old_connections_live)
{
    char line[512];
    struct client old;
    cr_assert(client_open_tls(&old, port, context));
    cr_expect_eq(serial_seen(), 2);
    /* The same name, and other bytes behind it. */
    cr_assert_eq(rename(files.renewed, files.server), 0);
    cr_expect_eq(serial_seen(), 2);
    snprintf(line, sizeof line, "CONFIG SET tls-cert-file %s", files.server);
    expect(&plain, line, "OK");
    cr_expect_eq(serial_seen(), 77);
    expect(&old, "PING", "PONG");
    client_close(&old);
}

Test(tls, a_signal_has_certificates_read_anew)
{
    struct client old;
    cr_assert(client_open_tls(&old, port, context));
    cr_assert_eq(rename(files.renewed, files.server), 0);
    child_signal(&server.child, SIGHUP);
    expect_in_log("Received SIGHUP: certificates are read anew.");
    cr_expect_eq(serial_seen(), 77);
    cr_assert_eq(unlink(files.server), 0);
    child_signal(&server.child, SIGHUP);
    expect_in_log("Received SIGHUP, but TLS cannot be configured anew: it stays as it is.");
    cr_expect_eq(serial_seen(), 77);
    expect(&old, "PING", "PONG");
    client_close(&old);
}

Test(tls, the_port_changes_and_old_connections_live)
{
    char line[64];
    struct client old, young;
    int other = instance_free_port();
    cr_assert(client_open_tls(&old, port, context));
    snprintf(line, sizeof line, "CONFIG SET tls-port %d", other);
    expect(&old, line, "OK");
    cr_expect_not(client_open_tls(&young, port, context));
    cr_assert(client_open_tls(&young, other, context));
    expect(&young, "PING", "PONG");
    expect(&old, "PING", "PONG");
    client_close(&young);
    client_close(&old);
}

Test(tls, a_port_that_is_taken_is_refused)
{
    char line[64];
    snprintf(line, sizeof line, "CONFIG SET tls-port %d", server.port);
    expect(
        &plain, line,
        "(error) ERR CONFIG SET failed (possibly related to argument 'tls-port') - Unable to listen on this "
        "port. Check server logs.");
    cr_expect_eq(serial_seen(), 2);
}

Test(tls, it_may_be_the_only_port)
{
    struct client client;
    char expected[64];
    cr_assert(client_open_tls(&client, port, context));
    expect(&client, "CONFIG SET port 0", "OK");
    cr_expect_not(client_open_tcp(&(struct client){ 0 }, server.port));
    snprintf(expected, sizeof expected, "tcp_port:%d", port);
    struct slice info = client_ask(&client, "INFO server");
    cr_expect_not_null(memmem(info.data, info.len, expected, strlen(expected)));
    client_close(&client);
}

/* Values of many records, as a pipeline that is not read meanwhile, and by bytes of which some are pinned. */
Test(tls, long_values_come_back_as_they_were)
{
    struct client client;
    struct buffer value = { 0 };
    size_t len = 5u << 20;
    char *bytes = buffer_reserve(&value, len);
    for (size_t i = 0; i < len; i++) bytes[i] = (char)(i * 2654435761u >> 24);
    buffer_commit(&value, len);
    cr_assert(client_open_tls(&client, port, context));
    struct slice set[] = { SLICE("SET"), SLICE("big"), buffer_slice(&value) };
    struct slice get[] = { SLICE("MGET"), SLICE("big"), SLICE("nothing"), SLICE("big") };
    cr_assert(client_send_argv(&client, 3, set));
    expect_next(&client, "OK");
    for (int i = 0; i < 8; i++) cr_assert(client_send_argv(&client, 4, get));
    for (int i = 0; i < 8; i++) {
        struct slice reply;
        cr_assert(client_read(&client, &reply));
        size_t head = strlen("*3\r\n$5242880\r\n"), between = strlen("\r\n$-1\r\n$5242880\r\n");
        cr_assert_eq(reply.len, head + between + 2 * len + 2);
        cr_assert(memcmp(reply.data + head, value.data, len) == 0);
        cr_assert(memcmp(reply.data + head + len + between, value.data, len) == 0);
    }
    buffer_clear(&value);
    client_close(&client);
}

Test(tls, a_pipeline_is_answered_in_its_order)
{
    struct client client;
    struct buffer requests = { 0 };
    cr_assert(client_open_tls(&client, port, context));
    for (int i = 0; i < 20000; i++) buffer_printf(&requests, "ECHO %d\r\n", i);
    cr_assert(client_send(&client, buffer_slice(&requests)));
    for (int i = 0; i < 20000; i++) {
        char text[16];
        snprintf(text, sizeof text, "\"%d\"", i);
        expect_next(&client, text);
    }
    buffer_clear(&requests);
    client_close(&client);
}

Test(tls, a_session_is_resumed)
{
    struct client client;
    cr_assert(client_open_tls(&client, port, context));
    expect(&client, "PING", "PONG"); /* with it comes the ticket */
    SSL_SESSION *session = SSL_get1_session(client.ssl);
    cr_expect(SSL_SESSION_is_resumable(session));
    client_close(&client);
    expect(&plain, "CONFIG SET tls-session-caching no", "OK");
    cr_assert(client_open_tls(&client, port, context));
    expect(&client, "PING", "PONG");
    cr_expect_not(SSL_SESSION_is_resumable(SSL_get0_session(client.ssl)));
    client_close(&client);
    SSL_SESSION_free(session);
}

Test(tls, hands_are_not_shaken_for_ever)
{
    struct client slow;
    expect(&plain, "CONFIG SET tls-handshake-timeout 100", "OK");
    cr_assert(client_open_tcp(&slow, port));
    expect_closed(&slow);
    client_close(&slow);
    expect_in_log("Error accepting a client connection: the handshake takes too long");
}

Test(tls, redis_cli_and_redis_benchmark_use_it)
{
    struct capture out;
    char text[16];
    snprintf(text, sizeof text, "%d", port);
    capture_run(&out,
                ARGV("redis-cli", "-p", text, "--tls", "--cacert", files.ca, "--cert", files.client, "--key",
                     files.client_key, "PING"),
                SLICE(""), 10000);
    cr_expect(out.code == 0 && capture_contains(&out, "PONG"), "%s", out.text);
    capture_clear(&out);
    capture_run(&out,
                ARGV("redis-benchmark", "-p", text, "--tls", "--cacert", files.ca, "--cert", files.client,
                     "--key", files.client_key, "-n", "2000", "-P", "8", "-q", "-t", "set,get,lrange_300"),
                SLICE(""), 60000);
    cr_expect(out.code == 0 && capture_contains(&out, "LRANGE_300"), "%s", out.text);
    capture_clear(&out);
}

Test(tls, an_application_uses_redis_py, .timeout = 300)
{
    struct capture out;
    char text[16];
    snprintf(text, sizeof text, "%d", port);
    capture_run(&out,
                ARGV(NUTHATCH_PYTHON, NUTHATCH_SOURCE_DIR "/tests/e2e/clients/python_client.py", text,
                     server.socket_path, files.ca, files.client, files.client_key),
                SLICE(""), 60000);
    cr_assert(out.code == 0 && capture_contains(&out, "all well"), "%s", out.text);
    capture_clear(&out);
}

/* What is wrong is said at the start, and nothing is served. */
Test(tls, it_does_not_start_with_what_cannot_be_loaded)
{
    struct capture out;
    char text[16];
    snprintf(text, sizeof text, "%d", instance_free_port());
    capture_run(&out, ARGV(NUTHATCH_BINARY, "--port", "0", "--tls-port", text), SLICE(""), 10000);
    cr_expect_eq(out.code, 1);
    cr_expect(capture_contains(&out, "No tls-cert-file configured!"), "%s", out.text);
    cr_expect(capture_contains(&out, "Failed to configure TLS. Check logs for more info."), "%s", out.text);
    capture_clear(&out);
    capture_run(&out,
                ARGV(NUTHATCH_BINARY, "--port", "0", "--tls-port", text, "--tls-cert-file", files.server,
                     "--tls-key-file", files.client_key, "--tls-ca-cert-file", files.ca),
                SLICE(""), 10000);
    cr_expect_eq(out.code, 1);
    cr_expect(capture_contains(&out, "key values mismatch"), "%s", out.text);
    capture_clear(&out);
}
