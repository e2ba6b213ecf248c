/*
 * Names and values of settings and figures, beside those of a Redis.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/buffer.h"
#include "tests/support/client/client.h"
#include "tests/support/client/expect.h"
#include "tests/support/pace.h"
#include "tests/support/process/instance.h"

static struct instance ours, redis;
static struct client here, there;

static void open_both(void)
{
    instance_start(&ours, INSTANCE_NUTHATCH, NULL);
    instance_start(&redis, INSTANCE_REDIS, NULL);
    cr_assert(client_open_tcp(&here, ours.port));
    cr_assert(client_open_tcp(&there, redis.port));
}

static void close_both(void)
{
    client_close(&here);
    client_close(&there);
    instance_stop(&ours);
    instance_stop(&redis);
}

TestSuite(settings, .init = open_both, .fini = close_both, .timeout = 240);

static struct buffer copy_of(struct slice bytes)
{
    struct buffer copy = { 0 };
    buffer_append(&copy, bytes.data, bytes.len);
    buffer_append(&copy, "", 1);
    return copy;
}

/* The next bulk string of a reply that is one line after the other; NULL at its end. */
static char *next_bulk(char **rest)
{
    char *line = *rest;
    while (line != NULL && *line != '\0' && *line != '$') {
        line = strstr(line, "\r\n");
        if (line != NULL) line += 2;
    }
    if (line == NULL || *line == '\0') return NULL;
    char *text = strstr(line, "\r\n") + 2;
    size_t len = strtoul(line + 1, NULL, 10);
    text[len] = '\0';
    *rest = text + len + 2;
    return text;
}

/* B17 */
Test(settings, every_name_that_redis_has_is_here)
{
    struct buffer names = copy_of(client_ask(&there, "CONFIG GET *"));
    char *rest = names.data, *name, line[128];
    while ((name = next_bulk(&rest)) != NULL) {
        snprintf(line, sizeof line, "CONFIG GET %s", name);
        cr_expect_gt(client_ask(&here, line).len, strlen("*0\r\n"), "%s", name);
        next_bulk(&rest);
    }
    static const char *const hidden[] = { "key-load-delay",
                                          "rdb-key-save-delay",
                                          "use-exit-on-panic",
                                          "watchdog-period",
                                          "loading-process-events-interval-bytes",
                                          "lua-enable-deprecated-api" };
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++) {
        snprintf(line, sizeof line, "CONFIG GET %s", hidden[i]);
        struct buffer said = copy_of(client_ask(&here, line));
        struct buffer right = copy_of(client_ask(&there, line));
        cr_expect_str_eq(said.data, right.data, "%s", hidden[i]);
        buffer_clear(&said);
        buffer_clear(&right);
    }
    buffer_clear(&names);
}

/* Figures of one command, error, latency or database come and go. */
static bool is_of_something(const char *field)
{
    static const char *const prefixes[] = { "cmdstat_", "errorstat_", "latency_percentiles_", "db0" };
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (strncmp(field, prefixes[i], strlen(prefixes[i])) == 0) return true;
    return false;
}

/* B17 */
Test(settings, every_field_of_info_is_here)
{
    struct buffer said = copy_of(client_ask(&here, "INFO everything"));
    struct buffer right = copy_of(client_ask(&there, "INFO everything"));
    static const char *const of_7_2[] = { "listener0",
                                          "eventloop_cycles",
                                          "eventloop_duration_sum",
                                          "eventloop_duration_cmd_sum",
                                          "instantaneous_eventloop_cycles_per_sec",
                                          "instantaneous_eventloop_duration_usec",
                                          "acl_access_denied_auth",
                                          "acl_access_denied_cmd",
                                          "acl_access_denied_key",
                                          "acl_access_denied_channel",
                                          "total_blocking_keys",
                                          "total_blocking_keys_on_nokey" };
    char pattern[128];
    for (size_t i = 0; i < sizeof of_7_2 / sizeof *of_7_2; i++) {
        snprintf(pattern, sizeof pattern, "\r\n%s:", of_7_2[i]);
        cr_expect_not_null(strstr(said.data, pattern), "%s", of_7_2[i]);
    }
    char *rest = right.data;
    for (char *line = strtok_r(rest, "\r\n", &rest); line != NULL; line = strtok_r(NULL, "\r\n", &rest)) {
        char *colon = strchr(line, ':');
        if (line[0] == '#' || line[0] == '$' || colon == NULL || is_of_something(line)) continue;
        snprintf(pattern, sizeof pattern, "\r\n%.*s:", (int)(colon - line), line);
        cr_expect_not_null(strstr(said.data, pattern), "%.*s", (int)(colon - line), line);
    }
    buffer_clear(&said);
    buffer_clear(&right);
}

