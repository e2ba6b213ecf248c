/*
 * Users and what they may do, against Redis: conversations of several clients, and random rules with random
 * commands, which ACL DRYRUN answers for without running them.
 *
 * NUTHATCH_DIFF_SEED and NUTHATCH_DIFF_STREAMS choose other rounds than the usual ones.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/base/buffer.h"
#include "proto/base/random.h"
#include "tests/support/client/client.h"
#include "tests/support/client/reply_text.h"
#include "tests/support/process/instance.h"

#define USUAL_SEED   9100
#define USUAL_ROUNDS 60
#define RULES_MAX    7
#define QUESTIONS    25
#define CLIENTS      8

TestSuite(acl_differential, .timeout = 240);

static struct instance ours, redis;

static void start(const char *const *options)
{
    instance_start(&ours, INSTANCE_NUTHATCH, options);
    instance_start(&redis, INSTANCE_REDIS, NULL);
}

static void stop(void)
{
    instance_stop(&ours);
    instance_stop(&redis);
}

static void compare(struct client *mine, struct client *other, const char *line)
{
    struct buffer text = { 0 };
    struct slice reply = client_ask(mine, line), oracle = client_ask(other, line);
    if (slice_equal(reply, oracle)) return;
    buffer_printf(&text, "%s\n", line);
    reply_text(&text, reply);
    buffer_printf(&text, "\nbut Redis\n");
    reply_text(&text, oracle);
    buffer_append(&text, "", 1);
    cr_assert(false, "%s", text.data);
}

/* "b> GET x" is the second client's; without a letter it is the first's. */
static void converse(const char *const *lines, size_t count)
{
    struct client mine[CLIENTS], other[CLIENTS];
    for (int i = 0; i < CLIENTS; i++) {
        cr_assert(client_open_tcp(&mine[i], ours.port));
        cr_assert(client_open_tcp(&other[i], redis.port));
    }
    for (size_t i = 0; i < count; i++) {
        const char *line = lines[i];
        bool named = line[0] != '\0' && line[1] == '>';
        int who = named ? line[0] - 'a' : 0;
        compare(&mine[who], &other[who], named ? line + 3 : line);
    }
    for (int i = 0; i < CLIENTS; i++) {
        client_close(&mine[i]);
        client_close(&other[i]);
    }
}

#define CONVERSE(lines) converse(lines, sizeof(lines) / sizeof *(lines))

static const char *const rules_said[] = {
    "ACL WHOAMI",
    "ACL USERS",
    "ACL LIST",
    "ACL GETUSER default",
    "ACL CAT",
    "ACL CAT nosuch",
    "ACL CAT a b",
    "ACL GETUSER nosuch",
    "ACL SETUSER a on >p ~x* %R~y* &ch* +get",
    "ACL LIST",
    "ACL GETUSER a",
    "ACL SETUSER a \"(+get ~z)\" (%W~q* +@write -set)",
    "ACL LIST",
    "ACL GETUSER a",
    "ACL SETUSER a clearselectors",
    "ACL GETUSER a",
    "ACL SETUSER d +nosuch",
    "ACL SETUSER d +@nosuch",
    "ACL SETUSER d zork",
    "ACL SETUSER d ~a allkeys ~b",
    "ACL SETUSER d allchannels &b",
    "ACL SETUSER d >",
    "ACL SETUSER d <nope",
    "ACL SETUSER d #zz",
    "ACL SETUSER d !00",
    "ACL SETUSER d (",
    "ACL SETUSER d (+get ~x",
    "ACL SETUSER d (+get ~x) on",
    "ACL GETUSER d",
    "ACL SETUSER \"a b\"",
    "ACL SETUSER \"\" on",
    "ACL USERS",
    "ACL DRYRUN nosuch get x",
    "ACL DRYRUN a nosuch",
    "ACL DRYRUN a get",
    "ACL GENPASS 0",
    "ACL GENPASS 4097",
    "ACL GENPASS x",
    "ACL GENPASS 1 2",
    "ACL SAVE",
    "ACL LOAD",
    "ACL LOG",
    "ACL LOG x",
    "ACL LOG -1",
    "ACL LOG 1 2",
    "ACL DELUSER default",
    "ACL DELUSER a x",
    "ACL DELUSER a x",
    "ACL SETUSER d +get|x",
    "ACL SETUSER d +config|nosuch",
    "ACL SETUSER d +config|get|x",
    "ACL SETUSER d +get|x|y",
    "ACL SETUSER d -get|x",
    "ACL SETUSER e %RW~k %~k",
    "ACL SETUSER e %RX~k",
    "ACL SETUSER e %W~k %rw~z %R~*",
    "ACL SETUSER e %R",
    "ACL SETUSER e %RR~x",
    "ACL SETUSER e %RW~*",
    "ACL GETUSER e",
    "ACL SETUSER e (on)",
    "ACL SETUSER e ()",
    "ACL LIST",
    "ACL SETUSER e skip-sanitize-payload",
    "ACL GETUSER e",
    "ACL SETUSER e sanitize-payload #aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "ACL SETUSER e !aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "ACL SETUSER e nopass >x",
    "ACL GETUSER e",
    "ACL SETUSER e reset",
    "ACL LIST",
    "ACL nosuch",
    "ACL GETUSER",
    "ACL SETUSER",
    "ACL LOG RESET",
    "ACL LOG 0",
    "ACL WHOAMI x",
    "ACL SETUSER e ON AllKeys +GET ALLCHANNELS",
    "ACL GETUSER e",
    "ACL SETUSER e +@",
    "AUTH z bad",
    "AUTH a",
    "AUTH a b c",
};

