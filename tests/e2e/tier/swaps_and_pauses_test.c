/*
 * Databases that are exchanged, writes that are paused, and settings that are the upstream's.
 */
#include <criterion/criterion.h>

#include "tests/e2e/tier/tier.h"
#include "tests/support/client/expect.h"
#include "tests/support/pace.h"

TestSuite(tier_swaps_and_pauses, .timeout = 60);

static struct tier_example t;

/* k is "0" in database 0 and "1" in database 1, and here that is known. */
static void open_with_two_values(void)
{
    tier_open(&t, NULL);
    expect(&t.client, "SELECT 1", "OK");
    expect(&t.client, "SET k 1", "OK");
    expect(&t.client, "SELECT 0", "OK");
    expect(&t.client, "SET k 0", "OK");
    tier_expect_hit(&t.client, "GET k", "\"0\"");
}

/* B2: what exchanges databases need not be a SWAPDB by name. */
Test(tier_swaps_and_pauses, an_own_swap_in_any_form_is_seen_at_once)
{
    open_with_two_values();
    expect(&t.client, "MULTI", "OK");
    expect(&t.client, "SWAPDB 0 1", "QUEUED");
    expect(&t.client, "EXEC", "1) OK");
    expect(&t.client, "GET k", "\"1\"");
    expect(&t.client, "EVAL \"return redis.call('swapdb', 0, 1)\" 0", "OK");
    expect(&t.client, "GET k", "\"0\"");
    expect(&t.client, "GET k", "\"0\"");
    expect(&t.client, "WATCH other", "OK");
    expect(&t.client, "SWAPDB 0 1", "OK");
    expect(&t.client, "GET k", "\"1\"");
    expect(&t.client, "UNWATCH", "OK");
    expect(&t.client, "GET k", "\"1\"");
    tier_close(&t);
}

/* B2 */
Test(tier_swaps_and_pauses, a_swap_is_seen_although_its_count_was_set_back)
{
    open_with_two_values();
    expect(&t.direct, "SWAPDB 0 1", "OK");
    expect(&t.direct, "CONFIG RESETSTAT", "OK");
    tier_wait_reply(&t.client, "GET k", "\"1\"");
    tier_close(&t);
}

/* B2: scripts that exchange nothing cost no copies. */
Test(tier_swaps_and_pauses, a_script_that_swaps_nothing_drops_nothing)
{
    open_with_two_values();
    expect(&t.client, "EVAL \"return 1\" 0", "(integer) 1");
    expect(&t.client, "GET k", "\"0\"");
    tier_expect_hit(&t.client, "GET k", "\"0\"");
    int64_t before = tier_count(&t.client, "nearcache_flushes");
    for (int i = 0; i < 10; i++) expect(&t.client, "EVAL \"return 1\" 0", "(integer) 1");
    cr_assert_eq(tier_count(&t.client, "nearcache_flushes"), before);
    tier_expect_hit(&t.client, "GET k", "\"0\"");
    tier_close(&t);
}

#define PAUSE_MS 20000

/* B6 */
Test(tier_swaps_and_pauses, a_read_does_not_wait_for_a_write_that_the_upstream_holds)
{
    struct client writer;
    tier_open(&t, OPTIONS("--upstream-timeout", "60000"));
    cr_assert(client_open_tcp(&writer, t.server.port));
    expect(&t.direct, "SET unknown v", "OK");
    expect(&t.direct, "CLIENT PAUSE 20000 WRITE", "OK");
    int64_t start_ms = pace_now_ms();
    cr_assert(client_send_line(&writer, "SET a 1"));
    pace_sleep_ms(1000);
    expect(&t.client, "GET unknown", "\"v\"");
    cr_assert(pace_now_ms() - start_ms < PAUSE_MS / 2);
    expect(&t.direct, "CLIENT UNPAUSE", "OK");
    expect_next(&writer, "OK");
    expect(&t.client, "GET a", "\"1\"");
    client_close(&writer);
    tier_close(&t);
}

/* B6 */
Test(tier_swaps_and_pauses, an_own_pause_of_writes_holds_only_writes)
{
    struct client other;
    tier_open(&t, NULL);
    cr_assert(client_open_tcp(&other, t.server.port));
    expect(&other, "RPUSH l a", "(integer) 1");
    expect(&t.client, "CLIENT PAUSE 100000 WRITE", "OK");
    expect(&other, "LRANGE l 0 -1", "1) \"a\"");
    expect(&other, "MULTI", "OK");
    expect(&other, "LLEN l", "QUEUED");
    expect(&other, "DISCARD", "OK");
    expect(&other, "EVAL_RO \"return 1\" 0", "(integer) 1");
    expect_start(&other, "SCRIPT LOAD \"return 1\"", "\"");
    expect(&other, "SUBSCRIBE a", "1) \"subscribe\"\n2) \"a\"\n3) (integer) 1");
    cr_assert(client_send_line(&t.client, "RPUSH l b"));
    client_close(&other);
    cr_assert(client_open_tcp(&other, t.server.port));
    expect(&other, "LLEN l", "(integer) 1");
    expect(&other, "CLIENT UNPAUSE", "OK");
    expect_next(&t.client, "(integer) 2");
    client_close(&other);
    tier_close(&t);
}

/* B10 */
Test(tier_swaps_and_pauses, settings_about_the_upstreams_keys_are_the_upstreams)
{
    tier_open(&t, NULL);
    expect(&t.client, "CONFIG SET notify-keyspace-events KEA", "OK");
    expect(&t.direct, "CONFIG GET notify-keyspace-events", "1) \"notify-keyspace-events\"\n2) \"AKE\"");
    expect(&t.client, "CONFIG GET notify-keyspace-events", "1) \"notify-keyspace-events\"\n2) \"AKE\"");
    expect(&t.client, "CONFIG SET hash-max-listpack-entries 7 hash-max-listpack-value 9", "OK");
    expect(&t.direct, "CONFIG GET hash-max-listpack-entries", "1) \"hash-max-listpack-entries\"\n2) \"7\"");
    expect_start(&t.client, "CONFIG SET maxmemory 1gb notify-keyspace-events A",
                 "(error) ERR CONFIG SET failed");
    expect(&t.client, "CONFIG SET maxmemory 100mb", "OK");
    expect(&t.direct, "CONFIG GET maxmemory", "1) \"maxmemory\"\n2) \"0\"");
    tier_close(&t);
}

/* B4: nobody tells of the change, but whoever has seen it sees it from then on. */
Test(tier_swaps_and_pauses, without_tracking_what_any_way_has_read_newer_drops_the_copy)
{
    static const char *const ways[] = { "LCS k k", "EVAL_RO \"return redis.call('get', KEYS[1])\" 1 k" };
    tier_open(&t, OPTIONS("--near-cache-tracking", "ttl"));
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        expect(&t.client, "SET k old", "OK");
        int64_t fills = tier_count(&t.client, "nearcache_fills");
        expect(&t.client, "GET k", "\"old\"");
        tier_wait_count(&t.client, "nearcache_fills", fills + 1);
        tier_expect_hit(&t.client, "GET k", "\"old\"");
        expect(&t.direct, "SET k new", "OK");
        client_ask(&t.client, ways[i]);
        expect(&t.client, "GET k", "\"new\"");
    }
    expect(&t.direct, "SET k newer", "OK");
    expect(&t.client, "WATCH k", "OK");
    expect(&t.client, "GET k", "\"newer\"");
    expect(&t.client, "UNWATCH", "OK");
    expect(&t.client, "GET k", "\"newer\"");
    tier_close(&t);
}
