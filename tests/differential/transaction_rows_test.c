/*
 * Every command of the table inside of a transaction, on two loops: it is answered in its place. A debug
 * build also asserts there that none of them asks the kernel, waits or opens an access inside that of EXEC:
 * one that does must be CMD_APART.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/random.h"
#include "server/commands/catalog/families.h"
#include "server/exec/command/table.h"
#include "tests/differential/compare/divergences.h"
#include "tests/differential/generate/catalogue.h"
#include "tests/differential/generate/stream.h"
#include "tests/differential/generate/table_source.h"
#include "tests/support/client/client.h"
#include "tests/support/client/command_line.h"
#include "tests/support/process/instance.h"

#define SEED   1506
#define ROUNDS 12

static struct instance server;
static struct client watcher;

/* Of these only what is written below: anything else would keep the test waiting, end the server, or cut off
 * who watches it. */
static bool is_chosen_by_hand(const char *name)
{
    static const char *const names[] = { "shutdown", "debug",        "client|pause", "client|kill",
                                         "wait",     "client|reply", "acl|setuser" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) return true;
    return false;
}

/* These are not queued, or push something. */
static bool is_no_part(struct slice name)
{
    static const char *const names[] = { "reset", "quit", "exec", "discard", "multi", "watch" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (slice_equal_nocase(name, slice_of_cstr(names[i]))) return true;
    return memmem(name.data, name.len, "SUB", 3) != NULL || memmem(name.data, name.len, "sub", 3) != NULL;
}

static void describe(struct buffer *text, const struct step *step)
{
    stream_write_script(text, step, 1);
    buffer_append(text, "", 1);
}

static void expect_server(const struct step *step)
{
    struct slice pong = client_ask(&watcher, "PING");
    if (slice_equal(pong, SLICE("+PONG\r\n"))) return;
    struct buffer text = { 0 };
    describe(&text, step);
    instance_print_log(&server);
    cr_assert_fail("the server does not answer after %s inside of EXEC", text.data);
}

/* Its own number, of which there is no other. */
static void expect_exec_replies(struct client *client, const struct step *step)
{
    struct slice reply;
    struct buffer text = { 0 };
    describe(&text, step);
    bool queued = false;
    for (int i = 0; i < 3; i++) {
        cr_assert(client_read(client, &reply), "reply %d of %s: %s", i, text.data,
                  client_trouble_name(client->trouble));
        if (i == 1) queued = slice_equal(reply, SLICE("+QUEUED\r\n"));
    }
    bool good = queued ? reply.len > 4 && memcmp(reply.data, "*1\r\n", 4) == 0
                       : reply.len > 10 && memcmp(reply.data, "-EXECABORT", 10) == 0;
    cr_expect(good, "EXEC of %s: %.*s", text.data, (int)(reply.len < 100 ? reply.len : 100), reply.data);
    buffer_clear(&text);
}

static void execute(const struct step *step, int protocol)
{
    struct client client;
    struct buffer lines = { 0 };
    cr_assert(client_open_tcp(&client, server.port));
    if (protocol == 3) cr_assert_gt(client_ask(&client, "HELLO 3").len, 0);
    client_format_argv(&lines, 1, &SLICE("MULTI"));
    client_format_argv(&lines, step->argc, step->argv);
    client_format_argv(&lines, 1, &SLICE("EXEC"));
    cr_assert(client_send(&client, buffer_slice(&lines)));
    if (!is_no_part(step->argv[0])) expect_exec_replies(&client, step);
    buffer_clear(&lines);
    expect_server(step);
    client_close(&client);
}

static void execute_row(const struct catalogue_source *source, struct random *random)
{
    struct divergences none = { 0 };
    struct arena arena = { 0 };
    struct catalogue *catalogue = catalogue_create(source, 1, &none);
    for (int i = 0; i < ROUNDS; i++) {
        struct step step;
        stream_draw_step(&step, catalogue, NULL, random, &arena);
        execute(&step, 2 + i % 2);
    }
    catalogue_destroy(&catalogue);
    arena_clear(&arena);
}

static void execute_line(const char *text)
{
    struct command_line line;
    cr_assert(command_line_init(&line, text));
    struct step step = { .argv = line.argv, .argc = line.argc };
    execute(&step, 2);
    command_line_clear(&line);
}

static void open_server(const char *threads)
{
    instance_start(&server, INSTANCE_NUTHATCH,
                   OPTIONS("--io-threads", threads, "--enable-debug-command", "yes", "--proto-max-bulk-len",
                           "1mb", "--notify-keyspace-events", "KEA"));
    cr_assert(client_open_tcp(&watcher, server.port));
}

static void close_server(void)
{
    client_close(&watcher);
    instance_stop(&server);
}

Test(transaction_rows, every_command_is_answered_inside_of_a_transaction, .timeout = 300)
{
    struct command_table *table = command_table_create(command_families, NULL, NULL);
    struct random random = { SEED };
    size_t len;
    struct catalogue_source *sources = table_source_create(table, &len);
    open_server("2");
    for (size_t i = 0; i < len; i++)
        if (!is_chosen_by_hand(sources[i].name)) execute_row(&sources[i], &random);
    close_server();
    alloc_free(sources);
    command_table_destroy(&table);
}

Test(transaction_rows, what_works_on_the_server_is_answered_inside_of_a_transaction, .timeout = 120)
{
    static const char *const lines[] = {
        "CLIENT PAUSE 1",
        "CLIENT PAUSE 1 WRITE",
        "CLIENT UNPAUSE",
        "WAIT 0 0",
        "WAIT 1 1",
        "DEBUG HELP",
        "DEBUG SLEEP 0.001",
        "DEBUG POPULATE 1000 key 100",
        "DEBUG OBJECT key:1",
        "DEBUG LISTPACK key:1",
        "DEBUG QUICKLIST key:1",
        "DEBUG QUICKLIST-PACKED-THRESHOLD 1k",
        "DEBUG PROTOCOL map",
        "DEBUG RELOAD",
        "DEBUG RELOAD MERGE",
        "DEBUG CHANGE-REPL-ID",
        "DEBUG ERROR error",
        "DEBUG LOG text",
        "DEBUG SET-ACTIVE-EXPIRE 1",
        "CONFIG SET maxmemory 100mb",
        "CONFIG SET maxmemory 0",
        "CONFIG SET maxmemory-clients 100mb",
        "CONFIG SET timeout 100 tcp-keepalive 10",
        "CONFIG SET notify-keyspace-events KEA",
        "CONFIG GET *",
        "CONFIG RESETSTAT",
        "CONFIG REWRITE",
        "CLIENT KILL TYPE pubsub",
        "CLIENT KILL ID 1",
        "CLIENT KILL USER default ID 1",
        "ACL SETUSER alice on nopass ~* +@all",
        "ACL SETUSER default ~*",
        "ACL SETUSER alice +nosuch",
        "CLIENT NO-EVICT on",
        "CLIENT TRACKING on BCAST",
        "MEMORY PURGE",
        "MEMORY USAGE key:1",
        "LATENCY DOCTOR",
        "SWAPDB 0 1",
        "FLUSHDB SYNC",
        "FLUSHALL ASYNC",
        "BLPOP nothing 0",
        "BLMOVE nothing nowhere LEFT LEFT 0",
        "BZPOPMIN nothing 0",
        "PUBLISH channel text",
        "SCAN 0 COUNT 1000",
        "SORT list BY w_* GET v_* STORE other",
        "SPUBLISH channel text",
    };
    open_server("2");
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) execute_line(lines[i]);
    close_server();
}
