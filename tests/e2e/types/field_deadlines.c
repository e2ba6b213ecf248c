/* Deadlines of fields: what Redis 8 replies, in both protocols, and what becomes of hashes as time passes. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/e2e/events/scene.h"
#include "tests/e2e/example.h"
#include "tests/support/client/expect.h"
#include "tests/support/fixture.h"

#define WRONG_TYPE   "(error) WRONGTYPE Operation against a key holding the wrong kind of value"
#define NOT_INTEGER  "(error) ERR value is not an integer or out of range"
#define NEGATIVE     "(error) ERR invalid expire time, must be >= 0"
#define NO_FIELDS    "(error) ERR Mandatory argument FIELDS is missing or not at the right position"
#define PARAMETER    "(error) ERR Parameter `numFields` should be greater than 0"
#define NOT_POSITIVE "(error) ERR Number of fields must be a positive integer"
#define COUNT        "(error) ERR The `numfields` parameter must match the number of arguments"
#define SETEX_TIMES  "(error) ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified"
#define CONDITIONS   "(error) ERR Only one of FXX or FNX arguments can be specified"

struct recorded {
    const char *command;
    const char *reply;
};

static const struct recorded expiry[] = {
    { "HSET h a 1 b 2 c 3", "(integer) 3" },
    { "HEXPIRE h 100 FIELDS 2 a zz", "1) (integer) 1\n2) (integer) -2" },
    { "HTTL h FIELDS 3 a b zz", "1) (integer) 100\n2) (integer) -1\n3) (integer) -2" },
    { "HEXPIRE nobody 100 FIELDS 2 a b", "1) (integer) -2\n2) (integer) -2" },
    { "HTTL nobody FIELDS 2 a b", "1) (integer) -2\n2) (integer) -2" },
    { "HEXPIRE h 100 NX FIELDS 2 a b", "1) (integer) 0\n2) (integer) 1" },
    { "HEXPIRE h 100 XX FIELDS 2 b c", "1) (integer) 1\n2) (integer) 0" },
    { "HEXPIRE h 50 GT FIELDS 2 b c", "1) (integer) 0\n2) (integer) 0" },
    { "HEXPIRE h 200 GT FIELDS 1 b", "1) (integer) 1" },
    { "HEXPIRE h 300 LT FIELDS 2 b c", "1) (integer) 0\n2) (integer) 1" },
    { "HEXPIRE h 150 LT FIELDS 1 b", "1) (integer) 1" },
    { "HTTL h FIELDS 3 a b c", "1) (integer) 100\n2) (integer) 150\n3) (integer) 300" },
    { "HPERSIST h FIELDS 3 b b zz", "1) (integer) 1\n2) (integer) -1\n3) (integer) -2" },
    { "HPERSIST nobody FIELDS 1 a", "1) (integer) -2" },
    { "HPEXPIREAT h 50000000000000 fields 1 a", "1) (integer) 1" },
    { "HPEXPIRETIME h FIELDS 2 a b", "1) (integer) 50000000000000\n2) (integer) -1" },
    { "HEXPIRETIME h FIELDS 1 a", "1) (integer) 50000000000" },
    { "HEXPIREAT h 20000000000 FIELDS 1 a", "1) (integer) 1" },
    { "HPEXPIRETIME h FIELDS 1 a", "1) (integer) 20000000000000" },
    { "HPEXPIREAT h 70368744177663 FIELDS 1 a", "1) (integer) 1" },
    { "HPEXPIREAT h 70368744177664 FIELDS 1 a", "(error) ERR invalid expire time in 'hpexpireat' command" },
    { "HEXPIRE h 9950000000000000 FIELDS 1 a", "(error) ERR invalid expire time in 'hexpire' command" },
    { "HPEXPIRE h 9223372036854775807 FIELDS 1 a", "(error) ERR invalid expire time in 'hpexpire' command" },
    { "HEXPIRE h -1 FIELDS 1 a", NEGATIVE },
    { "HEXPIRE h soon FIELDS 1 a", NOT_INTEGER },
    { "HEXPIRE h 100 FOO FIELDS 1 a", NO_FIELDS },
    { "HEXPIRE h 100 NX XX FIELDS 1 a", NO_FIELDS },
    { "HEXPIRE h 100 FIELD 1 a", NO_FIELDS },
    { "HEXPIRE h 100 FIELDS 0 a", PARAMETER },
    { "HEXPIRE h 100 FIELDS many a", PARAMETER },
    { "HEXPIRE h 100 FIELDS 2 a", COUNT },
    { "HEXPIRE h 100 FIELDS 1 a b", COUNT },
    { "HEXPIRE h 100 FIELDS 1", "(error) ERR wrong number of arguments for 'hexpire' command" },
    { "HTTL h FIELD 1 a", NO_FIELDS },
    { "HTTL h FIELDS 0 a", NOT_POSITIVE },
    { "HPTTL h FIELDS -1 a", NOT_POSITIVE },
    { "HPERSIST h FIELDS many a", NOT_POSITIVE },
    { "HEXPIRETIME h FIELDS 2 a", COUNT },
    { "HTTL h FIELDS 1", "(error) ERR wrong number of arguments for 'httl' command" },
    { "HEXPIRE h 0 FIELDS 2 a a", "1) (integer) 2\n2) (integer) -2" },
    { "HEXPIREAT h 1 NX FIELDS 2 b c", "1) (integer) 2\n2) (integer) 0" },
    { "HLEN h", "(integer) 1" },
    { "HPEXPIREAT h 0 FIELDS 1 c", "1) (integer) 2" },
    { "EXISTS h", "(integer) 0" },
    { "SET s text", "OK" },
    { "HEXPIRE s soon FIELDS 1 a", WRONG_TYPE },
    { "HTTL s FIELD 1 a", WRONG_TYPE },
    { "HPERSIST s FIELDS 1 a", WRONG_TYPE },
    { "HGETDEL s FIELDS 1 a", WRONG_TYPE },
    { "HGETEX s FIELDS 1 a", WRONG_TYPE },
    { "HSETEX s FIELDS 1 a 1", WRONG_TYPE },
};

static const struct recorded exchange[] = {
    { "HSETEX h FIELDS 2 a 1 b 2", "(integer) 1" },
    { "HSETEX h FNX FIELDS 2 b 3 c 3", "(integer) 0" },
    { "HSETEX h FXX FIELDS 2 b 3 c 3", "(integer) 0" },
    { "HSETEX nobody FXX FIELDS 1 a 1", "(integer) 0" },
    { "EXISTS nobody", "(integer) 0" },
    { "HSETEX h EX 100 FXX FIELDS 2 a 4 b 5", "(integer) 1" },
    { "HTTL h FIELDS 2 a b", "1) (integer) 100\n2) (integer) 100" },
    { "HSETEX h KEEPTTL FIELDS 2 a 6 c 7", "(integer) 1" },
    { "HTTL h FIELDS 2 a c", "1) (integer) 100\n2) (integer) -1" },
    { "HSETEX h FNX PXAT 50000000000000 FIELDS 1 d 8", "(integer) 1" },
    { "HPEXPIRETIME h FIELDS 1 d", "1) (integer) 50000000000000" },
    { "HSET h d 9", "(integer) 0" },
    { "HTTL h FIELDS 1 d", "1) (integer) -1" },
    { "HGETEX h FIELDS 3 a zz d", "1) \"6\"\n2) (nil)\n3) \"9\"" },
    { "HGETEX h EXAT 20000000000 FIELDS 2 d zz", "1) \"9\"\n2) (nil)" },
    { "HEXPIRETIME h FIELDS 1 d", "1) (integer) 20000000000" },
    { "HINCRBY h d 2", "(integer) 11" },
    { "HINCRBYFLOAT h d 0.5", "\"11.5\"" },
    { "HEXPIRETIME h FIELDS 1 d", "1) (integer) 20000000000" },
    { "HGETEX h PERSIST FIELDS 2 d c", "1) \"11.5\"\n2) \"7\"" },
    { "HTTL h FIELDS 1 d", "1) (integer) -1" },
    { "HGETEX nobody EX 10 FIELDS 2 a b", "1) (nil)\n2) (nil)" },
    { "HGETEX h EX 0 FIELDS 2 d d", "1) \"11.5\"\n2) (nil)" },
    { "HSETEX h PXAT 1 FIELDS 2 c 1 e 2", "(integer) 1" },
    { "HGETALL h", "1) \"a\"\n2) \"6\"\n3) \"b\"\n4) \"5\"" },
    { "HGETDEL h FIELDS 2 a zz", "1) \"6\"\n2) (nil)" },
    { "HGETDEL nobody FIELDS 2 a b", "1) (nil)\n2) (nil)" },
    { "HGETDEL h FIELD 1 b", NO_FIELDS },
    { "HGETDEL h FIELDS 0 b", NOT_POSITIVE },
    { "HGETDEL h FIELDS 2 b", COUNT },
    { "HGETDEL h FIELDS 2 b b", "1) \"5\"\n2) (nil)" },
    { "EXISTS h", "(integer) 0" },
    { "HGETEX h EX 10 PX 10 FIELDS 1 a", NO_FIELDS },
    { "HGETEX h PERSIST PERSIST FIELDS 1 a", NO_FIELDS },
    { "HGETEX h KEEPTTL FIELDS 1 a", NO_FIELDS },
    { "HGETEX h FNX FIELDS 1 a", NO_FIELDS },
    { "HGETEX h EX soon FIELDS 1 a", NOT_INTEGER },
    { "HGETEX h EX -1 FIELDS 1 a", NEGATIVE },
    { "HGETEX h EX 9950000000000000 FIELDS 1 a", "(error) ERR invalid expire time in 'hgetex' command" },
    { "HGETEX h PERSIST a b EX", NO_FIELDS },
    { "HGETEX h EX soon a", NOT_INTEGER },
    { "HGETEX h EX 10 FIELDS", "(error) ERR wrong number of arguments for 'hgetex' command" },
    { "HGETEX h EX 1 PERSIST", "(error) ERR wrong number of arguments for 'hgetex' command" },
    { "HGETEX h FIELDS 0 a", NOT_POSITIVE },
    { "HGETEX h FIELDS 2 a", COUNT },
    { "HGETEX h FIELDS 1 a b", COUNT },
    { "HSETEX h EX 10 KEEPTTL FIELDS 1 a 1", SETEX_TIMES },
    { "HSETEX h KEEPTTL PXAT 10 FIELDS 1 a 1", SETEX_TIMES },
    { "HSETEX h FNX FXX FIELDS 1 a 1", CONDITIONS },
    { "HSETEX h FNX FNX FIELDS 1 a 1", CONDITIONS },
    { "HSETEX h PERSIST FIELDS 1 a 1", "(error) ERR unknown argument: PERSIST" },
    { "HSETEX h EX soon FIELDS 1 a 1", NOT_INTEGER },
    { "HSETEX h FXX EX -5 FIELDS 1 a 1", NEGATIVE },
    { "HSETEX h EXAT 99999999999 FIELDS 1 a 1", "(error) ERR invalid expire time in 'hsetex' command" },
    { "HSETEX h FIELDS many a 1", "(error) ERR invalid number of fields" },
    { "HSETEX h FIELDS 2 a 1", "(error) ERR wrong number of arguments for 'hsetex' command" },
    { "HSETEX h FIELDS 1 a 1 b", "(error) ERR wrong number of arguments for 'hsetex' command" },
    { "HSETEX h FIELDS 1 a 1 b 2", "(error) ERR wrong number of arguments for 'hsetex' command" },
    { "HSETEX h EX 10 FNX KEEPTTL", SETEX_TIMES },
    { "HSETEX h EX 10 FNX FIELDS", "(error) ERR wrong number of arguments for 'hsetex' command" },
    { "HSETEX h FIELDS 3000000000 a 1", "(error) ERR invalid number of fields" },
    { "HSETEX h FNX EX 10 PX", SETEX_TIMES },
    { "HSETEX h FNX EX 10 EX", SETEX_TIMES },
    { "EXISTS h", "(integer) 0" },
};

#define PLAY(client, lines) play(client, lines, sizeof(lines) / sizeof *(lines))

static void play(struct client *c, const struct recorded *lines, size_t count)
{
    expect(c, "FLUSHALL", "OK");
    for (size_t i = 0; i < count; i++) expect(c, lines[i].command, lines[i].reply);
}

Test(field_deadlines, are_set_told_and_taken_away)
{
    struct fixture *f = fixture_open(NULL);
    PLAY(&f->client, expiry);
    fixture_close(&f);
}

Test(field_deadlines, come_and_go_with_values)
{
    struct fixture *f = fixture_open(NULL);
    PLAY(&f->client, exchange);
    fixture_close(&f);
}

Test(field_deadlines, are_told_alike_in_resp3)
{
    struct example example;
    struct client *c = example_open(&example);
    expect_start(c, "HELLO 3", "1#");
    expect_raw(c, SLICE("HSETEX h EX 100 FIELDS 1 a 1\r\n"), SLICE(":1\r\n"));
    expect_raw(c, SLICE("HTTL h FIELDS 2 a b\r\n"), SLICE("*2\r\n:100\r\n:-2\r\n"));
    expect_raw(c, SLICE("HGETEX h PERSIST FIELDS 2 a b\r\n"), SLICE("*2\r\n$1\r\n1\r\n_\r\n"));
    expect_raw(c, SLICE("HEXPIRE h 0 FIELDS 2 a b\r\n"), SLICE("*2\r\n:2\r\n:-2\r\n"));
    expect_raw(c, SLICE("HGETDEL h FIELDS 2 a b\r\n"), SLICE("*2\r\n_\r\n_\r\n"));
    example_close(&example);
}

/* Small, and large: `fields` of them that stay, besides those that are named. */
static void fill(struct client *c, int fields)
{
    expect(c, "FLUSHALL", "OK");
    for (int i = 0; i < fields; i++) {
        char line[64];
        snprintf(line, sizeof line, "HSET h stays:%d v", i);
        expect(c, line, "(integer) 1");
    }
}

