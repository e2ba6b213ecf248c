/*
 * Users with random rights who run random commands, against Redis: what each is answered, byte for byte, what
 * a listener is told and whether it is let go, and then ACL LOG.
 *
 * NUTHATCH_DIFF_SEED and NUTHATCH_DIFF_STREAMS choose other rounds, and more, than the usual ones.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/buffer.h"
#include "proto/base/random.h"
#include "tests/support/client/client.h"
#include "tests/support/client/reply_parts.h"
#include "tests/support/client/reply_text.h"
#include "tests/support/process/instance.h"

#define USUAL_SEED   4100
#define USUAL_ROUNDS 150
#define RULES_MAX    8
#define STEPS        60

TestSuite(acl_run, .timeout = 3600);

/* Of each server: one who says the rules, two who run commands, one who listens. */
enum { ADMIN, ONE, OTHER, LISTENER, CLIENTS };

struct side {
    struct instance server;
    struct client clients[CLIENTS];
};

static struct side ours, redis;
static bool present[CLIENTS], queues[CLIENTS];
static struct random draws;
static struct buffer past; /* what was said in this round */

#define DRAW(list) (list)[random_below(&draws, sizeof(list) / sizeof *(list))]

static const char *const rules[] = {
    "+@all",
    "-@all",
    "+@read",
    "-@read",
    "+@write",
    "-@write",
    "+@fast",
    "-@slow",
    "-@admin",
    "+@string",
    "-@string",
    "+@scripting",
    "-@pubsub",
    "+@pubsub",
    "+get",
    "-get",
    "+set",
    "-set",
    "+eval",
    "-eval",
    "+publish",
    "-publish",
    "-multi",
    "+multi +exec",
    "-exec",
    "+config|get",
    "-config",
    "+select",
    "-select",
    "+client|getname",
    "-acl|whoami",
    "~a*",
    "~b",
    "%R~a*",
    "%W~b*",
    "%RW~x:*",
    "allkeys",
    "resetkeys",
    "~[ab]?",
    "&ch*",
    "&news",
    "&*",
    "resetchannels",
    "allchannels",
    "(+get ~z)",
    "(+@all ~q &n*)",
    "(%R~b +@read)",
    "(%W~z +@write &other)",
    "on",
    "off",
};

