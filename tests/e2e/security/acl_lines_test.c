/*
 * Users as lines: of the configuration, and of a file of their own. What is said of wrong ones is Redis's.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/client/expect.h"
#include "tests/support/process/capture.h"
#include "tests/support/process/instance.h"
#include "tests/support/scratch.h"

static struct scratch scratch;

static void open_all(void)
{
    scratch_init(&scratch);
}

static void close_all(void)
{
    scratch_clear(&scratch);
}

TestSuite(acl_lines, .init = open_all, .fini = close_all, .timeout = 60);

static void expect_no_start(const char *configuration, const char *complaint)
{
    char path[SCRATCH_PATH_MAX];
    struct capture said = { 0 };
    scratch_write(&scratch, "users.conf", configuration, path);
    capture_run(&said, ARGV(instance_program(INSTANCE_NUTHATCH), path, "--port", "0"), SLICE(""), 10000);
    cr_expect_eq(said.code, 1, "%s", configuration);
    cr_expect(capture_contains(&said, complaint), "of %s it said: %s", configuration, said.text);
    capture_clear(&said);
}

Test(acl_lines, a_user_is_declared_once)
{
    expect_no_start(
        "user x on\nuser y on\nuser x off\n",
        "at line 3\n>>> 'user x off'\nError in user declaration 'x': Duplicate user found. A user "
        "can only be defined once in config files\n");
    expect_no_start("user default on\nuser default off\n", "Error in user declaration 'default': Duplicate");
}

Test(acl_lines, a_name_can_be_written_as_a_line_again)
{
    static const char *const names[] = { "bob on >x +@all ~*", "a\\tb", "a\\x00b", "a\\x00" };
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        char line[64];
        snprintf(line, sizeof(line), "user \"%s\" on\n", names[i]);
        expect_no_start(line, "Spaces not allowed in ACL usernames\n");
        expect_no_start(line, "Critical error while loading ACLs. Exiting.\n");
    }
}

Test(acl_lines, what_is_wrong_is_said_of_the_user)
{
    static const char *const faults[][2] = {
        { "user x on #zz\n", "Error in user declaration 'x': The password hash must be exactly 64" },
        { "user x on +config|get|x\n",
          "Error in user declaration 'x': Allowing first-arg of a subcommand is not supported\n" },
        { "user x on <p\n", "Error in user declaration 'x': The password you are trying to remove" },
        { "user x on @all\n", "Error in user declaration 'x': Syntax error\n" },
        { "user x on (+get\n", "Error in user declaration 'x': Unmatched parenthesis" },
        { "user x on +foo\n", "Error loading ACL rule '+foo' for the user named 'x': Unknown command or "
                              "category name in ACL\n" },
        { "user x on (+foo)\n", "Error loading ACL rule '(+foo)' for the user named 'x': Unknown command" },
    };
    for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) expect_no_start(faults[i][0], faults[i][1]);
}

Test(acl_lines, a_declared_user_is_listed_as_it_was_written)
{
    struct instance server;
    struct client client;
    instance_start(&server, INSTANCE_NUTHATCH, OPTIONS("--user", "x", "on", "nopass", "~a", "+get"));
    cr_assert(client_open_tcp(&client, server.port));
    expect(&client, "ACL LIST",
           "1) \"user default on nopass ~* &* +@all\"\n2) \"user x on nopass ~a resetchannels -@all +get\"");
    client_close(&client);
    instance_stop(&server);
}

static void expect_same(struct client clients[2], const char *command, const char *file)
{
    struct slice ours = client_ask(&clients[0], command), redis = client_ask(&clients[1], command);
    cr_expect(slice_equal(ours, redis), "%s of %s: %.*s, Redis: %.*s", command, file, (int)ours.len,
              ours.data, (int)redis.len, redis.data);
}

/* Each is loaded by both servers, which say the same, and have the same users afterwards. */
static const char *const files[] = {
    "foo a on\n",
    "user\n",
    "user \n",
    "USER a on\n",
    "# c\nuser a on\n",
    "  \t\n\r\nuser a on\n",
    "user a on\nuser a off\n",
    "user a on +foo\n",
    "user a on +foo +bar <p #zz\nuser b +baz\n",
    "user a on ~a allkeys ~b +foo\n",
    "user a on #zz\n",
    "user a on (+foo)\n",
    "user a on (+get ~x)\n",
    "user a on +config|get|x\n",
    "user  a on\n",
    "user a  on   +get\n",
    "user a\ton\n",
    "user a\vb on\n",
    "user a on \t+get \t \n",
    "user \"a\" on\r\nuser b on\r\n",
    "user a reset on\n",
};

Test(acl_lines, a_file_is_read_as_redis_reads_it)
{
    char path[SCRATCH_PATH_MAX];
    scratch_write(&scratch, "users.acl", "user a on\n", path);
    struct instance servers[2];
    struct client clients[2];
    for (int i = 0; i < 2; i++) {
        instance_start(&servers[i], i == 0 ? INSTANCE_NUTHATCH : INSTANCE_REDIS, OPTIONS("--aclfile", path));
        cr_assert(client_open_tcp(&clients[i], servers[i].port));
    }
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
        scratch_write(&scratch, "users.acl", files[i], path);
        expect_same(clients, "ACL LOAD", files[i]);
        expect_same(clients, "ACL LIST", files[i]);
    }
    for (int i = 0; i < 2; i++) {
        client_close(&clients[i]);
        instance_stop(&servers[i]);
    }
}
