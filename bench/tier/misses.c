/*
 * What a command costs that has to go to the upstream: the time that it takes longer, the time that it takes
 * of our processor, and how many a second get through.
 */
#include "bench/tier/tier.h"

#define LATENCY_REQUESTS 10000
#define MISS_REQUESTS    100000

struct miss_rows {
    struct tier_row *miss_latency, *write_latency, *miss_cpu, *write_cpu, *writes;
};

static void add_rows(struct tier_bench *bench, struct miss_rows *rows)
{
    const struct tier_row latency = { .unit = "us",
                                      .figure = "nuthatch - redis",
                                      .of = SERVER_TIER,
                                      .by = SERVER_UPSTREAM,
                                      .difference = true,
                                      .limit = 15 };
    const struct tier_row cpu = {
        .unit = "us/op", .figure = "nuthatch", .of = SERVER_TIER, .by = SERVER_TIER, .limit = 3
    };
    rows->miss_latency = tier_row(bench, latency);
    rows->miss_latency->name = "miss, time to the reply";
    rows->write_latency = tier_row(bench, latency);
    rows->write_latency->name = "SET, time to the reply";
    rows->miss_cpu = tier_row(bench, cpu);
    rows->miss_cpu->name = "miss, depth 16";
    rows->write_cpu = tier_row(bench, cpu);
    rows->write_cpu->name = "SET, depth 16";
    rows->writes = tier_row(bench, (struct tier_row){ .name = "SET, depth 64",
                                                      .unit = "kop/s",
                                                      .figure = "nuthatch / redis",
                                                      .of = SERVER_TIER,
                                                      .by = SERVER_UPSTREAM,
                                                      .at_least = true,
                                                      .limit = 0.70 });
}

static struct tier_measurement ask(struct tier_bench *bench, enum tier_server server, struct tier_load load)
{
    if (server == SERVER_TIER) tier_flush(&bench->servers[SERVER_TIER]);
    return tier_measure(bench, &bench->servers[server], &load);
}

static void measure_server(struct tier_bench *bench, struct miss_rows *rows, enum tier_server server,
                           uint64_t seed)
{
    struct tier_load miss = { .test = "get",
                              .clients = 1,
                              .depth = 1,
                              .keys = TIER_KEYS,
                              .unread_from = TIER_HOT_KEYS,
                              .requests = LATENCY_REQUESTS };
    struct tier_load set = { .test = "set", .clients = 1, .depth = 1, .keys = TIER_HOT_KEYS, .seed = seed };
    tier_set_apart(bench, true);
    samples_add(&rows->miss_latency->samples[server], ask(bench, server, miss).p50_us);
    samples_add(&rows->write_latency->samples[server], ask(bench, server, set).p50_us);
    tier_set_apart(bench, false);
    miss.clients = set.clients = TIER_CLIENTS;
    miss.depth = set.depth = 16;
    miss.requests = MISS_REQUESTS;
    samples_add(&rows->miss_cpu->samples[server], ask(bench, server, miss).us_per_op);
    samples_add(&rows->write_cpu->samples[server], ask(bench, server, set).us_per_op);
    set.depth = 64;
    samples_add(&rows->writes->samples[server], ask(bench, server, set).kops);
}

void tier_misses_and_writes(struct tier_bench *bench)
{
    struct miss_rows rows;
    add_rows(bench, &rows);
    for (uint64_t round = 0; round < bench->rounds; round++) {
        measure_server(bench, &rows, SERVER_UPSTREAM, round + 1);
        measure_server(bench, &rows, SERVER_TIER, round + 1);
        if (bench->has_twemproxy) measure_server(bench, &rows, SERVER_TWEMPROXY, round + 1);
        measure_server(bench, &rows, SERVER_RELAY, round + 1);
    }
}
