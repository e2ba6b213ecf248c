/*
 * Clients that keep copies themselves, and track at a server with an upstream.
 */
#include <criterion/criterion.h>

#include "tests/e2e/events/tracking.h"
#include "tests/e2e/tier/tier.h"
#include "tests/support/pace.h"

TestSuite(tier_followers, .timeout = 60);

static struct tier_example t;
static struct client reader;

static void connect_reader(const char *tracking)
{
    cr_assert(client_open_tcp(&reader, t.server.port));
    client_ask(&reader, "HELLO 3");
    expect(&reader, tracking, "OK");
}

static void open_with(const char *const *options, const char *tracking)
{
    tier_open(&t, options);
    connect_reader(tracking);
}

static void close_all(void)
{
    client_close(&reader);
    tier_close(&t);
}

/* What the client is told sooner or later, by a way that it does not see the end of. */
static void expect_told_soon(const char *told)
{
    struct buffer text = { 0 };
    struct slice push;
    cr_assert(client_read(&reader, &push));
    reply_text(&text, push);
    buffer_append(&text, "", 1);
    cr_assert_str_eq(text.data, told);
    buffer_clear(&text);
}

/* That everything has changed, before the reply to a PING: once, or twice when the upstream's own word came,
 * too. */
static void expect_told_of_everything(void)
{
    struct buffer text = { 0 };
    struct slice reply;
    cr_assert(client_send_line(&reader, "PING"));
    while (client_read(&reader, &reply) && !slice_equal(reply, SLICE("+PONG\r\n"))) reply_text(&text, reply);
    buffer_append(&text, "", 1);
    cr_assert(strcmp(text.data, TOLD_ALL) == 0 || strcmp(text.data, TOLD_ALL TOLD_ALL) == 0, "told %s",
              text.data);
    buffer_clear(&text);
}

Test(tier_followers, are_told_what_others_write_upstream)
{
    open_with(NULL, "CLIENT TRACKING ON");
    expect(&t.client, "SET k 1", "OK");
    expect(&reader, "GET k", "\"1\"");
    expect(&t.direct, "SET k 2", "OK");
    expect_told_soon(TOLD("k"));
    expect(&reader, "GET k", "\"2\"");
    expect(&reader, "GET k", "\"2\""); /* a hit */
    expect(&t.direct, "PEXPIRE k 300", "(integer) 1");
    expect_told_soon(TOLD("k"));
    client_ask(&reader, "EXISTS k");
    expect_told_soon(TOLD("k"));
    expect(&reader, "HGETALL h", "(empty hash)");
    expect(&t.direct, "HSET h f v", "(integer) 1");
    expect_told_soon(TOLD("h"));
    close_all();
}

Test(tier_followers, are_told_what_is_written_through_the_server_before_it_is_acknowledged)
{
    static const char *const writes[] = {
        "SET k 1",      "INCR k",       "APPEND k 0",    "DEL k",          "HSET k f v",
        "HDEL k f",     "RPUSH k a",    "LPOP k",        "SADD k a",       "RENAME k other",
        "COPY other k", "EXPIRE k 100", "GETDEL other2", "SORT l STORE k", "EVAL \"redis.call('del', 'k')\" 0"
    };
    open_with(OPTIONS("--threads", "2"), "CLIENT TRACKING ON");
    expect(&t.direct, "RPUSH l 1", "(integer) 1");
    expect(&t.direct, "SET other2 1", "OK");
    expect(&t.client, "GET other2", "\"1\""); /* the server has heard of both */
    for (size_t i = 0; i < sizeof writes / sizeof writes[0]; i++) {
        client_ask(&reader, "EXISTS k other2");
        client_ask(&t.client, writes[i]);
        cr_log_info("%s", writes[i]);
        expect_told(&reader, strstr(writes[i], "other2") != NULL ? TOLD("other2") : TOLD("k"));
    }
    client_ask(&reader, "EXISTS k");
    expect(&t.client, "MULTI", "OK");
    expect(&t.client, "SET k 1", "QUEUED");
    expect(&t.client, "EXEC", "1) OK");
    expect_told(&reader, TOLD("k"));
    close_all();
}

