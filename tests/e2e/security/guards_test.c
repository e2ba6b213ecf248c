/*
 * What guards a server that is exposed: protected-mode, the settings and commands that only some may touch,
 * names that were taken away. Each is played to a Redis as well, and answered alike.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/base/buffer.h"
#include "tests/support/client/client.h"
#include "tests/support/client/expect.h"
#include "tests/support/process/instance.h"

static struct instance ours, redis;

static void open_with(const char *const *options)
{
    if (instance_encrypts()) cr_skip_test("every server speaks TLS here");
    instance_start(&ours, INSTANCE_NUTHATCH, options);
    instance_start(&redis, INSTANCE_REDIS, options);
}

static void close_both(void)
{
    instance_stop(&ours);
    instance_stop(&redis);
}

TestSuite(guards, .timeout = 120);

/* From 127.0.0.2 one comes as from another machine. */
static bool come_from(struct client *client, const char *from, int port)
{
    struct sockaddr_in here = { .sin_family = AF_INET }, there = here;
    *client = (struct client){ .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .timeout_ms = 10000 };
    inet_pton(AF_INET, from, &here.sin_addr);
    inet_pton(AF_INET, "127.0.0.1", &there.sin_addr);
    there.sin_port = htons((uint16_t)port);
    return bind(client->fd, (struct sockaddr *)&here, sizeof here) == 0 &&
           connect(client->fd, (struct sockaddr *)&there, sizeof there) == 0;
}

/* What a server says to the lines, one after the other, until it has closed the connection. */
static void hear(struct buffer *said, int port, const char *from, const char *const *lines)
{
    struct client client;
    cr_assert(come_from(&client, from, port));
    for (; *lines != NULL; lines++) {
        struct slice reply = client_ask(&client, *lines);
        /* What to do about it everybody says in words of their own. */
        if (reply.len > 8 && memcmp(reply.data, "-DENIED ", 8) == 0) reply.len = 8;
        buffer_printf(said, "%s\n%.*s\n", *lines, (int)reply.len, reply.data);
    }
    client_close(&client);
}

static void compare(const char *from, const char *const *lines)
{
    struct buffer said = { 0 }, right = { 0 };
    hear(&said, ours.port, from, lines);
    hear(&right, redis.port, from, lines);
    buffer_append(&said, "", 1);
    buffer_append(&right, "", 1);
    cr_expect_str_eq(said.data, right.data, "from %s:\n%s\nbut Redis:\n%s", from, said.data, right.data);
    buffer_clear(&said);
    buffer_clear(&right);
}

/* The stranger first: what is set already may be set by anybody here. */
static void compare_both(const char *const *lines)
{
    compare("127.0.0.2", lines);
    compare("127.0.0.1", lines);
}

#define LINES(...)                                                                                           \
    (const char *const[])                                                                                    \
    {                                                                                                        \
        __VA_ARGS__, NULL                                                                                    \
    }

Test(guards, protected_mode_is_for_strangers_where_there_is_no_password)
{
    open_with(OPTIONS("--protected-mode", "yes"));
    compare_both(LINES("PING"));
    compare("127.0.0.1", LINES("CONFIG SET requirepass pass", "PING"));
    compare_both(LINES("PING", "AUTH wrong", "AUTH pass", "PING"));
    compare("127.0.0.1", LINES("AUTH pass", "ACL SETUSER default nopass", "PING"));
    compare_both(LINES("PING"));
    compare("127.0.0.1",
            LINES("ACL SETUSER default resetpass", "ACL SETUSER you on nopass ~* +@all", "PING"));
    compare_both(LINES("PING", "AUTH you x", "PING"));
    compare_both(LINES("AUTH you x", "ACL SETUSER default nopass", "CONFIG SET protected-mode no"));
    compare_both(LINES("PING", "CONFIG SET protected-mode maybe", "CONFIG SET protected-mode YES"));
    compare_both(LINES("PING"));
    close_both();
}

#define GUARDED                                                                                              \
    LINES("DEBUG SLEEP 0", "DEBUG NOSUCH", "DEBUG", "MODULE LIST", "MODULE LOAD /nowhere",                   \
          "MODULE UNLOAD x", "MODULE LOADEX /nowhere", "MODULE NOSUCH", "MODULE", "CONFIG SET dir /tmp",     \
          "CONFIG SET dbfilename other.rdb", "CONFIG SET dir /nowhere",                                      \
          "CONFIG SET maxmemory 100mb dir /tmp", "CONFIG GET maxmemory", "CONFIG SET pidfile x",             \
          "CONFIG SET aclfile x", "CONFIG SET logfile x", "CONFIG GET enable-debug-command",                 \
          "CONFIG GET enable-module-command", "CONFIG GET enable-protected-configs",                         \
          "CONFIG GET rename-command", "CONFIG SET rename-command x")

#define SET_GUARDS(value)                                                                                    \
    LINES("CONFIG SET enable-debug-command " value, "CONFIG SET enable-module-command " value,               \
          "CONFIG SET enable-protected-configs " value)

static void check_guards(const char *value)
{
    open_with(OPTIONS("--protected-mode", "no", "--enable-debug-command", value, "--enable-module-command",
                      value, "--enable-protected-configs", value));
    compare_both(GUARDED);
    if (strcmp(value, "yes") != 0) compare_both(SET_GUARDS("yes"));
    if (strcmp(value, "local") != 0) compare_both(SET_GUARDS("local"));
    compare_both(SET_GUARDS("nonsense"));
    close_both();
}

Test(guards, nobody_may_do_what_is_guarded)
{
    check_guards("no");
}

Test(guards, everybody_may_do_what_is_not_guarded)
{
    check_guards("yes");
}

Test(guards, some_is_for_clients_of_this_machine)
{
    check_guards("local");
}

Test(guards, commands_may_have_other_names_or_none)
{
    open_with(OPTIONS("--rename-command", "CONFIG", "", "--rename-command", "FLUSHALL", "wipe",
                      "--rename-command", "GET", "fetch", "--rename-command", "DEBUG", "", "--rename-command",
                      "EVAL", "run"));
    compare("127.0.0.1",
            LINES("CONFIG GET maxmemory", "CONFIG", "FLUSHALL", "WIPE", "SET k v", "GET k", "fetch k",
                  "FETCH", "DEBUG SLEEP 0", "MULTI", "GET k", "EXEC", "MULTI", "fetch k", "WIPE", "EXEC",
                  "EVAL x 0", "SET k v", "RUN \"return redis.call('fetch', 'k')\" 0",
                  "RUN \"return redis.call('GET', 'k')\" 0", "RUN \"return redis.pcall('CONFIG')\" 0",
                  "COMMAND INFO get", "COMMAND INFO fetch", "COMMAND INFO config", "COMMAND GETKEYS fetch k",
                  "COMMAND GETKEYS GET k", "ACL SETUSER u on nopass ~* -@all +fetch",
                  "ACL SETUSER u on nopass ~* -@all +get", "ACL GETUSER u", "AUTH u x", "fetch k", "GET k",
                  "WIPE"));
    close_both();
}