Test(acl_differential, rules_are_read_and_told_as_by_redis)
{
    start(NULL);
    CONVERSE(rules_said);
    stop();
}

static const char *const rights_used[] = {
    "ACL SETUSER u on nopass +@all -keys ~a* &c*",
    "b> AUTH u x",
    "b> ACL WHOAMI",
    "b> KEYS *",
    "b> GET b",
    "b> MGET a b",
    "b> SUBSCRIBE d",
    "b> PSUBSCRIBE c*",
    "b> PUNSUBSCRIBE",
    "b> PSUBSCRIBE ca*",
    "b> PUBLISH d 1",
    "b> SPUBLISH d 1",
    "b> SSUBSCRIBE d",
    "b> MULTI",
    "b> GET b",
    "b> EXEC",
    "b> MULTI",
    "b> GET a1",
    "b> SET a2 1",
    "b> PUBLISH c1 1",
    "b> CONFIG GET port-that-is-none",
    "ACL SETUSER u resetkeys ~b* -set resetchannels -config",
    "b> EXEC",
    "ACL SETUSER u ~a* &c*",
    "b> SORT a BY w*",
    "b> SORT a GET w*",
    "b> SORT a BY nosort",
    "b> SORT a STORE zz",
    "b> NOSUCH x",
    "b> GET",
    "b> EXISTS b",
    "b> EXISTS a z",
    "b> RENAME a z",
    "b> COPY a z",
    "b> SET a 1 GET",
    "b> CLIENT KILL USER nosuch",
    "b> XREAD STREAMS a z 0 0",
    "b> EVAL \"return redis.call('get', KEYS[1])\" 1 z",
    "b> EVAL \"return redis.pcall('get', 'z')\" 0",
    "b> EVAL \"return redis.pcall('keys', 'z')\" 0",
    "b> EVAL \"return redis.pcall('publish', 'z', 'm')\" 0",
    "c> AUTH u x",
    "ACL SETUSER v on >1 +@all ~* &*",
    "d> AUTH v 2",
    "d> AUTH v 1",
    "ACL SETUSER v off",
    "d> PING",
    "e> AUTH v 1",
    "d> ACL WHOAMI",
    "d> RESET",
    "d> ACL WHOAMI",
    "d> HELLO 3 AUTH v 1",
    "ACL SETUSER v on",
    "d> AUTH v 1",
    "d> ACL SETUSER v -@all +acl|whoami +multi +exec",
    "d> ACL WHOAMI",
    "d> ACL LOG",
    "d> MULTI",
    "d> PING",
    "d> EXEC",
    "CLIENT KILL USER v",
    "ACL DELUSER v u",
    "CONFIG SET requirepass foo",
    "f> PING",
    "g> AUTH foo",
    "ACL LIST",
    "h> AUTH default bar",
    "CONFIG SET requirepass \"\"",
    "ACL LIST",
    "ACL SETUSER default off",
    "ACL SETUSER default on",
    "ACL SETUSER default -@all +acl",
    "SET x 1",
    "MULTI",
    "ACL SETUSER default +@all",
    "SET x 1",
};

