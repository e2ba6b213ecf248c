/*
 * Starting, stopping and being configured: what an operator sees.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/buffer.h"
#include "tests/support/client/client.h"
#include "tests/support/client/expect.h"
#include "tests/support/pace.h"
#include "tests/support/process/capture.h"
#include "tests/support/process/instance.h"
#include "tests/support/scratch.h"

#define PROGRAM instance_program(INSTANCE_NUTHATCH)

static struct scratch scratch;
static struct capture out;
static char port[16];

static void prepare(void)
{
    scratch_init(&scratch);
    snprintf(port, sizeof port, "%d", instance_free_port());
}

static void clean(void)
{
    capture_clear(&out);
    scratch_clear(&scratch);
}

/* Where Redis is known to do less; the tests are run against it to check themselves. */
static void skip_for_redis(void)
{
    if (!instance_is_redis(INSTANCE_NUTHATCH)) return;
    clean();
    cr_skip_test("Redis does otherwise");
}

TestSuite(operation, .init = prepare, .fini = clean, .timeout = 120);

static void run(const char *const *argv)
{
    capture_clear(&out);
    capture_run(&out, argv, SLICE(""), 10000);
}

#define expect_said(words) cr_assert(capture_contains(&out, words), "no \"%s\" in:\n%s", words, out.text)

Test(operation, version_is_one_line_of_pairs)
{
    run(ARGV(PROGRAM, "--version"));
    cr_assert_eq(out.code, 0);
    static const char *const pairs[] = { " v=", " sha=", " malloc=", " bits=64", " build=" };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) expect_said(pairs[i]);
    cr_assert_str_eq(strchr(out.text, '\n'), "\n");
}

Test(operation, help_is_no_failure)
{
    skip_for_redis();
    run(ARGV(PROGRAM, "--help"));
    cr_assert_eq(out.code, 0);
    expect_said("Usage:");
}

Test(operation, an_unknown_option_is_refused)
{
    run(ARGV(PROGRAM, "--nosuchoption", "1"));
    cr_assert_eq(out.code, 1);
    expect_said("*** FATAL CONFIG FILE ERROR");
    expect_said(">>> 'nosuchoption \"1\"'");
    expect_said("Bad directive or wrong number of arguments");
}

Test(operation, a_wrong_value_is_shown_with_its_line)
{
    char path[SCRATCH_PATH_MAX];
    scratch_write(&scratch, "bad.conf", "# a comment\nport 7000\nmaxclients many\n", path);
    run(ARGV(PROGRAM, path));
    cr_assert_eq(out.code, 1);
    expect_said("*** FATAL CONFIG FILE ERROR");
    expect_said("Reading the configuration file, at line 3");
    expect_said(">>> 'maxclients many'");
}

Test(operation, a_missing_configuration_file_is_named)
{
    run(ARGV(PROGRAM, "/nonexistent/nuthatch.conf"));
    cr_assert_eq(out.code, 1);
    expect_said("can't open config file '/nonexistent/nuthatch.conf': No such file or directory");
}

Test(operation, a_port_in_use_is_told_and_its_owner_not_disturbed)
{
    struct instance first;
    struct client client;
    instance_start(&first, INSTANCE_NUTHATCH, NULL);
    snprintf(port, sizeof port, "%d", first.port);
    run(ARGV(PROGRAM, "--port", port, "--bind", "127.0.0.1"));
    cr_assert_eq(out.code, 1);
    expect_said("Address already in use");
    cr_assert(client_open_tcp(&client, first.port));
    expect(&client, "PING", "PONG");
    client_close(&client);
    instance_stop(&first);
}

Test(operation, a_pidfile_that_cannot_be_written_is_told)
{
    skip_for_redis();
    struct child child;
    char log[SCRATCH_PATH_MAX];
    struct buffer text = { 0 };
    scratch_path(&scratch, "log", log);
    const char *const *argv =
        ARGV(PROGRAM, "--port", port, "--bind", "127.0.0.1", "--pidfile", "/nonexistent/x.pid");
    child_start(&child,
                &(struct child_options){ .argv = argv, .output_path = log, .directory = scratch.path });
    int64_t deadline_ms = pace_now_ms() + 5000 * PACE;
    bool said = false;
    while (!said && pace_now_ms() < deadline_ms) {
        text.len = 0;
        scratch_read(log, &text);
        said = text.len > 0 && memmem(text.data, text.len, "PID file", 8) != NULL;
        pace_sleep_ms(10);
    }
    child_stop(&child, 5000);
    cr_assert(said, "nothing about the pidfile in: %.*s", (int)text.len, text.data);
    buffer_clear(&text);
}