Test(tier_followers, are_told_of_all_keys_by_prefix)
{
    open_with(NULL, "CLIENT TRACKING ON BCAST PREFIX a NOLOOP");
    expect(&t.client, "SET a1 1", "OK");
    expect_told(&reader, TOLD("a1"));
    expect(&t.client, "HSET a2 f v", "(integer) 1");
    expect_told(&reader, TOLD("a2"));
    expect(&t.client, "SET b 1", "OK");
    expect(&reader, "SET a3 1", "OK");
    expect_told(&reader, "");
    expect(&t.direct, "SET a4 1", "OK");
    expect_told_soon(TOLD("a4"));
    expect(&t.client, "FLUSHALL", "OK");
    expect_told_of_everything();
    close_all();
}

Test(tier_followers, are_told_of_a_flush_before_it_is_acknowledged)
{
    open_with(NULL, "CLIENT TRACKING ON");
    expect(&reader, "GET k", "(nil)");
    expect(&t.client, "FLUSHDB", "OK");
    expect_told_of_everything();
    close_all();
}

Test(tier_followers, are_told_of_flushes_and_exchanges_upstream)
{
    open_with(NULL, "CLIENT TRACKING ON");
    expect(&reader, "GET k", "(nil)");
    expect(&t.direct, "FLUSHALL", "OK");
    expect_told_soon(TOLD_ALL);
    expect(&t.direct, "SWAPDB 0 1", "OK");
    expect_told_soon(TOLD_ALL);
    close_all();
}

Test(tier_followers, are_not_told_when_a_copy_leaves)
{
    open_with(OPTIONS("--near-cache-max-ttl", "50"), "CLIENT TRACKING ON");
    expect(&t.client, "SET k 1", "OK");
    expect(&reader, "GET k", "\"1\"");
    expect(&reader, "GET k", "\"1\"");
    expect(&t.client, "NEARCACHE FLUSH", "OK");
    expect_told(&reader, "");
    expect(&t.client, "GET k", "\"1\"");
    pace_sleep_ms(200);
    expect(&t.client, "GET k", "\"1\"");
    expect_told(&reader, "");
    expect(&t.client, "SET k 2", "OK");
    expect_told(&reader, TOLD("k"));
    close_all();
}

Test(tier_followers, remember_what_a_transaction_reads)
{
    open_with(NULL, "CLIENT TRACKING ON OPTIN");
    expect(&reader, "CLIENT CACHING YES", "OK");
    expect(&reader, "MULTI", "OK");
    expect(&reader, "GET k", "QUEUED");
    expect(&reader, "HGET h f", "QUEUED");
    expect(&reader, "EXEC", "1) (nil)\n2) (nil)");
    expect(&reader, "GET unasked", "(nil)");
    expect(&t.client, "MSET unasked 1 k 1", "OK");
    expect(&t.client, "HSET h f v", "(integer) 1");
    expect_told(&reader, TOLD("k") " " TOLD("h"));
    expect(&reader, "CLIENT CACHING YES", "OK");
    expect(&reader, "MULTI", "OK");
    expect(&reader, "GET k", "QUEUED");
    expect(&t.client, "SET k 2", "OK");
    expect_told_soon(TOLD("k"));
    expect(&reader, "EXEC", "1) \"2\"");
    expect_told(&reader, TOLD("k"));
    close_all();
}

Test(tier_followers, are_told_of_all_keys_when_the_link_is_lost_and_when_it_is_back)
{
    open_with(NULL, "CLIENT TRACKING ON");
    expect(&reader, "GET k", "(nil)");
    expect(&t.direct, "CLIENT KILL TYPE NORMAL", "(integer) 1");
    expect_told_soon(TOLD_ALL);
    expect_told_soon(TOLD_ALL);
    expect(&reader, "GET k", "(nil)");
    expect(&t.client, "SET k 1", "OK");
    expect_told(&reader, TOLD("k"));
    close_all();
}

Test(tier_followers, keep_nothing_that_is_not_learned_of)
{
    open_with(OPTIONS("--near-cache-prefix", "a"), "CLIENT TRACKING ON");
    expect(&reader, "GET a", "(nil)");
    expect_told(&reader, "");
    expect(&reader, "GET b", "(nil)");
    expect_told(&reader, TOLD("b"));
    expect(&reader, "CLIENT TRACKING OFF", "OK");
    expect_start(&reader, "CLIENT TRACKING ON BCAST", "(error) ERR The upstream tells this server of keys");
    expect_start(&reader, "CLIENT TRACKING ON BCAST PREFIX b", "(error) ERR The upstream tells this server");
    expect(&reader, "CLIENT TRACKING ON BCAST PREFIX ab", "OK");
    expect(&t.client, "MSET ac 1 ab 1", "OK");
    expect_told(&reader, TOLD("ab"));
    close_all();
}

