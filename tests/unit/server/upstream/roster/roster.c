#include "server/upstream/roster/roster.h"

#include <criterion/criterion.h>

#include "server/upstream/channel/tracking_info.h"
#include "server/upstream/clients/subscriptions.h"

Test(roster, is_read_from_the_reply_of_command)
{
    struct roster *roster = roster_create(SLICE(
        "*3\r\n"
        "*6\r\n$3\r\nget\r\n:2\r\n~2\r\n+readonly\r\n+fast\r\n:1\r\n:1\r\n:1\r\n"
        "*10\r\n$5\r\nblpop\r\n:-3\r\n*2\r\n+write\r\n+blocking\r\n:1\r\n:-2\r\n:1\r\n~1\r\n+@list\r\n*0\r\n"
        "*1\r\n%1\r\n+a\r\n*1\r\n+b\r\n*0\r\n"
        "*10\r\n$4\r\nEVAL\r\n:-3\r\n~1\r\n+movablekeys\r\n:0\r\n:0\r\n:0\r\n~0\r\n*0\r\n*0\r\n*0\r\n"));
    cr_assert_eq(roster_len(roster), 3);
    const struct roster_row *blpop = roster_find(roster, SLICE("BLPOP"));
    cr_assert(blpop != NULL && blpop->blocks && blpop->writes && !blpop->moves_keys);
    cr_expect(blpop->first_key == 1 && blpop->last_key == -2 && blpop->step == 1);
    const struct roster_row *get = roster_find(roster, SLICE("get"));
    cr_expect(get != NULL && !get->blocks && !get->writes);
    const struct roster_row *eval = roster_find(roster, SLICE("eval"));
    cr_expect(eval != NULL && eval->moves_keys);
    cr_expect_null(roster_find(roster, SLICE("nosuch")));
    roster_destroy(&roster);
}

/* C10, B6 */
Test(roster, knows_subcommands_and_what_monitor_and_pauses_ask)
{
    struct roster *roster = roster_create(
        SLICE("*3\r\n"
              "*10\r\n$3\r\nacl\r\n:-2\r\n~0\r\n:0\r\n:0\r\n:0\r\n~1\r\n+@slow\r\n*0\r\n*0\r\n"
              "*2\r\n"
              "*10\r\n$11\r\nacl|setuser\r\n:-3\r\n~2\r\n+admin\r\n+stale\r\n:0\r\n:0\r\n:0\r\n~0\r\n*0\r\n*"
              "0\r\n*0\r\n"
              "*10\r\n$10\r\nacl|whoami\r\n:2\r\n~1\r\n+stale\r\n:0\r\n:0\r\n:0\r\n~0\r\n*0\r\n*0\r\n*0\r\n"
              "*10\r\n$7\r\npublish\r\n:3\r\n~1\r\n+may_replicate\r\n:0\r\n:0\r\n:0\r\n~0\r\n*0\r\n"
              "*1\r\n*2\r\n+flags\r\n*1\r\n+write\r\n*0\r\n"
              "*6\r\n$4\r\nexec\r\n:1\r\n~1\r\n+skip_slowlog\r\n:0\r\n:0\r\n:0\r\n"));
    struct slice setuser[] = { SLICE("ACL"), SLICE("SetUser"), SLICE("bob") };
    struct slice whoami[] = { SLICE("ACL"), SLICE("WHOAMI") };
    struct slice publish[] = { SLICE("PUBLISH"), SLICE("a"), SLICE("b") };
    cr_assert_eq(roster_len(roster), 5);
    const struct roster_row *row = roster_find_call(roster, setuser, 3);
    cr_assert(row != NULL && row->unmonitored);
    row = roster_find_call(roster, whoami, 2);
    cr_assert(row != NULL && !row->unmonitored);
    cr_expect_str_eq(roster_find_call(roster, whoami, 1)->name, "acl");
    row = roster_find_call(roster, publish, 3);
    cr_assert(row != NULL && row->may_replicate && !row->writes);
    cr_expect(roster_find(roster, SLICE("exec"))->unlogged);
    roster_destroy(&roster);
}

Test(roster, knows_nothing_from_other_replies)
{
    cr_expect_null(roster_create(SLICE("-ERR\r\n")));
    cr_expect_null(roster_find(NULL, SLICE("get")));
    struct roster *roster = roster_create(SLICE("*2\r\n*1\r\n+a\r\n:1\r\n"));
    cr_expect_eq(roster_len(roster), 0);
    roster_destroy(&roster);
}