static struct child start(const char *const *argv)
{
    struct child child;
    child_start(&child, &(struct child_options){ .argv = argv, .directory = scratch.path });
    return child;
}

static void await_port(struct client *client)
{
    int64_t deadline_ms = pace_now_ms() + 10000 * PACE;
    while (!client_open_tcp(client, atoi(port))) {
        cr_assert_lt(pace_now_ms(), deadline_ms, "the server does not listen");
        pace_sleep_ms(10);
    }
}

Test(operation, a_configuration_file_with_all_that_redis_allows)
{
    struct client client;
    struct buffer conf = { 0 };
    char path[SCRATCH_PATH_MAX], included[SCRATCH_PATH_MAX];
    scratch_write(&scratch, "included.conf", "maxmemory 100mb\nmaxclients 123\n", included);
    buffer_printf(&conf,
                  "# comment\n\nport %s\nbind 127.0.0.1\ninclude %s\nsave \"\"\nappendonly no\n"
                  "requirepass \"pass \\x77ord\"\nTIMEOUT 300\nmaxclients 200\n%c",
                  port, included, '\0');
    scratch_write(&scratch, "good.conf", conf.data, path);
    struct child child = start(ARGV(PROGRAM, path, "--timeout", "77", "--databases", "4"));
    await_port(&client);
    expect(&client, "PING", "(error) NOAUTH Authentication required.");
    expect(&client, "AUTH \"pass word\"", "OK");
    expect(&client, "CONFIG GET maxmemory", "1) \"maxmemory\"\n2) \"104857600\"");
    expect(&client, "CONFIG GET maxclients", "1) \"maxclients\"\n2) \"200\"");
    expect(&client, "CONFIG GET timeout", "1) \"timeout\"\n2) \"77\"");
    expect(&client, "SELECT 4", "(error) ERR DB index is out of range");
    client_close(&client);
    child_stop(&child, 5000);
    cr_assert_eq(child_exit_code(&child), 0);
    buffer_clear(&conf);
}

Test(operation, a_rewritten_configuration_keeps_its_comments)
{
    struct client client;
    struct buffer conf = { 0 };
    char path[SCRATCH_PATH_MAX];
    buffer_printf(&conf, "# keep me\nport %s\nbind 127.0.0.1\nmaxmemory 1mb\n%c", port, '\0');
    scratch_write(&scratch, "live.conf", conf.data, path);
    struct child child = start(ARGV(PROGRAM, path));
    await_port(&client);
    expect(&client, "CONFIG SET maxmemory 7mb timeout 33", "OK");
    expect(&client, "CONFIG SET maxmemory 8mb nosuch 1",
           "(error) ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'");
    expect(&client, "CONFIG REWRITE", "OK");
    client_close(&client);
    child_stop(&child, 5000);
    conf.len = 0;
    scratch_read(path, &conf);
    buffer_append(&conf, "", 1);
    cr_assert_not_null(strstr(conf.data, "# keep me\n"), "%s", conf.data);
    cr_assert_not_null(strstr(conf.data, "maxmemory 7mb\n"), "%s", conf.data);
    cr_assert_not_null(strstr(conf.data, "timeout 33\n"), "%s", conf.data);
    buffer_clear(&conf);
}

