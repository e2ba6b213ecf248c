#include "tests/scenarios/world.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/base/contract.h"
#include "tests/scenarios/forgetful_cache.h"
#include "tests/scenarios/history.h"
#include "tests/support/client.h"
#include "tests/support/pace.h"

#define FIRST_PORT 20000
#define PORTS      12000

/* A port that nobody is given by chance: while the upstream is down nothing else may come to listen in its
 * place. Ports from 32768 on are what the kernel gives out, to servers that ask for any and to every client.
 */
static int draw_upstream_port(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    for (int i = 0; i < PORTS; i++) {
        int port = FIRST_PORT + (getpid() * 13 + i) % PORTS;
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

static void launch_upstream(struct world *world)
{
    char port[16], log[SCRATCH_PATH_MAX];
    snprintf(port, sizeof port, "%d", world->upstream_port);
    scratch_path(&world->scratch, "log", log);
    const char *argv[] = { "redis-server", "--port", port, "--bind", "127.0.0.1", "--dir",
                           world->scratch.path, "--save", "", "--appendonly", "yes",
                           /* Written before it answers; only a crash of the machine would lose it. */
                           "--appendfsync", "no", NULL };
    child_start(&world->upstream, &(struct child_options){ .argv = argv, .output_path = log });
}

bool world_ask(const struct world *world, int place, int db, const char *line, char *reply, size_t cap)
{
    struct client client;
    struct slice got;
    char select[32];
    if (!client_open_tcp(&client, world_port(world, place))) return false;
    client.timeout_ms = 3000 * PACE;
    snprintf(select, sizeof select, "SELECT %d", db);
    bool answered =
        client_ask(&client, select).len > 0 && client_send_line(&client, line) && client_read(&client, &got);
    if (answered) snprintf(reply, cap, "%.*s", (int)got.len, got.data);
    client_close(&client);
    return answered;
}

void world_start_upstream(struct world *world, bool empty)
{
    char reply[64] = "";
    int64_t deadline_ms = pace_now_ms() + 20000 * PACE;
    if (empty) {
        scratch_clear(&world->scratch);
        scratch_init(&world->scratch);
    }
    launch_upstream(world);
    while (pace_now_ms() < deadline_ms) {
        if (world_ask(world, PLACE_UPSTREAM, 0, "PING", reply, sizeof reply) && reply[0] == '+') return;
        pace_sleep_ms(2);
    }
    fprintf(stderr, "redis-server does not start, see %s\n", world->scratch.path);
    exit(2);
}

void world_kill_upstream(struct world *world)
{
    child_signal(&world->upstream, SIGKILL);
    child_wait(&world->upstream, 10000);
}

static void start_instance(struct world *world, int i)
{
    const struct plan *plan = world->plan;
    char(*texts)[64] = world->texts[i];
    snprintf(texts[0], sizeof texts[0], "redis://127.0.0.1:%d", tcp_proxy_port(world->networks[i]));
    snprintf(texts[1], sizeof texts[1], "%u", plan->heartbeat_ms);
    snprintf(texts[2], sizeof texts[2], "%u", plan->timeout_ms);
    snprintf(texts[3], sizeof texts[3], "%u", plan->threads);
    snprintf(texts[4], sizeof texts[4], "%u", plan->max_ttl_ms);
    snprintf(texts[5], sizeof texts[5], "serve-stale %u", plan->stale_s);
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
                              NULL };
    memcpy(world->options[i], options, sizeof options);
    instance_start(&world->instances[i], INSTANCE_NUTHATCH, world->options[i]);
}

void world_init(struct world *world, const struct plan *plan)
{
    *world = (struct world){ .plan = plan, .upstream_port = draw_upstream_port() };
    scratch_init(&world->scratch);
    world_start_upstream(world, false);
    for (unsigned i = 0; i < plan->instances; i++) {
        world->networks[i] = tcp_proxy_start(world->upstream_port);
        if (plan->subject == SUBJECT_TIER) start_instance(world, (int)i);
        if (plan->subject == SUBJECT_FORGETFUL) {
            world->caches[i] = forgetful_cache_start(tcp_proxy_port(world->networks[i]), plan->mistakes);
        }
    }
}

bool world_lost_instance(struct world *world)
{
    for (unsigned i = 0; i < world->plan->instances && world->plan->subject == SUBJECT_TIER; i++) {
        if (child_wait(&world->instances[i].child, 0)) return true;
    }
    return false;
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
    child_signal(&world->upstream, SIGCONT);
    child_stop(&world->upstream, 5000);
    scratch_clear(&world->scratch);
    return fine;
}

int world_port(const struct world *world, int place)
{
    if (place == PLACE_UPSTREAM) return world->upstream_port;
    switch (world->plan->subject) {
    case SUBJECT_TIER: return world->instances[place - 1].port;
    case SUBJECT_WIRE: return tcp_proxy_port(world->networks[place - 1]);
    case SUBJECT_FORGETFUL: return forgetful_cache_port(world->caches[place - 1]);
    }
    return 0;
}
