/*
 * Passwords are nowhere to be read: not by who watches, asks or looks at the process, not in the log, and not
 * in what is left of a crash. All of them have "sesame" in them.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/buffer.h"
#include "tests/support/certificates.h"
#include "tests/support/client/client.h"
#include "tests/support/client/expect.h"
#include "tests/support/pace.h"
#include "tests/support/process/instance.h"

#define SECRET "sesame"

static struct instance server;
static struct scratch scratch;
static struct certificates files;
static struct client root, watcher, guest;
static char tls_port[16];

static void expect_none(const char *where, struct slice text)
{
    const char *found = text.len > 0 ? memmem(text.data, text.len, SECRET, strlen(SECRET)) : NULL;
    if (found == NULL) return;
    size_t before = (size_t)(found - text.data) < 60 ? (size_t)(found - text.data) : 60;
    size_t behind = (size_t)(text.data + text.len - found);
    cr_assert(false, "%s: %.*s", where, (int)(before + (behind < 30 ? behind : 30)), found - before);
}

static void open_with(const char *const *more)
{
    const char *options[48] = { "--requirepass",
                                "sesame-root",
                                "--user",
                                "alice",
                                "on",
                                ">sesame-alice",
                                "~*",
                                "+@all",
                                "--loglevel",
                                "debug",
                                "--slowlog-log-slower-than",
                                "0",
                                "--slowlog-max-len",
                                "1000",
                                "--masterauth",
                                "sesame-master",
                                "--tls-port",
                                tls_port,
                                "--tls-cert-file",
                                files.server,
                                "--tls-key-file",
                                files.server_key,
                                "--tls-ca-cert-file",
                                files.ca,
                                "--threads",
                                "2",
                                "--enable-debug-command",
                                "yes" };
    size_t count = 28;
    for (; more != NULL && *more != NULL; more++) options[count++] = *more;
    instance_start(&server, INSTANCE_NUTHATCH, options);
    struct client *clients[] = { &root, &watcher, &guest };
    for (size_t i = 0; i < 3; i++) {
        cr_assert(client_open_tcp(clients[i], server.port));
        if (i < 2) expect(clients[i], "AUTH sesame-root", "OK");
    }
    expect(&watcher, "MONITOR", "OK");
}

static void prepare(void)
{
    scratch_init(&scratch);
    certificates_make(&files, &scratch);
    snprintf(tls_port, sizeof tls_port, "%d", instance_free_port());
}

static void close_clients(void)
{
    client_close(&root);
    client_close(&watcher);
    client_close(&guest);
}

static void clean_up(void)
{
    scratch_clear(&scratch);
}

TestSuite(secrets, .init = prepare, .fini = clean_up, .timeout = 120);

/* Right and wrong, whole and cut, as commands come and queued. */
static void say_secrets(struct client *client)
{
    static const char *const lines[] = {
        "AUTH alice sesame-alice",
        "AUTH sesame-wrong",
        "AUTH alice sesame-wrong",
        "AUTH a sesame-b sesame-c sesame-d",
        "auth alice sesame-alice",
        "HELLO 3 AUTH alice sesame-alice SETNAME me",
        "HELLO 2 AUTH alice sesame-wrong",
        "HELLO 9 AUTH alice sesame-alice",
        "HELLO 2 AUTH alice sesame-alice",
        "AUTH default sesame-root",
        "CONFIG SET requirepass sesame-root",
        "CONFIG SET maxmemory nonsense requirepass sesame-new",
        "CONFIG SET masterauth sesame-master tls-key-file-pass sesame-key",
        "CONFIG SET tls-client-key-file-pass sesame-client upstream-tls-key-file-pass sesame-upstream",
        "CONFIG SET upstream redis://:sesame@127.0.0.1:1 upstream-user \"a b sesame\"",
        "ACL SETUSER bob on >sesame-bob ~* +@all",
        "ACL SETUSER bob >sesame-other <sesame-bob nonsense",
        "ACL SETUSER bob <sesame-never",
        "MIGRATE 127.0.0.1 1 key 0 10 AUTH sesame-there",
        "MIGRATE 127.0.0.1 1 \"\" 0 10 AUTH2 bob sesame-there KEYS key",
        "MULTI",
        "AUTH alice sesame-alice",
        "CONFIG SET masterauth sesame-queued",
        "ACL SETUSER bob >sesame-queued",
        "EXEC",
        "AUTH default sesame-root",
        "EVAL \"return redis.pcall('AUTH', 'sesame')['err']\" 0",
        "SET key value",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        cr_assert_neq(client_ask(client, lines[i]).len, 0, "%s", lines[i]);
    /* The words of the script are no secret. */
    client_ask(client, "SLOWLOG LEN");
}

static void expect_watched_none(void)
{
    struct slice told;
    expect(&root, "ECHO that-is-all", "\"that-is-all\"");
    do {
        cr_assert(client_read(&watcher, &told));
        if (memmem(told.data, told.len, "\"EVAL\"", 6) == NULL) expect_none("MONITOR", told);
    } while (memmem(told.data, told.len, "that-is-all", 11) == NULL);
}

static void expect_told_none(void)
{
    static const char *const questions[] = {
        "CLIENT LIST",   "CLIENT INFO",         "INFO everything",          "ACL LOG",
        "ACL LIST",      "ACL USERS",           "ACL GETUSER alice",        "LATENCY DOCTOR",
        "MEMORY DOCTOR", "CONFIG GET upstream", "CONFIG GET upstream-user", "DEBUG OBJECT key"
    };
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++)
        expect_none(questions[i], client_ask(&root, questions[i]));
}

