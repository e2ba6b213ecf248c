#include "tests/unit/server/upstream/scripted.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "server/config/config.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/exec/session/census.h"
#include "server/main/assembly.h"
#include "server/net/connection.h"
#include "server/net/connections.h"
#include "server/upstream/channel/command_writer.h"
#include "server/upstream/channel/identity.h"
#include "server/upstream/tier.h"

#define FIRST_MS INT64_C(1700000000000)

struct scripted {
    struct upstream upstream;
    struct upstream_events events;
    struct upstream_request *oldest;
    struct upstream_request **end;
    struct buffer sent; /* the bytes of those that are not answered */
    bool up;
    struct config *config;
    struct server *server;
    int64_t now_us;
    int clients[SCRIPTED_CLIENTS];
    char socket_path[64];
};

static struct scripted *scripted_of(struct upstream *upstream)
{
    return (struct scripted *)upstream;
}

static void start(struct upstream *upstream, const struct upstream_events *events)
{
    scripted_of(upstream)->events = *events;
}

static void send_request(struct upstream *upstream, struct upstream_request *request)
{
    struct scripted *s = scripted_of(upstream);
    if (!s->up) {
        request->done(request, UPSTREAM_UNSENT, SLICE(""));
        return;
    }
    request->next = NULL;
    buffer_append(&s->sent, request->bytes.data, request->bytes.len);
    *s->end = request;
    s->end = &request->next;
}

static void flush(struct upstream *upstream)
{
    (void)upstream;
}

static int protocol(const struct upstream *upstream)
{
    (void)upstream;
    return 3;
}

static const char *version(const struct upstream *upstream)
{
    (void)upstream;
    return "scripted";
}

static const struct identity *identity(const struct upstream *upstream)
{
    static const struct identity nobody;
    (void)upstream;
    return &nobody;
}

static const char *no_database(const struct upstream *upstream)
{
    (void)upstream;
    return "";
}

static int64_t silent_ms(const struct upstream *upstream)
{
    (void)upstream;
    return 0;
}

static unsigned databases(const struct upstream *upstream)
{
    (void)upstream;
    return 16;
}

static struct upstream_request *take(struct scripted *s)
{
    struct upstream_request *request = s->oldest;
    buffer_consume(&s->sent, request->bytes.len);
    s->oldest = request->next;
    if (s->oldest == NULL) s->end = &s->oldest;
    return request;
}

static struct slice oldest_bytes(const struct scripted *s)
{
    return slice_of(s->sent.data, s->oldest->bytes.len);
}

static void tell_all(struct scripted *s)
{
    s->up = false;
    while (s->oldest != NULL) {
        struct upstream_request *request = take(s);
        request->done(request, UPSTREAM_UNKNOWN, SLICE(""));
    }
}

static void stop(struct upstream **upstream)
{
    tell_all(scripted_of(*upstream));
    *upstream = NULL;
}

static void run(struct scripted *s)
{
    for (int i = 0; i < 4; i++) uv_run(&s->server->loops[0].uv, UV_RUN_NOWAIT);
}

static int64_t read_clock(void *context)
{
    return ((struct scripted *)context)->now_us;
}

void advance(struct scripted *s, int64_t ms)
{
    s->now_us += ms * 1000;
    run(s);
}

void say(struct scripted *s, int client, const char *line)
{
    struct buffer out = { 0 };
    buffer_printf(&out, "%s\r\n", line);
    cr_assert_eq(write(s->clients[client], out.data, out.len), (ssize_t)out.len);
    buffer_clear(&out);
    run(s);
}

static void show(struct slice bytes, char *text, size_t size)
{
    size_t at = 0;
    for (size_t i = 0; i < bytes.len && at + 5 < size; i++) {
        unsigned char c = (unsigned char)bytes.data[i];
        at += (size_t)snprintf(text + at, size - at, c < 32 || c > 126 ? "\\x%02x" : "%c", c);
    }
    text[at] = '\0';
}

void answer_bytes(struct scripted *s, const char *command, struct slice reply)
{
    struct buffer expected = { 0 };
    struct slice words[128];
    size_t count = 0;
    char *copy = alloc_cstr(command, strlen(command)), *rest = copy, *word;
    while ((word = strsep(&rest, " ")) != NULL) words[count++] = slice_of_cstr(word);
    command_write(&expected, words, count);
    cr_assert(s->oldest != NULL, "%s was not sent", command);
    char sent[256];
    show(oldest_bytes(s), sent, sizeof sent);
    cr_assert(slice_equal(oldest_bytes(s), buffer_slice(&expected)), "not %s was sent but %s", command, sent);
    struct upstream_request *request = take(s);
    request->done(request, UPSTREAM_REPLIED, reply);
    buffer_clear(&expected);
    alloc_free(copy);
    run(s);
}

void answer(struct scripted *s, const char *command, const char *reply)
{
    answer_bytes(s, command, slice_of_cstr(reply));
}

