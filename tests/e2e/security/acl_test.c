/*
 * Users of a server: where they are declared and kept, who is connected while they change, and what reaches
 * an upstream. What rules mean is compared with Redis (tests/differential/acl_test.c).
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/e2e/tier/tier.h"
#include "tests/support/client/expect.h"
#include "tests/support/client/reply_text.h"
#include "tests/support/pace.h"
#include "tests/support/process/child.h"
#include "tests/support/process/instance.h"

#define NO_COMMAND(name) "(error) NOPERM this user has no permissions to run the '" name "' command"
#define NO_KEY           "(error) NOPERM this user has no permissions to access one of the keys used as arguments"

TestSuite(acl, .timeout = 60);

static struct instance server;
static struct client client, other;
static struct scratch scratch;

static void expect_in_file(const char *path, const char *text)
{
    struct buffer all = { 0 };
    scratch_read(path, &all);
    buffer_append(&all, "", 1);
    cr_assert_not_null(strstr(all.data, text), "%s has not %s but %s", path, text, all.data);
    buffer_clear(&all);
}

static void open_with(const char *const *options)
{
    instance_start(&server, INSTANCE_NUTHATCH, options);
    cr_assert(client_open_tcp(&client, server.port));
    cr_assert(client_open_tcp(&other, server.port));
}

static void close_all(void)
{
    client_close(&client);
    client_close(&other);
    instance_stop(&server);
}

Test(acl, users_may_be_declared_on_the_command_line)
{
    open_with(OPTIONS("--user", "alice", "on", ">secret", "~a*", "+@read", "--requirepass", "root"));
    expect(&client, "GET a", "(error) NOAUTH Authentication required.");
    expect(&client, "AUTH alice secret", "OK");
    expect(&client, "GET a", "(nil)");
    expect(&client, "GET b", NO_KEY);
    expect(&client, "SET a 1", NO_COMMAND("set"));
    expect(&other, "AUTH root", "OK");
    expect(&other, "SET b 1", "OK");
    close_all();
}

Test(acl, declarations_that_are_wrong_end_the_start)
{
    static const char *const wrong[] = { "+nosuch", "(+get", "#12" };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const char *argv[] = {
            instance_program(INSTANCE_NUTHATCH), "--port", "0", "--user", "alice", wrong[i], NULL
        };
        struct child_options options = { .argv = argv };
        cr_expect_eq(child_run(&options, 10000), 1, "%s", wrong[i]);
    }
}

Test(acl, users_stand_in_a_file_of_their_own)
{
    char path[SCRATCH_PATH_MAX];
    scratch_init(&scratch);
    scratch_write(&scratch, "users.acl",
                  "user bob on nopass ~* &* +@all -flushall\n\nuser default on nopass ~* &* +@all\n", path);
    open_with(OPTIONS("--aclfile", path));
    expect(&client, "AUTH bob any", "OK");
    expect(&client, "FLUSHALL", NO_COMMAND("flushall"));
    expect(&other, "ACL SETUSER carol on >x ~c +get", "OK");
    expect(&other, "ACL SAVE", "OK");
    expect_in_file(path, "user carol on #");
    scratch_write(&scratch, "users.acl", "user bob on nopass ~* &* +@all\nuser bob off\nnonsense\n", path);
    expect_start(&other, "ACL LOAD", "(error) ERR ");
    expect(&client, "FLUSHALL", NO_COMMAND("flushall"));
    scratch_write(&scratch, "users.acl", "user bob on nopass ~* &* +@all\n", path);
    expect(&other, "ACL LOAD", "OK");
    expect(&client, "FLUSHALL", "OK");
    expect(&other, "ACL USERS", "1) \"bob\"\n2) \"default\"");
    close_all();
    scratch_clear(&scratch);
}

Test(acl, who_is_connected_has_the_rights_of_now)
{
    open_with(OPTIONS("--threads", "3"));
    expect(&client, "ACL SETUSER u on nopass ~* &* +@all", "OK");
    expect(&other, "AUTH u x", "OK");
    expect(&other, "SET k 1", "OK");
    expect(&client, "ACL SETUSER u -set", "OK");
    expect(&other, "SET k 1", NO_COMMAND("set"));
    expect(&other, "SUBSCRIBE news", "1) \"subscribe\"\n2) \"news\"\n3) (integer) 1");
    expect(&client, "ACL SETUSER u &news",
           "(error) ERR Error in ACL SETUSER modifier '&news': Adding a pattern after "
           "the * pattern (or the 'allchannels' flag) is not valid and does not have "
           "any effect. Try 'resetchannels' to start with an empty list of channels");
    expect(&client, "ACL SETUSER u resetchannels &news", "OK");
    expect(&client, "PUBLISH news m", "(integer) 1");
    expect_next(&other, "1) \"message\"\n2) \"news\"\n3) \"m\"");
    expect(&client, "ACL SETUSER u resetchannels", "OK");
    expect_closed(&other);
    close_all();
}

Test(acl, who_is_no_user_any_more_is_cut_off)
{
    open_with(OPTIONS("--threads", "2"));
    expect(&client, "ACL SETUSER u on nopass +@all", "OK");
    expect(&other, "AUTH u x", "OK");
    expect(&client, "ACL DELUSER u", "(integer) 1");
    expect_closed(&other);
    expect(&client, "ACL SETUSER u on nopass +@all", "OK");
    expect(&client, "AUTH u x", "OK");
    expect(&client, "ACL DELUSER u", "(integer) 1");
    expect_closed(&client);
    close_all();
}

Test(acl, what_is_denied_is_logged_and_counted)
{
    open_with(NULL);
    expect(&client, "ACL SETUSER u ( \"\" +get )", "OK");
    expect(&client, "ACL SETUSER u reset on >p ~a +get", "OK");
    expect(&other, "AUTH u wrong", "(error) WRONGPASS invalid username-password pair or user is disabled.");
    expect(&other, "AUTH u p", "OK");
    expect(&other, "GET b", NO_KEY);
    expect(&other, "GET b", NO_KEY);
    expect(&other, "SET a 1", NO_COMMAND("set"));
    expect_start(&client, "ACL LOG 1",
                 "1)  1) \"count\"\n    2) (integer) 1\n    3) \"reason\"\n    4) \"command\"\n    5) "
                 "\"context\"\n    6) "
                 "\"toplevel\"\n    7) \"object\"\n    8) \"set\"\n    9) \"username\"\n   10) \"u\"");
    struct slice info = client_ask(&client, "INFO stats");
    cr_expect_not_null(memmem(info.data, info.len, "acl_access_denied_key:2\r\n", 25));
    cr_expect_not_null(memmem(info.data, info.len, "acl_access_denied_auth:1\r\n", 26));
    expect(&client, "ACL LOG RESET", "OK");
    expect(&client, "ACL LOG", "(empty array)");
    close_all();
}

Test(acl, passwords_are_drawn_at_random)
{
    char first[80];
    open_with(NULL);
    struct slice reply = client_ask(&client, "ACL GENPASS");
    cr_assert_eq(reply.len, 5 + 64 + 2);
    memcpy(first, reply.data, reply.len);
    reply = client_ask(&client, "ACL GENPASS");
    cr_expect(memcmp(first, reply.data, reply.len) != 0);
    reply = client_ask(&client, "ACL GENPASS 5");
    cr_expect_eq(reply.len, 4 + 2 + 2);
    close_all();
}

Test(acl, nothing_that_is_denied_reaches_an_upstream)
{
    static struct tier_example t;
    tier_open(&t, NULL);
    expect(&t.client, "SET a1 1", "OK");
    expect(&t.client, "SET b1 1", "OK");
    expect(&t.client, "GET b1", "\"1\"");
    expect(&t.client, "GET b1", "\"1\""); /* a copy may stand here */
    expect(&t.client, "ACL SETUSER u on nopass ~a* +@all -@dangerous", "OK");
    expect(&t.client, "AUTH u x", "OK");
    expect(&t.client, "GET a1", "\"1\"");
    expect(&t.client, "GET b1", NO_KEY);
    expect(&t.client, "HSET b2 f v", NO_KEY);
    expect(&t.client, "FLUSHALL", NO_COMMAND("flushall"));
    expect(&t.client, "EVAL \"return 1\" 1 b1", NO_KEY);
    expect(&t.client, "MULTI", "OK");
    expect(&t.client, "SET b1 2", NO_KEY);
    expect_start(&t.client, "EXEC", "(error) EXECABORT");
    expect(&t.direct, "GET b1", "\"1\"");
    tier_close(&t);
}

