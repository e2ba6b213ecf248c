/*
 * Clients that wait until a key has something for them.
 */
#include <criterion/criterion.h>

#include "tests/e2e/events/scene.h"

TestSuite(blocking, .timeout = 60);

Test(blocking, what_is_there_is_taken_at_once)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "RPUSH l a b c d e", "(integer) 5");
    expect(c, "BLPOP l 0", "1) \"l\"\n2) \"a\"");
    expect(c, "BRPOP l 0", "1) \"l\"\n2) \"e\"");
    expect(c, "BLMOVE l m LEFT RIGHT 0", "\"b\"");
    expect(c, "BRPOPLPUSH l m 0", "\"d\"");
    expect(c, "LRANGE m 0 -1", "1) \"d\"\n2) \"b\"");
    expect(c, "BLMPOP 0 2 nobody m RIGHT COUNT 5", "1) \"m\"\n2) 1) \"b\"\n   2) \"d\"");
    expect(c, "BLPOP nobody m l 0", "1) \"l\"\n2) \"c\"");
    expect(c, "DBSIZE", "(integer) 0");

    expect(c, "ZADD z 1 a 2.5 b 3 c 4 d", "(integer) 4");
    expect(c, "BZPOPMIN nobody z 0", "1) \"z\"\n2) \"a\"\n3) \"1\"");
    expect(c, "BZPOPMAX z 0", "1) \"z\"\n2) \"d\"\n3) \"4\"");
    expect(c, "BZMPOP 0 2 nobody z MIN", "1) \"z\"\n2) 1) 1) \"b\"\n      2) \"2.5\"");
    expect(c, "BZMPOP 0 1 z MAX COUNT 9", "1) \"z\"\n2) 1) 1) \"c\"\n      2) \"3\"");
    expect(c, "DBSIZE", "(integer) 0");
    example_close(&example);
}

Test(blocking, the_first_of_several_keys_that_has_something_is_taken_from)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "RPUSH one 1", "(integer) 1");
    expect(c, "RPUSH two 2", "(integer) 1");
    expect(c, "BLPOP two one 0", "1) \"two\"\n2) \"2\"");
    expect(c, "BLPOP two one 0", "1) \"one\"\n2) \"1\"");
    example_close(&example);
}

/* What each waits for, what makes it ready, and what is replied then. */
struct served {
    const char *waits;
    const char *push;
    const char *resp2;
    const char *resp3;
};

static const struct served all_served[] = {
    { "BLPOP k 0", "RPUSH k a b", "*2\r\n$1\r\nk\r\n$1\r\na\r\n", NULL },
    { "BRPOP k 0", "RPUSH k a b", "*2\r\n$1\r\nk\r\n$1\r\nb\r\n", NULL },
    { "BLMPOP 0 1 k LEFT COUNT 2", "RPUSH k a b c", "*2\r\n$1\r\nk\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n", NULL },
    { "BLMPOP 0 1 k RIGHT", "RPUSH k a b", "*2\r\n$1\r\nk\r\n*1\r\n$1\r\nb\r\n", NULL },
    { "BLMOVE k d LEFT RIGHT 0", "RPUSH k a b", "$1\r\na\r\n", NULL },
    { "BLMOVE k k RIGHT LEFT 0", "RPUSH k a b", "$1\r\nb\r\n", NULL },
    { "BRPOPLPUSH k d 0", "RPUSH k a b", "$1\r\nb\r\n", NULL },
    { "BZPOPMIN k 0", "ZADD k 1.5 a 2 b", "*3\r\n$1\r\nk\r\n$1\r\na\r\n$3\r\n1.5\r\n",
      "*3\r\n$1\r\nk\r\n$1\r\na\r\n,1.5\r\n" },
    { "BZPOPMAX k 0", "ZADD k 1.5 a 2 b", "*3\r\n$1\r\nk\r\n$1\r\nb\r\n$1\r\n2\r\n",
      "*3\r\n$1\r\nk\r\n$1\r\nb\r\n,2\r\n" },
    { "BZMPOP 0 1 k MIN COUNT 5", "ZADD k 1.5 a 2 b",
      "*2\r\n$1\r\nk\r\n*2\r\n*2\r\n$1\r\na\r\n$3\r\n1.5\r\n*2\r\n$1\r\nb\r\n$1\r\n2\r\n",
      "*2\r\n$1\r\nk\r\n*2\r\n*2\r\n$1\r\na\r\n,1.5\r\n*2\r\n$1\r\nb\r\n,2\r\n" },
    { "BZMPOP 0 1 k MAX", "ZADD k 1.5 a 2 b", "*2\r\n$1\r\nk\r\n*1\r\n*2\r\n$1\r\nb\r\n$1\r\n2\r\n",
      "*2\r\n$1\r\nk\r\n*1\r\n*2\r\n$1\r\nb\r\n,2\r\n" },
};

