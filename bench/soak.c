/*
 * soak - whether resident memory stays below maxmemory, whatever is stored.
 *
 * One connection sets, overwrites, deletes and reads keys in batches, as fast as the server answers; others
 * (1000) send a request now and then. The sizes of values change from phase to phase, so that what the
 * allocator gave back in one size is wanted in another. What counts is the most memory that was ever
 * resident, which the kernel notes.
 *
 * Exit status 1 when it was ever more than 5 % above maxmemory, or 13 MB below 256 MB.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/kit/clock.h"
#include "bench/kit/load/exchange.h"
#include "bench/kit/options.h"
#include "bench/kit/program.h"
#include "bench/kit/report/table.h"
#include "bench/kit/servers/info.h"
#include "bench/kit/servers/server.h"
#include "proto/base/alloc.h"
#include "proto/base/random.h"

#define SERVER_CORE  0
#define CLIENT_CORE  1
#define MIB          ((uint64_t)1 << 20)
#define SLACK_BYTES  (13 * MIB)
#define BATCH_BYTES  (64 << 10) /* of values, sent at once */
#define BATCH_MAX    128
#define LOOK_NS      (CLOCK_NS_PER_S / 10)
#define VALUE_MAX    (1 << 20)
#define LONG_SECONDS 600

/* Percent of the requests. */
#define GETS    20
#define DELETES 10

struct settings {
    const char *nuthatch;
    const char *policy;
    uint64_t seconds;
    uint64_t phases;
    uint64_t maxmemory_mb;
    uint64_t connections;
    uint64_t threads;
    bool is_long;
};

/* Values of one phase: `least` to `most` bytes. */
struct sizes {
    const char *name;
    uint32_t least, most;
};

static const struct sizes phases[] = {
    { "200", 200, 200 },
    { "20-60", 20, 60 },
    { "1000-3000", 1000, 3000 },
    { "20-10000", 20, 10000 },
    { "500", 500, 500 },
    { "100 k-1 M", 100000, VALUE_MAX },
    { "64", 64, 64 },
    { "300-400", 300, 400 },
    { "5000-20000", 5000, 20000 },
    { "8", 8, 8 },
};
#define PHASES (sizeof phases / sizeof phases[0])

struct soak {
    struct settings settings;
    struct server server;
    struct exchange exchange;
    struct exchange *others;
    struct random random;
    uint64_t keys; /* numbers in use */
    uint64_t next_look_ns;
    uint64_t most_rss;
    uint64_t requests;
    char value[VALUE_MAX];
    struct table table;
};

static void add_key(struct soak *soak, uint64_t number)
{
    char name[24];
    int len = snprintf(name, sizeof name, "key:%012" PRIu64, number);
    exchange_argument(&soak->exchange, name, (size_t)len);
}

/* Half of the keys are new, the others of any age. */
static uint64_t draw_key(struct soak *soak)
{
    if (random_below(&soak->random, 2) == 0) return soak->keys++;
    return random_below(&soak->random, soak->keys + 1);
}

static uint32_t add_request(struct soak *soak, const struct sizes *sizes)
{
    uint64_t kind = random_below(&soak->random, 100);
    if (kind < GETS + DELETES) {
        const char *name = kind < GETS ? "GET" : "DEL";
        exchange_begin(&soak->exchange, 2);
        exchange_argument(&soak->exchange, name, strlen(name));
        add_key(soak, random_below(&soak->random, soak->keys + 1));
        return kind < GETS ? sizes->most : 0;
    }
    uint32_t len = sizes->least + (uint32_t)random_below(&soak->random, sizes->most - sizes->least + 1);
    exchange_begin(&soak->exchange, 3);
    exchange_argument(&soak->exchange, "SET", strlen("SET"));
    add_key(soak, draw_key(soak));
    exchange_argument(&soak->exchange, soak->value, len);
    return len;
}

static void look(struct soak *soak)
{
    uint64_t rss = server_peak_rss_bytes(&soak->server);
    if (rss > soak->most_rss) soak->most_rss = rss;
    soak->next_look_ns = clock_now_ns() + LOOK_NS;
    if (soak->settings.connections == 0) return;

    struct exchange *other = &soak->others[random_below(&soak->random, soak->settings.connections)];
    exchange_begin(other, 2);
    exchange_argument(other, "GET", strlen("GET"));
    exchange_argument(other, "key:000000000001", strlen("key:000000000001"));
    exchange_turn(other, 1);
}

static void send_batch(struct soak *soak, const struct sizes *sizes)
{
    size_t bytes = 0, count = 0;
    for (; count < BATCH_MAX && bytes < BATCH_BYTES; count++) bytes += add_request(soak, sizes);
    exchange_turn(&soak->exchange, count);
    soak->requests += count;
    if (clock_now_ns() >= soak->next_look_ns) look(soak);
}

