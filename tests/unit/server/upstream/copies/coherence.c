/*
 * What passes through the lane, in every order that matters.
 */
#include <criterion/criterion.h>

#include "tests/support/pace.h"
#include "tests/unit/server/upstream/scripted.h"

#define V(text) "$1\r\n" text "\r\n"
#define NIL     "$-1\r\n"
#define OK      "+OK\r\n"
#define NO_LINK "-MASTERDOWN Link with the upstream is down and upstream-on-failure does not allow this.\r\n"
#define UNKNOWN "-ERR The link with the upstream was lost: whether this command was executed is unknown.\r\n"
#define OPTIONS(...)                                                                                         \
    (const char *const[])                                                                                    \
    {                                                                                                        \
        __VA_ARGS__, NULL                                                                                    \
    }

static struct scripted *s;

static void open_scripted(void)
{
    s = scripted_open(NULL);
}

static void close_scripted(void)
{
    if (s != NULL) scripted_close(&s);
}

TestSuite(coherence, .init = open_scripted, .fini = close_scripted);

static void open_with(const char *const *options)
{
    scripted_close(&s);
    s = scripted_open(options);
}

/* Client 0 has read k as v, and it was kept. */
static void keep_k(void)
{
    say(s, 0, "GET k");
    answer(s, "GET k", "$1\r\nv\r\n");
    hear(s, 0, V("v"));
    answer(s, "PTTL k", ":-1\r\n");
    expect_local(s, 0, "GET k", V("v"));
}

Test(coherence, a_read_is_kept_when_its_ttl_has_come)
{
    say(s, 0, "GET k");
    answer(s, "GET k", "$1\r\nv\r\n");
    hear(s, 0, V("v"));
    say(s, 1, "GET k"); /* not kept yet */
    answer(s, "PTTL k", ":-1\r\n");
    answer(s, "GET k", "$1\r\nv\r\n");
    answer(s, "PTTL k", ":-1\r\n");
    hear(s, 1, V("v"));
    expect_local(s, 2, "GET k", V("v"));
}

Test(coherence, a_change_before_the_reply_of_a_read_discards_it)
{
    say(s, 0, "GET k");
    invalidate(s, "k");
    answer(s, "GET k", "$1\r\nv\r\n");
    answer(s, "PTTL k", ":-1\r\n");
    hear(s, 0, V("v"));
    say(s, 0, "GET k");
    answer(s, "GET k", "$1\r\nw\r\n");
    hear(s, 0, V("w"));
}

Test(coherence, a_change_between_the_value_and_its_ttl_discards_it)
{
    say(s, 0, "GET k");
    answer(s, "GET k", "$1\r\nv\r\n");
    invalidate(s, "k");
    answer(s, "PTTL k", ":-1\r\n");
    hear(s, 0, V("v"));
    say(s, 0, "GET k");
    answer(s, "GET k", "$1\r\nw\r\n");
    hear(s, 0, V("w"));
}

Test(coherence, a_change_of_a_missing_key_on_its_way_discards_its_absence)
{
    say(s, 0, "GET k");
    invalidate(s, "k");
    answer(s, "GET k", "_\r\n");
    answer(s, "PTTL k", ":-2\r\n");
    hear(s, 0, NIL);
    say(s, 0, "GET k");
    answer(s, "GET k", "$1\r\nw\r\n");
    hear(s, 0, V("w"));
}

Test(coherence, a_flush_discards_what_is_on_its_way_and_what_is_there)
{
    keep_k();
    say(s, 0, "GET j");
    invalidate_all(s);
    answer(s, "GET j", "$1\r\nv\r\n");
    answer(s, "PTTL j", ":-1\r\n");
    hear(s, 0, V("v"));
    say(s, 0, "MGET k j");
    answer(s, "MGET k j", "*2\r\n_\r\n_\r\n");
    hear(s, 0, "*2\r\n" NIL NIL);
}

Test(coherence, a_key_that_expired_between_the_value_and_its_ttl_is_not_kept)
{
    say(s, 0, "GET k");
    answer(s, "GET k", "$1\r\nv\r\n");
    answer(s, "PTTL k", ":-2\r\n");
    hear(s, 0, V("v"));
    say(s, 0, "GET k");
    answer(s, "GET k", "_\r\n");
    hear(s, 0, NIL);
}