/* As without an upstream. */
Test(acl, what_is_no_command_is_told_before_rights)
{
    static struct tier_example t;
    static const char *const wrong[][2] = {
        { "FOO b", "(error) ERR unknown command 'FOO', with args beginning with: 'b' " },
        { "CONFIG FOO", "(error) ERR unknown subcommand 'FOO'. Try CONFIG HELP." },
        { "OBJECT FOO b", "(error) ERR unknown subcommand 'FOO'. Try OBJECT HELP." },
        { "CONFIG", "(error) ERR wrong number of arguments for 'config' command" },
        { "CONFIG REWRITE x", "(error) ERR wrong number of arguments for 'config|rewrite' command" },
        { "KEYS", "(error) ERR wrong number of arguments for 'keys' command" },
        { "CONFIG REWRITE", NO_COMMAND("config|rewrite") },
    };
    tier_open(&t, NULL);
    expect(&t.client, "ACL SETUSER w on nopass ~a* +@all -@dangerous", "OK");
    expect(&t.client, "ACL SETUSER v on nopass ~a* +get +multi", "OK");
    for (int user = 0; user < 2; user++) {
        expect(&t.client, user == 0 ? "AUTH w x" : "AUTH v x", "OK");
        for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
            expect(&t.client, wrong[i][0], wrong[i][1]);
    }
    expect(&t.client, "MULTI", "OK");
    expect(&t.client, wrong[0][0], wrong[0][1]);
    expect_start(&t.client, "DISCARD", "(error) NOPERM");
    tier_close(&t);
}

