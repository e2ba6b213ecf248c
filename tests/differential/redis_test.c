/*
 * This server against Redis: random streams from the command table, replies equal byte for byte.
 *
 * NUTHATCH_DIFF_SEED and NUTHATCH_DIFF_STREAMS choose other streams than the usual ones; a failure prints the
 * seed that repeats it.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "server/commands/catalog/families.h"
#include "server/exec/command/table.h"
#include "tests/differential/compare/contest.h"
#include "tests/differential/compare/divergences.h"
#include "tests/differential/generate/catalogue.h"
#include "tests/differential/generate/table_source.h"
#include "tests/support/pace.h"
#include "tests/support/process/instance.h"

/* A string of 512 MB, which a SETBIT with a random offset makes, is more than a test should ask for. */
#define SMALL_STRINGS "--proto-max-bulk-len", "1mb"

/* So low that collections of a stream are on both sides of them. */
#define LOW_THRESHOLDS                                                                                       \
    "--hash-max-listpack-entries", "8", "--hash-max-listpack-value", "10", "--set-max-intset-entries", "6",  \
        "--list-max-listpack-size", "5"

/* A range by member over scores that differ would tell what chance has made of a skiplist. */
#define NO_SKIPLISTS "--zset-max-listpack-entries", "100000", "--zset-max-listpack-value", "100000"

#define USUAL_SEED 7000
/* By default as many streams as fit into this time, and no more than so many. */
#define USUAL_MS      20000
#define USUAL_STREAMS 2000

static unsigned long long from_environment(const char *name, unsigned long long otherwise)
{
    const char *text = getenv(name);
    return text == NULL || *text == '\0' ? otherwise : strtoull(text, NULL, 0);
}

static void play(const char *const *options, const char *const *oracle_options)
{
    struct divergences divergences;
    divergences_read(&divergences);
    struct command_table *table = command_table_create(command_families, NULL, NULL);
    size_t len;
    struct catalogue_source *sources = table_source_create(table, &len);
    struct catalogue *catalogue = catalogue_create(sources, len, &divergences);
    struct instance ours, redis;
    instance_start(&ours, INSTANCE_NUTHATCH, options);
    instance_start(&redis, INSTANCE_REDIS, oracle_options);

    bool chosen = getenv("NUTHATCH_DIFF_STREAMS") != NULL;
    struct contest contest = { .duel = { ours.port, redis.port, &divergences, &ours },
                               .catalogue = catalogue,
                               .seed = from_environment("NUTHATCH_DIFF_SEED", USUAL_SEED),
                               .streams = from_environment("NUTHATCH_DIFF_STREAMS", USUAL_STREAMS),
                               .budget_ms = chosen ? 0 : USUAL_MS / 2,
                               .shrink_ms = 20000 };
    struct buffer report = { 0 };
    size_t agreed = contest_run(&contest, &report);
    bool differ = report.len > 0;
    if (differ) instance_print_log(&ours);
    buffer_append(&report, "", 1);
    cr_log_info("%zu streams agreed, from seed %llu on", agreed, (unsigned long long)contest.seed);
    cr_expect(!differ, "%s", report.data);
    cr_expect(agreed > 0 || differ);

    instance_stop(&redis);
    instance_stop(&ours);
    catalogue_destroy(&catalogue);
    alloc_free(sources);
    command_table_destroy(&table);
    divergences_clear(&divergences);
    buffer_clear(&report);
}

Test(differential, replies_are_those_of_redis_with_one_loop, .timeout = 600)
{
    play(OPTIONS("--io-threads", "1", SMALL_STRINGS, NO_SKIPLISTS), OPTIONS(SMALL_STRINGS, NO_SKIPLISTS));
}

Test(differential, replies_are_those_of_redis_with_several_loops, .timeout = 600)
{
    play(OPTIONS("--io-threads", "3", SMALL_STRINGS, NO_SKIPLISTS, LOW_THRESHOLDS),
         OPTIONS(SMALL_STRINGS, NO_SKIPLISTS, LOW_THRESHOLDS));
}
