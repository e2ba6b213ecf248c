#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/e2e/events/tracking.h"

Test(tracking, a_client_is_told_when_a_key_changes_that_it_has_read)
{
    struct pair p;
    pair_open(&p);
    expect(&p.writer, "SET k 1", "OK");
    expect(&p.reader, "CLIENT TRACKING ON", "OK");
    expect(&p.reader, "GET k", "\"1\"");
    expect(&p.writer, "SET k 2", "OK");
    expect_told(&p.reader, TOLD("k"));
    expect(&p.writer, "SET k 3", "OK");
    expect_told(&p.reader, "");

    expect(&p.reader, "MGET k missing other", "1) \"3\"\n2) (nil)\n3) (nil)");
    expect(&p.writer, "MSET other 1 k 4 unread 5 missing 6", "OK");
    expect_told(&p.reader, TOLD("other") " " TOLD("k") " " TOLD("missing"));
    pair_close(&p);
}

Test(tracking, every_kind_of_change_is_told)
{
    static const char *const changes[] = { "DEL k",      "APPEND k x", "PEXPIRE k 100000", "PERSIST k",
                                           "RENAME k n", "RENAME n k", "COPY other k",     "SETRANGE k 0 x",
                                           "GETDEL k",   "INCR k",     "SETEX k 100 1",    "UNLINK k",
                                           "RPUSH k 1",  "LPOP k",     "SADD k 1",         "SMOVE k other2 1",
                                           "HSET k f 1", "HDEL k f",   "ZADD k 1 a",       "ZREM k a",
                                           "PFADD k x",  "MOVE k 1",   "SORT l STORE k" };
    struct pair p;
    pair_open(&p);
    expect(&p.writer, "SET k 1", "OK");
    expect(&p.writer, "SET other 1", "OK");
    expect(&p.writer, "RPUSH l 3 1 2", "(integer) 3");
    expect(&p.reader, "CLIENT TRACKING ON", "OK");
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        client_ask(&p.reader, "EXISTS k");
        if (i == 6) client_ask(&p.writer, "DEL k");
        expect_told(&p.reader, i == 6 ? TOLD("k") : "");
        client_ask(&p.reader, "EXISTS k");
        client_ask(&p.writer, changes[i]);
        cr_log_info("%s", changes[i]);
        expect_told(&p.reader, TOLD("k"));
    }
    pair_close(&p);
}

Test(tracking, what_changes_nothing_is_not_told)
{
    struct pair p;
    pair_open(&p);
    expect(&p.writer, "SET k 1", "OK");
    expect(&p.reader, "CLIENT TRACKING ON", "OK");
    expect(&p.reader, "GET k", "\"1\"");
    expect(&p.writer, "SETNX k 2", "(integer) 0");
    expect(&p.writer, "PERSIST k", "(integer) 0");
    expect(&p.writer, "HSET k f v",
           "(error) WRONGTYPE Operation against a key holding the wrong kind of value");
    expect(&p.writer, "DEL nothing", "(integer) 0");
    expect_told(&p.reader, "");
    pair_close(&p);
}

Test(tracking, all_that_only_reads_is_remembered)
{
    static const char *const reads[] = { "EXISTS k",
                                         "TTL k",
                                         "PTTL k",
                                         "TYPE k",
                                         "DUMP k",
                                         "STRLEN k",
                                         "TOUCH k",
                                         "EXPIRETIME k",
                                         "LLEN k",
                                         "HGETALL k",
                                         "SMEMBERS k",
                                         "ZRANGE k 0 -1",
                                         "OBJECT ENCODING k",
                                         "MEMORY USAGE k",
                                         "SORT_RO k",
                                         "GETBIT k 1",
                                         "SINTER other k",
                                         "ZUNION 2 other k",
                                         "BITFIELD_RO k GET u8 0" };
    static const char *const others[] = { "GETEX k", "GETSET k 1", "SORT k", "KEYS *",
                                          "SCAN 0",  "PING",       "DBSIZE", "BITFIELD k GET u8 0" };
    struct pair p;
    pair_open(&p);
    expect(&p.reader, "CLIENT TRACKING ON NOLOOP", "OK");
    for (size_t i = 0; i < sizeof reads / sizeof reads[0]; i++) {
        if (strncmp(reads[i], "DUMP", 4) == 0 && !pair_is_redis()) continue;
        client_ask(&p.reader, reads[i]);
        client_ask(&p.writer, "SET k 1");
        cr_log_info("%s", reads[i]);
        expect_told(&p.reader, TOLD("k"));
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        client_ask(&p.reader, others[i]);
        client_ask(&p.writer, "SET k 1");
        cr_log_info("%s", others[i]);
        expect_told(&p.reader, "");
    }
    pair_close(&p);
}