static const char *const commands[] = {
    "get a",
    "get b",
    "get z",
    "get q",
    "get x:1",
    "GET a",
    "mget a b",
    "mget z q x:1",
    "set a 1",
    "set b 2",
    "set z 3 get",
    "set q v xx",
    "set x:1 v nx",
    "mset a 1 b 2",
    "mset z 1 q 2 a 3",
    "msetnx x:1 1 b 2",
    "del a",
    "del b z",
    "unlink q a",
    "exists a b z q",
    "rename a b",
    "rename z q",
    "copy a x:1 replace",
    "copy b z",
    "append ab x",
    "incr a",
    "incrby x:1 4",
    "strlen b",
    "getset a 9",
    "getdel z",
    "getex a persist",
    "setrange b 1 x",
    "getrange a 0 1",
    "setbit a 3 1",
    "bitcount b",
    "bitop and a b x:1",
    "lcs a b",
    "lpush ax 1 2",
    "lpush bx 3",
    "lrange ax 0 -1",
    "lmove ax bx left right",
    "rpoplpush bx ax",
    "lpos ax 1",
    "sort ax",
    "sort ax by w*",
    "sort ax get w*",
    "sort ax store bx",
    "sort_ro ax",
    "sort_ro ax by nosort",
    "hset ah f v",
    "hget ah f",
    "hset q f v",
    "hlen bh",
    "hgetall ah",
    "sadd as 1",
    "sismember as 1",
    "sinterstore bs 2 as as",
    "sinterstore bs as as",
    "sintercard 2 as bs",
    "zadd az 1 m",
    "zscore az m",
    "zunionstore bz 2 az bz",
    "zrange az 0 -1",
    "zrangestore bz az 0 -1",
    "pfadd ap x",
    "pfcount ap bp",
    "pfmerge bp ap",
    "geoadd ag 13 38 p",
    "georadius ag 13 38 9 km store bg",
    "georadius_ro ag 13 38 9 km",
    "xadd ay 1-1 f v",
    "xlen ay",
    "xread streams ay by 0 0",
    "xgroup create ay g 0",
    "expire a 100",
    "persist a",
    "type b",
    "touch a z",
    "object encoding nosuch",
    "dump nosuch",
    "move a 3",
    "keys nosuch*",
    "dbsize",
    "flushdb",
    "swapdb 0 0",
    "select 0",
    "select 1",
    "select 0",
    "ping",
    "echo x",
    "time x",
    "wait x 0",
    "client getname",
    "client setname n",
    "client nosuch",
    "config get maxmemory-samples",
    "config set maxmemory-samples 5",
    "config nosuch",
    "command count x",
    "slowlog len x",
    "memory usage nosuch",
    "acl whoami",
    "acl whoami x",
    "acl nosuch",
    "acl setuser w +@all",
    "acl dryrun w get a",
    "nosuch a",
    "get",
    "set a",
    "mset a",
    "multi",
    "multi",
    "exec",
    "exec",
    "exec",
    "discard",
    "watch a",
    "watch b z",
    "unwatch",
    "reset",
    "auth u x",
    "auth v x",
    "auth u x",
    "auth w pw",
    "auth w wrong",
    "auth w wrong",
    "auth nosuch x",
    "auth x",
    "publish ch1 m",
    "publish news m",
    "publish other m",
    "spublish news m",
    "spublish ch2 m",
    "pubsub numpat",
    "script exists x",
    "script nosuch",
    "function stats x",

    "eval \"return redis.call('get', KEYS[1])\" 1 a",
    "eval \"return redis.call('get', KEYS[1])\" 1 z",
    "eval \"return redis.pcall('set', 'b', ARGV[1])\" 0 7",
    "eval \"return redis.call('set', 'q', ARGV[1])\" 0 7",
    "eval \"return {redis.pcall('get', 'a'), redis.pcall('get', 'z')}\" 0",
    "eval \"return redis.pcall('publish', 'other', 'm')\" 0",
    "eval \"return redis.call('publish', 'ch1', 'm')\" 0",
    "eval \"return redis.pcall('config', 'get', 'maxmemory-samples')\" 0",
    "eval \"return redis.pcall('sort', 'ax', 'by', 'w*')\" 0",
    "eval \"return redis.pcall('mget', 'a', 'z')\" 0",
    "eval \"return redis.acl_check_cmd('get', 'b')\" 0",
    "eval \"return redis.acl_check_cmd('publish', 'news', 'm')\" 0",
    "eval \"return redis.pcall('nosuch')\" 0",
    "eval_ro \"return redis.pcall('get', 'b')\" 0",
    "eval_ro \"return redis.pcall('set', 'a', '1')\" 1 a",
    "eval \"return redis.pcall('eval', 'return 1', '0')\" 0",
    "evalsha nosuch 0",
    "fcall reads 1 a",
    "fcall reads 1 z",
    "fcall writes 1 b",
    "fcall writes 0",
    "fcall_ro reads 1 x:1",
};

static const char *const listening[] = {
    "subscribe ch1",
    "subscribe news",
    "subscribe other",
    "psubscribe ch*",
    "psubscribe n*",
    "ssubscribe news",
    "ssubscribe ch2",
    "unsubscribe ch1",
    "punsubscribe ch*",
    "sunsubscribe news",
    "ping",
    "get a",
    "auth v x",
    "auth u x",
};

static uint64_t number_of(const char *variable, uint64_t usual)
{
    const char *text = getenv(variable);
    return text != NULL ? strtoull(text, NULL, 10) : usual;
}

static void fail(const char *what, struct slice mine, struct slice other)
{
    buffer_printf(&past, "%s:\n", what);
    reply_text(&past, mine);
    buffer_printf(&past, "\nbut Redis\n");
    reply_text(&past, other);
    buffer_append(&past, "", 1);
    cr_assert(false, "%s", past.data);
}

static void say(int who, const char *line)
{
    static const char names[] = "a12l";
    buffer_printf(&past, "%c> %s\n", names[who], line);
}