static void expect_len(struct client *c, int len)
{
    char text[32];
    snprintf(text, sizeof text, "(integer) %d", len);
    expect(c, "HLEN h", text);
}

static void expect_nothing_due(struct fixture *f, int stays)
{
    struct client *c = &f->client;
    fill(c, stays);
    expect(c, "DEBUG SET-ACTIVE-EXPIRE 0", "OK");
    expect(c, "HSETEX h PX 100 FIELDS 2 f 1 g 2", "(integer) 1");
    expect(c, "HPEXPIRE h 200 FIELDS 1 g", "1) (integer) 1");
    fixture_advance(f, 100);
    expect(c, "HGET h f", "\"1\"");
    expect_len(c, stays + 2);
    fixture_advance(f, 1);
    expect_len(c, stays + 1);
    expect(c, "HGET h f", "(nil)");
    expect(c, "HMGET h f g", "1) (nil)\n2) \"2\"");
    expect(c, "HEXISTS h f", "(integer) 0");
    expect(c, "HSTRLEN h f", "(integer) 0");
    expect(c, "HTTL h FIELDS 1 f", "1) (integer) -2");
    expect(c, "HSCAN h 0 MATCH f COUNT 10000", "1) \"0\"\n2) (empty array)");
    expect(c, "HINCRBY h f 5", "(integer) 5");
    expect(c, "HTTL h FIELDS 1 f", "1) (integer) -1");
    fixture_advance(f, 100);
    expect(c, "HSETNX h g 3", "(integer) 1");
    expect(c, "HDEL h g f", "(integer) 2");
    expect_len(c, stays);
    expect(c, "DEBUG SET-ACTIVE-EXPIRE 1", "OK");
}