Test(acl_differential, rights_are_asked_for_as_by_redis)
{
    start(NULL);
    CONVERSE(rights_used);
    stop();
}

Test(acl_differential, rights_are_asked_for_on_every_loop)
{
    static const char *const three[] = { "--threads", "3", NULL };
    start(three);
    CONVERSE(rights_used);
    stop();
}

/* What one selector allows and what another does is not put together. */
static const char *const selectors_combined[] = {
    "ACL SETUSER s on nopass -@all +auth +eval \"(+sort %R~*)\" \"(+sort +copy ~a ~b)\" \"(+copy %W~c)\"",
    "b> AUTH s x",
    "RPUSH a 2 1",
    "b> SORT a BY w* STORE b",
    "b> SORT a GET w* STORE b",
    "b> SORT a STORE b",
    "b> SORT a BY w*",
    "b> SORT c BY w*",
    "b> COPY a b",
    "b> COPY a c",
    "b> COPY c a",
    "b> EVAL \"return redis.pcall('sort', 'a', 'by', 'w*')\" 0",
    "b> EVAL \"return redis.pcall('sort', 'a', 'by', 'w*', 'store', 'b')\" 0",
    "b> EVAL \"return redis.acl_check_cmd('copy', 'a', 'c')\" 0",
    "b> EVAL \"return redis.acl_check_cmd('copy', 'a', 'b')\" 0",
    "ACL DRYRUN s SORT a BY w* STORE b",
    "ACL DRYRUN s COPY a c",
    "ACL DRYRUN s SORT a STORE b",
    "ACL SETUSER s \"(+sort allkeys)\" +xread %R~x",
    "b> SORT a BY w* STORE b",
    "b> XREAD STREAMS x a 0 0",
    "b> XREAD STREAMS x 0",
    "ACL DRYRUN s XREAD COUNT 1 STREAMS x y 0 0",
    "ACL LOG RESET",
};

Test(acl_differential, one_selector_must_allow_all_of_a_command)
{
    start(NULL);
    CONVERSE(selectors_combined);
    stop();
}

/* Where a user changes its own rights, or is removed, what stands behind that in its transaction meets it. */
static const char *const rights_changed_in_transactions[] = {
    "ACL SETUSER u on nopass +@all ~* &*",
    "b> AUTH u x",
    "b> MULTI",
    "b> SET k 1",
    "b> ACL SETUSER u -get resetkeys ~k",
    "b> GET k",
    "b> SET k 2",
    "b> SET other 2",
    "b> ACL SETUSER u +get",
    "b> GET k",
    "b> EXEC",
    "b> GET k",
    "b> GET other",
    "GET other",
    "ACL LOG RESET",
    "c> AUTH u x",
    "MULTI",
    "ACL SETUSER u -set",
    "SET k 3",
    "EXEC",
    "c> SET k 4",
    "c> GET k",
    "b> SET k 5",
    "MULTI",
    "ACL SETUSER u nosuchrule",
    "ACL SETUSER u +set",
    "EXEC",
    "c> SET k 6",
    "c> MULTI",
    "c> ACL SETUSER u nocommands +get",
    "c> ACL WHOAMI",
    "c> ACL SETUSER u +@all",
    "c> GET k",
    "c> EXEC",
    "ACL SETUSER u +@all allkeys",
    "c> MULTI",
    "c> ACL SETUSER u -@all +acl",
    "c> EVAL \"return redis.call('get', 'k')\" 0",
    "c> ACL SETUSER u +@all -get",
    "c> EVAL \"return redis.pcall('get', 'k').err\" 0",
    "c> EVAL \"return redis.pcall('set', 'k', '7')\" 0",
    "c> EXEC",
    "ACL SETUSER u +@all",
    "d> AUTH u x",
    "d> MULTI",
    "d> ACL SETUSER v on nopass",
    "d> ACL DELUSER v",
    "d> ACL USERS",
    "d> CONFIG SET maxmemory-samples 4",
    "d> SET k 8",
    "d> EXEC",
    "MULTI",
    "ACL DELUSER u",
    "ACL USERS",
    "EXEC",
    "GET k",
};