/* Everyone's reply to one line; a client that was let go is let in again, with both servers. */
static void join(int who);
static void compare(int who, const char *line)
{
    say(who, line);
    struct slice mine = client_ask(&ours.clients[who], line), other = client_ask(&redis.clients[who], line);
    if (!slice_equal(mine, other)) fail("a reply", mine, other);
    if (strcmp(line, "multi") == 0 && slice_equal(other, SLICE("+OK\r\n"))) queues[who] = true;
    if (strcmp(line, "exec") == 0 || strcmp(line, "discard") == 0 || strcmp(line, "reset") == 0)
        queues[who] = false;
    if (other.len == 0) join(who);
}

/* Of a transaction these run behind the rest, and are asked for the rights that there are then. */
static bool runs_behind(const char *command)
{
    return strncmp(command, "config ", 7) == 0 || strncmp(command, "client ", 7) == 0;
}

static void run_command(int who)
{
    const char *command = DRAW(commands);
    while (queues[who] && runs_behind(command)) command = DRAW(commands);
    compare(who, command);
}

/* Without a look at the reply, which names the server. */
static void tell(int who, const char *line)
{
    say(who, line);
    client_ask(&ours.clients[who], line);
    client_ask(&redis.clients[who], line);
}

static void leave(int who)
{
    if (!present[who]) return;
    client_close(&ours.clients[who]);
    client_close(&redis.clients[who]);
    present[who] = false;
}

static void join(int who)
{
    leave(who);
    present[who] = true;
    queues[who] = false;
    cr_assert(client_open_tcp(&ours.clients[who], ours.server.port));
    cr_assert(client_open_tcp(&redis.clients[who], redis.server.port));
    buffer_printf(&past, "(%d is let in)\n", who);
    if (who != ADMIN && random_chance(&draws, 40)) tell(who, "HELLO 3");
    if (who != ADMIN) compare(who, random_chance(&draws, 50) ? "AUTH u x" : "AUTH v x");
}

static void set_rules(const char *user, const char *first, size_t count)
{
    struct buffer line = { 0 };
    buffer_printf(&line, "ACL SETUSER %s %s", user, first);
    for (; count > 0; count--) buffer_printf(&line, " %s", DRAW(rules));
    /* The listener is asked by a PING whether it has been told all. */
    buffer_printf(&line, " +ping");
    buffer_append(&line, "", 1);
    compare(ADMIN, line.data);
    buffer_clear(&line);
}

/* What the listener has been told up to the answer to a PING. False: it was let go. */
static bool hear(struct client *client, const char *token, struct buffer *heard)
{
    char line[32];
    struct slice frame;
    snprintf(line, sizeof line, "PING %s", token);
    client_send_line(client, line);
    while (client_read(client, &frame)) {
        if (memmem(frame.data, frame.len, token, strlen(token)) != NULL) return true;
        buffer_append(heard, frame.data, frame.len);
    }
    return false;
}

static void listen(int step)
{
    char token[16];
    struct buffer mine = { 0 }, other = { 0 };
    snprintf(token, sizeof token, "=%d=", step);
    bool here = hear(&ours.clients[LISTENER], token, &mine),
         there = hear(&redis.clients[LISTENER], token, &other);
    if (!slice_equal(buffer_slice(&mine), buffer_slice(&other)))
        fail("what the listener is told", buffer_slice(&mine), buffer_slice(&other));
    if (here != there) fail(here ? "the listener is here" : "the listener is gone", SLICE(""), SLICE(""));
    buffer_clear(&mine);
    buffer_clear(&other);
    if (!there) join(LISTENER);
}

/* Rows in their order, without what names a client, and the moments. */
static void write_log(struct client *client, struct buffer *out)
{
    static const char *const fields[] = { "count", "reason", "context", "object", "username" };
    struct reply_parts parts;
    struct slice row;
    for (reply_parts_init(&parts, client_ask(client, "ACL LOG 200")); reply_parts_next(&parts, &row);) {
        for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
            struct slice value = reply_part_text(reply_part_field(row, fields[i]));
            buffer_printf(out, "%s %.*s  ", fields[i], (int)value.len, value.data);
        }
        buffer_printf(out, "\n");
    }
}

