#include "tests/scenarios/world/world.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/base/contract.h"
#include "tests/scenarios/world/forgetful_cache.h"
#include "tests/support/client/client.h"
#include "tests/support/pace.h"

#define FIRST_PORT 20000
#define PORTS      12000

/* A port that nobody is given by chance: while the upstream is down nothing else may come to listen in its
 * place. Ports from 32768 on are what the kernel gives out, to servers that ask for any and to every client.
 */
static int draw_upstream_port(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    static int drawn;
    for (int i = 0; i < PORTS; i++) {
        int port = FIRST_PORT + (getpid() * 13 + drawn++) % PORTS;
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        address.sin_port = htons((uint16_t)port);
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
        bool free = bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
        close(fd);
        if (free) return port;
    }
    REQUIRE(!"no port is free");
    return 0;
}

static bool ask_port(int port, int db, const char *lines, char *reply, size_t cap)
{
    struct client client;
    struct slice got;
    char line[512];
    if (!client_open_tcp(&client, port)) return false;
    client.timeout_ms = 3000 * PACE;
    snprintf(line, sizeof line, "SELECT %d", db);
    bool answered = client_ask(&client, line).len > 0;
    while (answered && *lines != '\0') {
        size_t len = strcspn(lines, "\n");
        snprintf(line, sizeof line, "%.*s", (int)len, lines);
        answered = client_send_line(&client, line) && client_read(&client, &got);
        lines += len + (lines[len] == '\n');
    }
    if (answered) snprintf(reply, cap, "%.*s", (int)got.len, got.data);
    client_close(&client);
    return answered;
}

bool world_ask(const struct world *world, int place, int db, const char *lines, char *reply, size_t cap)
{
    return ask_port(world_port(world, place), db, lines, reply, cap);
}

uint64_t world_count(const struct world *world, int place, const char *field)
{
    static char reply[16384];
    if (!world_ask(world, place, 0, "INFO nearcache", reply, sizeof reply)) return 0;
    const char *found = strstr(reply, field);
    return found == NULL ? 0 : strtoull(found + strlen(field) + 1, NULL, 10);
}

/* Ask a server until its answer contains the text. */
static bool hear(const struct redis *redis, const char *line, const char *text)
{
    static char reply[8192];
    int64_t deadline_ms = pace_now_ms() + 20000 * PACE;
    while (pace_now_ms() < deadline_ms) {
        if (ask_port(redis->port, 0, line, reply, sizeof reply) && strstr(reply, text) != NULL) return true;
        pace_sleep_ms(2);
    }
    return false;
}

/* What FCALL calls: a write that says its key, and one that does not. */
static bool load_functions(const struct redis *redis)
{
    char reply[256] = "";
    ask_port(redis->port, 0,
             "FUNCTION LOAD REPLACE \"#!lua name=checker\\n"
             "redis.register_function('put', function(keys, args) "
             "return redis.call('SET', keys[1], args[1]) end) "
             "redis.register_function('put_undeclared', function(keys, args) "
             "return redis.call('SET', args[1], args[2]) end)\"",
             reply, sizeof reply);
    return strstr(reply, "checker") != NULL;
}

static const char *upstream_program(const struct plan *plan)
{
    return plan_has_own_upstream(plan) ? instance_program(INSTANCE_NUTHATCH) : plan->upstream_program;
}

/* `master`: a port of this machine, as text; NULL: it is no replica. */
static void start_redis(const struct world *world, struct redis *redis, const char *master)
{
    char port[16], threads[16], log[SCRATCH_PATH_MAX];
    snprintf(port, sizeof port, "%d", redis->port);
    snprintf(threads, sizeof threads, "%u", world->plan->upstream_threads);
    scratch_path(&redis->scratch, "log", log);
    /* Beyond which a hash is kept as large ones are. */
    const char *small_hash = world->plan->fields == 2 ? "1" : "128";
    const char *argv[] = { upstream_program(world->plan), "--port", port, "--bind", "127.0.0.1", "--dir",
                           redis->scratch.path, "--save", "", "--appendonly", "yes",
                           /* Written before it answers; only a crash of the machine would lose it. */
                           "--appendfsync", "no", "--repl-diskless-sync-delay", "0", "--io-threads", threads,
                           "--hash-max-listpack-entries", small_hash,
                           /* Behind all others, for it may be left out. */
                           master == NULL ? NULL : "--replicaof", "127.0.0.1", master, NULL };
    child_start(&redis->child, &(struct child_options){ .argv = argv, .output_path = log });
    if (hear(redis, "PING", "+PONG") && (master != NULL || load_functions(redis))) return;
    fprintf(stderr, "%s does not start, see %s\n", world->plan->upstream_program, redis->scratch.path);
    exit(2);
}

void world_start_upstream(struct world *world, bool empty)
{
    if (empty) {
        scratch_clear(&world->upstream.scratch);
        scratch_init(&world->upstream.scratch);
    }
    start_redis(world, &world->upstream, NULL);
}

void world_kill_upstream(struct world *world)
{
    child_signal(&world->upstream.child, SIGKILL);
    child_wait(&world->upstream.child, 10000);
}

static void point_at_upstream(struct world *world)
{
    world->ports[PLACE_UPSTREAM] = world->upstream.port;
    if (world->plan->chained) {
        tcp_proxy_redirect(world->relay_network, world->upstream.port);
        return;
    }
    for (unsigned i = 0; i < world->plan->instances; i++) {
        tcp_proxy_redirect(world->networks[i], world->upstream.port);
    }
}