Test(coherence, a_write_of_ones_own_discards_a_read_on_its_way)
{
    say(s, 0, "GET k");
    say(s, 1, "APPEND k x");
    answer(s, "GET k", "$1\r\nv\r\n");
    answer(s, "PTTL k", ":-1\r\n");
    hear(s, 0, V("v"));
    say(s, 0, "GET k");
    answer(s, "APPEND k x", ":2\r\n");
    hear(s, 1, ":2\r\n");
    answer(s, "GET k", "$2\r\nvx\r\n");
    hear(s, 0, "$2\r\nvx\r\n");
}

Test(coherence, nothing_is_known_of_a_key_while_a_write_is_on_its_way)
{
    keep_k();
    say(s, 1, "SET k w");
    say(s, 0, "GET k"); /* goes up, behind the write */
    hear_nothing(s, 0);
    answer(s, "SET k w", "+OK\r\n");
    answer(s, "GET k", "$1\r\nw\r\n");
    answer(s, "PTTL k", ":-1\r\n");
    hear(s, 0, V("w"));
    hear(s, 1, OK);
    expect_local(s, 2, "GET k", V("w"));
}

Test(coherence, a_value_written_is_dropped_again_by_a_write_that_follows)
{
    say(s, 0, "SET k v");
    say(s, 1, "APPEND k x");
    answer(s, "SET k v", "+OK\r\n");
    answer(s, "APPEND k x", ":2\r\n");
    say(s, 0, "GET k");
    answer(s, "GET k", "$2\r\nvx\r\n");
}

Test(coherence, a_change_behind_a_write_drops_what_it_left)
{
    say(s, 0, "SET k v");
    answer(s, "SET k v", "+OK\r\n");
    invalidate(s, "k");
    hear(s, 0, OK);
    say(s, 0, "GET k");
    answer(s, "GET k", "$1\r\nw\r\n");
    hear(s, 0, V("w"));
}

/* Its deadline is what was there before, which somebody else may have changed without our being told. */
Test(coherence, a_counter_is_not_kept_and_nothing_is_asked_for_it)
{
    keep_k();
    say(s, 0, "INCR k");
    answer(s, "INCR k", ":1\r\n");
    hear(s, 0, ":1\r\n");
    expect_quiet(s);
    say(s, 0, "GET k");
    answer(s, "GET k", "$1\r\n1\r\n");
    answer(s, "PTTL k", ":-1\r\n");
    hear(s, 0, V("1"));
    expect_local(s, 1, "GET k", V("1"));
}

/* The time is one of the upstream's clock. */
Test(coherence, when_a_key_ends_is_told_locally_when_it_does_not)
{
    open_with(OPTIONS("--near-cache-max-ttl", "0"));
    keep_k();
    expect_local(s, 0, "EXPIRETIME k", ":-1\r\n");
    expect_local(s, 0, "PEXPIRETIME k", ":-1\r\n");
    say(s, 0, "GET none");
    answer(s, "GET none", "_\r\n");
    answer(s, "PTTL none", ":-2\r\n");
    hear(s, 0, NIL);
    expect_local(s, 0, "PEXPIRETIME none", ":-2\r\n");
    say(s, 0, "GET mortal");
    answer(s, "GET mortal", "$1\r\nv\r\n");
    answer(s, "PTTL mortal", ":5000\r\n");
    hear(s, 0, V("v"));
    expect_local(s, 0, "TTL mortal", ":5\r\n");
    say(s, 0, "PEXPIRETIME mortal");
    answer(s, "PEXPIRETIME mortal", ":1700000000123\r\n");
    hear(s, 0, ":1700000000123\r\n");
}

/* Every copy ends at near-cache-max-ttl, which is not the key's end. */
Test(coherence, that_a_key_does_not_end_is_told_locally_though_its_copy_does)
{
    keep_k();
    expect_local(s, 0, "TTL k", ":-1\r\n");
    expect_local(s, 0, "PTTL k", ":-1\r\n");
    expect_local(s, 0, "EXPIRETIME k", ":-1\r\n");
    expect_local(s, 0, "PEXPIRETIME k", ":-1\r\n");
    say(s, 0, "SET j v");
    answer(s, "SET j v", "+OK\r\n");
    hear(s, 0, OK);
    expect_local(s, 0, "TTL j", ":-1\r\n");
    expect_local(s, 0, "GET k", V("v"));
    invalidate(s, "k");
    say(s, 0, "TTL k");
    answer(s, "TTL k", ":100\r\n");
    hear(s, 0, ":100\r\n");
}

/* That an EXPIRE stood before the TTL in the upstream's turn is told behind its reply: who has seen that
 * reply is not shown what was there before. */
