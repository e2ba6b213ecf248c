#include "tests/differential/crowd/stage.h"

#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "server/commands/catalog/families.h"
#include "server/exec/command/table.h"
#include "tests/differential/generate/catalogue.h"
#include "tests/differential/generate/table_source.h"
#include "tests/support/clock/moved_time.h"

/* As in the test with one client: no string is larger than a test should ask for, and no range of a sorted
 * set tells what chance has made of a skiplist. */
#define ALIKE                                                                                                \
    "--proto-max-bulk-len", "1mb", "--zset-max-listpack-entries", "100000", "--zset-max-listpack-value",     \
        "100000", "--enable-debug-command", "yes", "--maxmemory-policy", "noeviction"

static void read_commands(struct stage *stage)
{
    size_t len;
    divergences_read(&stage->divergences);
    stage->table = command_table_create(command_families, NULL, NULL);
    stage->sources = table_source_create(stage->table, &len);
    stage->catalogue = catalogue_create(stage->sources, len, &stage->divergences);
}

void stage_init(struct stage *stage, const char *threads)
{
    const char *const options[] = { "--io-threads", threads, ALIKE, NULL };
    /* Redis crashes over some scripts, and need not look for the cause. */
    static const char *const their_options[] = { ALIKE, "--crash-memcheck-enabled", "no", NULL };
    *stage = (struct stage){ 0 };
    memcpy(stage->options, options, sizeof options);
    read_commands(stage);
    scratch_init(&stage->scratch);
    scratch_path(&stage->scratch, "time", stage->time_path);
    struct moved_time *time = moved_time_share(stage->time_path);
    REQUIRE(time != NULL);

    instance_start_in_time(&stage->ours, INSTANCE_NUTHATCH, stage->options, stage->time_path);
    instance_start_in_time(&stage->theirs, INSTANCE_REDIS, their_options, stage->time_path);
    stage->tournament = (struct tournament){
        .match = { .ours = &stage->ours,
                   .theirs = &stage->theirs,
                   .time = time,
                   .divergences = &stage->divergences,
                   .side_by_side = strcmp(threads, "1") != 0 },
        .catalogue = stage->catalogue,
        .shrink_ms = 20000,
    };
}

void stage_clear(struct stage *stage)
{
    instance_stop(&stage->theirs);
    instance_stop(&stage->ours);
    scratch_clear(&stage->scratch);
    catalogue_destroy(&stage->catalogue);
    alloc_free(stage->sources);
    command_table_destroy(&stage->table);
    divergences_clear(&stage->divergences);
}
