/*
 * Programs of Node.js: BullMQ and rate-limiter-flexible, which live on scripts, over ioredis and node-redis,
 * and the client-side cache of the latter (tests/e2e/clients/node). What they are made of is fetched once by
 * npm, as package-lock.json says, into build/node; without npm, or a network where nothing has been fetched
 * yet, they are skipped.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/e2e/tier/tier.h"
#include "tests/support/process/capture.h"

#define PROGRAMS NUTHATCH_SOURCE_DIR "/tests/e2e/clients/node"
#define MODULES  NUTHATCH_SOURCE_DIR "/build/node"

TestSuite(node_clients, .timeout = 400);

static const char fetch_modules[] =
    "command -v node npm >/dev/null || exit 1\n"
    "cd " MODULES " && cmp -s " PROGRAMS "/package-lock.json fetched.json && exit 0\n"
    "cp " PROGRAMS "/package.json " PROGRAMS "/package-lock.json . &&\n"
    "npm ci --no-audit --no-fund --ignore-scripts && cp package-lock.json fetched.json";

/* Tests are processes that run side by side: the first one fetches. */
static bool have_modules(void)
{
    struct capture out;
    mkdir(NUTHATCH_SOURCE_DIR "/build", 0755);
    mkdir(MODULES, 0755);
    int lock = open(MODULES "/lock", O_CREAT | O_RDWR | O_CLOEXEC, 0644);
    cr_assert(lock >= 0 && flock(lock, LOCK_EX) == 0);
    capture_run(&out, ARGV("sh", "-c", fetch_modules), SLICE(""), 120000);
    close(lock);
    bool fetched = out.code == 0;
    if (!fetched) fprintf(stderr, "node_clients: skipped: %s\n", out.text);
    capture_clear(&out);
    setenv("NODE_PATH", MODULES "/node_modules", 1);
    return fetched;
}

static void expect_all_well(const char *program, int server_port)
{
    struct capture out;
    char port[16];
    snprintf(port, sizeof port, "%d", server_port);
    capture_run(&out, ARGV("node", program, port), SLICE(""), 120000);
    cr_assert(out.code == 0 && capture_contains(&out, "all well"), "%s", out.text);
    capture_clear(&out);
}

static void run_here(const char *program)
{
    struct instance server;
    if (!have_modules()) cr_skip_test("npm gives no modules");
    instance_start(&server, INSTANCE_NUTHATCH, OPTIONS("--threads", "2"));
    expect_all_well(program, server.port);
    instance_stop(&server);
}

static void run_through_a_near_cache(const char *program)
{
    struct tier_example tier;
    if (!have_modules()) cr_skip_test("npm gives no modules");
    tier_open(&tier, OPTIONS("--threads", "2"));
    expect_all_well(program, tier.server.port);
    tier_close(&tier);
}

Test(node_clients, bullmq_has_its_queues_here)
{
    run_here(PROGRAMS "/queue_client.js");
}

Test(node_clients, bullmq_has_its_queues_behind_a_near_cache)
{
    run_through_a_near_cache(PROGRAMS "/queue_client.js");
}

Test(node_clients, rate_limiter_flexible_counts_here)
{
    run_here(PROGRAMS "/limiter_client.js");
}

Test(node_clients, rate_limiter_flexible_counts_behind_a_near_cache)
{
    run_through_a_near_cache(PROGRAMS "/limiter_client.js");
}

Test(node_clients, node_redis_caches_what_it_has_read_here)
{
    run_here(PROGRAMS "/cache_client.js");
}

Test(node_clients, node_redis_caches_what_it_has_read_behind_a_near_cache)
{
    run_through_a_near_cache(PROGRAMS "/cache_client.js");
}