void world_begin_failover(struct world *world)
{
    char master[16], line[64];
    struct redis next = { .port = draw_upstream_port() };
    scratch_init(&next.scratch);
    snprintf(master, sizeof master, "%d", world->upstream.port);
    start_redis(world, &next, master);
    REQUIRE(hear(&next, "INFO replication", "master_link_status:up"));
    snprintf(line, sizeof line, "FAILOVER TO 127.0.0.1 %d", next.port);
    /* A replica counts as one only when it has said how far it is. */
    REQUIRE(hear(&world->upstream, line, "+OK"));
    REQUIRE(hear(&next, "INFO replication", "role:master"));
    world->former = world->upstream;
    world->upstream = next;
    point_at_upstream(world);
}

void world_end_failover(struct world *world)
{
    child_signal(&world->former.child, SIGKILL);
    child_wait(&world->former.child, 10000);
    scratch_clear(&world->former.scratch);
    /* Until what it was sent is in its own file a crash would lose it. */
    REQUIRE(
        hear(&world->upstream, "INFO persistence", "aof_rewrite_in_progress:0\r\naof_rewrite_scheduled:0"));
}

/* With the options and texts at `i`. */
static void start_instance(struct world *world, struct instance *instance, int i,
                           const struct tcp_proxy *network)
{
    const struct plan *plan = world->plan;
    char(*texts)[64] = world->texts[i];
    snprintf(texts[0], sizeof texts[0], "redis://127.0.0.1:%d", tcp_proxy_port(network));
    snprintf(texts[1], sizeof texts[1], "%u", plan->heartbeat_ms);
    snprintf(texts[2], sizeof texts[2], "%u", plan->timeout_ms);
    snprintf(texts[3], sizeof texts[3], "%u", plan->threads);
    snprintf(texts[4], sizeof texts[4], "%u", plan->max_ttl_ms);
    snprintf(texts[5], sizeof texts[5], "serve-stale %u", plan->stale_s);
    snprintf(texts[6], sizeof texts[6], "%u", plan->pool);
    snprintf(texts[7], sizeof texts[7], "%u", plan->fill_after);
    const char *max_ttl = strcmp(plan->tracking, "ttl") == 0 ? texts[4] : "600000";
    const char *on_failure = strcmp(plan->on_failure, "serve-stale") == 0 ? texts[5] : plan->on_failure;
    const char *options[] = { "--upstream",
                              texts[0],
                              "--upstream-heartbeat",
                              texts[1],
                              "--upstream-timeout",
                              texts[2],
                              "--threads",
                              texts[3],
                              "--near-cache-tracking",
                              plan->tracking,
                              "--near-cache-max-ttl",
                              max_ttl,
                              "--upstream-on-failure",
                              on_failure,
                              "--upstream-pool-size",
                              texts[6],
                              "--near-cache-fill-after",
                              texts[7],
                              NULL };
    memcpy(world->options[i], options, sizeof options);
    instance_start(instance, INSTANCE_NUTHATCH, world->options[i]);
}

/* The port that the subjects have for their upstream's. */
static int start_relay(struct world *world)
{
    if (!world->plan->chained) return world->upstream.port;
    world->relay_network = tcp_proxy_start(world->upstream.port);
    start_instance(world, &world->relay, WORLD_INSTANCES, world->relay_network);
    return world->relay.port;
}

static int instance_port(const struct world *world, unsigned i)
{
    switch (world->plan->subject) {
    case SUBJECT_TIER: return world->instances[i].port;
    case SUBJECT_WIRE: return tcp_proxy_port(world->networks[i]);
    case SUBJECT_FORGETFUL: return forgetful_cache_port(world->caches[i]);
    }
    return 0;
}

void world_init(struct world *world, const struct plan *plan)
{
    *world = (struct world){ .plan = plan, .upstream.port = draw_upstream_port() };
    scratch_init(&world->upstream.scratch);
    world_start_upstream(world, false);
    world->ports[PLACE_UPSTREAM] = world->upstream.port;
    int port = start_relay(world);
    for (unsigned i = 0; i < plan->instances; i++) {
        world->networks[i] = tcp_proxy_start(port);
        if (plan->subject == SUBJECT_TIER)
            start_instance(world, &world->instances[i], (int)i, world->networks[i]);
        if (plan->subject == SUBJECT_FORGETFUL) {
            world->caches[i] = forgetful_cache_start(tcp_proxy_port(world->networks[i]), plan->mistakes);
        }
        world->ports[i + 1] = instance_port(world, i);
    }
}

bool world_lost_instance(struct world *world)
{
    for (unsigned i = 0; i < world->plan->instances && world->plan->subject == SUBJECT_TIER; i++) {
        if (child_wait(&world->instances[i].child, 0)) return true;
    }
    return world->plan->chained && child_wait(&world->relay.child, 0);
}

static bool stop_instance(struct instance *instance)
{
    child_stop(&instance->child, 10000);
    bool fine = child_exit_code(&instance->child) == 0;
    if (!fine) instance_print_log(instance);
    scratch_clear(&instance->scratch);
    return fine;
}

bool world_clear(struct world *world)
{
    bool fine = true;
    for (unsigned i = 0; i < world->plan->instances; i++) {
        if (world->plan->subject == SUBJECT_TIER) fine = stop_instance(&world->instances[i]) && fine;
        if (world->caches[i] != NULL) forgetful_cache_stop(&world->caches[i]);
        tcp_proxy_stop(&world->networks[i]);
    }
    if (world->plan->chained) {
        fine = stop_instance(&world->relay) && fine;
        tcp_proxy_stop(&world->relay_network);
    }
    child_signal(&world->upstream.child, SIGCONT);
    child_stop(&world->upstream.child, 5000);
    scratch_clear(&world->upstream.scratch);
    return fine;
}

int world_port(const struct world *world, int place)
{
    return world->ports[place];
}