Test(tracking, keys_are_told_whatever_their_bytes_and_database)
{
    struct pair p;
    pair_open(&p);
    expect(&p.reader, "CLIENT TRACKING ON", "OK");
    expect(&p.reader, "MGET \"\" \"a\\r\\nb\\x00\"", "1) (nil)\n2) (nil)");
    expect(&p.writer, "SELECT 3", "OK");
    expect(&p.writer, "SET \"\" 1", "OK");
    expect(&p.writer, "SET \"a\\r\\nb\\x00\" 1", "OK");
    expect_told(&p.reader, TOLD("") " " TOLD("a\\r\\nb\\x00"));
    pair_close(&p);
}

Test(tracking, a_flush_is_told_as_all_keys)
{
    struct pair p;
    pair_open(&p);
    expect(&p.writer, "FLUSHALL", "OK");
    expect(&p.reader, "CLIENT TRACKING ON", "OK");
    expect(&p.writer, "FLUSHALL", "OK");
    expect_told(&p.reader, TOLD_ALL);
    expect(&p.reader, "GET k", "(nil)");
    expect(&p.writer, "FLUSHDB ASYNC", "OK");
    expect_told(&p.reader, TOLD_ALL);
    expect(&p.writer, "SET k 1", "OK");
    expect_told(&p.reader, "");
    expect(&p.reader, "GET k", "\"1\"");
    expect_start(&p.reader, "FLUSHALL", "OK");
    expect_told(&p.reader, TOLD_ALL);
    expect(&p.reader, "CLIENT TRACKING OFF", "OK");
    expect(&p.writer, "FLUSHALL", "OK");
    expect_told(&p.reader, "");
    pair_close(&p);
}

Test(tracking, an_exchange_of_databases_is_told_as_all_keys)
{
    struct pair p;
    if (pair_is_redis()) cr_skip_test("Redis tells nobody");
    pair_open(&p);
    expect(&p.reader, "CLIENT TRACKING ON", "OK");
    expect(&p.reader, "GET k", "(nil)");
    expect(&p.writer, "SWAPDB 0 1", "OK");
    expect_told(&p.reader, TOLD_ALL);
    pair_close(&p);
}

Test(tracking, own_changes_are_told_behind_their_reply)
{
    struct pair p;
    pair_open(&p);
    expect(&p.reader, "CLIENT TRACKING ON", "OK");
    expect_all(&p.reader, "GET k\r\nSET k 1\r\nGET k\r\nSET k 2\r\nSET k 3\r\nPING\r\n",
               "_\r\n+OK\r\n>2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n"
               "$1\r\n1\r\n+OK\r\n>2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n+OK\r\n+PONG\r\n");
    pair_close(&p);
}

Test(tracking, with_noloop_own_changes_are_not_told_and_end_it)
{
    struct pair p;
    pair_open(&p);
    expect(&p.reader, "CLIENT TRACKING ON NOLOOP", "OK");
    expect(&p.reader, "GET k", "(nil)");
    expect(&p.reader, "SET k 1", "OK");
    expect(&p.writer, "SET k 2", "OK");
    expect_told(&p.reader, "");
    expect(&p.reader, "GET k", "\"2\"");
    expect(&p.writer, "SET k 3", "OK");
    expect_told(&p.reader, TOLD("k"));
    pair_close(&p);
}