Test(tier_followers, cannot_be_where_changes_are_not_learned_of)
{
    tier_open(&t, OPTIONS("--near-cache-tracking", "default"));
    expect(&t.client, "CLIENT TRACKING ON",
           "(error) ERR The upstream does not tell this server of all changes: nobody can track here");
    tier_close(&t);
    tier_open(&t, OPTIONS("--near-cache-tracking", "ttl"));
    expect_start(&t.client, "CLIENT TRACKING ON BCAST", "(error) ERR The upstream does not tell");
    tier_close(&t);
}

Test(tier_followers, that_speak_resp2_are_told_by_a_message)
{
    struct client listener;
    char line[64];
    open_with(NULL, "CLIENT TRACKING ON");
    cr_assert(client_open_tcp(&listener, t.server.port));
    snprintf(line, sizeof line, "CLIENT TRACKING ON REDIRECT %lld", pair_id(&listener));
    expect_start(&listener, "SUBSCRIBE __redis__:invalidate", "1) \"subscribe\"");
    expect(&reader, line, "OK");
    expect(&reader, "GET k", "(nil)");
    expect(&t.client, "SET k 1", "OK");
    expect_next(&listener, "1) \"message\"\n2) \"__redis__:invalidate\"\n3) 1) \"k\"");
    client_close(&listener);
    close_all();
}

static struct instance second;
static char second_url[64];

/* It is answered from a copy, sooner or later: news that were on their way may drop the first. */
static void wait_hit(struct client *client, const char *line, const char *text)
{
    for (int64_t before = tier_count(client, "nearcache_hits");
         tier_count(client, "nearcache_hits") == before;)
        expect(client, line, text);
}

/* One more server, in front of ours. */
static void open_second(struct client *client)
{
    snprintf(second_url, sizeof second_url, "redis://127.0.0.1:%d", t.server.port);
    instance_start(&second, INSTANCE_NUTHATCH, OPTIONS("--upstream", second_url));
    cr_assert(client_open_tcp(client, second.port));
    tier_wait_link(client, "up");
}

Test(tier_followers, may_be_another_server)
{
    struct client client;
    tier_open(&t, NULL);
    open_second(&client);
    struct slice info = client_ask(&client, "INFO nearcache");
    cr_assert(memmem(info.data, info.len, "nearcache_tracking:bcast", 24) != NULL);
    expect(&t.direct, "SET k 1", "OK");
    wait_hit(&client, "GET k", "\"1\"");
    expect(&t.direct, "SET k 2", "OK");
    tier_wait_reply(&client, "GET k", "\"2\"");
    wait_hit(&client, "GET k", "\"2\"");
    expect(&t.client, "SET k 3", "OK");
    tier_wait_reply(&client, "GET k", "\"3\"");
    expect(&client, "SET k 4", "OK");
    expect(&t.direct, "GET k", "\"4\"");
    expect(&t.client, "GET k", "\"4\"");
    wait_hit(&client, "GET k", "\"4\"");
    expect(&t.direct, "SWAPDB 0 1", "OK");
    tier_wait_reply(&client, "GET k", "(nil)");
    client_close(&client);
    instance_stop(&second);
    tier_close(&t);
}

Test(tier_followers, a_server_without_an_upstream_may_have_another_in_front)
{
    struct client client, direct;
    struct instance first;
    instance_start(&first, INSTANCE_NUTHATCH, OPTIONS("--threads", "2"));
    t.server.port = first.port;
    open_second(&client);
    cr_assert(client_open_tcp(&direct, first.port));
    expect(&client, "SET k 1", "OK");
    wait_hit(&client, "GET k", "\"1\"");
    expect(&direct, "INCR k", "(integer) 2");
    tier_wait_reply(&client, "GET k", "\"2\"");
    wait_hit(&client, "GET k", "\"2\"");
    expect(&direct, "SET k 3 PX 30", "OK");
    tier_wait_reply(&client, "GET k", "(nil)");
    expect(&client, "RPUSH l a", "(integer) 1");
    expect(&direct, "LRANGE l 0 -1", "1) \"a\"");
    expect(&direct, "FLUSHALL", "OK");
    tier_wait_reply(&client, "EXISTS l", "(integer) 0");
    client_close(&direct);
    client_close(&client);
    instance_stop(&second);
    instance_stop(&first);
}
