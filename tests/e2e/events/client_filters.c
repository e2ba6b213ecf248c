/*
 * CLIENT LIST and CLIENT KILL with the filters of Redis 7.4 and Valkey 9, and what clients say that they can
 * do.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/e2e/example.h"
#include "tests/support/client/expect.h"

/* How many lines CLIENT LIST has with these words behind it. */
static int listed(struct client *c, const char *words)
{
    char line[256];
    int lines = 0;
    snprintf(line, sizeof line, "CLIENT LIST %s", words);
    struct slice reply = client_ask(c, line);
    cr_assert_eq(reply.data[0], '$', "%s: %.*s", line, (int)reply.len, reply.data);
    for (size_t i = 0; i < reply.len; i++)
        lines += i > 0 && reply.data[i] == '\n' && reply.data[i - 1] != '\r';
    return lines;
}

struct scene {
    struct example example;
    struct client *c, reader, watcher;
};

/* `c` has a name, `reader` a library and another database, `watcher` is subscribed. */
static void open_scene(struct scene *scene)
{
    if (instance_is_redis(INSTANCE_NUTHATCH)) cr_skip_test("Redis 7.0 does not know these");
    scene->c = example_open(&scene->example);
    cr_assert(client_open_tcp(&scene->reader, scene->example.server.port));
    cr_assert(client_open_tcp(&scene->watcher, scene->example.server.port));
    expect(scene->c, "CLIENT SETNAME boss", "OK");
    expect(&scene->reader, "CLIENT SETINFO LIB-NAME books", "OK");
    expect(&scene->reader, "CLIENT SETINFO LIB-VER 1.0", "OK");
    expect(&scene->reader, "CLIENT CAPA redirect nonsense", "OK");
    expect(&scene->reader, "SELECT 3", "OK");
    expect_start(&scene->watcher, "SUBSCRIBE news", "1) \"subscribe\"");
}

static void close_scene(struct scene *scene)
{
    client_close(&scene->watcher);
    client_close(&scene->reader);
    example_close(&scene->example);
}

