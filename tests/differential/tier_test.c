/*
 * A Redis through the near cache against a Redis of the same version directly: replies equal byte for byte.
 *
 * One set of streams is made from our own command table, as for the standalone server; the other from what
 * the Redis says of its commands, so that data types, transactions, scripts and blocking commands are among
 * them that this server does not know. A third test plays the latter to two Redis directly: what differs
 * there is the test's own mistake.
 *
 * NUTHATCH_DIFF_SEED and NUTHATCH_DIFF_STREAMS choose other streams than the usual ones.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "server/commands/catalog/families.h"
#include "server/exec/command/table.h"
#include "tests/differential/compare/contest.h"
#include "tests/differential/compare/divergences.h"
#include "tests/differential/generate/catalogue.h"
#include "tests/differential/generate/redis_source.h"
#include "tests/differential/generate/table_source.h"
#include "tests/support/process/instance.h"

#define USUAL_SEED 42000
#define USUAL_MS   8000

/* A string of 512 MB, which a SETBIT with a random offset makes, is more than a test should ask for. */
#define SMALL_STRINGS "--proto-max-bulk-len", "1mb"

static struct instance upstream, oracle, tier;
static struct divergences divergences;

static unsigned long long from_environment(const char *name, unsigned long long otherwise)
{
    const char *text = getenv(name);
    return text == NULL || *text == '\0' ? otherwise : strtoull(text, NULL, 0);
}

static void open_all(void)
{
    static char address[64];
    static const char *options[] = { "--upstream", address, SMALL_STRINGS,
                                     "--threads",  "2",     "--near-cache-fill-after",
                                     "1",          NULL };
    divergences_read_tier(&divergences);
    instance_start(&upstream, INSTANCE_REDIS, OPTIONS(SMALL_STRINGS));
    instance_start(&oracle, INSTANCE_REDIS, OPTIONS(SMALL_STRINGS));
    snprintf(address, sizeof address, "redis://127.0.0.1:%d", upstream.port);
    instance_start(&tier, INSTANCE_NUTHATCH, options);
}

static void close_all(void)
{
    instance_stop(&tier);
    instance_stop(&oracle);
    instance_stop(&upstream);
    divergences_clear(&divergences);
}

TestSuite(tier_differential, .init = open_all, .fini = close_all, .timeout = 600);

static void play(struct instance *ours, const struct catalogue *catalogue)
{
    bool chosen = getenv("NUTHATCH_DIFF_STREAMS") != NULL;
    struct contest contest = { .duel = { ours->port, oracle.port, &divergences, NULL },
                               .catalogue = catalogue,
                               .seed = from_environment("NUTHATCH_DIFF_SEED", USUAL_SEED),
                               .streams = from_environment("NUTHATCH_DIFF_STREAMS", 2000),
                               .budget_ms = chosen ? 0 : USUAL_MS,
                               .shrink_ms = 20000 };
    struct buffer report = { 0 };
    size_t agreed = contest_run(&contest, &report);
    bool differ = report.len > 0;
    if (differ) instance_print_log(ours);
    buffer_append(&report, "", 1);
    cr_log_info("%zu streams agreed, from seed %llu on", agreed, (unsigned long long)contest.seed);
    cr_expect(!differ, "%s", report.data);
    cr_expect(agreed > 0 || differ);
    buffer_clear(&report);
}

static void play_what_redis_knows(struct instance *ours)
{
    struct arena arena = { 0 };
    size_t len;
    struct catalogue_source *sources = redis_source_create(oracle.port, &arena, &len);
    struct catalogue *catalogue = catalogue_create(sources, len, &divergences);
    cr_assert_gt(len, 200);
    play(ours, catalogue);
    catalogue_destroy(&catalogue);
    alloc_free(sources);
    arena_clear(&arena);
}

Test(tier_differential, two_redis_agree_on_every_stream)
{
    play_what_redis_knows(&upstream);
}

Test(tier_differential, every_command_of_redis_is_answered_as_by_redis)
{
    play_what_redis_knows(&tier);
}

Test(tier_differential, commands_that_may_be_answered_locally_are_answered_as_by_redis)
{
    size_t len;
    struct command_table *table = command_table_create(command_families, NULL, NULL);
    divergences_clear(&divergences);
    divergences_read(&divergences);
    struct catalogue_source *sources = table_source_create(table, &len);
    struct catalogue *catalogue = catalogue_create(sources, len, &divergences);
    play(&tier, catalogue);
    catalogue_destroy(&catalogue);
    alloc_free(sources);
    command_table_destroy(&table);
}
