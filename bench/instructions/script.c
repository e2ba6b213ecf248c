#include "bench/instructions/script.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#ifdef NUTHATCH_JEMALLOC
#include <jemalloc/jemalloc.h>
#endif
#include <uv.h>

#include "bench/kit/load/replies.h"
#include "bench/kit/load/workload.h"
#include "bench/kit/program.h"
#include "proto/base/buffer.h"
#include "proto/base/slice.h"
#include "server/config/config.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/exec/session/census.h"
#include "server/main/assembly.h"
#include "server/net/connection.h"
#include "server/net/connections.h"

#define VALUE_BYTES 32
#define WARM_TURNS  8
#define PIECE       64 /* requests sent at once while preparing */
#define NOW_US      INT64_C(1700000000000000)

struct script {
    struct config *config;
    struct server *server;
    char socket[64];
    int fd; /* the client's end */
    struct buffer out;
    struct replies replies;
};

/* Stands in the place of the C library's: the server draws its hash seed here. */
ssize_t getrandom(void *buffer, size_t length, unsigned flags)
{
    (void)flags;
    memset(buffer, 0x5a, length);
    return (ssize_t)length;
}

static int64_t stopped_clock(void *context)
{
    (void)context;
    return NOW_US;
}

__attribute__((noinline, used)) void script_turn(struct loop *loop)
{
    uv_run(&loop->uv, UV_RUN_NOWAIT);
}

__attribute__((noinline, used)) void script_case_end(void)
{
    __asm__ volatile("" ::: "memory");
}

/* Blocks taken from jemalloc up to now. Emptying the thread's cache is what brings them to the books. */
static uint64_t allocations(void)
{
#ifdef NUTHATCH_JEMALLOC
    uint64_t epoch = 1, small = 0, large = 0;
    size_t size = sizeof epoch;
    mallctl("thread.tcache.flush", NULL, NULL, NULL, 0);
    mallctl("epoch", &epoch, &size, &epoch, sizeof epoch);
    mallctl("stats.arenas.0.small.nrequests", &small, &size, NULL, 0);
    mallctl("stats.arenas.0.large.nrequests", &large, &size, NULL, 0);
    return small + large;
#else
    return 0;
#endif
}

/* A server wants something to listen on, but nobody is going to come in by it. */
static void create_server(struct script *script)
{
    char text[256];
    struct buffer report = { 0 };
    snprintf(script->socket, sizeof script->socket, "/tmp/nuthatch-script-%d.sock", (int)getpid());
    int len = snprintf(text, sizeof text, "port 0\nthreads 1\nunixsocket %s\n", script->socket);
    script->config = config_create();
    if (!config_load_text(script->config, slice_of(text, (size_t)len), &report))
        program_fail("%.*s", (int)report.len, report.data);
    buffer_clear(&report);
    script->server = assembly_create(
        &(struct assembly_options){ .config = script->config, .clock = { .now_us = stopped_clock } });
    if (script->server == NULL) program_fail("the server cannot be made");
}

static void open_script(struct script *script)
{
    create_server(script);
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0)
        program_fail("socketpair: %s", strerror(errno));
    struct loop *loop = &script->server->loops[0];
    uv_timer_stop(&loop->cron);
    census_join(&script->server->census->connected);
    atomic_fetch_add(&loop->connections->count, 1);
    if (!connection_open(loop, ends[0], true)) program_fail("the connection was refused");
    script->fd = ends[1];
}

static void close_script(struct script *script)
{
    close(script->fd);
    assembly_destroy(&script->server);
    unlink(script->socket);
    config_destroy(&script->config);
    buffer_clear(&script->out);
}

static void send_requests(struct script *script, struct workload *workload, uint64_t count)
{
    script->out.len = 0;
    for (uint64_t i = 0; i < count; i++) workload_append(workload, &script->out);
    ssize_t sent = send(script->fd, script->out.data, script->out.len, MSG_NOSIGNAL);
    if (sent != (ssize_t)script->out.len) program_fail("the socket's buffer is too small");
}