Test(tracking, silenced_replies_do_not_silence_what_is_told)
{
    struct pair p;
    pair_open(&p);
    expect(&p.reader, "CLIENT TRACKING ON", "OK");
    expect(&p.reader, "GET k", "(nil)");
    expect(&p.reader, "GET l", "(nil)");
    expect_all(&p.reader, "CLIENT REPLY OFF\r\nSET k 1\r\nCLIENT REPLY ON\r\n",
               ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n+OK\r\n");
    expect_all(&p.reader, "CLIENT REPLY SKIP\r\nSET l 1\r\nPING\r\n",
               ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nl\r\n+PONG\r\n");
    pair_close(&p);
}

Test(tracking, with_optin_reads_are_remembered_behind_caching_yes)
{
    struct pair p;
    pair_open(&p);
    expect(&p.reader, "CLIENT TRACKING ON OPTIN", "OK");
    expect(&p.reader, "GET a", "(nil)");
    expect(&p.reader, "CLIENT CACHING YES", "OK");
    expect(&p.reader, "MGET b c", "1) (nil)\n2) (nil)");
    expect(&p.reader, "GET d", "(nil)");
    expect(&p.reader, "CLIENT CACHING YES", "OK");
    expect(&p.reader, "PING", "PONG");
    expect(&p.reader, "GET e", "(nil)");
    expect(&p.reader, "CLIENT CACHING YES", "OK");
    expect_start(&p.reader, "CLIENT ID", "(integer)");
    expect(&p.reader, "GET f", "(nil)");
    expect(&p.writer, "MSET a 1 b 1 c 1 d 1 e 1 f 1", "OK");
    expect_told(&p.reader, TOLD("b") " " TOLD("c") " " TOLD("f"));
    pair_close(&p);
}

Test(tracking, with_optout_reads_are_remembered_but_behind_caching_no)
{
    struct pair p;
    pair_open(&p);
    expect(&p.reader, "CLIENT TRACKING ON OPTOUT", "OK");
    expect(&p.reader, "GET a", "(nil)");
    expect(&p.reader, "CLIENT CACHING NO", "OK");
    expect(&p.reader, "GET b", "(nil)");
    expect(&p.reader, "GET c", "(nil)");
    expect(&p.reader, "CLIENT CACHING NO", "OK");
    expect_start(&p.reader, "NOSUCH", "(error)");
    expect(&p.reader, "GET d", "(nil)");
    expect(&p.writer, "MSET a 1 b 1 c 1 d 1", "OK");
    expect_told(&p.reader, TOLD("a") " " TOLD("c") " " TOLD("d"));
    pair_close(&p);
}

Test(tracking, keys_are_told_by_prefix_together_each_once_and_in_order)
{
    struct pair p;
    pair_open(&p);
    expect(&p.reader, "CLIENT TRACKING ON BCAST PREFIX user: PREFIX b", "OK");
    expect_all(&p.writer, "MSET user:2 1 user:1 1 user 1 c 1 b 1\r\nSET ba 1\r\nSET user:2 2\r\n",
               "+OK\r\n+OK\r\n+OK\r\n");
    expect_told(&p.reader, TOLD("b") "\n   2) \"ba\" " TOLD("user:1") "\n   2) \"user:2\"");
    expect(&p.writer, "FLUSHALL", "OK");
    expect_told(&p.reader, TOLD_ALL);
    pair_close(&p);
}

Test(tracking, without_a_prefix_all_keys_are_told)
{
    struct pair p;
    pair_open(&p);
    expect(&p.reader, "CLIENT TRACKING ON BCAST", "OK");
    expect(&p.writer, "SET \"\" 1", "OK");
    expect_told(&p.reader, TOLD(""));
    expect(&p.reader, "SET a 1", "OK");
    expect_told(&p.reader, TOLD("a"));
    expect(&p.reader, "CLIENT TRACKING OFF", "OK");
    expect(&p.writer, "SET b 1", "OK");
    expect_told(&p.reader, "");
    pair_close(&p);
}

Test(tracking, with_noloop_the_last_who_changed_a_key_is_not_told_by_prefix)
{
    struct pair p;
    pair_open(&p);
    expect(&p.reader, "CLIENT TRACKING ON BCAST NOLOOP", "OK");
    expect(&p.reader, "SET a 1", "OK");
    expect_told(&p.reader, "");
    expect(&p.writer, "MSET a 1 b 1", "OK");
    expect_told(&p.reader, TOLD("a") "\n   2) \"b\"");
    expect(&p.reader, "FLUSHALL", "OK");
    expect_told(&p.reader, TOLD_ALL);
    pair_close(&p);
}

Test(tracking, reads_from_before_the_other_mode_are_not_told)
{
    struct pair p;
    pair_open(&p);
    expect(&p.reader, "CLIENT TRACKING ON", "OK");
    expect(&p.reader, "GET a", "(nil)");
    expect(&p.reader, "GET b", "(nil)");
    expect(&p.reader, "CLIENT TRACKING OFF", "OK");
    expect(&p.reader, "CLIENT TRACKING ON BCAST PREFIX x", "OK");
    expect(&p.writer, "SET a 1", "OK");
    expect_told(&p.reader, "");
    expect(&p.reader, "CLIENT TRACKING OFF", "OK");
    expect(&p.reader, "CLIENT TRACKING ON", "OK");
    expect(&p.writer, "SET b 1", "OK");
    expect_told(&p.reader, TOLD("b"));
    pair_close(&p);
}

static long long used_memory(struct client *client)
{
    const char *text = strstr(client_ask(client, "INFO memory").data, "used_memory:");
    cr_assert_not_null(text);
    return atoll(text + strlen("used_memory:"));
}

/* What keys were tracked a flush forgets, and frees as fast as it comes. */
Test(tracking, keys_that_flushes_forget_take_no_memory)
{
    static const char *const flushes[] = { "FLUSHALL", "FLUSHDB", "SWAPDB 0 1" };
    struct pair p;
    pair_open(&p);
    expect(&p.writer, "CLIENT TRACKING ON", "OK");
    long long before = used_memory(&p.writer);
    for (int i = 0; i < 6000; i++) {
        client_ask(&p.writer, "MGET a b c d e f g h i j k l m n o p");
        expect(&p.writer, flushes[i % 3], "OK");
    }
    cr_assert_lt(used_memory(&p.writer) - before, 1 << 20);
    pair_close(&p);
}