static void run_phase(struct soak *soak, const struct sizes *sizes, uint64_t seconds)
{
    uint64_t start_ns = clock_now_ns(), end_ns = start_ns + seconds * CLOCK_NS_PER_S;
    uint64_t cpu_ns = server_cpu_ns(&soak->server);
    soak->most_rss = 0;
    soak->requests = 0;
    do send_batch(soak, sizes);
    while (clock_now_ns() < end_ns);
    look(soak);

    double spent_us = (double)(server_cpu_ns(&soak->server) - cpu_ns) / 1000;
    uint64_t limit = soak->settings.maxmemory_mb * MIB;
    table_add(&soak->table, "%s", sizes->name);
    table_add(&soak->table, "%" PRIu64, info_number(&soak->server.address, "db0:keys="));
    table_add(&soak->table, "%.1f", (double)info_number(&soak->server.address, "used_memory_dataset:") / MIB);
    table_add(&soak->table, "%.1f", (double)soak->most_rss / MIB);
    table_add(&soak->table, "%+.1f %%", 100.0 * ((double)soak->most_rss / (double)limit - 1));
    table_add(&soak->table, "%.2f", spent_us / (double)soak->requests);
}

static void add_heads(struct table *table)
{
    static const char *const heads[] = { "value bytes", "keys", "data MB", "most RSS MB", "over", "us/op" };
    table->columns = sizeof heads / sizeof heads[0];
    for (size_t i = 0; i < table->columns; i++) table_add(table, "%s", heads[i]);
}

static void start(struct soak *soak)
{
    const struct settings *settings = &soak->settings;
    char path[512], args[512];
    program_neighbour("../nuthatch", path, sizeof path);
    snprintf(args, sizeof args,
             "--bind,127.0.0.1,--threads,%" PRIu64 ",--maxmemory,%" PRIu64 "mb,--maxmemory-policy,%s",
             settings->threads, settings->maxmemory_mb, settings->policy);
    server_init(&soak->server, "nuthatch", settings->nuthatch != NULL ? settings->nuthatch : path, args);
    server_start(&soak->server, settings->threads == 1 ? SERVER_CORE : SERVER_ANY_CORE);
    exchange_open(&soak->exchange, &soak->server.address);
    soak->others = alloc_zeroed(settings->connections * sizeof *soak->others + 1);
    for (uint64_t i = 0; i < settings->connections; i++)
        exchange_open(&soak->others[i], &soak->server.address);
}

static void stop(struct soak *soak)
{
    exchange_close(&soak->exchange);
    for (uint64_t i = 0; i < soak->settings.connections; i++) exchange_close(&soak->others[i]);
    alloc_free(soak->others);
    server_stop(&soak->server);
}

static bool soak_all(struct soak *soak)
{
    uint64_t limit = soak->settings.maxmemory_mb * MIB, most = 0;
    uint64_t allowed = limit + (limit / 20 > SLACK_BYTES ? limit / 20 : SLACK_BYTES);
    for (uint64_t i = 0; i < soak->settings.phases; i++) {
        run_phase(soak, &phases[i % PHASES], soak->settings.seconds / soak->settings.phases);
        if (soak->most_rss > most) most = soak->most_rss;
    }
    table_print(&soak->table);
    if (most > allowed) printf("%.1f MB are above %.1f\n", (double)most / MIB, (double)allowed / MIB);
    return most <= allowed;
}

int main(int argc, char **argv)
{
    struct soak *soak = ALLOC_NEW(struct soak);
    struct settings *settings = &soak->settings;
    *settings = (struct settings){ .policy = "allkeys-lru",
                                   .seconds = 20,
                                   .phases = PHASES,
                                   .maxmemory_mb = 128,
                                   .connections = 1000,
                                   .threads = 1 };
    const struct option options[] = {
        { "seconds", OPTION_COUNT, &settings->seconds, "N", "in all (20)" },
        { "long", OPTION_FLAG, &settings->is_long, NULL, "ten minutes, one for each phase" },
        { "phases", OPTION_COUNT, &settings->phases, "N", "of other value sizes (10)" },
        { "maxmemory", OPTION_COUNT, &settings->maxmemory_mb, "MB", "(128)" },
        { "policy", OPTION_TEXT, &settings->policy, "NAME", "(allkeys-lru)" },
        { "connections", OPTION_COUNT, &settings->connections, "N", "that do little (1000)" },
        { "threads", OPTION_COUNT, &settings->threads, "N", "of the server (1)" },
        { "nuthatch", OPTION_TEXT, &settings->nuthatch, "SPEC", "path[,argument...] (that of this build)" },
        { 0 },
    };
    options_parse_all(argc, argv, options);
    if (settings->is_long) settings->seconds = LONG_SECONDS;
    if (settings->phases == 0) program_fail("--phases must be above 0");
    program_pin(CLIENT_CORE);

    add_heads(&soak->table);
    start(soak);
    bool held = soak_all(soak);
    stop(soak);
    alloc_free(soak);
    return held ? EXIT_SUCCESS : PROGRAM_FAILED;
}