/* The number of its rows. */
static size_t compare_logs(void)
{
    struct buffer mine = { 0 }, other = { 0 };
    size_t rows = 0;
    write_log(&ours.clients[ADMIN], &mine);
    write_log(&redis.clients[ADMIN], &other);
    if (!slice_equal(buffer_slice(&mine), buffer_slice(&other))) {
        buffer_printf(&past, "ACL LOG:\n%.*s\nbut Redis\n%.*s", (int)mine.len, mine.data, (int)other.len,
                      other.data);
        buffer_append(&past, "", 1);
        cr_assert(false, "%s", past.data);
    }
    for (size_t i = 0; i < other.len; i++) rows += other.data[i] == '\n';
    buffer_clear(&mine);
    buffer_clear(&other);
    return rows;
}

/* More than chance alone would have of them. */
static void run_transaction(int who)
{
    compare(who, "multi");
    for (size_t left = 1 + random_below(&draws, 4); left > 0; left--) run_command(who);
    compare(who, "exec");
}

static void step(int number)
{
    size_t chance = random_below(&draws, 100);
    if (chance < 6)
        set_rules(random_chance(&draws, 50) ? "u" : "v", "", 1 + random_below(&draws, 2));
    else if (chance < 7)
        compare(ADMIN, "ACL DELUSER v"), set_rules("v", "on nopass", 3);
    else if (chance < 18)
        compare(LISTENER, DRAW(listening));
    else if (chance < 32)
        run_transaction(random_chance(&draws, 50) ? ONE : OTHER);
    else
        run_command(random_chance(&draws, 50) ? ONE : OTHER);
    listen(number);
}

static size_t play_round(uint64_t seed)
{
    draws = (struct random){ seed };
    past.len = 0;
    buffer_printf(&past, "seed %llu\n", (unsigned long long)seed);
    join(ADMIN);
    compare(ADMIN, "ACL SETUSER w reset on >pw +@all ~a* &*");
    set_rules("u", "reset on nopass +@all allkeys allchannels", random_below(&draws, RULES_MAX));
    set_rules("v", "reset on nopass", 1 + random_below(&draws, RULES_MAX));
    for (int who = ONE; who < CLIENTS; who++) join(who);
    compare(ADMIN, "FLUSHALL");
    compare(ADMIN, "ACL LOG RESET");
    for (int i = 0; i < STEPS; i++) step(i);
    return compare_logs();
}

static void play(const char *threads)
{
    const char *const options[] = { "--threads", threads, "--acllog-max-len", "200", NULL };
    const char *const theirs[] = { "--acllog-max-len", "200", NULL };
    uint64_t seed = number_of("NUTHATCH_DIFF_SEED", USUAL_SEED);
    uint64_t rounds = number_of("NUTHATCH_DIFF_STREAMS", USUAL_ROUNDS);
    size_t rows = 0;
    instance_start(&ours.server, INSTANCE_NUTHATCH, options);
    instance_start(&redis.server, INSTANCE_REDIS, theirs);
    join(ADMIN);
    compare(
        ADMIN,
        "FUNCTION LOAD \"#!lua name=l\\nredis.register_function{function_name='reads', callback=function(k) "
        "return redis.pcall('get', k[1]) end, flags={'no-writes'}}\\n"
        "redis.register_function('writes', function(k) return redis.call('set', k[1] or 'z', '1') end)\"");
    for (uint64_t round = 0; round < rounds; round++) rows += play_round(seed + round);
    cr_log_info("%llu rounds, %zu rows of ACL LOG", (unsigned long long)rounds, rows);
    cr_assert_gt(rows, rounds);
    for (int who = 0; who < CLIENTS; who++) leave(who);
    buffer_clear(&past);
    instance_stop(&ours.server);
    instance_stop(&redis.server);
}

Test(acl_run, users_are_answered_and_logged_as_by_redis)
{
    play("1");
}

Test(acl_run, users_are_answered_and_logged_as_by_redis_with_several_loops)
{
    play("3");
}
