/*
 * CONFIG SET of what must be acted on: it takes effect, or nothing has changed.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/client/client.h"
#include "tests/support/client/expect.h"
#include "tests/support/pace.h"
#include "tests/support/process/instance.h"

static struct instance server;
static struct client client;

static void open_all(void)
{
    instance_start(&server, INSTANCE_NUTHATCH, NULL);
    cr_assert(client_open_tcp(&client, server.port));
}

static void close_all(void)
{
    client_close(&client);
    instance_stop(&server);
}

TestSuite(reconfiguration, .init = open_all, .fini = close_all, .timeout = 120);

static void expect_answer(int port)
{
    struct client visitor;
    cr_assert(client_open_tcp(&visitor, port), "nobody at %d", port);
    expect(&visitor, "PING", "PONG");
    client_close(&visitor);
}

static void expect_nobody(int port)
{
    struct client visitor;
    cr_assert_not(client_open_tcp(&visitor, port), "somebody at %d", port);
}

static void set(const char *pairs, int port, const char *reply)
{
    char line[256];
    snprintf(line, sizeof line, pairs, port);
    expect(&client, line, reply);
}

Test(reconfiguration, the_port_changes_and_old_connections_live)
{
    if (instance_encrypts()) cr_skip_test("every server speaks TLS here");
    int port = instance_free_port();
    set("CONFIG SET port %d", port, "OK");
    expect_answer(port);
    expect_nobody(server.port);
    set("CONFIG SET port %d", server.port, "OK");
    expect_answer(server.port);
    expect_nobody(port);
}

Test(reconfiguration, a_port_in_use_is_refused_and_the_old_one_kept)
{
    if (instance_encrypts()) cr_skip_test("every server speaks TLS here");
    struct instance owner;
    instance_start(&owner, INSTANCE_NUTHATCH, NULL);
    set("CONFIG SET maxmemory 1mb port %d", owner.port,
        "(error) ERR CONFIG SET failed (possibly related to argument 'port') - Unable to listen on this "
        "port. "
        "Check server logs.");
    expect(&client, "CONFIG GET maxmemory", "1) \"maxmemory\"\n2) \"0\"");
    char text[64];
    snprintf(text, sizeof text, "1) \"port\"\n2) \"%d\"", server.port);
    expect(&client, "CONFIG GET port", text);
    expect_answer(server.port);
    expect_answer(owner.port);
    instance_stop(&owner);
}

Test(reconfiguration, addresses_may_overlap_the_old_ones)
{
    expect(&client, "CONFIG SET bind *", "OK");
    expect_answer(server.port);
    expect(&client, "CONFIG SET bind 127.0.0.1", "OK");
    expect_answer(server.port);
    expect(
        &client, "CONFIG SET bind \"127.0.0.1 192.0.2.1\"",
        "(error) ERR CONFIG SET failed (possibly related to argument 'bind') - Failed to bind to specified "
        "addresses.");
    expect_answer(server.port);
    expect(
        &client, "CONFIG SET bind 192.0.2.1",
        "(error) ERR CONFIG SET failed (possibly related to argument 'bind') - Failed to bind to specified "
        "addresses.");
    expect_answer(server.port);
    expect(&client, "CONFIG SET bind \"127.0.0.1 -192.0.2.1\"", "OK");
    expect_answer(server.port);
}

Test(reconfiguration, without_a_port_the_unix_socket_is_left)
{
    if (instance_encrypts()) cr_skip_test("every server speaks TLS here");
    struct client local;
    cr_assert(client_open_unix(&local, server.socket_path));
    expect(&client, "CONFIG SET port 0", "OK");
    expect_nobody(server.port);
    char line[64];
    snprintf(line, sizeof line, "CONFIG SET port %d", server.port);
    expect(&local, line, "OK");
    expect_answer(server.port);
    client_close(&local);
}

Test(reconfiguration, ports_may_change_faster_than_they_are_tended)
{
    if (instance_encrypts()) cr_skip_test("every server speaks TLS here");
    int port = instance_free_port();
    for (int i = 0; i < 50; i++) {
        set("CONFIG SET port %d", port, "OK");
        set("CONFIG SET port %d", server.port, "OK");
    }
    expect_answer(server.port);
    expect_nobody(port);
}

Test(reconfiguration, more_clients_than_the_system_allows_are_refused)
{
    expect_start(&client, "CONFIG SET maxclients 4000000000",
                 "(error) ERR CONFIG SET failed (possibly related to argument 'maxclients') - The operating "
                 "system is not able to handle the specified number of clients, try with ");
    expect(&client, "CONFIG GET maxclients", "1) \"maxclients\"\n2) \"10000\"");
}

Test(reconfiguration, the_form_of_the_log_changes_at_once)
{
    struct buffer log = { 0 };
    expect(&client, "CONFIG SET log-format logfmt", "OK");
    expect(
        &client, "CONFIG SET bind 192.0.2.1",
        "(error) ERR CONFIG SET failed (possibly related to argument 'bind') - Failed to bind to specified "
        "addresses.");
    scratch_read(server.log_path, &log);
    static const char words[] = " level=warning message=\"Warning: Could not create";
    cr_expect_not_null(memmem(log.data, log.len, words, strlen(words)), "%.*s", (int)log.len, log.data);
    buffer_clear(&log);
}