/* An EVAL is shown with its text, where it was run. */
static void expect_slowlog_none(void)
{
    struct slice log = client_ask(&root, "SLOWLOG GET -1");
    char *copy = malloc(log.len + 1);
    memcpy(copy, log.data, log.len);
    char *eval = memmem(copy, log.len, "'sesame'", 8);
    if (eval != NULL) memset(eval, '-', 8);
    expect_none("SLOWLOG", slice_of(copy, log.len));
    cr_expect_not_null(memmem(copy, log.len, "(redacted)", 10));
    free(copy);
}

static void expect_file_none(const char *path)
{
    struct buffer text = { 0 };
    scratch_read(path, &text);
    expect_none(path, buffer_slice(&text));
    buffer_clear(&text);
}

/* What `ps` shows, and what a backup or an editor would find in the directory beside the log. */
static void expect_process_none(void)
{
    static const char *const names[] = { "cmdline", "comm", "status" };
    char path[64];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "/proc/%d/%s", (int)server.child.pid, names[i]);
        expect_file_none(path);
    }
}

static void expect_nowhere(void)
{
    expect_watched_none();
    expect_told_none();
    expect_slowlog_none();
    expect_process_none();
    expect_file_none(server.log_path);
}

Test(secrets, are_nowhere_to_be_read)
{
    open_with(NULL);
    say_secrets(&guest);
    expect_nowhere();
    close_clients();
    instance_stop(&server);
    expect_file_none(server.log_path);
}

Test(secrets, of_an_upstream_are_nowhere_to_be_read)
{
    open_with(OPTIONS("--upstream", "redis://cache:sesame-up@127.0.0.1:1", "--upstream-auth", "user",
                      "--upstream-user", "alice", "there", "sesame-alice", "--upstream-on-failure", "local"));
    say_secrets(&guest);
    expect_nowhere();
    close_clients();
    instance_stop(&server);
}

Test(secrets, of_commands_that_were_renamed_are_nowhere_to_be_read)
{
    open_with(OPTIONS("--rename-command", "HELLO", "SALUTE", "--rename-command", "ACL", "RIGHTS"));
    expect_start(&guest, "SALUTE 3 AUTH alice sesame-alice", "1#");
    expect_start(&guest, "SALUTE 3 AUTH alice sesame-wrong", "(error) WRONGPASS");
    expect(&guest, "RIGHTS SETUSER bob >sesame-bob", "OK");
    expect_watched_none();
    expect_none("SLOWLOG", client_ask(&root, "SLOWLOG GET -1"));
    close_clients();
    instance_stop(&server);
}

/* What is left of a crash: the log, with what the process was doing. */
Test(secrets, are_not_in_a_crash_report)
{
    struct buffer log = { 0 };
    if (PACE_SANITIZED) cr_skip_test("what a sanitizer says of a crash is its own, and counts as a finding");
    open_with(NULL);
    say_secrets(&guest);
    cr_assert(client_send(&guest, SLICE("*2\r\n$4\r\nAUTH\r\n$20\r\nsesame-")));
    expect_watched_none();
    child_signal(&server.child, SIGSEGV);
    cr_assert(child_wait(&server.child, 10000));
    scratch_read(server.log_path, &log);
    cr_expect_not_null(memmem(log.data, log.len, "BUG REPORT", 10), "%.*s", (int)log.len, log.data);
    expect_none("crash report", buffer_slice(&log));
    buffer_clear(&log);
    close_clients();
    scratch_clear(&server.scratch);
}
