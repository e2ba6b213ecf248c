/* Of scripts that fail, and of what fails in them, INFO tells what it tells of them in Redis. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/client/expect.h"
#include "tests/support/process/instance.h"

static const char *const scripts[] = {
    "return redis.call('lpush','str','1')",
    "return redis.pcall('lpush','str','1')",
    "redis.pcall('lpush','str','1') return 1",
    "return redis.call('get')",
    "redis.pcall('get') return 1",
    "return redis.call('subscribe','a')",
    "return redis.pcall('foo')",
    "redis.pcall('foo') return 1",
    "return redis.call('config','nosuch')",
    "return redis.error_reply('OWN error')",
    "return {redis.pcall('foo')}",
    "error('raised')",
    "redis.call()",
};

/* The lines that begin so, as far as times do not stand in them. */
static void take(struct client *client, const char *section, const char *prefix, char *out, size_t size)
{
    char command[64];
    size_t len = 0;
    snprintf(command, sizeof(command), "INFO %s", section);
    struct slice reply = client_ask(client, command);
    const char *end = reply.data + reply.len;
    for (const char *at = reply.data;
         at != NULL && (at = memmem(at, (size_t)(end - at), prefix, strlen(prefix)));
         at = memchr(at, '\n', (size_t)(end - at))) {
        int line = (int)strcspn(at, "\r\n,");
        const char *rejected = memmem(at, strcspn(at, "\r\n"), "rejected_calls", 14);
        int tail = rejected != NULL ? (int)strcspn(rejected, "\r\n") : 0;
        len += (size_t)snprintf(out + len, size - len, "%.*s %.*s\n", line, at, tail,
                                rejected != NULL ? rejected : "");
    }
}

static void play(enum instance_kind kind, const char *script, char *out, size_t size)
{
    struct instance server;
    struct client client;
    const struct slice words[] = { SLICE("EVAL"), slice_of_cstr(script), SLICE("0") };
    struct slice ignored;
    instance_start(&server, kind, NULL);
    cr_assert(client_open_tcp(&client, server.port));
    expect(&client, "SET str v", "OK");
    expect(&client, "CONFIG RESETSTAT", "OK");
    cr_assert(client_send_argv(&client, 3, words) && client_read(&client, &ignored));
    static const char *const rows[] = { "cmdstat_eval:", "cmdstat_get:", "cmdstat_lpush:",
                                        "cmdstat_subscribe:" };
    *out = '\0';
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        take(&client, "commandstats", rows[i], out + strlen(out), size - strlen(out));
    take(&client, "errorstats", "errorstat_", out + strlen(out), size - strlen(out));
    take(&client, "stats", "total_error_replies:", out + strlen(out), size - strlen(out));
    client_close(&client);
    instance_stop(&server);
}

Test(script_errors, are_counted_as_by_redis, .timeout = 120)
{
    for (size_t i = 0; i < sizeof(scripts) / sizeof(*scripts); i++) {
        static char ours[4096], redis[4096];
        play(INSTANCE_NUTHATCH, scripts[i], ours, sizeof(ours));
        play(INSTANCE_REDIS, scripts[i], redis, sizeof(redis));
        cr_expect_str_eq(ours, redis, "%s: %s, Redis: %s", scripts[i], ours, redis);
    }
}