Test(coherence, a_ttl_longer_than_a_copy_lives_is_asked_for_and_ends_the_copy)
{
    say(s, 0, "SET k v EX 5000");
    answer(s, "SET k v EX 5000", "+OK\r\n");
    hear(s, 0, OK);
    expect_local(s, 0, "GET k", V("v"));
    say(s, 0, "TTL k");
    answer(s, "TTL k", ":5000\r\n");
    hear(s, 0, ":5000\r\n");
    say(s, 0, "GET k");
    answer(s, "GET k", "$1\r\nw\r\n");
    hear(s, 0, V("w"));
}

Test(coherence, a_write_that_did_not_happen_leaves_nothing)
{
    say(s, 0, "SET k v NX");
    answer(s, "SET k v NX", "_\r\n");
    hear(s, 0, NIL);
    say(s, 0, "SETNX k v");
    answer(s, "SETNX k v", ":0\r\n");
    hear(s, 0, ":0\r\n");
    say(s, 0, "MSETNX k v j w");
    answer(s, "MSETNX k v j w", ":0\r\n");
    hear(s, 0, ":0\r\n");
    say(s, 0, "SET k v");
    answer(s, "SET k v", "-OOM full\r\n");
    hear(s, 0, "-OOM full\r\n");
    say(s, 0, "INCR k");
    answer(s, "INCR k", "-ERR no integer\r\n");
    hear(s, 0, "-ERR no integer\r\n");
    say(s, 0, "GET k");
    answer(s, "GET k", "_\r\n");
}

Test(coherence, errors_are_passed_on_and_never_kept)
{
    say(s, 0, "GET k");
    answer(s, "GET k", "-LOADING later\r\n");
    answer(s, "PTTL k", "-LOADING later\r\n");
    hear(s, 0, "-LOADING later\r\n");
    say(s, 0, "GET k");
    answer(s, "GET k", "$1\r\nv\r\n");
    answer(s, "PTTL k", "-LOADING later\r\n");
    hear(s, 0, V("v"));
    say(s, 0, "GET k");
    answer(s, "GET k", "$1\r\nv\r\n");
}

Test(coherence, a_deadline_counts_from_when_it_was_sent)
{
    say(s, 0, "SET k v PX 100");
    advance(s, 60);
    answer(s, "SET k v PX 100", "+OK\r\n");
    hear(s, 0, OK);
    advance(s, 30);
    expect_local(s, 0, "GET k", V("v"));
    advance(s, 10);
    say(s, 0, "GET k");
    advance(s, 50);
    answer(s, "GET k", "$1\r\nv\r\n");
    answer(s, "PTTL k", ":100\r\n");
    hear(s, 0, V("v"));
    advance(s, 40);
    expect_local(s, 0, "GET k", V("v"));
    advance(s, 10);
    say(s, 0, "GET k");
    answer(s, "GET k", "_\r\n");
}

Test(coherence, a_deadline_of_the_upstreams_clock_is_asked_for)
{
    say(s, 0, "SET k v PXAT 99999999999999");
    answer(s, "SET k v PXAT 99999999999999", "+OK\r\n");
    answer(s, "PTTL k", ":1000\r\n");
    hear(s, 0, OK);
    expect_local(s, 0, "GET k", V("v"));
    advance(s, 1000);
    say(s, 0, "GET k");
    answer(s, "GET k", "_\r\n");
}

Test(coherence, copies_go_when_the_clock_is_set_back)
{
    say(s, 0, "SET k v PX 100");
    answer(s, "SET k v PX 100", "+OK\r\n");
    hear(s, 0, OK);
    advance(s, -3600000);
    let_heartbeat_pass(s);
    say(s, 0, "GET k");
    answer(s, "GET k", "_\r\n");
    hear(s, 0, NIL);
}

Test(coherence, reads_of_one_key_wait_for_one_reply)
{
    say(s, 0, "GET k");
    say(s, 1, "GET k");
    say(s, 2, "GET k");
    answer(s, "GET k", "$1\r\nv\r\n");
    answer(s, "PTTL k", ":-1\r\n");
    for (int i = 0; i < 3; i++) hear(s, i, V("v"));
    expect_quiet(s);
}

