/*
 * MIGRATE: keys go to another server, and are gone here when they have arrived.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/base/buffer.h"
#include "tests/support/client/client.h"
#include "tests/support/client/expect.h"
#include "tests/support/client/numbered.h"
#include "tests/support/process/instance.h"

static struct instance here, there;
static struct client c, t;

static void open_from(const char *const *source_options, enum instance_kind kind, const char *const *options)
{
    instance_start(&here, INSTANCE_NUTHATCH, source_options);
    instance_start(&there, kind, options);
    cr_assert(client_open_tcp(&c, here.port));
    cr_assert(client_open_tcp(&t, there.port));
}

static void open_both(enum instance_kind kind, const char *const *options)
{
    open_from(NULL, kind, options);
}

static void close_both(void)
{
    client_close(&c);
    client_close(&t);
    instance_stop(&here);
    instance_stop(&there);
}

/* MIGRATE 127.0.0.1 and the port, with the rest of the line. */
static void migrate(int port, const char *rest, const char *reply)
{
    char line[256];
    snprintf(line, sizeof line, "MIGRATE 127.0.0.1 %d %s", port, rest);
    expect(&c, line, reply);
}

TestSuite(migrate, .timeout = 60);

Test(migrate, takes_values_of_all_types_to_a_redis)
{
    open_both(INSTANCE_REDIS, NULL);
    expect(&c, "SET text hello EX 100", "OK");
    expect(&c, "RPUSH list a b", "(integer) 2");
    expect(&c, "SADD set 1 2", "(integer) 2");
    ask_numbered(&c, "HSET hash", PREFIXES("f:", "v:"), 0, 2000);
    expect(&c, "ZADD zset 1.5 a", "(integer) 1");
    migrate(there.port, "text 0 5000", "OK");
    migrate(there.port, "\"\" 0 5000 KEYS list set none hash zset", "OK");
    expect(&c, "DBSIZE", "(integer) 0");
    expect(&t, "GET text", "\"hello\"");
    expect(&t, "TTL text", "(integer) 100");
    expect(&t, "LRANGE list 0 -1", "1) \"a\"\n2) \"b\"");
    expect(&t, "SMEMBERS set", "1) \"1\"\n2) \"2\"");
    expect(&t, "HLEN hash", "(integer) 2000");
    expect(&t, "HGET hash f:77", "\"v:77\"");
    expect(&t, "ZSCORE zset a", "\"1.5\"");
    migrate(there.port, "text 0 5000", "NOKEY");
    close_both();
}

Test(migrate, copies_replaces_and_chooses_a_database)
{
    if (instance_encrypts()) cr_skip_test("every server speaks TLS here");
    open_both(INSTANCE_NUTHATCH, NULL);
    expect(&c, "SET k 1", "OK");
    migrate(there.port, "k 3 5000 COPY", "OK");
    expect(&c, "GET k", "\"1\"");
    expect(&c, "SET k 2", "OK");
    migrate(there.port, "k 3 5000 COPY",
            "(error) ERR Target instance replied with error: BUSYKEY Target key name already exists.");
    expect(&c, "GET k", "\"2\"");
    migrate(there.port, "k 3 5000 REPLACE", "OK");
    expect(&c, "EXISTS k", "(integer) 0");
    expect(&t, "SELECT 3", "OK");
    expect(&t, "GET k", "\"2\"");
    close_both();
}

Test(migrate, leaves_here_what_did_not_arrive)
{
    open_both(INSTANCE_REDIS, NULL);
    expect(&c, "MSET a 1 b 2 c 3", "OK");
    expect(&t, "SET b old", "OK");
    migrate(there.port, "\"\" 0 5000 KEYS a b c",
            "(error) ERR Target instance replied with error: BUSYKEY Target key name already exists.");
    expect(&c, "MGET a b c", "1) (nil)\n2) \"2\"\n3) (nil)");
    expect(&t, "MGET a b c", "1) \"1\"\n2) \"old\"\n3) \"3\"");
    migrate(there.port, "b 99 5000",
            "(error) ERR Target instance replied with error: ERR DB index is out of range");
    expect(&c, "GET b", "\"2\"");
    close_both();
}

Test(migrate, gives_a_password)
{
    open_both(INSTANCE_REDIS, OPTIONS("--requirepass", "secret"));
    expect(&c, "MSET a 1 b 2", "OK");
    migrate(there.port, "a 0 5000",
            "(error) ERR Target instance replied with error: NOAUTH Authentication required.");
    migrate(there.port, "a 0 5000 AUTH secret", "OK");
    migrate(there.port, "b 0 5000 AUTH2 default secret", "OK");
    expect(&t, "AUTH secret", "OK");
    expect(&t, "MGET a b", "1) \"1\"\n2) \"2\"");
    close_both();
}