Test(field_deadlines, pass_and_the_field_is_seen_by_nobody)
{
    struct fixture *f = fixture_open(OPTIONS("--enable-debug-command", "yes"));
    expect_nothing_due(f, 1);
    expect_nothing_due(f, 700);
    fixture_close(&f);
}

static void expect_gone(struct fixture *f, int fields)
{
    struct client *c = &f->client;
    char line[64];
    expect(c, "FLUSHALL", "OK");
    for (int i = 0; i < fields; i++) {
        snprintf(line, sizeof line, "HSETEX h PX 100 FIELDS 1 f:%d v", i);
        expect(c, line, "(integer) 1");
    }
    expect(c, "EXISTS h", "(integer) 1");
    fixture_advance(f, 101);
    if (fields < 64) expect(c, "EXISTS h", "(integer) 0");
    fixture_advance(f, 100);
    expect(c, "DBSIZE", "(integer) 0");
}

Test(field_deadlines, of_the_last_fields_take_the_key_along)
{
    struct fixture *f = fixture_open(NULL);
    expect_gone(f, 1);
    expect_gone(f, 30);
    expect_gone(f, 2000);
    fixture_close(&f);
}

static void expect_carried(struct fixture *f, int stays)
{
    struct client *c = &f->client;
    fill(c, stays);
    expect(c, "HSETEX h PXAT 50000000000000 FIELDS 1 f 1", "(integer) 1");
    expect(c, "DEBUG RELOAD", "OK");
    expect(c, "HPEXPIRETIME h FIELDS 2 f stays:0", "1) (integer) 50000000000000\n2) (integer) -1");
    expect(c, "COPY h copy", "(integer) 1");
    expect(c, "HPEXPIRETIME copy FIELDS 2 f stays:0", "1) (integer) 50000000000000\n2) (integer) -1");
    expect(c, "PEXPIRE copy 5000", "(integer) 1");
    expect(c, "RENAME copy moved", "OK");
    expect(c, "PTTL moved", "(integer) 5000");
    expect(c, "HPEXPIRETIME moved FIELDS 1 f", "1) (integer) 50000000000000");
    expect(c, "PERSIST moved", "(integer) 1");
    expect(c, "MOVE moved 1", "(integer) 1");
    expect(c, "SELECT 1", "OK");
    expect(c, "HPEXPIRE moved 100 FIELDS 1 f", "1) (integer) 1");
    expect(c, "PTTL moved", "(integer) -1");
    fixture_advance(f, 101);
    expect(c, "HGET moved f", "(nil)");
    expect(c, "SET moved text", "OK");
    expect(c, "SELECT 0", "OK");
    expect(c, "HPEXPIRE h 100 FIELDS 1 f", "1) (integer) 1");
    expect(c, "SET h text", "OK");
    fixture_advance(f, 1000);
    expect(c, "GET h", "\"text\"");
    expect(c, "DEL h", "(integer) 1");
}