Test(operation, a_rewritten_configuration_has_the_users_of_now)
{
    struct client client;
    struct buffer conf = { 0 };
    char path[SCRATCH_PATH_MAX];
    buffer_printf(&conf, "port %s\nbind 127.0.0.1\nuser alice on nopass ~a +get\nmaxclients 100\n%c", port,
                  '\0');
    scratch_write(&scratch, "users.conf", conf.data, path);
    struct child child = start(ARGV(PROGRAM, path));
    await_port(&client);
    expect(&client, "ACL SETUSER alice +set", "OK");
    expect(&client, "ACL SETUSER dora off", "OK");
    expect(&client, "CONFIG REWRITE", "OK");
    client_close(&client);
    child_stop(&child, 5000);
    conf.len = 0;
    scratch_read(path, &conf);
    buffer_append(&conf, "", 1);
    cr_assert_not_null(strstr(conf.data,
                              "\nuser alice on nopass ~a resetchannels -@all +get +set\n"
                              "user default on nopass ~* &* +@all\nuser dora off resetchannels -@all\n"
                              "maxclients 100\n"),
                       "%s", conf.data);
    buffer_clear(&conf);
}

Test(operation, sigterm_and_sigint_end_it_well)
{
    static const int signals[] = { SIGTERM, SIGINT };
    for (size_t i = 0; i < 2; i++) {
        struct client client;
        char pidfile[SCRATCH_PATH_MAX], path[SCRATCH_PATH_MAX];
        scratch_path(&scratch, "pid", pidfile);
        scratch_path(&scratch, "socket", path);
        struct child child = start(
            ARGV(PROGRAM, "--port", port, "--bind", "127.0.0.1", "--pidfile", pidfile, "--unixsocket", path));
        await_port(&client);
        expect(&client, "PING", "PONG");
        cr_assert_eq(access(pidfile, F_OK), 0);
        child_signal(&child, signals[i]);
        cr_assert(child_wait(&child, 10000));
        cr_assert_eq(child_exit_code(&child), 0);
        expect_closed(&client);
        cr_assert_neq(access(pidfile, F_OK), 0, "the pidfile is still there");
        cr_assert_neq(access(path, F_OK), 0, "the socket is still there");
        client_close(&client);
    }
}

Test(operation, a_second_sigint_does_not_wait)
{
    struct client client;
    struct child child =
        start(ARGV(PROGRAM, "--port", port, "--bind", "127.0.0.1", "--enable-debug-command", "yes"));
    await_port(&client);
    expect(&client, "PING", "PONG");
    cr_assert(client_send_line(&client, "DEBUG SLEEP 30"));
    pace_sleep_ms(200 * PACE);
    child_signal(&child, SIGINT);
    pace_sleep_ms(200 * PACE);
    child_signal(&child, SIGINT);
    bool ended = child_wait(&child, 5000);
    child_stop(&child, 100);
    client_close(&client);
    cr_assert(ended);
    /* 1 when the second came before the first had done its work. */
    cr_assert_leq(child_exit_code(&child), 1);
}

Test(operation, the_unix_socket_has_the_permissions_asked_for)
{
    struct instance server;
    struct client client;
    struct stat status;
    instance_start(&server, INSTANCE_NUTHATCH, OPTIONS("--unixsocketperm", "700"));
    cr_assert_eq(stat(server.socket_path, &status), 0);
    cr_assert_eq(status.st_mode & 0777, 0700);
    cr_assert(client_open_unix(&client, server.socket_path));
    expect(&client, "SET k v", "OK");
    client_close(&client);
    instance_stop(&server);
}

static pid_t read_pid(const char *path)
{
    struct buffer text = { 0 };
    scratch_read(path, &text);
    buffer_append(&text, "", 1);
    pid_t pid = atoi(text.data);
    buffer_clear(&text);
    return pid;
}

static bool vanishes(pid_t pid)
{
    int64_t deadline_ms = pace_now_ms() + 10000 * PACE;
    while (kill(pid, 0) == 0 && pace_now_ms() < deadline_ms) pace_sleep_ms(10);
    return kill(pid, 0) != 0 && errno == ESRCH;
}

Test(operation, a_daemon_leaves_its_number_and_takes_it_away)
{
    struct client client;
    char pidfile[SCRATCH_PATH_MAX], log[SCRATCH_PATH_MAX];
    scratch_path(&scratch, "pid", pidfile);
    scratch_path(&scratch, "log", log);
    run(ARGV(PROGRAM, "--port", port, "--bind", "127.0.0.1", "--daemonize", "yes", "--pidfile", pidfile,
             "--logfile", log));
    cr_assert_eq(out.code, 0, "%s", out.text);
    await_port(&client);
    /* The kernel accepts connections from the moment of listen(), before the pidfile is written. */
    expect(&client, "PING", "PONG");
    pid_t pid = read_pid(pidfile);
    cr_assert_gt(pid, 1);
    cr_assert_neq(getsid(pid), getsid(0), "it is still in our session");
    cr_assert_eq(kill(pid, SIGTERM), 0);
    cr_assert(vanishes(pid));
    cr_assert_neq(access(pidfile, F_OK), 0, "the pidfile is still there");
    client_close(&client);
}