static void expect_bytes(struct client *client, const char *bytes)
{
    struct slice reply;
    cr_assert(client_read(client, &reply), "%s", client_trouble_name(client->trouble));
    cr_assert(slice_equal(reply, slice_of_cstr(bytes)), "expected: %s\nbut got:  %.*s", bytes, (int)reply.len,
              reply.data);
}

Test(blocking, who_waits_is_told_what_it_would_have_been_told_at_once)
{
    struct scene scene;
    scene_open(&scene);
    client_ask(&scene.w[1], "HELLO 3");
    for (size_t i = 0; i < sizeof(all_served) / sizeof(all_served[0]); i++) {
        const struct served *served = &all_served[i];
        for (int protocol = 2; protocol <= 3; protocol++) {
            const char *reply = protocol == 3 && served->resp3 != NULL ? served->resp3 : served->resp2;
            struct client *w = &scene.w[protocol - 2];
            client_ask(scene.c, served->push);
            client_send_line(w, served->waits);
            expect_bytes(w, reply);
            expect(scene.c, "FLUSHALL", "OK");
            scene_block(&scene, protocol - 2, served->waits);
            client_ask(scene.c, served->push);
            expect_bytes(w, reply);
            expect(scene.c, "FLUSHALL", "OK");
        }
    }
    scene_close(&scene);
}

Test(blocking, nothing_comes_until_time_is_up)
{
    struct scene scene;
    scene_open(&scene);
    static const char *const commands[] = {
        "BLPOP k l 0.05",       "BRPOP k 0.05",    "BLMOVE k d LEFT LEFT 0.05", "BRPOPLPUSH k d 0.05",
        "BLMPOP 0.05 1 k LEFT", "BZPOPMIN k 0.05", "BZPOPMAX k 0.05",           "BZMPOP 0.05 1 k MAX"
    };
    client_ask(&scene.w[1], "HELLO 3");
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        for (int protocol = 2; protocol <= 3; protocol++) {
            int64_t start_ms = pace_now_ms();
            client_send_line(&scene.w[protocol - 2], commands[i]);
            expect_bytes(&scene.w[protocol - 2], protocol == 2 ? "*-1\r\n" : "_\r\n");
            int64_t waited_ms = pace_now_ms() - start_ms;
            cr_assert(waited_ms >= 49, "%s: after %d ms", commands[i], (int)waited_ms);
        }
    }
    expect(scene.c, "RPUSH k a", "(integer) 1"); /* nobody waits for it any more */
    expect(scene.c, "LLEN k", "(integer) 1");
    scene_close(&scene);
}