Test(client_filters, say_who_is_listed)
{
    struct scene scene;
    open_scene(&scene);
    static const struct {
        const char *words;
        int lines;
    } cases[] = {
        { "", 3 },
        { "TYPE normal", 2 },
        { "TYPE pubsub", 1 },
        { "NOT-TYPE pubsub", 2 },
        { "TYPE primary", 0 },
        { "NAME boss", 1 },
        { "NAME nobody", 0 },
        { "NAME \"\"", 0 },
        { "NOT-NAME boss", 2 },
        { "DB 3", 1 },
        { "DB 0", 2 },
        { "NOT-DB 3", 2 },
        { "LIB-NAME books", 1 },
        { "LIB-VER 1.0", 1 },
        { "NOT-LIB-NAME books", 2 },
        { "NOT-LIB-VER 1.0", 2 },
        { "CAPA r", 1 },
        { "NOT-CAPA r", 2 },
        { "CAPA \"\"", 3 },
        { "FLAGS P", 1 },
        { "FLAGS N", 2 },
        { "FLAGS PN", 0 },
        { "NOT-FLAGS P", 2 },
        { "USER default", 3 },
        { "NOT-USER default", 0 },
        { "IP 127.0.0.1", 3 },
        { "IP 10.0.0.1", 0 },
        { "NOT-IP 127.0.0.1", 0 },
        { "SKIPME yes", 2 },
        { "SKIPME no", 3 },
        { "MAXAGE 100000", 0 },
        { "IDLE 100000", 0 },
        { "TYPE normal DB 3", 1 },
        { "TYPE pubsub DB 3", 0 },
        { "TYPE normal NOT-DB 3 NAME boss", 1 },
        { "NAME boss SKIPME yes", 0 },
        { "ADDR 10.0.0.1:1", 0 },
        { "NOT-ADDR 10.0.0.1:1", 3 },
        { "NOT-LADDR 10.0.0.1:1", 3 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect_eq(listed(scene.c, cases[i].words), cases[i].lines, "CLIENT LIST %s", cases[i].words);
    close_scene(&scene);
}

Test(client_filters, by_number_may_be_several)
{
    struct scene scene;
    char line[128];
    open_scene(&scene);
    long long c, reader;
    cr_assert_eq(sscanf(client_ask(scene.c, "CLIENT ID").data, ":%lld", &c), 1);
    cr_assert_eq(sscanf(client_ask(&scene.reader, "CLIENT ID").data, ":%lld", &reader), 1);
    snprintf(line, sizeof line, "ID %lld %lld", c, reader);
    cr_expect_eq(listed(scene.c, line), 2);
    snprintf(line, sizeof line, "ID %lld %lld DB 3", c, reader);
    cr_expect_eq(listed(scene.c, line), 1);
    snprintf(line, sizeof line, "NOT-ID %lld %lld", c, reader);
    cr_expect_eq(listed(scene.c, line), 1);
    snprintf(line, sizeof line, "CLIENT KILL ID %lld %lld NOT-DB 3", c, reader);
    expect(scene.c, line, "(integer) 0"); /* itself is spared */
    snprintf(line, sizeof line, "CLIENT KILL ID %lld %lld", c, reader);
    expect(scene.c, line, "(integer) 1");
    expect_closed(&scene.reader);
    close_scene(&scene);
}

Test(client_filters, say_who_is_killed)
{
    struct scene scene;
    open_scene(&scene);
    expect(scene.c, "CLIENT KILL MAXAGE 100000", "(integer) 0");
    expect(scene.c, "CLIENT KILL IDLE 100000", "(integer) 0");
    expect(scene.c, "CLIENT KILL LIB-NAME books NOT-DB 3", "(integer) 0");
    expect(scene.c, "CLIENT KILL LIB-NAME books", "(integer) 1");
    expect_closed(&scene.reader);
    expect(scene.c, "CLIENT KILL FLAGS P", "(integer) 1");
    expect_closed(&scene.watcher);
    expect(scene.c, "CLIENT KILL NAME boss", "(integer) 0");
    close_scene(&scene);
}

Test(client_filters, are_understood_before_anybody_is_looked_at)
{
    struct scene scene;
    open_scene(&scene);
    static const char *const cases[][2] = {
        { "MAXAGE 0", "maxage should be greater than 0" },
        { "MAXAGE x", "maxage is not an integer or out of range" },
        { "IDLE -1", "idle should be greater than 0" },
        { "IDLE x", "idle is not an integer or out of range" },
        { "DB 99", "DB number should be between 0 and 15" },
        { "DB x", "DB is not an integer or out of range" },
        { "FLAGS y", "Unknown flags found in the provided filter: y" },
        { "CAPA x", "Unknown capa found in the provided filter: x" },
        { "TYPE x", "Unknown client type 'x'" },
        { "USER nobody", "No such user 'nobody'" },
        { "NOT-USER nobody", "No such user 'nobody'" },
        { "SKIPME x", "syntax error" },
        { "NOT-MAXAGE 3", "syntax error" },
        { "NOT-SKIPME yes", "syntax error" },
        { "NONSENSE 1", "syntax error" },
        { "NAME a TYPE", "syntax error" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char line[128], wanted[128];
        snprintf(wanted, sizeof wanted, "(error) ERR %s", cases[i][1]);
        snprintf(line, sizeof line, "CLIENT LIST %s", cases[i][0]);
        expect(scene.c, line, wanted);
        snprintf(line, sizeof line, "CLIENT KILL %s", cases[i][0]);
        expect(scene.c, line, wanted);
    }
    expect(scene.c, "CLIENT LIST ID x", "(error) ERR Invalid client ID");
    expect(scene.c, "CLIENT LIST ID 1 x", "(error) ERR Invalid client ID");
    close_scene(&scene);
}

Test(client_filters, nobody_brings_data_from_elsewhere)
{
    struct scene scene;
    open_scene(&scene);
    expect(scene.c, "CLIENT IMPORT-SOURCE ON", "(error) ERR Server is not in import mode");
    expect(scene.c, "CLIENT IMPORT-SOURCE OFF", "OK");
    expect(scene.c, "CLIENT CAPA", "(error) ERR wrong number of arguments for 'client|capa' command");
    close_scene(&scene);
}