static void receive_replies(struct script *script, uint64_t count)
{
    char input[65536];
    uint64_t before = script->replies.done;
    for (ssize_t n; (n = recv(script->fd, input, sizeof input, 0)) > 0;)
        if (!replies_feed(&script->replies, input, (size_t)n))
            program_fail("the server sent what is no RESP");
    if (script->replies.errors > 0) program_fail("%s", script->replies.first_error);
    if (script->replies.done != before + count) program_fail("a turn did not answer all requests");
}

/* Without counting: libuv is called by another name. */
static void exchange(struct script *script, struct workload *workload, uint64_t count)
{
    send_requests(script, workload, count);
    uv_run(&script->server->loops[0].uv, UV_RUN_NOWAIT);
    receive_replies(script, count);
}

static struct workload *make_workload(const struct script_case *script_case, const char *test)
{
    bool in_order = script_case->order == SCRIPT_NEW || script_case->order == SCRIPT_ONCE;
    bool is_del = test != NULL && strcmp(test, "del") == 0;
    return workload_create(&(struct workload_options){ .test = test,
                                                       .request = script_case->request,
                                                       .first_key = script_case->first_key,
                                                       .keys = script_case->keys,
                                                       .value_bytes = VALUE_BYTES,
                                                       .batch = is_del ? 1 : SCRIPT_BATCH,
                                                       .sequential = in_order,
                                                       .seed = 1 });
}

/* Every key of a range once, in order. */
static void fill(struct script *script, const char *test, uint64_t first_key, uint64_t keys)
{
    struct script_case all = { .first_key = first_key, .keys = keys, .order = SCRIPT_NEW };
    struct workload *workload = make_workload(&all, test);
    for (uint64_t sent = 0; sent < keys; sent += PIECE)
        exchange(script, workload, keys - sent < PIECE ? keys - sent : PIECE);
    workload_destroy(&workload);
}

static void fill_collection(struct script *script, const struct script_filling *filling)
{
    struct workload *workload =
        workload_create(&(struct workload_options){ .request = filling->request, .seed = 1 });
    for (uint64_t sent = 0; sent < filling->times; sent += PIECE)
        exchange(script, workload, filling->times - sent < PIECE ? filling->times - sent : PIECE);
    workload_destroy(&workload);
}

/* Each of the requests once; NULL: none. */
static void say(struct script *script, const char *const *requests)
{
    for (; requests != NULL && *requests != NULL; requests++) {
        struct workload *workload =
            workload_create(&(struct workload_options){ .request = *requests, .seed = 1 });
        exchange(script, workload, 1);
        workload_destroy(&workload);
    }
}

static void run_case(struct script *script, const struct script_case *script_case)
{
    say(script, script_case->opening);
    if (script_case->order == SCRIPT_READ) fill(script, "get", script_case->first_key, script_case->keys);
    if (script_case->order == SCRIPT_ONCE) fill(script, "set", script_case->first_key, script_case->keys);
    struct workload *workload = make_workload(script_case, script_case->test);
    for (int i = 0; i < WARM_TURNS; i++) exchange(script, workload, script_case->depth);
    uint64_t before = allocations();
    for (uint64_t sent = 0; sent < SCRIPT_OPERATIONS; sent += script_case->depth) {
        send_requests(script, workload, script_case->depth);
        script_turn(&script->server->loops[0]);
        receive_replies(script, script_case->depth);
    }
    printf(SCRIPT_ALLOCATIONS " %" PRIu64 "\n", allocations() - before);
    workload_destroy(&workload);
    say(script, script_case->closing);
}

void script_run(void)
{
    struct script script = { 0 };
    size_t count;
    const struct script_case *cases = script_cases(&count);
    open_script(&script);
    fill(&script, "set", 0, SCRIPT_KEYS);
    fill(&script, "incr", SCRIPT_COUNTERS_AT, SCRIPT_COUNTERS);
    for (const struct script_filling *filling = script_fillings; filling->request != NULL; filling++)
        fill_collection(&script, filling);
    for (size_t i = 0; i < count; i++) {
        run_case(&script, &cases[i]);
        script_case_end();
    }
    close_script(&script);
}