/* B17 */
Test(settings, every_figure_of_memory_stats_is_here)
{
    struct buffer said = copy_of(client_ask(&here, "MEMORY STATS"));
    struct buffer right = copy_of(client_ask(&there, "MEMORY STATS"));
    char *rest = right.data, *name, pattern[128];
    while ((name = next_bulk(&rest)) != NULL) {
        if (name[0] >= '0' && name[0] <= '9') continue; /* a ratio */
        snprintf(pattern, sizeof pattern, "\r\n%s\r\n", name);
        cr_expect_not_null(strstr(said.data, pattern), "%s", name);
    }
    buffer_clear(&said);
    buffer_clear(&right);
}

/* B18 */
Test(settings, setting_every_setting_to_what_was_read_changes_nothing)
{
    struct buffer all = copy_of(client_ask(&here, "CONFIG GET *"));
    char *rest = all.data, *name;
    while ((name = next_bulk(&rest)) != NULL) {
        const char *value = next_bulk(&rest);
        struct slice argv[] = { SLICE("CONFIG"), SLICE("SET"), slice_of_cstr(name), slice_of_cstr(value) };
        struct slice reply;
        cr_assert(client_send_argv(&here, 4, argv));
        cr_assert(client_read(&here, &reply));
        cr_expect(slice_equal(reply, SLICE("+OK\r\n")), "%s '%s': %.*s", name, value, (int)reply.len,
                  reply.data);
    }
    expect(&here, "CONFIG SET databases 3",
           "(error) ERR CONFIG SET failed (possibly related to argument 'databases') - can't set immutable "
           "config");
    expect(&here, "CONFIG SET databases 16", "OK");
    buffer_clear(&all);
}

/* What differs on purpose is listed in docs/divergences.md; what is of this process cannot be the same. */
static bool may_differ(const char *name)
{
    static const char *const names[] = { "dir",
                                         "port",
                                         "bind",
                                         "requirepass",
                                         "logfile",
                                         "unixsocket",
                                         "replicaof",
                                         "slaveof",
                                         "maxclients",
                                         "pidfile",
                                         "activedefrag",
                                         "maxmemory",
                                         "tls-port",
                                         "tls-replication",
                                         "tls-cluster",
                                         "syslog-ident",
                                         "locale",
                                         "maxmemory-policy",
                                         "maxmemory-clients",
                                         "timeout" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) return true;
    return false;
}

static struct buffer asked(struct client *client, const char *verb, const char *name, const char *value)
{
    struct slice argv[] = { SLICE("CONFIG"), slice_of_cstr(verb), slice_of_cstr(name), slice_of_cstr(value) };
    struct slice reply;
    cr_assert(client_send_argv(client, strcmp(verb, "GET") == 0 ? 3 : 4, argv));
    cr_assert(client_read(client, &reply), "%s %s", name, value);
    return copy_of(reply);
}

static void compare(const char *verb, const char *name, const char *value)
{
    struct buffer said = asked(&here, verb, name, value), right = asked(&there, verb, name, value);
    /* What may not be set may be set to what it is, here. */
    bool guarded = strstr(right.data, "can't set ") != NULL && strcmp(said.data, "+OK\r\n") == 0;
    if (!guarded)
        cr_expect_str_eq(said.data, right.data, "CONFIG %s %s '%s': %s is not %s", verb, name, value,
                         said.data, right.data);
    buffer_clear(&said);
    buffer_clear(&right);
}