Test(acl_differential, rights_change_within_a_transaction_as_in_redis)
{
    static const char *const three[] = { "--threads", "3", NULL };
    start(NULL);
    CONVERSE(rights_changed_in_transactions);
    stop();
    start(three);
    CONVERSE(rights_changed_in_transactions);
    stop();
}

static const char *const rules[] = {
    "+@all",
    "-@all",
    "allcommands",
    "nocommands",
    "+get",
    "-get",
    "+set",
    "-set",
    "+@read",
    "-@read",
    "+@write",
    "-@write",
    "+@fast",
    "-@slow",
    "+@dangerous",
    "-@admin",
    "+@string",
    "-@string",
    "+@keyspace",
    "+config",
    "-config",
    "+config|get",
    "-config|set",
    "+select|0",
    "+select",
    "-select",
    "+del|a",
    "~a*",
    "~b",
    "%R~a*",
    "%W~b*",
    "%RW~x:*",
    "allkeys",
    "resetkeys",
    "&ch*",
    "&news",
    "&*",
    "resetchannels",
    "allchannels",
    "(+get ~z)",
    "(+@all ~q &n*)",
    "(%R~b +@read)",
    "clearselectors",
    "+@pubsub",
    "-@pubsub",
    "+client|id",
    "+@connection",
    "~[ab]?",
};

static const char *const questions[] = {
    "get a",
    "get b",
    "get z",
    "set a 1",
    "set b 1",
    "set x:1 v",
    "set b v get",
    "mget a b x:1",
    "mset a 1 q 2",
    "del a",
    "del b ab",
    "exists z",
    "exists a",
    "rename a b",
    "copy b x:1",
    "sort a store b",
    "lpush b x",
    "lmove a b left right",
    "zunionstore b 2 a x:1",
    "zadd a 1 m",
    "sintercard 2 a b",
    "xread streams a b 0 0",
    "bitop and a b x:1",
    "georadius a 0 0 1 m store b",
    "getset ab 1",
    "expire a 10",
    "ttl b",
    "config get port",
    "config set port 1",
    "client id",
    "client kill id 1",
    "select 0",
    "select 1",
    "publish ch1 m",
    "publish news m",
    "publish other m",
    "spublish news m",
    "subscribe ch1 news",
    "psubscribe ch* news",
    "ssubscribe ch2",
    "ping",
    "flushall",
    "keys *",
    "dbsize",
    "auth x",
    "multi",
    "exec",
    "info",
    "object encoding a",
    "debug sleep 0",
    "hset q f v",
    "hget q f",
    "getex a persist",
    "setrange b 0 x",
    "pfcount a b",
    "pfmerge a b",
    "lcs a b",
    "unlink z",
    "touch a",
    "randomkey",
};

#define DRAW(list) (list)[random_below(&draws, sizeof(list) / sizeof *(list))]

static struct random draws;

static uint64_t number_of(const char *variable, uint64_t usual)
{
    const char *text = getenv(variable);
    return text != NULL ? strtoull(text, NULL, 10) : usual;
}

static void set_rules(struct client *mine, struct client *other)
{
    struct buffer line = { 0 };
    buffer_printf(&line, "ACL SETUSER u reset on nopass");
    for (size_t count = 1 + random_below(&draws, RULES_MAX); count > 0; count--)
        buffer_printf(&line, " %s", DRAW(rules));
    buffer_append(&line, "", 1);
    compare(mine, other, line.data);
    buffer_clear(&line);
}

static void ask(struct client *mine, struct client *other)
{
    char line[128];
    snprintf(line, sizeof line, "ACL DRYRUN u %s", DRAW(questions));
    compare(mine, other, line);
}

Test(acl_differential, random_rules_allow_what_they_allow_in_redis)
{
    struct client mine, other;
    uint64_t rounds = number_of("NUTHATCH_DIFF_STREAMS", USUAL_ROUNDS);
    start(NULL);
    cr_assert(client_open_tcp(&mine, ours.port));
    cr_assert(client_open_tcp(&other, redis.port));
    draws = (struct random){ number_of("NUTHATCH_DIFF_SEED", USUAL_SEED) };
    compare(&mine, &other, "ACL SETUSER u on");
    for (uint64_t round = 0; round < rounds; round++) {
        set_rules(&mine, &other);
        for (int i = 0; i < QUESTIONS; i++) ask(&mine, &other);
    }
    client_close(&mine);
    client_close(&other);
    stop();
}