Test(blocking, a_time_is_a_number_of_seconds_that_is_not_negative)
{
    struct example example;
    struct client *c = example_open(&example);
    const char *no_float = "(error) ERR timeout is not a float or out of range";
    const char *negative = "(error) ERR timeout is negative";

    expect(c, "BLPOP k -1", negative);
    expect(c, "BLPOP k -inf", negative);
    expect(c, "BLPOP k inf", negative);
    expect(c, "BLPOP k 9223372036854775807", negative);
    expect(c, "BLPOP k 1e400", negative);
    expect(c, "BLPOP k x", no_float);
    expect(c, "BLPOP k \"\"", no_float);
    expect(c, "BLPOP k nan", no_float);
    expect(c, "BLPOP k \" 1\"", no_float);
    expect(c, "BLPOP k \"1 \"", no_float);
    expect(c, "BRPOP k l x", no_float);
    expect(c, "BZPOPMIN k x", no_float);
    expect(c, "BZPOPMAX k -2", negative);
    expect(c, "BLMOVE k l LEFT LEFT x", no_float);
    expect(c, "BRPOPLPUSH k l -1", negative);
    expect(c, "BLMPOP x 1 k LEFT", no_float);
    expect(c, "BLMPOP -1 1 k LEFT", negative);
    expect(c, "BZMPOP -1 1 k MIN", negative);
    expect(c, "BLPOP k 0.00001", "(nil)");
    expect(c, "BLPOP k 1e-3", "(nil)");
    expect(c, "BLPOP k 0x0.01p0", "(nil)");
    expect(c, "BLPOP k +0.001", "(nil)");
    example_close(&example);
}

Test(blocking, a_tiny_negative_time_is_rounded_to_none_which_is_for_ever)
{
    struct scene scene;
    scene_open(&scene);
    scene_block(&scene, 0, "BLPOP k -0.0001");
    scene_block(&scene, 1, "BLPOP k 9223372036854775"); /* as good as for ever */
    expect(scene.c, "RPUSH k a b", "(integer) 2");
    expect_next(&scene.w[0], "1) \"k\"\n2) \"a\"");
    expect_next(&scene.w[1], "1) \"k\"\n2) \"b\"");
    scene_close(&scene);
}

Test(blocking, arguments_are_read_in_the_order_of_redis)
{
    struct example example;
    struct client *c = example_open(&example);
    const char *syntax = "(error) ERR syntax error";

    expect(c, "BLPOP k", "(error) ERR wrong number of arguments for 'blpop' command");
    expect(c, "BLMPOP 0 1 k", "(error) ERR wrong number of arguments for 'blmpop' command");
    expect(c, "BLMPOP x 0 k LEFT", "(error) ERR numkeys should be greater than 0");
    expect(c, "BLMPOP x y k LEFT", "(error) ERR numkeys should be greater than 0");
    expect(c, "BLMPOP x 2 k LEFT", syntax);
    expect(c, "BLMPOP x 1 k FRONT", syntax);
    expect(c, "BLMPOP x 1 k LEFT COUNT", syntax);
    expect(c, "BLMPOP x 1 k LEFT TIMES 1", syntax);
    expect(c, "BLMPOP x 1 k LEFT COUNT 0", "(error) ERR count should be greater than 0");
    expect(c, "BLMPOP x 1 k LEFT COUNT -1", "(error) ERR count should be greater than 0");
    expect(c, "BLMPOP x 1 k LEFT COUNT 1 COUNT 2", syntax);
    expect(c, "BZMPOP x 0 k MIN", "(error) ERR numkeys should be greater than 0");
    expect(c, "BZMPOP x 1 k LEFT", syntax);
    expect(c, "BZMPOP x 1 k MAX COUNT 0", "(error) ERR count should be greater than 0");
    expect(c, "BLMOVE k l FRONT LEFT x", syntax);
    expect(c, "BLMOVE k l LEFT FRONT x", syntax);
    example_close(&example);
}