/* clang-format off */
static const char *const odd[] = {
    "", "0", "1", "-1", "2", "00", "01", "+1", " 1", "1 ", "1.5", "1e3", "0x10", "abc", "yes", "No",
    "true", "100", "101", "65535", "65536", "2147483647", "2147483648", "-2147483649", "4294967296",
    "9223372036854775807", "9223372036854775808", "18446744073709551615", "18446744073709551616",
    "99999999999999999999999", "1k", "1kb", "1MB", "1gb", "1 kb", "-1kb", "1tb", "kb", "50%",
    "101%", "-5%", "%", "777", "8", "a b", "900 1", " 900 1", "900  1", "900 1 300", "-1 1", "1 -1",
    "KEA", "notice", "-0", "normal 1mb 2mb 3", "normal 1 2", "50 99 99.9",
};
/* clang-format on */

static void try_odd_values(const char *name)
{
    struct buffer before = asked(&here, "GET", name, ""), before_there = asked(&there, "GET", name, "");
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        compare("SET", name, odd[i]);
        if (strcmp(before.data, before_there.data) == 0) compare("GET", name, odd[i]);
    }
    char *rest = before.data, *rest_there = before_there.data;
    next_bulk(&rest);
    next_bulk(&rest_there);
    struct buffer back = asked(&here, "SET", name, next_bulk(&rest));
    struct buffer back_there = asked(&there, "SET", name, next_bulk(&rest_there));
    buffer_clear(&back);
    buffer_clear(&back_there);
    buffer_clear(&before);
    buffer_clear(&before_there);
}

/* B19 */
Test(settings, odd_values_are_taken_refused_and_shown_as_by_redis)
{
    if (instance_encrypts()) cr_skip_test("every server speaks TLS here");
    struct buffer names = copy_of(client_ask(&there, "CONFIG GET *"));
    char *rest = names.data, *name;
    while ((name = next_bulk(&rest)) != NULL) {
        if (!may_differ(name)) try_odd_values(name);
        next_bulk(&rest);
    }
    buffer_clear(&names);
}

/* Of one that lasts for ever nobody could tell the server that it is over. */
Test(settings, a_pause_whose_end_no_number_can_hold_is_refused)
{
    expect(&here, "CLIENT PAUSE 9223372036854775807", "(error) ERR timeout is out of range");
    expect(&here, "CLIENT PAUSE 9223372036854775807 WRITE", "(error) ERR timeout is out of range");
    expect(&here, "CLIENT PAUSE 9223372000000000000 ALL", "(error) ERR timeout is out of range");
    expect(&here, "CLIENT PAUSE 9223372036854775807 NONE",
           "(error) ERR CLIENT PAUSE mode must be WRITE or ALL");
    expect(&here, "CLIENT PAUSE -9223372036854775808", "(error) ERR timeout is negative");
    expect(&here, "CLIENT PAUSE 9223370000000000000 WRITE", "OK");
    expect(&here, "CLIENT UNPAUSE", "OK");
    expect(&here, "CLIENT PAUSE 9223372036854775808",
           "(error) ERR timeout is not an integer or out of range");
    expect(&here, "SET k v", "OK");
}

static void expect_held_unpause(struct client *client, int port)
{
    struct client other;
    cr_assert(client_open_tcp(&other, port));
    expect(client, "CLIENT PAUSE 200 ALL", "OK");
    int64_t start_ms = pace_now_ms();
    expect(&other, "CLIENT UNPAUSE", "OK");
    cr_expect_geq(pace_now_ms() - start_ms, 100);
    client_close(&other);
}

Test(settings, what_ends_a_pause_of_all_is_held_by_it_as_in_redis)
{
    expect_held_unpause(&here, ours.port);
    expect_held_unpause(&there, redis.port);
}

/* C13: a sanitizer sees what is copied from where. */
Test(settings, no_percentiles_are_shown_where_none_are_wished_for)
{
    expect(&here, "CONFIG SET latency-tracking-info-percentiles \"\"", "OK");
    expect(&here, "PING", "PONG");
    struct slice info = client_ask(&here, "INFO latencystats");
    cr_assert_null(memmem(info.data, info.len, "p50", 3));
    expect(&here, "PING", "PONG");
}