Test(subscriptions, are_over_when_all_is_confirmed_and_none_is_left)
{
    struct subscriptions s = { 0 };
    subscriptions_ask(&s, KIND_SUBSCRIBE, 2, false);
    cr_expect_not(subscriptions_are_over(&s));
    cr_expect_eq(subscriptions_note(&s, SLICE("*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n")), FRAME_OTHER);
    cr_expect_eq(subscriptions_note(&s, SLICE(">3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:2\r\n")), FRAME_ANSWER);
    cr_expect_eq(subscriptions_note(&s, SLICE("*3\r\n$7\r\nmessage\r\n$1\r\nb\r\n$1\r\nx\r\n")), FRAME_OTHER);
    subscriptions_ask(&s, KIND_PSUBSCRIBE, 1, false);
    subscriptions_note(&s, SLICE("*3\r\n$10\r\npsubscribe\r\n$1\r\np\r\n:3\r\n"));
    subscriptions_ask(&s, KIND_UNSUBSCRIBE, 0, false);
    cr_expect_not(subscriptions_stay(&s));
    cr_expect_eq(subscriptions_note(&s, SLICE("*3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:2\r\n")), FRAME_OTHER);
    cr_expect_eq(subscriptions_note(&s, SLICE("*3\r\n$11\r\nunsubscribe\r\n$1\r\nb\r\n:1\r\n")),
                 FRAME_ANSWER);
    cr_expect(subscriptions_stay(&s));
    cr_expect_not(subscriptions_are_over(&s));
    subscriptions_ask(&s, KIND_PUNSUBSCRIBE, 1, false);
    cr_expect_not(subscriptions_stay(&s));
    subscriptions_note(&s, SLICE("*3\r\n$12\r\npunsubscribe\r\n$1\r\np\r\n:0\r\n"));
    cr_expect(subscriptions_are_over(&s));
    subscriptions_ask(&s, KIND_UNSUBSCRIBE, 0, false);
    cr_expect_eq(subscriptions_note(&s, SLICE("*3\r\n$11\r\nunsubscribe\r\n$-1\r\n:0\r\n")), FRAME_ANSWER);
    cr_expect(subscriptions_are_over(&s));
}

Test(subscriptions, an_error_and_a_pong_answer_the_oldest_command)
{
    struct subscriptions s = { 0 };
    subscriptions_ask(&s, KIND_SUBSCRIBE, 1, false);
    subscriptions_ask(&s, KIND_SUBSCRIBE, 3, false);
    subscriptions_ask(&s, KIND_PLAIN, 0, true);
    subscriptions_ask(&s, KIND_SUBSCRIBE, 1, true);
    cr_expect_eq(subscriptions_note(&s, SLICE("*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n")), FRAME_ANSWER);
    cr_expect_eq(subscriptions_note(&s, SLICE("-NOPERM no\r\n")), FRAME_ANSWER);
    cr_expect_eq(subscriptions_note(&s, SLICE("*2\r\n$4\r\npong\r\n$0\r\n\r\n")), FRAME_UNWANTED);
    cr_expect_eq(subscriptions_note(&s, SLICE("-NOPERM no\r\n")), FRAME_UNWANTED);
    cr_expect(subscriptions_stay(&s));
    cr_expect_eq(s.asked, 0);
}

Test(subscriptions, take_no_more_commands_than_they_can_remember)
{
    struct subscriptions s = { 0 };
    for (int round = 0; round < 3; round++) {
        while (!subscriptions_are_full(&s)) subscriptions_ask(&s, KIND_PLAIN, 0, false);
        cr_expect_eq(s.asked, SUBSCRIPTION_ASKS);
        for (int i = 0; i < SUBSCRIPTION_ASKS - 1; i++) subscriptions_note(&s, SLICE("+PONG\r\n"));
        cr_expect_eq(s.asked, 1);
    }
}

Test(tracking_info, says_whether_the_connection_is_tracked)
{
    cr_expect(tracking_info_is_on(
        SLICE("%3\r\n$5\r\nflags\r\n~2\r\n$2\r\non\r\n$5\r\nbcast\r\n$8\r\nredirect\r\n:0\r\n"
              "$8\r\nprefixes\r\n*1\r\n$3\r\noff\r\n")));
    cr_expect_not(
        tracking_info_is_on(SLICE("%3\r\n$5\r\nflags\r\n~1\r\n$3\r\noff\r\n$8\r\nredirect\r\n:-1\r\n"
                                  "$8\r\nprefixes\r\n*0\r\n")));
    cr_expect_not(
        tracking_info_is_on(SLICE("*2\r\n$5\r\nflags\r\n*2\r\n$2\r\non\r\n$15\r\nbroken_redirect\r\n")));
    cr_expect(tracking_info_is_on(SLICE("-ERR unknown\r\n")));
}

Test(tracking_info, is_read_from_info_and_config)
{
    char version[8];
    tracking_info_version(SLICE("$9\r\nredis_version:7.0.15\r\n\r\n"), version, sizeof version);
    cr_expect_str_eq(version, "7.0.15");
    tracking_info_version(SLICE("-ERR\r\n"), version, sizeof version);
    cr_expect_str_eq(version, "");
    tracking_info_run_id(SLICE("$9\r\nrun_id:0a1\r\n\r\n"), version, sizeof version);
    cr_expect_str_eq(version, "0a1");
    cr_expect_eq(tracking_info_client_id(SLICE(":17\r\n")), 17);
    cr_expect_eq(tracking_info_client_id(SLICE("-ERR\r\n")), -1);
    cr_expect_eq(tracking_info_databases(SLICE("%1\r\n$9\r\ndatabases\r\n$2\r\n32\r\n")), 32);
    cr_expect_eq(tracking_info_databases(SLICE("-ERR\r\n")), -1);
}