Test(blocking, another_type_is_refused_at_first_sight)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "SET s x", "OK");
    expect(c, "RPUSH l a b", "(integer) 2");
    expect(c, "ZADD z 1 a", "(integer) 1");
    expect(c, "BLPOP nobody s 0", WRONG_TYPE);
    expect(c, "BLPOP l s 0", "1) \"l\"\n2) \"a\"");
    expect(c, "BRPOP z 0", WRONG_TYPE);
    expect(c, "BLMPOP 0 1 z LEFT", WRONG_TYPE);
    expect(c, "BZPOPMIN l 0", WRONG_TYPE);
    expect(c, "BZPOPMAX l 0", WRONG_TYPE);
    expect(c, "BZMPOP 0 1 s MIN", WRONG_TYPE);
    expect(c, "BLMOVE s l LEFT LEFT 0", WRONG_TYPE);
    expect(c, "BLMOVE l s LEFT LEFT 0", WRONG_TYPE);
    expect(c, "BRPOPLPUSH l z 0", WRONG_TYPE);
    expect(c, "BLMOVE nobody s LEFT LEFT 0.01", "(nil)"); /* where it would go is not looked at yet */
    expect(c, "BLPOP s x", "(error) ERR timeout is not a float or out of range");
    expect(c, "LLEN l", "(integer) 1");
    example_close(&example);
}

Test(blocking, who_waits_first_is_served_first)
{
    struct scene scene;
    scene_open(&scene);
    for (int i = 0; i < WAITING; i++) scene_block(&scene, i, i % 2 == 0 ? "BLPOP k 0" : "BLPOP other k 0");
    expect(scene.c, "RPUSH k a b c d e", "(integer) 5");
    expect_next(&scene.w[0], "1) \"k\"\n2) \"a\"");
    expect_next(&scene.w[1], "1) \"k\"\n2) \"b\"");
    expect_next(&scene.w[2], "1) \"k\"\n2) \"c\"");
    expect_next(&scene.w[3], "1) \"k\"\n2) \"d\"");
    expect(scene.c, "LRANGE k 0 -1", "1) \"e\"");
    scene_close(&scene);
}

Test(blocking, each_takes_from_the_end_that_it_asked_for)
{
    struct scene scene;
    scene_open(&scene);
    scene_block(&scene, 0, "BRPOP k 0");
    scene_block(&scene, 1, "BLPOP k 0");
    scene_block(&scene, 2, "BLMPOP 0 1 k RIGHT COUNT 2");
    expect(scene.c, "RPUSH k a b c d e", "(integer) 5");
    expect_next(&scene.w[0], "1) \"k\"\n2) \"e\"");
    expect_next(&scene.w[1], "1) \"k\"\n2) \"a\"");
    expect_next(&scene.w[2], "1) \"k\"\n2) 1) \"d\"\n   2) \"c\"");
    expect(scene.c, "LRANGE k 0 -1", "1) \"b\"");
    scene_close(&scene);
}

Test(blocking, who_is_served_waits_for_its_other_keys_no_longer)
{
    struct scene scene;
    scene_open(&scene);
    scene_block(&scene, 0, "BLPOP a b c b a 0");
    expect(scene.c, "RPUSH b 1", "(integer) 1");
    expect_next(&scene.w[0], "1) \"b\"\n2) \"1\"");
    expect(scene.c, "RPUSH a 2", "(integer) 1");
    expect(scene.c, "RPUSH b 3", "(integer) 1");
    expect(scene.c, "LLEN a", "(integer) 1");
    expect(scene.c, "LLEN b", "(integer) 1");
    if (!instance_is_redis(INSTANCE_NUTHATCH)) scene_wait_info(scene.c, "total_blocking_keys", 0);
    scene_close(&scene);
}

/* Each brings a list of one element, or a sorted set of one member, to the key "k". */
static const char *const creators[][3] = {
    { "LPUSH k x", NULL, NULL },
    { "RPUSH l x", "RENAME l k", NULL },
    { "RPUSH l x", "RENAMENX l k", NULL },
    { "RPUSH l x", "COPY l k", "DEL l" },
    { "RPUSH l x", "LMOVE l k LEFT RIGHT", NULL },
    { "RPUSH l x", "RPOPLPUSH l k", NULL },
    { "RPUSH l x", "BLMOVE l k LEFT LEFT 0", NULL },
    { "RPUSH l x", "SORT l ALPHA STORE k", "DEL l" },
    { "SELECT 1", "RPUSH k x", "MOVE k 0" },
    { "SELECT 1", "RPUSH k x", "COPY k k DB 0" },
    { "SELECT 1", "RPUSH k x", "SWAPDB 0 1" },
    { "ZADD k 1 x", NULL, NULL },
    { "ZINCRBY k 1 x", NULL, NULL },
    { "ZADD l 1 x", "ZUNIONSTORE k 1 l", "DEL l" },
    { "ZADD l 1 x", "ZINTERSTORE k 1 l", "DEL l" },
    { "ZADD l 1 x", "ZDIFFSTORE k 1 l", "DEL l" },
    { "ZADD l 1 x", "ZRANGESTORE k l 0 -1", "DEL l" },
    { "ZADD l 1 x", "RENAME l k", NULL },
    { "GEOADD k 13 38 x", NULL, NULL },
    { "GEOADD l 13 38 x", "GEOSEARCHSTORE k l FROMMEMBER x BYRADIUS 1 km", "DEL l" },
};

