/*
 * What a local hit costs, beside the same server without an upstream.
 */
#include <stdio.h>

#include "bench/kit/load/preload.h"
#include "bench/kit/servers/info.h"
#include "bench/tier/tier.h"

static const uint64_t depths[] = { 1, 16, 64 };
#define DEPTHS (sizeof depths / sizeof *depths)
/* What is to be told apart is less than a machine changes from one second to the next: many short turns, and
 * nobody always after the same one. */
#define PARTS 4

/* Copies live ten minutes at most (near-cache-max-ttl), and longer than the rows of this part take. */
static void fetch_all(struct tier_bench *bench)
{
    preload_keys(&bench->servers[SERVER_TIER].address, TIER_HOT_KEYS, TIER_VALUE_BYTES, false);
    tier_measure(
        bench, &bench->servers[SERVER_TIER],
        &(struct tier_load){
            .test = "get", .clients = 10, .depth = 16, .keys = TIER_HOT_KEYS, .requests = TIER_HOT_KEYS });
}

static void measure_hits(struct tier_bench *bench, struct tier_row *row, uint64_t depth, uint64_t round)
{
    static const enum tier_server order[] = { SERVER_UPSTREAM, SERVER_STANDALONE, SERVER_TIER };
    static const size_t count = sizeof order / sizeof *order;
    const struct tier_load load = { .test = "get",
                                    .clients = TIER_CLIENTS,
                                    .depth = depth,
                                    .keys = TIER_HOT_KEYS,
                                    .seed = round + 1,
                                    .seconds = bench->seconds / PARTS };
    for (size_t i = 0; i < count; i++) {
        enum tier_server s = order[round % 2 == 0 ? i : count - 1 - i];
        samples_add(&row->samples[s], tier_measure(bench, &bench->servers[s], &load).us_per_op);
    }
}

void tier_hits(struct tier_bench *bench)
{
    static const char *const names[DEPTHS] = { "local hit, depth 1", "local hit, depth 16",
                                               "local hit, depth 64" };
    struct tier_row *rows[DEPTHS];
    for (size_t i = 0; i < DEPTHS; i++) {
        rows[i] = tier_row(bench, (struct tier_row){ .name = names[i],
                                                     .unit = "us/op",
                                                     .figure = "nuthatch / alone",
                                                     .of = SERVER_TIER,
                                                     .by = SERVER_STANDALONE,
                                                     .limit = 1.10 });
    }
    preload_keys(&bench->servers[SERVER_STANDALONE].address, TIER_HOT_KEYS, TIER_VALUE_BYTES, false);
    fetch_all(bench);
    const struct server *tier = &bench->servers[SERVER_TIER];
    uint64_t misses = info_number(&tier->address, "nearcache_misses:");
    for (uint64_t round = 0; round < bench->rounds * PARTS; round++) {
        for (size_t i = 0; i < DEPTHS; i++) measure_hits(bench, rows[i], depths[i], round);
    }
    misses = info_number(&tier->address, "nearcache_misses:") - misses;
    if (misses == 0) return;
    fprintf(stderr, "%llu of the hits were misses\n", (unsigned long long)misses);
    bench->failed = true;
}
