/*
 * tls-auth-clients-user: a client is the user whose name is in its certificate.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include "tests/support/certificates.h"
#include "tests/support/client/client.h"
#include "tests/support/client/expect.h"
#include "tests/support/process/instance.h"

static struct scratch scratch;
static struct certificates files;
static struct instance server;
static struct client plain, client;
static int port;

static SSL_CTX *context_of(const char *certificate)
{
    SSL_CTX *made = SSL_CTX_new(TLS_client_method());
    cr_assert(SSL_CTX_load_verify_locations(made, files.ca, NULL) == 1);
    if (certificate == NULL) return made;
    cr_assert(SSL_CTX_use_certificate_chain_file(made, certificate) == 1);
    cr_assert(SSL_CTX_use_PrivateKey_file(made, files.client_key, SSL_FILETYPE_PEM) == 1);
    return made;
}

static void come_with(const char *certificate)
{
    SSL_CTX *context = context_of(certificate);
    if (client.fd > 0) client_close(&client);
    cr_assert(client_open_tls(&client, port, context));
    SSL_CTX_free(context);
}

static int http_port;

static void open_all(void)
{
    static char tls_port[16], https_port[16];
    http_port = instance_free_port();
    snprintf(https_port, sizeof https_port, "%d", http_port);
    scratch_init(&scratch);
    certificates_make(&files, &scratch);
    port = instance_free_port();
    snprintf(tls_port, sizeof tls_port, "%d", port);
    instance_start(&server, INSTANCE_NUTHATCH,
                   OPTIONS("--tls-port", tls_port, "--tls-cert-file", files.server, "--tls-key-file",
                           files.server_key, "--tls-ca-cert-file", files.ca, "--tls-auth-clients", "optional",
                           "--tls-auth-clients-user", "cn", "--http-tls-port", https_port, "--http-open",
                           "yes"));
    cr_assert(client_open_tcp(&plain, server.port));
    expect(&plain, "ACL SETUSER app on >secret ~app:* +@all -@dangerous", "OK");
    expect(&plain, "ACL SETUSER root on nopass ~* &* +@all", "OK");
    expect(&plain, "CONFIG SET requirepass master", "OK");
    expect(&plain, "AUTH master", "OK");
}

static void close_all(void)
{
    if (client.fd > 0) client_close(&client);
    client_close(&plain);
    instance_stop(&server);
    scratch_clear(&scratch);
}

TestSuite(tls_users, .init = open_all, .fini = close_all, .timeout = 120);

static void expect_count(const char *text)
{
    struct slice info = client_ask(&plain, "INFO stats");
    cr_assert_not_null(memmem(info.data, info.len, text, strlen(text)), "%.*s", (int)info.len, info.data);
}

Test(tls_users, the_common_name_is_the_user)
{
    come_with(files.client);
    expect(&client, "ACL WHOAMI", "\"app\"");
    expect(&client, "SET app:k v", "OK");
    expect(&client, "SET k v",
           "(error) NOPERM this user has no permissions to access one of the keys used as arguments");
    expect(&plain, "CONFIG GET tls-auth-clients-user", "1) \"tls-auth-clients-user\"\n2) \"CN\"");
    expect_count("acl_access_denied_tls_cert:0");
}

Test(tls_users, it_may_become_another_by_a_password)
{
    come_with(files.client);
    expect(&client, "AUTH root x", "OK");
    expect(&client, "ACL WHOAMI", "\"root\"");
    expect(&client, "RESET", "RESET");
    expect(&client, "ACL WHOAMI", "(error) NOAUTH Authentication required.");
}

static void expect_nobody(const char *certificate)
{
    come_with(certificate);
    expect(&client, "PING", "(error) NOAUTH Authentication required.");
    expect(&client, "AUTH app secret", "OK");
}

Test(tls_users, a_name_without_a_user_is_nobody)
{
    expect(&plain, "ACL DELUSER app", "(integer) 1");
    come_with(files.client);
    expect(&client, "PING", "(error) NOAUTH Authentication required.");
    expect_count("acl_access_denied_tls_cert:1");
    struct slice log = client_ask(&plain, "ACL LOG");
    cr_expect_not_null(memmem(log.data, log.len, "tls-cert", 8));
    cr_expect_not_null(memmem(log.data, log.len, "app", 3));
}

Test(tls_users, a_user_that_is_off_is_nobody)
{
    expect(&plain, "ACL SETUSER app off", "OK");
    come_with(files.client);
    expect(&client, "PING", "(error) NOAUTH Authentication required.");
    expect_count("acl_access_denied_tls_cert:1");
}

Test(tls_users, who_shows_no_certificate_is_nobody)
{
    expect_nobody(NULL);
    expect_count("acl_access_denied_tls_cert:0");
}

Test(tls_users, a_certificate_of_two_names_is_nobodys)
{
    expect_nobody(files.twofold);
}

Test(tls_users, names_mean_nothing_unless_that_is_asked_for)
{
    expect(&plain, "CONFIG SET tls-auth-clients-user off", "OK");
    expect_nobody(files.client);
    expect(&plain, "CONFIG SET tls-auth-clients-user CN", "OK");
    come_with(files.client);
    expect(&client, "ACL WHOAMI", "\"app\"");
}

Test(tls_users, it_has_the_rights_of_now)
{
    come_with(files.client);
    expect(&client, "GET app:k", "(nil)");
    expect(&plain, "ACL SETUSER app -get", "OK");
    expect(&client, "GET app:k", "(error) NOPERM this user has no permissions to run the 'get' command");
    expect(&plain, "ACL DELUSER app", "(integer) 1");
    expect_closed(&client);
}

/* Says who it is, and which session that was; the caller's. */
static SSL_SESSION *resume(SSL_CTX *context, SSL_SESSION *session, bool resumed)
{
    char address[32], reply[64] = "";
    snprintf(address, sizeof address, "127.0.0.1:%d", port);
    BIO *bio = BIO_new_ssl_connect(context);
    SSL *ssl = NULL;
    BIO_get_ssl(bio, &ssl);
    BIO_set_conn_hostname(bio, address);
    if (session != NULL) cr_assert(SSL_set_session(ssl, session) == 1);
    cr_assert(BIO_do_connect(bio) == 1 && BIO_puts(bio, "ACL WHOAMI\r\n") > 0);
    cr_assert(BIO_read(bio, reply, sizeof reply - 1) > 0);
    cr_expect_str_eq(reply, "$3\r\napp\r\n");
    cr_expect_eq(SSL_session_reused(ssl), resumed);
    SSL_SESSION *used = SSL_get1_session(ssl);
    BIO_free_all(bio);
    return used;
}