/* Its rights are those of its user, not of the connection that it came over. */
Test(acl, a_script_whose_client_has_left_may_do_no_more)
{
    open_with(OPTIONS("--busy-reply-threshold", "20"));
    expect(&client, "ACL SETUSER bob on nopass ~a* +eval +get", "OK");
    expect(&other, "AUTH bob x", "OK");
    cr_assert(client_send_line(&other, "EVAL \"for i = 1, 4e7 do end redis.call('set', 'b', 'x')\" 0"));
    pace_sleep_ms(100 * PACE);
    client_close(&other);
    cr_assert(client_open_tcp(&other, server.port));
    tier_wait_reply(&client, "EXISTS b", "(integer) 0");
    expect(&client, "ACL LOG RESET", "OK");
    close_all();
}

#define DRY_NO_KEY(name) "\"This user has no permissions to access the '" name "' key\""

Test(acl, tags_are_asked_for_wherever_rights_are)
{
    open_with(NULL);
    expect(&client, "ACL SETUSER web on nopass +@all ~web:* %R~nuthatch:tag:all %RW~nuthatch:tag:web", "OK");
    expect(&client, "ACL DRYRUN web CACHE SET web:1 v TAGS 2 web all", "OK");
    expect(&client, "ACL DRYRUN web CACHE SET web:1 v EX 5 TAGS 2 web shop", DRY_NO_KEY("shop"));
    expect(&client, "ACL DRYRUN web CACHE SET web:1 v TOKEN TAGS EX 5", "OK");
    expect(&client, "ACL DRYRUN web CACHE INVALIDATE TAGS web", "OK");
    expect(&client, "ACL DRYRUN web CACHE INVALIDATE SOFT TAGS web all", DRY_NO_KEY("all"));
    expect(&client, "ACL DRYRUN web CACHE INVALIDATE MATCH web:*", DRY_NO_KEY("web:*"));
    expect(&client, "ACL DRYRUN web CACHE INVALIDATE KEYS web:1", "OK");
    expect(&client, "ACL DRYRUN web CACHE INVALIDATE KEYS shop", DRY_NO_KEY("shop"));

    expect(&client, "ACL DRYRUN web CACHE SCAN 0 COUNT 5 TAG web", "OK");
    expect(&client, "ACL DRYRUN web CACHE SCAN 0 MATCH TAG COUNT 5", "OK");
    expect(&client, "ACL DRYRUN web CACHE SCAN 0 MATCH a TAG shop", DRY_NO_KEY("shop"));

    expect(&other, "AUTH web x", "OK");
    expect(&other, "EVAL \"return redis.acl_check_cmd('cache', 'invalidate', 'tags', 'all')\" 0", "(nil)");
    expect(&other, "EVAL \"return redis.acl_check_cmd('cache', 'invalidate', 'tags', 'web')\" 0",
           "(integer) 1");
    expect(&other, "MULTI", "OK");
    expect(&other, "CACHE INVALIDATE TAGS all", NO_KEY);
    expect(&other, "EXEC", "(error) EXECABORT Transaction discarded because of previous errors.");
    expect(&other, "MULTI", "OK");
    expect(&other, "CACHE INVALIDATE TAGS web", "QUEUED");
    expect(&client, "ACL SETUSER web resetkeys ~web:*", "OK");
    expect(&other, "EXEC",
           "1) (error) NOPERM ACLs rules changed between the moment the transaction was accumulated and the "
           "EXEC call. "
           "This command is no longer allowed for the following reason: no permission to touch the specified "
           "keys");
    close_all();
}