Test(migrate, says_why_it_cannot_be)
{
    open_both(INSTANCE_NUTHATCH, NULL);
    expect(&c, "SET k v", "OK");
    migrate(instance_free_port(), "k 0 5000", "(error) IOERR error or timeout writing to target instance");
    expect(&c, "MIGRATE 127.0.0.1 nowhere k 0 5000",
           "(error) IOERR error or timeout writing to target instance");
    migrate(there.port, "k 0 5000 KEYS k",
            "(error) ERR When using MIGRATE KEYS option, the key argument must be set to the empty string");
    migrate(there.port, "k 0 5000 SLOWLY", "(error) ERR syntax error");
    migrate(there.port, "k 0 5000 AUTH", "(error) ERR syntax error");
    migrate(there.port, "k 0 x", "(error) ERR value is not an integer or out of range");
    migrate(there.port, "\"\" 0 5000 KEYS", "NOKEY");
    expect(&c, "COMMAND GETKEYS MIGRATE h 1 k 0 0 COPY", "1) \"k\"");
    expect(&c, "COMMAND GETKEYS MIGRATE h 1 \"\" 0 0 KEYS a b", "1) \"a\"\n2) \"b\"");
    expect(&c, "GET k", "\"v\"");
    close_both();
}

Test(migrate, removes_keys_where_del_has_another_name_and_says_so_where_it_has_none)
{
    if (instance_is_redis(INSTANCE_NUTHATCH)) cr_skip_test("Redis removes them without DEL");
    open_from(OPTIONS("--rename-command", "DEL", "gone"), INSTANCE_REDIS, NULL);
    expect(&c, "SET k v", "OK");
    migrate(there.port, "k 0 5000", "OK");
    expect(&c, "EXISTS k", "(integer) 0");
    close_both();
    open_from(OPTIONS("--rename-command", "DEL", ""), INSTANCE_REDIS, NULL);
    expect(&c, "SET k v", "OK");
    migrate(there.port, "k 0 5000", "(error) ERR 'k' is still here, since DEL was taken out");
    expect(&c, "EXISTS k", "(integer) 1");
    close_both();
}

/* A server that takes everything and says nothing. */
Test(migrate, makes_nobody_wait_but_its_client_and_gives_up_in_time)
{
    struct client other;
    if (instance_is_redis(INSTANCE_NUTHATCH)) cr_skip_test("Redis stands still meanwhile");
    open_both(INSTANCE_REDIS, NULL);
    cr_assert(client_open_tcp(&other, here.port));
    expect(&c, "MSET k v changed 1", "OK");
    expect(&t, "CLIENT PAUSE 1000", "OK");
    char line[128];
    snprintf(line, sizeof line, "MIGRATE 127.0.0.1 %d k 0 300", there.port);
    cr_assert(client_send_line(&c, line));
    expect(&other, "GET k", "\"v\"");
    expect(&other, "SET another 1", "OK");
    expect_next(&c, "(error) IOERR error or timeout reading to target instance");
    expect(&other, "GET k", "\"v\"");
    client_close(&other);
    close_both();
}

/* What is written meanwhile is not lost. */
Test(migrate, keeps_what_was_changed_meanwhile)
{
    struct client other;
    if (instance_is_redis(INSTANCE_NUTHATCH)) cr_skip_test("Redis stands still meanwhile");
    open_both(INSTANCE_REDIS, NULL);
    cr_assert(client_open_tcp(&other, here.port));
    expect(&c, "MSET same 1 changed 1 gone 1 later 1", "OK");
    expect(&t, "CLIENT PAUSE 500", "OK");
    char line[128];
    snprintf(line, sizeof line, "MIGRATE 127.0.0.1 %d \"\" 0 10000 KEYS same changed gone later", there.port);
    cr_assert(client_send_line(&c, line));
    for (struct slice reply = SLICE(""); memmem(reply.data, reply.len, "blocked_clients:1", 17) == NULL;)
        reply = client_ask(&other, "INFO clients");
    expect(&other, "SET changed 2", "OK");
    expect(&other, "DEL gone", "(integer) 1");
    expect(&other, "EXPIRE later 100", "(integer) 1");
    expect_next(&c, "(error) ERR 'changed' was changed while it was migrated, and is still here");
    expect(&other, "MGET same changed gone later", "1) (nil)\n2) \"2\"\n3) (nil)\n4) \"1\"");
    client_close(&other);
    close_both();
}