/* Its own write is behind the read that it would join. */
Test(coherence, a_client_with_something_on_its_way_joins_nobody)
{
    say(s, 0, "GET k");
    say(s, 1, "SET j 1");
    say(s, 1, "GET k");
    answer(s, "GET k", "$1\r\nv\r\n");
    hear_nothing(s, 1);
    answer(s, "PTTL k", ":-1\r\n");
    answer(s, "SET j 1", "+OK\r\n");
    answer(s, "GET k", "$1\r\nv\r\n");
    hear(s, 1, OK V("v"));
}

Test(coherence, who_comes_after_a_change_does_not_wait_for_the_read_before_it)
{
    say(s, 0, "GET k");
    invalidate(s, "k");
    say(s, 1, "GET k");
    answer(s, "GET k", "$1\r\nv\r\n");
    hear(s, 0, V("v"));
    hear_nothing(s, 1);
    answer(s, "PTTL k", ":-1\r\n");
    answer(s, "GET k", "$1\r\nw\r\n");
    hear(s, 1, V("w"));
}

Test(coherence, a_local_answer_waits_for_what_is_on_its_way_for_its_client)
{
    keep_k();
    say(s, 0, "SET j 1\r\nGET k\r\nPING");
    hear_nothing(s, 0);
    answer(s, "SET j 1", "+OK\r\n");
    answer(s, "GET k", "$1\r\nv\r\n");
    hear(s, 0, OK V("v") "+PONG\r\n");
}

Test(coherence, nothing_is_answered_locally_without_a_sign_of_life)
{
    keep_k();
    let_heartbeat_pass(s);
    say(s, 0, "GET k");
    answer(s, "GET k", "$1\r\nv\r\n");
    hear(s, 0, V("v"));
}

Test(coherence, a_new_link_starts_with_nothing)
{
    keep_k();
    lose(s);
    bring_up(s, UPSTREAM_TRACKS_ALL);
    say(s, 0, "GET k");
    answer(s, "GET k", "$1\r\nw\r\n");
    hear(s, 0, V("w"));
}

Test(coherence, what_was_on_its_way_when_the_link_was_lost_is_not_kept)
{
    say(s, 0, "GET k");
    answer(s, "GET k", "$1\r\nv\r\n");
    lose(s);
    bring_up(s, UPSTREAM_TRACKS_ALL);
    hear(s, 0, V("v"));
    say(s, 0, "GET k");
    answer(s, "GET k", "$1\r\nw\r\n");
}

Test(coherence, a_lost_write_is_unknown_and_not_sent_again)
{
    say(s, 0, "INCR n");
    lose(s);
    hear(s, 0, UNKNOWN);
    bring_up(s, UPSTREAM_TRACKS_ALL);
    expect_quiet(s);
}

Test(coherence, a_lost_read_is_sent_again_when_there_is_a_link)
{
    say(s, 0, "GET k");
    say(s, 1, "GET k");
    lose(s);
    fail(s);
    hear_nothing(s, 0);
    bring_up(s, UPSTREAM_TRACKS_ALL);
    answer(s, "GET k", "$1\r\nv\r\n");
    answer(s, "PTTL k", ":-1\r\n");
    hear(s, 0, V("v"));
    hear(s, 1, V("v"));
    expect_local(s, 2, "GET k", V("v"));
}

Test(coherence, what_follows_a_lost_read_waits_for_it)
{
    say(s, 0, "GET k");
    lose(s);
    say(s, 0, "SET k w");
    bring_up(s, UPSTREAM_TRACKS_ALL);
    answer(s, "GET k", "$1\r\nv\r\n");
    answer(s, "PTTL k", ":-1\r\n");
    hear(s, 0, V("v"));
    answer(s, "SET k w", "+OK\r\n");
    hear(s, 0, OK);
}

Test(coherence, a_lost_read_before_a_write_is_not_sent_again)
{
    say(s, 0, "INCR n"); /* what follows a short reply may be three at once */
    answer(s, "INCR n", ":1\r\n");
    hear(s, 0, ":1\r\n");
    say(s, 0, "GET k");
    say(s, 0, "SET k w");
    say(s, 0, "GET j");
    lose(s);
    hear(s, 0, NO_LINK UNKNOWN);
    bring_up(s, UPSTREAM_TRACKS_ALL);
    answer(s, "GET j", "$1\r\nv\r\n");
    answer(s, "PTTL j", ":-1\r\n");
    hear(s, 0, V("v"));
    expect_quiet(s);
}

Test(coherence, a_read_that_is_lost_twice_is_an_error)
{
    say(s, 0, "GET k");
    lose(s);
    bring_up(s, UPSTREAM_TRACKS_ALL);
    lose(s);
    hear(s, 0, NO_LINK);
    bring_up(s, UPSTREAM_TRACKS_ALL);
    expect_quiet(s);
}