Test(field_deadlines, go_with_their_hash_wherever_it_goes)
{
    struct fixture *f = fixture_open(OPTIONS("--enable-debug-command", "yes"));
    expect_carried(f, 3);
    expect_carried(f, 700);
    fixture_close(&f);
}

Test(field_deadlines, end_what_sort_finds_in_hashes)
{
    struct fixture *f = fixture_open(NULL);
    struct client *c = &f->client;
    expect(c, "RPUSH l 1 2", "(integer) 2");
    expect(c, "HSET h:1 f a g b", "(integer) 2");
    expect(c, "HSETEX h:2 PX 100 FIELDS 1 f c", "(integer) 1");
    expect(c, "HPEXPIRE h:1 100 FIELDS 1 f", "1) (integer) 1");
    expect(c, "SORT l GET h:*->f", "1) \"a\"\n2) \"c\"");
    fixture_advance(f, 101);
    expect(c, "SORT l GET h:*->f GET h:*->g", "1) (nil)\n2) \"b\"\n3) (nil)\n4) (nil)");
    fixture_close(&f);
}

Test(field_deadlines, change_what_is_watched)
{
    struct fixture *f = fixture_open(NULL);
    struct client *c = &f->client;
    expect(c, "HSETEX h PX 100 FIELDS 1 f 1", "(integer) 1");
    expect(c, "HSET h g 2", "(integer) 1");
    expect(c, "WATCH h", "OK");
    fixture_advance(f, 101);
    expect(c, "MULTI", "OK");
    expect(c, "PING", "QUEUED");
    expect(c, "EXEC", "(nil)");
    fixture_close(&f);
}

