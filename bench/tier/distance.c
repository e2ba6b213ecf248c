/*
 * An upstream a millisecond away, and a client that waits for each reply: what a near cache is for.
 */
#include <stdio.h>

#include "bench/kit/clock.h"
#include "bench/kit/load/exchange.h"
#include "bench/kit/load/workload.h"
#include "bench/kit/servers/address.h"
#include "bench/tier/tier.h"
#include "tests/support/tcp_proxy.h"

#define HOT_KEYS 1000
#define MISS_IN  20 /* every so manieth read is of a key that nobody has read: 95 % hits */
#define KEY_TEXT "key:%012llu"

static void get(struct exchange *exchange, unsigned long long key)
{
    char name[WORKLOAD_KEY_BYTES + 1];
    snprintf(name, sizeof name, KEY_TEXT, key);
    exchange_begin(exchange, 2);
    exchange_argument(exchange, "GET", 3);
    exchange_argument(exchange, name, WORKLOAD_KEY_BYTES);
    exchange_turn(exchange, 1);
}

/* What a near cache could reach at best: its hits take as long as a read of a server without an upstream, and
 * its misses no longer than going there directly. */
static double at_best(double near, double far)
{
    double hit_s = 1 / near, miss_s = 1 / far;
    return MISS_IN / ((MISS_IN - 1) * hit_s + miss_s);
}

/* Reads a second of one client. `unread` goes on from round to round; NULL: all are of keys read before. */
static double reads_a_second(struct tier_bench *bench, const struct address *address, tier_read *read,
                             int passes, uint64_t *unread)
{
    struct exchange exchange;
    exchange_open(&exchange, address);
    for (int pass = 0; pass < passes; pass++)
        for (unsigned long long key = 0; key < HOT_KEYS; key++) read(&exchange, key);
    uint64_t start_ns = clock_now_ns(), end_ns = start_ns + clock_ns_of_seconds(bench->seconds), reads = 0;
    while (clock_now_ns() < end_ns) {
        bool miss = reads++ % MISS_IN == 0 && unread != NULL;
        read(&exchange, miss ? (*unread)++ : reads % HOT_KEYS);
    }
    double seconds = (double)(clock_now_ns() - start_ns) / 1e9;
    if (exchange.replies.errors > 0 || exchange.replies.nulls > 0) {
        fprintf(stderr, "at a distance: errors or keys that are missing: %s\n", exchange.replies.first_error);
        bench->failed = true;
    }
    exchange_close(&exchange);
    return (double)reads / seconds;
}

void tier_measure_distance(struct tier_bench *bench, struct tier_row *row, tier_read *read, int passes,
                           uint64_t first_unread)
{
    const struct address *alone = &bench->servers[SERVER_STANDALONE].address;
    struct address far = address_of_loopback((uint16_t)tcp_proxy_port(bench->distance));
    uint64_t unread = first_unread, unread_far = first_unread;
    for (uint64_t round = 0; round < bench->rounds; round++) {
        double direct = reads_a_second(bench, &far, read, 1, &unread_far);
        double hits = reads_a_second(bench, alone, read, 1, NULL);
        samples_add(&row->samples[SERVER_UPSTREAM], direct);
        samples_add(&row->samples[SERVER_STANDALONE], at_best(hits, direct));
        samples_add(&row->samples[SERVER_TIER],
                    reads_a_second(bench, &bench->far_tier.address, read, round == 0 ? passes : 1, &unread));
    }
}

void tier_distance(struct tier_bench *bench)
{
    struct tier_row *row = tier_row(bench, (struct tier_row){ .name = "95 % hits, 1 ms away, one client",
                                                              .unit = "reads/s",
                                                              .figure = "nuthatch / redis",
                                                              .of = SERVER_TIER,
                                                              .by = SERVER_UPSTREAM,
                                                              .at_least = true,
                                                              .limit = 15 });
    tier_measure_distance(bench, row, get, 1, TIER_HOT_KEYS);
}
