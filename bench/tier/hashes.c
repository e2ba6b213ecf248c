/*
 * Hashes, which the near cache keeps whole: what HGET of a copy costs beside the same server without an
 * upstream, and what it saves with the upstream a millisecond away.
 */
#include <stdio.h>

#include "bench/kit/load/exchange.h"
#include "bench/kit/servers/info.h"
#include "bench/tier/tier.h"

#define HASHES     60000
#define HOT_HASHES 10000
#define FIELDS     10
/* A hash is fetched with the second read of it, unless too many are on their way. */
#define PASSES_MAX 20
#define PARTS      4

static const uint64_t depths[] = { 1, 16, 64 };
#define DEPTHS (sizeof depths / sizeof *depths)

static void append_name(struct exchange *exchange, unsigned long long hash)
{
    char name[32];
    exchange_argument(exchange, name, (size_t)snprintf(name, sizeof name, "hash:%07llu", hash));
}

static void append_field(struct exchange *exchange, unsigned field)
{
    char name[32];
    exchange_argument(exchange, name, (size_t)snprintf(name, sizeof name, "field:%07u", field));
}

static void hset(struct exchange *exchange, unsigned long long hash)
{
    exchange_begin(exchange, 2 + 2 * FIELDS);
    exchange_argument(exchange, "HSET", 4);
    append_name(exchange, hash);
    for (unsigned field = 0; field < FIELDS; field++) {
        append_field(exchange, field);
        exchange_argument(exchange, "0123456789abcdef", 16);
    }
}

static void make_hashes(const struct address *address)
{
    struct exchange exchange;
    exchange_open(&exchange, address);
    for (unsigned long long hash = 0; hash < HASHES; hash++) {
        hset(&exchange, hash);
        if (hash % 100 == 99) exchange_turn(&exchange, 100);
    }
    exchange_close(&exchange);
}

static void hget(struct exchange *exchange, unsigned long long hash)
{
    exchange_begin(exchange, 3);
    exchange_argument(exchange, "HGET", 4);
    append_name(exchange, hash);
    append_field(exchange, (unsigned)(hash % FIELDS));
    exchange_turn(exchange, 1);
}

/* Until none of them is a miss any more. */
static void fetch_all(struct tier_bench *bench)
{
    const struct address *address = &bench->servers[SERVER_TIER].address;
    struct exchange exchange;
    uint64_t misses = 1;
    exchange_open(&exchange, address);
    for (int pass = 0; pass < PASSES_MAX && misses > 0; pass++) {
        misses = info_number(address, "nearcache_misses:");
        for (unsigned long long hash = 0; hash < HOT_HASHES; hash++) hget(&exchange, hash);
        misses = info_number(address, "nearcache_misses:") - misses;
    }
    exchange_close(&exchange);
}

static void measure(struct tier_bench *bench, struct tier_row *row, uint64_t depth, uint64_t round)
{
    static const enum tier_server order[] = { SERVER_UPSTREAM, SERVER_STANDALONE, SERVER_TIER };
    static const size_t count = sizeof order / sizeof *order;
    char request[64];
    snprintf(request, sizeof request, "HGET hash:{%d} field:{%d}", HOT_HASHES, FIELDS);
    const struct tier_load load = { .request = request,
                                    .clients = TIER_CLIENTS,
                                    .depth = depth,
                                    .keys = HOT_HASHES,
                                    .seed = round + 1,
                                    .seconds = bench->seconds / PARTS };
    for (size_t i = 0; i < count; i++) {
        enum tier_server s = order[round % 2 == 0 ? i : count - 1 - i];
        samples_add(&row->samples[s], tier_measure(bench, &bench->servers[s], &load).us_per_op);
    }
}

static void measure_hits(struct tier_bench *bench)
{
    static const char *const names[DEPTHS] = { "HGET of a copy, depth 1", "HGET of a copy, depth 16",
                                               "HGET of a copy, depth 64" };
    struct tier_row *rows[DEPTHS];
    for (size_t i = 0; i < DEPTHS; i++) {
        rows[i] = tier_row(bench, (struct tier_row){ .name = names[i],
                                                     .unit = "us/op",
                                                     .figure = "nuthatch / alone",
                                                     .of = SERVER_TIER,
                                                     .by = SERVER_STANDALONE,
                                                     .limit = 1.10 });
    }
    const struct address *address = &bench->servers[SERVER_TIER].address;
    fetch_all(bench);
    uint64_t misses = info_number(address, "nearcache_misses:");
    for (uint64_t round = 0; round < bench->rounds * PARTS; round++) {
        for (size_t i = 0; i < DEPTHS; i++) measure(bench, rows[i], depths[i], round);
    }
    misses = info_number(address, "nearcache_misses:") - misses;
    if (misses == 0) return;
    fprintf(stderr, "%llu of the hits on hashes were misses\n", (unsigned long long)misses);
    bench->failed = true;
}

void tier_hashes(struct tier_bench *bench)
{
    make_hashes(&bench->servers[SERVER_UPSTREAM].address);
    make_hashes(&bench->servers[SERVER_STANDALONE].address);
    measure_hits(bench);
    struct tier_row *row =
        tier_row(bench, (struct tier_row){ .name = "95 % hits on hashes, 1 ms away, one client",
                                           .unit = "reads/s",
                                           .figure = "nuthatch / redis",
                                           .of = SERVER_TIER,
                                           .by = SERVER_UPSTREAM,
                                           .at_least = true,
                                           .limit = 12 });
    tier_measure_distance(bench, row, hget, 3, HOT_HASHES);
}