static size_t receive(struct scripted *s, int client, char *bytes, size_t size)
{
    run(s);
    ssize_t len = read(s->clients[client], bytes, size);
    return len > 0 ? (size_t)len : 0;
}

void hear(struct scripted *s, int client, const char *bytes)
{
    char got[4096], shown[512];
    size_t len = receive(s, client, got, sizeof got);
    show(slice_of(got, len), shown, sizeof shown);
    cr_assert(slice_equal(slice_of(got, len), slice_of_cstr(bytes)), "client %d heard %s", client, shown);
}

void hear_nothing(struct scripted *s, int client)
{
    hear(s, client, "");
}

void expect_quiet(struct scripted *s)
{
    char sent[256] = "";
    if (s->oldest != NULL) show(oldest_bytes(s), sent, sizeof sent);
    cr_assert(s->oldest == NULL, "unanswered: %s", sent);
}

void expect_local(struct scripted *s, int client, const char *line, const char *bytes)
{
    say(s, client, line);
    expect_quiet(s);
    hear(s, client, bytes);
}

void invalidate(struct scripted *s, const char *key)
{
    s->events.invalidated(s->events.context, slice_of_cstr(key));
}

void invalidate_all(struct scripted *s)
{
    s->events.invalidated_all(s->events.context);
}

void lose(struct scripted *s)
{
    s->events.ending(s->events.context);
    tell_all(s);
    s->events.down(s->events.context, "lost by the script");
    run(s);
}

void fail(struct scripted *s)
{
    s->events.failed(s->events.context, "failed by the script");
    run(s);
}

void bring_up(struct scripted *s, enum upstream_tracking tracking)
{
    s->up = true;
    s->events.up(s->events.context, tracking);
    s->events.alive(s->events.context, INT64_MAX);
    answer(s, "COMMAND", "*0\r\n");
    answer(s, "CONFIG GET proto-max-bulk-len", "-ERR\r\n");
    answer(s, "CONFIG GET client-query-buffer-limit", "%0\r\n");
    answer(s, "CONFIG GET client-output-buffer-limit", "%0\r\n");
    answer(s, "CONFIG GET io-threads", "%0\r\n");
    answer(s, "LATENCY HISTOGRAM swapdb config|resetstat latency|histogram", "%0\r\n");
}

struct tier *scripted_tier(struct scripted *s)
{
    return s->server->tier;
}

void let_heartbeat_pass(struct scripted *s)
{
    s->events.alive(s->events.context, 0);
}

static void configure(struct scripted *s, const char *const *options)
{
    snprintf(s->socket_path, sizeof s->socket_path, "/tmp/nuthatch-scripted-%d", (int)getpid());
    char *argv[32] = { "nuthatch",
                       "--port",
                       "0",
                       "--threads",
                       "1",
                       "--unixsocket",
                       s->socket_path,
                       "--upstream",
                       "redis://scripted",
                       "--near-cache-touch-rate",
                       "0" };
    int argc = 11;
    for (; options != NULL && *options != NULL; options++) argv[argc++] = (char *)(uintptr_t)*options;
    struct buffer report = { 0 };
    s->config = config_create();
    cr_assert_eq(config_load(s->config, argc, argv, &report), CONFIG_RUN, "%.*s", (int)report.len,
                 report.data);
    buffer_clear(&report);
}

static void connect_client(struct scripted *s, int client)
{
    int ends[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    s->clients[client] = ends[0];
    census_join(&s->server->census->connected);
    atomic_fetch_add(&s->server->loops[0].connections->count, 1);
    cr_assert(connection_open(&s->server->loops[0], ends[1], CONNECTION_UNIX));
}

struct scripted *scripted_open(const char *const *options)
{
    struct scripted *s = ALLOC_NEW(struct scripted);
    s->upstream = (struct upstream){ .start = start,
                                     .send = send_request,
                                     .flush = flush,
                                     .protocol = protocol,
                                     .silent_ms = silent_ms,
                                     .version = version,
                                     .identity = identity,
                                     .no_database = no_database,
                                     .databases = databases,
                                     .stop = stop };
    s->end = &s->oldest;
    s->now_us = FIRST_MS * 1000;
    configure(s, options);
    s->server = assembly_create(
        &(struct assembly_options){ .config = s->config, .clock = { .now_us = read_clock, .context = s } });
    cr_assert(s->server != NULL);
    tier_start_with(s->server->tier, &s->upstream);
    for (int i = 0; i < SCRIPTED_CLIENTS; i++) connect_client(s, i);
    bring_up(s, UPSTREAM_TRACKS_ALL);
    return s;
}

void scripted_close(struct scripted **scripted)
{
    struct scripted *s = *scripted;
    for (int i = 0; i < SCRIPTED_CLIENTS; i++) close(s->clients[i]);
    assembly_destroy(&s->server);
    config_destroy(&s->config);
    unlink(s->socket_path);
    buffer_clear(&s->sent);
    alloc_free(s);
    *scripted = NULL;
}