Test(operation, the_log_says_when_it_is_ready)
{
    struct instance server;
    struct buffer log = { 0 };
    instance_start(&server, INSTANCE_NUTHATCH, NULL);
    scratch_read(server.log_path, &log);
    cr_assert_not_null(memmem(log.data, log.len, "Ready to accept connections", 27), "%.*s", (int)log.len,
                       log.data);
    buffer_clear(&log);
    instance_stop(&server);
}

Test(operation, shutdown_ends_it)
{
    struct client client;
    struct child child = start(ARGV(PROGRAM, "--port", port, "--bind", "127.0.0.1"));
    await_port(&client);
    expect(&client, "SHUTDOWN NOW LATER", "(error) ERR syntax error");
    cr_assert(client_send_line(&client, "SHUTDOWN NOSAVE"));
    expect_closed(&client);
    cr_assert(child_wait(&child, 10000));
    cr_assert_eq(child_exit_code(&child), 0);
    client_close(&client);
}

Test(operation, a_reply_on_its_way_arrives_although_the_server_ends)
{
    struct client client, other;
    struct slice reply;
    struct child child = start(ARGV(PROGRAM, "--port", port, "--bind", "127.0.0.1"));
    await_port(&client);
    cr_assert(client_open_tcp(&other, atoi(port)));
    expect(&client, "SETRANGE k 19999999 x", "(integer) 20000000");
    cr_assert(client_send_line(&client, "GET k"));
    pace_sleep_ms(200);
    cr_assert(client_send_line(&other, "SHUTDOWN NOSAVE"));
    cr_assert(client_read(&client, &reply));
    cr_assert_eq(reply.len, 20000000 + strlen("$20000000\r\n\r\n"));
    cr_assert(child_wait(&child, 10000));
    cr_assert_eq(child_exit_code(&child), 0);
    client_close(&client);
    client_close(&other);
}

Test(operation, it_listens_on_every_address_it_is_told)
{
    struct child child = start(ARGV(PROGRAM, "--port", port, "--bind", "127.0.0.1", "::1"));
    struct client client;
    await_port(&client);
    expect(&client, "PING", "PONG"); /* by then it listens on all of them */
    client_close(&client);
    struct sockaddr_in6 address = { .sin6_family = AF_INET6,
                                    .sin6_port = htons((uint16_t)atoi(port)),
                                    .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    int result = fd < 0 ? -1 : connect(fd, (struct sockaddr *)&address, sizeof address);
    bool without_ipv6 = result != 0 && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL);
    if (fd >= 0) close(fd);
    child_stop(&child, 5000);
    if (without_ipv6) cr_skip_test("this machine has no IPv6");
    cr_assert_eq(result, 0);
}

/* B11 */
Test(operation, a_configuration_for_redis_may_rename_commands_that_are_not_here)
{
    struct client client;
    struct child child = start(ARGV(
        PROGRAM, "--port", port, "--bind", "127.0.0.1", "--rename-command", "EVAL", "", "--rename-command",
        "SLAVEOF", "b840fc02d524045429941cc15f59e41cb7be6c52", "--rename-command", "GET", "GET"));
    await_port(&client);
    expect(&client, "GET k", "(nil)");
    expect_start(&client, "EVAL x 0", "(error) ERR unknown command 'EVAL'");
    client_close(&client);
    child_stop(&child, 5000);
    cr_assert_eq(child_exit_code(&child), 0);
    run(ARGV(PROGRAM, "--port", port, "--rename-command", "nosuch", ""));
    cr_assert_eq(out.code, 1);
    expect_said("No such command in rename-command");
}