Test(acl, who_may_not_read_a_tag_is_not_told_its_name)
{
    open_with(NULL);
    expect(&client, "ACL SETUSER web on nopass +@all ~web:* %R~nuthatch:tag:all", "OK");
    expect(&client, "CACHE SET web:1 v EX 100 GRACE 100000 TAGS 2 all hidden", "OK");
    expect(&other, "AUTH web x", "OK");
    struct slice info = client_ask(&other, "CACHE INFO web:1");
    cr_assert(memmem(info.data, info.len, "\r\nall\r\n", 7) != NULL);
    cr_assert(memmem(info.data, info.len, "hidden", 6) == NULL);
    expect(&client, "CACHE INVALIDATE SOFT TAGS hidden", "(integer) 1");
    info = client_ask(&other, "CACHE INFO web:1");
    cr_assert(memmem(info.data, info.len, "stale: tag '#", 13) != NULL);
    info = client_ask(&client, "CACHE INFO web:1");
    cr_assert(memmem(info.data, info.len, "stale: tag 'hidden'", 19) != NULL);
    close_all();
}

/* From Redis 7.2 on: an entry that is counted up keeps its number, and the time of its making. */
Test(acl, entries_of_the_log_have_numbers_and_times)
{
    open_with(NULL);
    expect(&client, "ACL SETUSER u on nopass +acl", "OK");
    expect(&other, "AUTH u x", "OK");
    expect(&other, "GET a", NO_COMMAND("get"));
    expect(&other, "SET a 1", NO_COMMAND("set"));
    expect(&other, "GET a", NO_COMMAND("get"));
    struct buffer text = { 0 };
    reply_text(&text, client_ask(&client, "ACL LOG"));
    buffer_append(&text, "", 1);
    const char *first = strstr(text.data, "15) \"entry-id\"\n   16) (integer) 0\n");
    const char *second = strstr(text.data, "15) \"entry-id\"\n   16) (integer) 1\n");
    cr_assert(first != NULL && second != NULL && first < second, "%s", text.data);
    cr_assert_not_null(strstr(first, "\"timestamp-created\""), "%s", text.data);
    cr_assert_not_null(strstr(first, "\"timestamp-last-updated\""), "%s", text.data);
    buffer_clear(&text);
    close_all();
}

/* A right to the tag in one selector, and to the key in another, are no right to both. */
Test(acl, one_selector_must_allow_a_key_and_its_tags)
{
    open_with(NULL);
    expect(&client, "ACL SETUSER web on nopass +auth (+cache ~web:*) (+cache ~nuthatch:tag:t)", "OK");
    expect(&other, "AUTH web x", "OK");
    expect(&other, "CACHE SET web:1 v TAGS 1 t", NO_KEY);
    expect(&other, "CACHE SET web:1 v EX 10", "OK");
    expect(&client, "ACL SETUSER web (+cache ~web:* ~nuthatch:tag:t)", "OK");
    expect(&other, "CACHE SET web:1 v TAGS 1 t", "OK");
    close_all();
}

Test(acl, what_was_denied_for_a_tag_is_in_the_log)
{
    open_with(NULL);
    expect(&client, "ACL SETUSER web on nopass +@all ~web:*", "OK");
    expect(&other, "AUTH web x", "OK");
    expect(&other, "CACHE INVALIDATE TAGS shop", NO_KEY);
    struct buffer text = { 0 };
    reply_text(&text, client_ask(&client, "ACL LOG 1"));
    buffer_append(&text, "", 1);
    cr_assert_not_null(strstr(text.data, "\"shop\""), "%s", text.data);
    buffer_clear(&text);
    close_all();
}