Test(coherence, a_lost_read_waits_for_a_link_no_longer_than_upstream_timeout)
{
    open_with(OPTIONS("--upstream-timeout", "20"));
    say(s, 0, "GET k");
    lose(s);
    fail(s);
    hear_nothing(s, 0);
    pace_sleep_ms(25);
    hear(s, 0, NO_LINK);
}

Test(coherence, clients_wait_while_the_link_is_made_and_are_refused_when_that_fails)
{
    lose(s);
    say(s, 0, "SET k v");
    hear_nothing(s, 0);
    fail(s);
    hear(s, 0, NO_LINK);
    say(s, 0, "GET k");
    hear(s, 0, NO_LINK);
    bring_up(s, UPSTREAM_TRACKS_ALL);
    say(s, 0, "SET k v");
    answer(s, "SET k v", "+OK\r\n");
    hear(s, 0, OK);
}

Test(coherence, stale_copies_are_served_but_not_those_under_change)
{
    open_with(OPTIONS("--upstream-on-failure", "serve-stale 10"));
    keep_k();
    say(s, 0, "SET j 1");
    answer(s, "SET j 1", "+OK\r\n");
    hear(s, 0, OK);
    say(s, 1, "SET j 2");
    lose(s);
    hear(s, 1, UNKNOWN);
    fail(s);
    say(s, 0, "GET k");
    hear(s, 0, V("v"));
    say(s, 0, "GET j");
    hear(s, 0, NO_LINK);
}

Test(coherence, where_reads_are_tracked_own_writes_are_not_kept)
{
    lose(s);
    bring_up(s, UPSTREAM_TRACKS_READ);
    say(s, 0, "SET k v");
    answer(s, "SET k v", "+OK\r\n");
    hear(s, 0, OK);
    say(s, 0, "GET k");
    answer(s, "GET k", "$1\r\nv\r\n");
    answer(s, "PTTL k", ":-1\r\n");
    hear(s, 0, V("v"));
    expect_local(s, 0, "GET k", V("v"));
    say(s, 1, "INCR n");
    answer(s, "INCR n", ":1\r\n");
    hear(s, 1, ":1\r\n");
    expect_quiet(s);
}

Test(coherence, an_mget_keeps_each_value_that_did_not_change_meanwhile)
{
    say(s, 0, "MGET a b c");
    invalidate(s, "b");
    answer(s, "MGET a b c", "*3\r\n$1\r\n1\r\n$1\r\n2\r\n_\r\n");
    answer(s, "PTTL a", ":-1\r\n");
    answer(s, "PTTL b", ":-1\r\n");
    answer(s, "PTTL c", ":-2\r\n");
    hear(s, 0, "*3\r\n" V("1") V("2") NIL);
    expect_local(s, 0, "GET a", V("1"));
    say(s, 0, "GET b");
    answer(s, "GET b", "$1\r\n3\r\n");
    answer(s, "PTTL b", ":-1\r\n");
    say(s, 1, "GET c"); /* MGET does not tell absence from another type */
    answer(s, "GET c", "_\r\n");
    answer(s, "PTTL c", ":-2\r\n");
    hear(s, 1, NIL);
    expect_local(s, 1, "EXISTS c", ":0\r\n");
}

Test(coherence, a_client_that_leaves_keeps_nobody_from_being_answered)
{
    say(s, 0, "GET k");
    say(s, 1, "GET k");
    say(s, 0, "SET x 1\r\nQUIT");
    answer(s, "GET k", "$1\r\nv\r\n");
    answer(s, "PTTL k", ":-1\r\n");
    answer(s, "SET x 1", "+OK\r\n");
    hear(s, 1, V("v"));
    hear(s, 0, V("v") OK OK);
}

Test(coherence, databases_are_told_to_the_upstream_and_kept_apart)
{
    keep_k();
    say(s, 0, "SELECT 3");
    hear(s, 0, OK);
    say(s, 0, "GET k");
    answer(s, "GET k", "_\r\n");
    answer(s, "PTTL k", ":-2\r\n");
    hear(s, 0, NIL);
    expect_local(s, 0, "GET k", NIL);
    expect_local(s, 1, "GET k", V("v"));
    invalidate(s, "k"); /* in whichever database */
    say(s, 0, "GET k");
    answer(s, "GET k", "$1\r\nw\r\n");
}