static void check_resumption(int version)
{
    SSL_CTX *context = context_of(files.client);
    SSL_CTX_set_max_proto_version(context, version);
    SSL_SESSION *first = resume(context, NULL, false);
    SSL_SESSION *second = resume(context, first, true);
    SSL_SESSION_free(first);
    SSL_SESSION_free(second);
    SSL_CTX_free(context);
}

Test(tls_users, a_session_that_is_resumed_is_the_same_users)
{
    check_resumption(TLS1_2_VERSION);
    check_resumption(TLS1_3_VERSION);
}

/* One request for a key, and the line of status that it gets. */
static void expect_status(BIO *bio, const char *key, const char *credentials, const char *status)
{
    char request[256], reply[1024] = "";
    snprintf(request, sizeof request, "GET /keys/%s HTTP/1.1\r\nHost: localhost\r\n%s\r\n", key, credentials);
    cr_assert(BIO_puts(bio, request) > 0 && BIO_read(bio, reply, sizeof reply - 1) > 0);
    cr_expect(strncmp(reply, status, strlen(status)) == 0, "%s: %s", key, reply);
}

static BIO *open_http(SSL_CTX *context)
{
    char address[32];
    snprintf(address, sizeof address, "127.0.0.1:%d", http_port);
    BIO *bio = BIO_new_ssl_connect(context);
    BIO_set_conn_hostname(bio, address);
    cr_assert(BIO_do_connect(bio) == 1);
    return bio;
}

#define AS_ROOT "Authorization: Basic cm9vdDp4\r\n" /* root:x */

Test(tls_users, a_certificate_counts_over_http_too)
{
    SSL_CTX *context = context_of(files.client), *bare = context_of(NULL);
    expect(&plain, "MSET app:k v k v", "OK");
    BIO *bio = open_http(context);
    expect_status(bio, "app:k", "", "HTTP/1.1 200");
    expect_status(bio, "k", "", "HTTP/1.1 403");
    expect_status(bio, "k", AS_ROOT, "HTTP/1.1 200");
    expect_status(bio, "k", "", "HTTP/1.1 403"); /* each request is somebody's anew */
    expect_status(bio, "app:k", "", "HTTP/1.1 200");
    BIO_free_all(bio);
    bio = open_http(bare);
    expect_status(bio, "app:k", "", "HTTP/1.1 401");
    BIO_free_all(bio);
    SSL_CTX_free(context);
    SSL_CTX_free(bare);
}