Test(blocking, whatever_brings_the_key_serves_who_waits)
{
    struct scene scene;
    scene_open(&scene);
    for (size_t i = 0; i < sizeof(creators) / sizeof(creators[0]); i++) {
        scene_block(&scene, 0, "BLPOP k 0");
        scene_block(&scene, 1, "BZPOPMIN k 0");
        expect(scene.c, "SELECT 0", "OK");
        for (int step = 0; step < 3 && creators[i][step] != NULL; step++)
            client_ask(scene.c, creators[i][step]);
        scene_wait_info(scene.c, "blocked_clients", 1);
        expect(scene.c, "SELECT 0", "OK");
        expect(scene.c, "EXISTS k l", "(integer) 0");
        client_ask(scene.c, "RPUSH k y"); /* and the other type */
        client_ask(scene.c, "DEL k");
        client_ask(scene.c, "ZADD k 1 y");
        scene_wait_info(scene.c, "blocked_clients", 0);
        struct slice reply;
        cr_assert(client_read(&scene.w[0], &reply));
        cr_assert(client_read(&scene.w[1], &reply));
        expect(scene.c, "FLUSHALL", "OK");
    }
    scene_close(&scene);
}

Test(blocking, a_key_of_another_type_is_passed_over)
{
    struct scene scene;
    scene_open(&scene);
    scene_block(&scene, 0, "BLPOP k 0");
    scene_block(&scene, 1, "BZPOPMAX k 0");
    expect(scene.c, "SET k text", "OK");
    expect(scene.c, "DEL k", "(integer) 1");
    expect(scene.c, "ZADD k 1 a 2 b", "(integer) 2");
    expect_next(&scene.w[1], "1) \"k\"\n2) \"b\"\n3) \"2\"");
    scene_expect_waiting(&scene, 1);
    expect(scene.c, "FLUSHDB", "OK");
    expect(scene.c, "RPUSH k a", "(integer) 1");
    expect_next(&scene.w[0], "1) \"k\"\n2) \"a\"");
    scene_close(&scene);
}

Test(blocking, databases_are_apart)
{
    struct scene scene;
    scene_open(&scene);
    expect(&scene.w[0], "SELECT 3", "OK");
    scene_block(&scene, 0, "BLMOVE k l LEFT LEFT 0");
    scene_block(&scene, 1, "BLPOP k 0");
    expect(scene.c, "RPUSH k a b", "(integer) 2");
    expect_next(&scene.w[1], "1) \"k\"\n2) \"a\"");
    expect(scene.c, "MOVE k 3", "(integer) 1");
    expect_next(&scene.w[0], "\"b\"");
    expect(scene.c, "EXISTS l", "(integer) 0");
    expect(&scene.w[0], "LRANGE l 0 -1", "1) \"b\"");
    scene_close(&scene);
}

Test(blocking, an_element_that_is_moved_serves_who_waits_for_its_destination)
{
    struct scene scene;
    scene_open(&scene);
    scene_block(&scene, 0, "BLMOVE b c LEFT RIGHT 0");
    scene_block(&scene, 1, "BLMOVE a b LEFT RIGHT 0");
    scene_block(&scene, 2, "BLPOP c 0");
    expect(scene.c, "RPUSH a x y", "(integer) 2");
    expect_next(&scene.w[1], "\"x\"");
    expect_next(&scene.w[0], "\"x\"");
    expect_next(&scene.w[2], "1) \"c\"\n2) \"x\"");
    expect(scene.c, "EXISTS b c", "(integer) 0");
    expect(scene.c, "LRANGE a 0 -1", "1) \"y\"");
    scene_close(&scene);
}