Test(field_deadlines, are_told_in_the_name_of_the_encoding_and_in_info)
{
    struct fixture *f = fixture_open(NULL);
    struct client *c = &f->client;
    expect(c, "HSET h f v g v", "(integer) 2");
    expect(c, "OBJECT ENCODING h", "\"listpack\"");
    expect(c, "HPEXPIRE h 100 FIELDS 1 f", "1) (integer) 1");
    expect(c, "OBJECT ENCODING h", "\"listpackex\"");
    fixture_advance(f, 200);
    expect(c, "HLEN h", "(integer) 1");
    expect(c, "OBJECT ENCODING h", "\"listpackex\"");
    cr_assert_eq(scene_info(c, "expired_subkeys"), 1);
    cr_assert_eq(scene_info(c, "expired_keys"), 0);
    fixture_close(&f);
}

Test(field_deadlines, that_have_passed_as_they_are_given_count_as_expired)
{
    struct fixture *f = fixture_open(NULL);
    struct client *c = &f->client;
    expect(c, "HSET h a 1 b 2 c 3 d 4 e 5", "(integer) 5");
    expect(c, "HEXPIRE h 0 FIELDS 2 a none", "1) (integer) 2\n2) (integer) -2");
    expect(c, "HEXPIREAT h 1 FIELDS 1 b", "1) (integer) 2");
    expect(c, "HGETEX h PXAT 1 FIELDS 1 c", "1) \"3\"");
    expect(c, "HSETEX h PXAT 1 FIELDS 1 d 6", "(integer) 1");
    cr_assert_eq(scene_info(c, "expired_subkeys"), 4);
    expect(c, "HGETALL h", "1) \"e\"\n2) \"5\"");
    fixture_close(&f);
}

/* More than a look-up removes, and the sweep has not come yet. */
Test(field_deadlines, of_many_fields_leave_no_empty_hash_behind)
{
    static const char *const questions[][2] = {
        { "EXISTS h", "(integer) 0" }, { "DUMP h", "(nil)" },          { "TYPE h", "none" },
        { "SET h v NX", "OK" },        { "LPUSH h x", "(integer) 1" },
    };
    struct fixture *f = fixture_open((const char *[]){ "--enable-debug-command", "yes", NULL });
    struct client *c = &f->client;
    expect(c, "DEBUG SET-ACTIVE-EXPIRE 0", "OK");
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        expect_start(c, "DEL h", "(integer)");
        expect(c,
               "EVAL \"for i = 1, 3000 do redis.call('hsetex', 'h', 'px', 10, 'fields', 1, 'f' .. i, 'v') "
               "end\" 0",
               "(nil)");
        fixture_advance(f, 20);
        expect(c, questions[i][0], questions[i][1]);
    }
    fixture_close(&f);
}
