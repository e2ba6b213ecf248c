/*
 * Clients that wait until a key has something for them: other ends of waiting, and what is told of it.
 */
#include <criterion/criterion.h>
#include <signal.h>

#include "tests/e2e/events/scene.h"

TestSuite(blocking_ends, .timeout = 60);

static uint64_t id_of(struct client *client)
{
    struct slice reply = client_ask(client, "CLIENT ID");
    return strtoull(reply.data + 1, NULL, 10);
}

static void unblock(struct scene *scene, uint64_t id, const char *how, const char *reply)
{
    char line[64];
    snprintf(line, sizeof line, "CLIENT UNBLOCK %llu %s", (unsigned long long)id, how);
    expect(scene->c, line, reply);
}

Test(blocking_ends, client_unblock_ends_the_waiting)
{
    struct scene scene;
    scene_open(&scene);
    uint64_t id = id_of(&scene.w[0]);

    unblock(&scene, id, "", "(integer) 0");
    unblock(&scene, 999999, "ERROR", "(integer) 0");
    scene_block(&scene, 0, "BLPOP k 0");
    unblock(&scene, id, "", "(integer) 1");
    unblock(&scene, id, "", "(integer) 0");
    expect_next(&scene.w[0], "(nil)");
    scene_block(&scene, 0, "BLMOVE k l LEFT LEFT 0");
    unblock(&scene, id, "TIMEOUT", "(integer) 1");
    expect_next(&scene.w[0], "(nil)");
    scene_block(&scene, 0, "BZMPOP 0 1 k MIN");
    unblock(&scene, id, "error", "(integer) 1");
    expect_next(&scene.w[0], "(error) UNBLOCKED client unblocked via CLIENT UNBLOCK");
    unblock(&scene, id, "NEVER", "(error) ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
    expect(scene.c, "CLIENT UNBLOCK x", "(error) ERR value is not an integer or out of range");
    expect(scene.c, "RPUSH k a", "(integer) 1");
    expect(scene.c, "LLEN k", "(integer) 1");
    expect(&scene.w[0], "PING", "PONG");
    scene_close(&scene);
}

Test(blocking_ends, who_has_gone_is_passed_over)
{
    struct scene scene;
    scene_open(&scene);
    char line[64];
    snprintf(line, sizeof line, "CLIENT KILL ID %llu", (unsigned long long)id_of(&scene.w[1]));
    scene_block(&scene, 0, "BLPOP k 0");
    scene_block(&scene, 1, "BLPOP k 0");
    scene_block(&scene, 2, "BLPOP k 0");
    client_close(&scene.w[0]);
    scene_wait_info(scene.c, "blocked_clients", 2);
    expect(scene.c, line, "(integer) 1");
    expect_closed(&scene.w[1]);
    scene_wait_info(scene.c, "blocked_clients", 1);
    expect(scene.c, "RPUSH k a", "(integer) 1");
    expect_next(&scene.w[2], "1) \"k\"\n2) \"a\"");
    cr_assert(client_open_tcp(&scene.w[0], scene.example.server.port));
    scene_close(&scene);
}

/* The end of what it sends comes behind all that it has sent. */
Test(blocking_ends, who_has_gone_behind_many_requests_is_passed_over)
{
    struct scene scene;
    scene_open(&scene);
    struct buffer much = { 0 };
    scene_block(&scene, 0, "BLPOP k 0");
    for (int i = 0; i < 600000; i++) buffer_append(&much, "PING extra\r\n", 12);
    cr_assert(client_send(&scene.w[0], buffer_slice(&much)));
    client_close(&scene.w[0]);
    buffer_clear(&much);
    scene_wait_info(scene.c, "blocked_clients", 0);
    expect(scene.c, "RPUSH k a", "(integer) 1");
    expect(scene.c, "LLEN k", "(integer) 1");
    cr_assert(client_open_tcp(&scene.w[0], scene.example.server.port));
    scene_close(&scene);
}

static bool says(struct client *client, const char *command, const char *text)
{
    struct slice reply = client_ask(client, command);
    return memmem(reply.data, reply.len, text, strlen(text)) != NULL;
}

Test(blocking_ends, who_waits_is_told_of)
{
    struct scene scene;
    scene_open(&scene);
    char line[64];
    snprintf(line, sizeof line, "CLIENT LIST ID %llu", (unsigned long long)id_of(&scene.w[0]));
    scene_block(&scene, 0, "BLPOP a b 0");
    scene_block(&scene, 1, "BZPOPMIN b c 1000");
    scene_block(&scene, 2, "BLMOVE d c LEFT LEFT 1000");
    cr_assert(says(scene.c, line, " flags=b "));
    cr_assert(says(scene.c, line, " cmd=blpop "));
    cr_assert_eq(scene_info(scene.c, "clients_in_timeout_table"), 2);
    if (!instance_is_redis(INSTANCE_NUTHATCH)) cr_assert_eq(scene_info(scene.c, "total_blocking_keys"), 4);
    expect(scene.c, "RPUSH a 1", "(integer) 1");
    expect_next(&scene.w[0], "1) \"a\"\n2) \"1\"");
    cr_assert(says(scene.c, line, " flags=N "));
    cr_assert_eq(scene_info(scene.c, "clients_in_timeout_table"), 2);
    scene_close(&scene);
}

Test(blocking_ends, a_client_that_wants_no_replies_gets_none)
{
    struct scene scene;
    scene_open(&scene);
    client_send_line(&scene.w[0], "CLIENT REPLY SKIP");
    scene_block(&scene, 0, "BLPOP k 0");
    expect(scene.c, "RPUSH k a", "(integer) 1");
    scene_wait_info(scene.c, "blocked_clients", 0);
    expect(&scene.w[0], "PING", "PONG");
    client_send_line(&scene.w[1], "CLIENT REPLY OFF");
    scene_block(&scene, 1, "BLPOP k 0");
    expect(scene.c, "RPUSH k a", "(integer) 1");
    scene_wait_info(scene.c, "blocked_clients", 0);
    expect(&scene.w[1], "CLIENT REPLY ON", "OK");
    expect(scene.c, "EXISTS k", "(integer) 0");
    scene_close(&scene);
}

Test(blocking_ends, time_goes_on_while_clients_are_paused)
{
    struct scene scene;
    scene_open(&scene);
    scene_block(&scene, 0, "BLPOP k 0.1");
    expect(scene.c, "CLIENT PAUSE 100000 WRITE", "OK");
    expect_next(&scene.w[0], "(nil)");
    scene_block(&scene, 0, "BLPOP k 0.1"); /* it is a write itself */
    expect(scene.c, "CLIENT UNPAUSE", "OK");
    expect_next(&scene.w[0], "(nil)");
    scene_close(&scene);
}

Test(blocking_ends, a_monitor_sees_who_waits_when_it_begins_to)
{
    struct scene scene;
    scene_open(&scene);
    expect(&scene.w[3], "MONITOR", "OK");
    client_send_line(&scene.w[0], "BLPOP k 0");
    struct slice line;
    cr_assert(client_read(&scene.w[3], &line));
    cr_assert_not_null(memmem(line.data, line.len, "\"BLPOP\" \"k\" \"0\"", 15));
    expect(scene.c, "RPUSH k a", "(integer) 1");
    cr_assert(client_read(&scene.w[3], &line));
    cr_assert_not_null(memmem(line.data, line.len, "\"RPUSH\" \"k\" \"a\"", 15));
    expect_next(&scene.w[0], "1) \"k\"\n2) \"a\"");
    expect(scene.c, "PING", "PONG");
    cr_assert(client_read(&scene.w[3], &line));
    cr_assert_not_null(memmem(line.data, line.len, "\"PING\"", 6), "%.*s", (int)line.len, line.data);
    scene_close(&scene);
}

Test(blocking_ends, the_slow_log_tells_of_it_when_it_was_served)
{
    struct scene scene;
    scene_open(&scene);
    expect(&scene.w[0], "CLIENT SETNAME walter", "OK");
    scene_block(&scene, 0, "BLPOP k 0");
    expect(scene.c, "CONFIG SET slowlog-log-slower-than 0", "OK");
    expect(scene.c, "SLOWLOG RESET", "OK");
    expect(scene.c, "RPUSH k a", "(integer) 1");
    expect_next(&scene.w[0], "1) \"k\"\n2) \"a\"");
    cr_assert(says(scene.c, "SLOWLOG GET 1", "BLPOP"));
    cr_assert(says(scene.c, "SLOWLOG GET 2", "walter"));
    expect(scene.c, "SLOWLOG RESET", "OK");
    client_send_line(&scene.w[0], "BLPOP k 0.05");
    expect_next(&scene.w[0], "(nil)");
    cr_assert_not(says(scene.c, "SLOWLOG GET 10", "BLPOP"));
    scene_close(&scene);
}

Test(blocking_ends, each_command_is_counted_once)
{
    struct scene scene;
    scene_open(&scene);
    scene_block(&scene, 0, "BLPOP k 0");
    cr_assert(says(scene.c, "INFO commandstats", "cmdstat_blpop:calls=1,"));
    expect(scene.c, "RPUSH k a", "(integer) 1");
    expect_next(&scene.w[0], "1) \"k\"\n2) \"a\"");
    cr_assert(says(scene.c, "INFO commandstats", "cmdstat_blpop:calls=1,"));
    cr_assert_not(says(scene.c, "INFO commandstats", "cmdstat_lpop"));
    scene_block(&scene, 0, "BLMOVE k s LEFT LEFT 0");
    expect(scene.c, "SET s x", "OK");
    expect(scene.c, "RPUSH k a", "(integer) 1");
    expect_next(&scene.w[0], WRONG_TYPE);
    cr_assert(says(scene.c, "INFO errorstats", "errorstat_WRONGTYPE:count=1\r\n"));
    cr_assert(says(scene.c, "INFO commandstats", "rejected_calls=0,failed_calls=1"));
    scene_close(&scene);
}

Test(blocking_ends, a_server_that_stops_lets_them_go)
{
    struct scene scene;
    scene_open(&scene);
    scene_block(&scene, 0, "BLPOP k 0");
    scene_block(&scene, 1, "BLMOVE k l LEFT LEFT 1000");
    client_send_line(scene.c, "SHUTDOWN NOSAVE");
    expect_closed(&scene.w[0]);
    expect_closed(&scene.w[1]);
    scene_close(&scene);
}

/* A list that it takes a while to sort. */
static void fill_big(struct scene *scene)
{
    struct buffer line = { 0 };
    for (int i = 0; i < 100; i++) {
        line.len = 0;
        buffer_printf(&line, "RPUSH big");
        for (int j = 0; j < 4000; j++) buffer_printf(&line, " %d", (i * 7919 + j * 104729) % 1000003);
        buffer_append(&line, "\r\n", 2);
        cr_assert(client_send(scene->c, buffer_slice(&line)));
        struct slice reply;
        cr_assert(client_read(scene->c, &reply));
    }
    buffer_clear(&line);
}

/* What is taken for a client that has gone, which its loop could not see, being busy with another's command.
 */
static void leave_unseen(struct scene *scene, int leaving, int busy, const char *waits, const char *push)
{
    struct slice reply;
    scene_block(scene, leaving, waits);
    cr_assert(client_send_line(&scene->w[busy], "SORT big LIMIT 0 1"));
    pace_sleep_ms(10);
    client_close(&scene->w[leaving]);
    pace_sleep_ms(2);
    client_ask(scene->c, push);
    cr_assert(client_read(&scene->w[busy], &reply));
    scene_wait_info(scene->c, "connected_clients", WAITING);
    expect(&scene->w[busy], "PING", "PONG"); /* its loop has opened its letters before */
    cr_assert(client_open_tcp(&scene->w[leaving], scene->example.server.port));
}

/* All of it comes in one turn of the server: what is behind BLPOP is there before its end is. */
Test(blocking_ends, what_came_in_the_turn_that_ended_the_waiting_is_answered)
{
    struct scene scene;
    scene_open(&scene);
    for (int i = 0; i < WAITING; i++) {
        scene_block(&scene, i, "BLPOP k 0");
        kill(scene.example.server.child.pid, SIGSTOP);
        cr_assert(client_send_line(&scene.w[i], "PING behind"));
        cr_assert(client_send_line(scene.c, "RPUSH k x"));
        kill(scene.example.server.child.pid, SIGCONT);
        expect_next(scene.c, "(integer) 1");
        expect_next(&scene.w[i], "1) \"k\"\n2) \"x\"");
        expect_next(&scene.w[i], "\"behind\"");
    }
    scene_close(&scene);
}

Test(blocking_ends, what_was_taken_for_who_had_gone_is_put_back)
{
    struct scene scene;
    scene_open(&scene);
    if (instance_is_redis(INSTANCE_NUTHATCH)) cr_skip_test("Redis loses it");
    fill_big(&scene);
    for (int busy = 0; busy < WAITING; busy++) {
        int leaving = (busy + 1) % WAITING, other = (busy + 2) % WAITING;
        leave_unseen(&scene, leaving, busy, "BLPOP k 0", "RPUSH k x y");
        expect(scene.c, "LRANGE k 0 -1", "1) \"x\"\n2) \"y\"");
        expect(scene.c, "DEL k", "(integer) 1");
        leave_unseen(&scene, other, busy, "BRPOP l k 0", "RPUSH k x y");
        expect(scene.c, "LRANGE k 0 -1", "1) \"x\"\n2) \"y\"");
        expect(scene.c, "DEL k", "(integer) 1");
        leave_unseen(&scene, other, busy, "BLMPOP 0 1 k RIGHT COUNT 2", "RPUSH k x y z");
        expect(scene.c, "LRANGE k 0 -1", "1) \"x\"\n2) \"y\"\n3) \"z\"");
        expect(scene.c, "DEL k", "(integer) 1");
        leave_unseen(&scene, leaving, busy, "BZMPOP 0 1 k MAX COUNT 2", "ZADD k 1 x 2.5 y 3 z");
        expect(scene.c, "ZRANGE k 0 -1 WITHSCORES",
               "1) \"x\"\n2) \"1\"\n3) \"y\"\n4) \"2.5\"\n5) \"z\"\n6) \"3\"");
        expect(scene.c, "DEL k", "(integer) 1");
    }
    scene_close(&scene);
}