/* Of so many keys some lie in the same shard, and those that they lead to in others. */
Test(blocking, elements_are_moved_on_wherever_the_keys_lie)
{
    struct scene scene;
    scene_open(&scene);
    for (int i = 0; i < 150; i++) {
        char line[64];
        snprintf(line, sizeof line, "BLMOVE a%d b%d LEFT LEFT 0", i, i);
        scene_block(&scene, 0, line);
        snprintf(line, sizeof line, "BLMOVE b%d c%d LEFT LEFT 0", i, i);
        scene_block(&scene, 1, line);
        snprintf(line, sizeof line, "LPUSH a%d x", i);
        expect(scene.c, line, "(integer) 1");
        expect_next(&scene.w[0], "\"x\"");
        expect_next(&scene.w[1], "\"x\"");
    }
    scene_close(&scene);
}

Test(blocking, two_who_move_in_a_circle_are_served_once_each)
{
    struct scene scene;
    scene_open(&scene);
    scene_block(&scene, 0, "BRPOPLPUSH a b 0");
    scene_block(&scene, 1, "BRPOPLPUSH b a 0");
    expect(scene.c, "RPUSH a x", "(integer) 1");
    expect_next(&scene.w[0], "\"x\"");
    expect_next(&scene.w[1], "\"x\"");
    expect(scene.c, "LRANGE a 0 -1", "1) \"x\"");
    expect(scene.c, "EXISTS b", "(integer) 0");
    scene_close(&scene);
}

Test(blocking, a_destination_of_another_type_is_told_and_the_next_is_served)
{
    struct scene scene;
    scene_open(&scene);
    scene_block(&scene, 0, "BLMOVE k s LEFT LEFT 0");
    scene_block(&scene, 1, "BRPOPLPUSH k s 0");
    scene_block(&scene, 2, "BLPOP k 0");
    expect(scene.c, "SET s text", "OK");
    expect(scene.c, "RPUSH k a", "(integer) 1");
    expect_next(&scene.w[0], WRONG_TYPE);
    expect_next(&scene.w[1], WRONG_TYPE);
    expect_next(&scene.w[2], "1) \"k\"\n2) \"a\"");
    scene_close(&scene);
}

Test(blocking, what_was_sent_behind_waits_as_well)
{
    struct scene scene;
    scene_open(&scene);
    scene_block(&scene, 0, "BLPOP k 0");
    client_send_line(&scene.w[0], "LLEN k");
    client_send_line(&scene.w[0], "BLPOP k 0");
    client_send_line(&scene.w[0], "PING");
    expect(scene.c, "RPUSH k a b c", "(integer) 3");
    expect_next(&scene.w[0], "1) \"k\"\n2) \"a\"");
    expect_next(&scene.w[0], "(integer) 2");
    expect_next(&scene.w[0], "1) \"k\"\n2) \"b\"");
    expect_next(&scene.w[0], "PONG");
    scene_close(&scene);
}

/* Both in one write. */
Test(blocking, who_pushes_finds_the_others_served_before_its_next_command)
{
    struct scene scene;
    scene_open(&scene);
    for (int round = 0; round < 50; round++) {
        scene_block(&scene, 0, "BLPOP k 0");
        cr_assert(client_send(scene.c, SLICE("RPUSH k a b\r\nLRANGE k 0 -1\r\nLPOP k\r\n")));
        expect_next(scene.c, "(integer) 2");
        expect_next(scene.c, "1) \"b\"");
        expect_next(scene.c, "\"b\"");
        expect_next(&scene.w[0], "1) \"k\"\n2) \"a\"");
    }
    scene_close(&scene);
}