Test(migrate, of_a_client_that_goes_is_dropped)
{
    if (instance_is_redis(INSTANCE_NUTHATCH)) cr_skip_test("Redis stands still meanwhile");
    open_both(INSTANCE_REDIS, NULL);
    expect(&c, "SET k v", "OK");
    expect(&t, "CLIENT PAUSE 300", "OK");
    char line[128];
    snprintf(line, sizeof line, "MIGRATE 127.0.0.1 %d k 0 10000", there.port);
    cr_assert(client_send_line(&c, line));
    client_close(&c);
    cr_assert(client_open_tcp(&c, here.port));
    usleep(500000);
    expect(&c, "GET k", "\"v\"");
    close_both();
}

/* A port at which somebody answers with whatever is given to him, once, and reads nothing. */
static int open_port(int *port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert(bind(fd, (struct sockaddr *)&address, len) == 0 && listen(fd, 1) == 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

Test(migrate, a_reply_without_an_end_is_not_waited_for)
{
    static char endless[256 * 1024];
    int port, listening = open_port(&port);
    char line[128];
    instance_start(&here, INSTANCE_NUTHATCH, NULL);
    cr_assert(client_open_tcp(&c, here.port));
    expect(&c, "SET k v", "OK");
    snprintf(line, sizeof line, "MIGRATE 127.0.0.1 %d k 0 30000", port);
    cr_assert(client_send_line(&c, line));
    int peer = accept(listening, NULL, NULL);
    memset(endless, '+', sizeof endless);
    cr_assert(send(peer, endless, sizeof endless, MSG_NOSIGNAL) > 0);
    expect_next(&c, "(error) IOERR error or timeout reading to target instance");
    expect(&c, "GET k", "\"v\"");
    close(peer);
    close(listening);
    client_close(&c);
    instance_stop(&here);
}

static struct scratch scratch;
static struct certificates files;

/* With tls-cluster, of which a Redis that was built without TLS knows nothing. */
static void open_encrypted(void)
{
    static char tls_port[16];
    scratch_init(&scratch);
    certificates_make(&files, &scratch);
    snprintf(tls_port, sizeof tls_port, "%d", instance_free_port());
    instance_start(&here, INSTANCE_NUTHATCH,
                   OPTIONS("--tls-cert-file", files.client, "--tls-key-file", files.client_key,
                           "--tls-ca-cert-file", files.ca, "--tls-cluster", "yes"));
    instance_start(&there, INSTANCE_REDIS,
                   OPTIONS("--tls-port", tls_port, "--tls-cert-file", files.server, "--tls-key-file",
                           files.server_key, "--tls-ca-cert-file", files.ca));
    cr_assert(client_open_tcp(&c, here.port));
    cr_assert(client_open_tcp(&t, there.port));
    there.port = atoi(tls_port);
}

static void close_encrypted(void)
{
    close_both();
    scratch_clear(&scratch);
}

Test(migrate, is_encrypted_where_that_is_wanted)
{
    open_encrypted();
    expect(&c, "SET k v", "OK");
    ask_numbered(&c, "HSET hash", PREFIXES("f:", "v:"), 0, 20000); /* of several records */
    migrate(there.port, "\"\" 0 5000 KEYS k hash", "OK");
    expect(&t, "GET k", "\"v\"");
    expect(&t, "HLEN hash", "(integer) 20000");
    expect(&c, "DBSIZE", "(integer) 0");
    close_encrypted();
}

#define NOT_CONNECTED "(error) IOERR error or timeout connecting to the client"

Test(migrate, does_not_speak_to_who_is_not_believed)
{
    if (instance_encrypts()) cr_skip_test("every server speaks TLS here");
    char line[512];
    open_encrypted();
    expect(&c, "SET k v", "OK");
    migrate(here.port, "k 0 5000", NOT_CONNECTED); /* not encrypted */
    snprintf(line, sizeof line, "CONFIG SET tls-ca-cert-file %s", files.stranger);
    expect(&c, line, "OK");
    migrate(there.port, "k 0 5000", NOT_CONNECTED);
    snprintf(line, sizeof line, "CONFIG SET tls-ca-cert-file %s", files.ca);
    expect(&c, line, "OK");
    migrate(there.port, "k 0 5000", "OK");
    expect(&c, "CONFIG SET tls-cluster no", "OK");
    expect(&c, "SET k v", "OK");
    expect_start(&c, "MIGRATE 127.0.0.1 1 k 0 5000", "(error) IOERR");
    close_encrypted();
}