/* B20 */
Test(operation, too_few_descriptors_are_reported_without_a_crash)
{
    skip_for_redis();
    static const char *const limits[] = { "--nofile=7", "--nofile=12", "--nofile=32" };
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        run(ARGV("prlimit", limits[i], PROGRAM, "--port", port, "--bind", "127.0.0.1", "--threads", "2"));
        cr_assert_eq(out.code, 1, "%s: %s", limits[i], out.text);
        expect_said(
            "is not enough for the server to start. Please increase your open file limit to at least 10032");
        cr_assert_not(capture_contains(&out, "BUG REPORT"));
    }
}

/* B20 */
Test(operation, few_descriptors_are_few_clients)
{
    struct client clients[33];
    struct child child = start(
        ARGV("prlimit", "--nofile=64", PROGRAM, "--port", port, "--bind", "127.0.0.1", "--threads", "2"));
    await_port(&clients[0]);
    expect(&clients[0], "CONFIG GET maxclients", "1) \"maxclients\"\n2) \"32\"");
    for (size_t i = 1; i < 32; i++) {
        cr_assert(client_open_tcp(&clients[i], atoi(port)));
        expect(&clients[i], "PING", "PONG");
    }
    cr_assert(client_open_tcp(&clients[32], atoi(port)));
    expect_closed(&clients[32]);
    for (size_t i = 0; i < 33; i++) client_close(&clients[i]);
    child_stop(&child, 5000);
    cr_assert_eq(child_exit_code(&child), 0);
}

/* B20 */
Test(operation, without_threads_or_memory_it_ends_with_a_message)
{
    skip_for_redis();
    if (PACE_SANITIZED) cr_skip_test("a sanitizer takes an address space of its own");
    run(ARGV("prlimit", "--as=30000000", PROGRAM, "--port", port, "--bind", "127.0.0.1"));
    cr_assert_eq(out.code, 1, "%s", out.text);
    cr_assert_not(capture_contains(&out, "BUG REPORT"));
    if (geteuid() != 0) return;
    run(ARGV("setpriv", "--reuid=65534", "--clear-groups", "prlimit", "--nproc=1", PROGRAM, "--port", port,
             "--bind", "127.0.0.1", "--dir", "/"));
    cr_assert_eq(out.code, 1, "%s", out.text);
    expect_said("Fatal: Can't initialize Background Jobs. Error message:");
}

/* B21: what keeps a daemon from serving is told by the exit code of the command that started it. */
Test(operation, a_daemon_that_cannot_serve_is_a_failure)
{
    skip_for_redis();
    struct instance first;
    char taken[16];
    instance_start(&first, INSTANCE_NUTHATCH, NULL);
    snprintf(taken, sizeof taken, "%d", first.port);
    run(ARGV(PROGRAM, "--port", taken, "--bind", "127.0.0.1", "--daemonize", "yes"));
    cr_assert_eq(out.code, 1);
    expect_said("Address already in use");
    run(ARGV(PROGRAM, "--port", port, "--unixsocket", "/nonexistent/socket", "--daemonize", "yes"));
    cr_assert_eq(out.code, 1);
    expect_said("Failed opening Unix socket");
    instance_stop(&first);
}

/* B21 */
Test(operation, the_pidfile_of_a_daemon_that_was_told_none_is_written_and_shown_or_neither)
{
    skip_for_redis();
    struct client client;
    char path[128] = "";
    run(ARGV(PROGRAM, "--port", port, "--bind", "127.0.0.1", "--daemonize", "yes"));
    cr_assert_eq(out.code, 0, "%s", out.text);
    cr_assert(client_open_tcp(&client, atoi(port)), "the parent ends once its child serves");
    struct slice info = client_ask(&client, "INFO server");
    const char *at = memmem(info.data, info.len, "process_id:", 11);
    cr_assert_not_null(at);
    pid_t pid = atoi(at + 11);
    struct slice shown = client_ask(&client, "CONFIG GET pidfile");
    sscanf(shown.data, "*2\r\n$7\r\npidfile\r\n$%*d\r\n%127[^\r]", path);
    if (path[0] != '\0') cr_expect_eq(read_pid(path), pid, "%s", path);
    cr_assert_eq(kill(pid, SIGTERM), 0);
    cr_assert(vanishes(pid));
    if (path[0] != '\0') cr_expect_neq(access(path, F_OK), 0);
    client_close(&client);
}
