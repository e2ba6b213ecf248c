/*
 * What came after Redis 7.0, against the Valkey whose program VALKEY_SERVER names: the options that the rules
 * of docs/divergences.md say Redis lacks, among what fills the keys that they are about.
 */
#include <criterion/criterion.h>

#include "proto/base/buffer.h"
#include "tests/differential/compare/contest.h"
#include "tests/differential/compare/divergences.h"
#include "tests/differential/generate/catalogue.h"
#include "tests/support/process/instance.h"

/* So low that collections of a stream are on both sides of them. */
#define LOW_THRESHOLDS                                                                                       \
    "--hash-max-listpack-entries", "8", "--hash-max-listpack-value", "10", "--set-max-intset-entries", "6",  \
        "--set-max-listpack-entries", "8", "--set-max-listpack-value", "10", "--zset-max-listpack-entries",  \
        "8", "--zset-max-listpack-value", "10"

/* Without what Valkey has other words for, such as a cursor that is no number. */
static const struct catalogue_source rows[] = {
    { "hset", "key field value [field value ...]", "hash" },
    { "hdel", "key field [field ...]", "hash" },
    { "hscan", "key 0 [MATCH pattern] [COUNT count] [NOVALUES]", "hash" },
    { "sadd", "key member [member ...]", "set" },
    { "srem", "key member [member ...]", "set" },
    { "zadd", "key score member [score member ...]", "sorted-set" },
    { "zincrby", "key increment member", "sorted-set" },
    { "zrem", "key member [member ...]", "sorted-set" },
    { "zrank", "key member [WITHSCORE]", "sorted-set" },
    { "zrevrank", "key member [WITHSCORE]", "sorted-set" },
    { "object|encoding", "key", "generic" },
    { "del", "key [key ...]", "generic" },
};
#define ROWS (sizeof rows / sizeof *rows)

/* By themselves, without encodings: what a short string is called depends on the length of its key, for
 * Valkey. */
static const struct catalogue_source string_rows[] = {
    { "set", "key value [NX | XX | IFEQ ifeq-value] [GET] [EX seconds | KEEPTTL]", "string" },
    { "get", "key", "string" },
    { "incr", "key", "string" },
    { "append", "key value", "string" },
    { "delifeq", "key value", "string" },
    { "msetex", "1 key value [NX | XX] [EX seconds | KEEPTTL]", "string" },
    { "bitop", "<AND | OR | XOR | NOT> destkey key [key ...]", "bitmap" },
    { "ttl", "key", "generic" },
    { "zadd", "key score member", "sorted-set" },
    { "zscan", "key 0 [MATCH pattern] [COUNT count] NOSCORES", "sorted-set" },
    { "bgsave", "CANCEL", "server" },
    { "lpush", "key element [element ...]", "list" },
};
#define STRING_ROWS (sizeof string_rows / sizeof *string_rows)

static bool has_row(const struct catalogue_source *from, size_t count, struct slice command)
{
    for (size_t i = 0; i < count; i++)
        if (slice_equal_nocase(command, slice_of_cstr(from[i].name))) return true;
    return false;
}

/* What this oracle lacks as well is tested one by one. */
static bool is_newer(struct slice command)
{
    return slice_equal_nocase(command, SLICE("xadd")) || slice_equal_nocase(command, SLICE("xtrim"));
}

static void expect_row(struct slice command)
{
    if (is_newer(command)) return;
    if (has_row(rows, ROWS, command) || has_row(string_rows, STRING_ROWS, command)) return;
    cr_assert_fail("%.*s has an option that Redis lacks, and no row here", (int)command.len, command.data);
}

/* This oracle lacks nothing, and names encodings as 7.2 does. */
static void forget_age(struct divergences *divergences)
{
    size_t left = 0;
    for (size_t i = 0; i < divergences->len; i++) {
        const struct divergence *rule = &divergences->items[i];
        if (rule->verb == DIVERGENCE_LACKS)
            expect_row(rule->words[0]);
        else if (!slice_equal_nocase(rule->words[0], SLICE("object")))
            divergences->items[left++] = *rule;
    }
    divergences->len = left;
}

/* Its words for what is wrong with a call are not always Redis's. */
static void avoid_mistakes(struct catalogue *catalogue)
{
    for (size_t i = 0; i < catalogue->len; i++) catalogue->rows[i].careful = true;
}

static void compare(const struct catalogue_source *sources, size_t count, uint64_t seed)
{
    if (instance_program(INSTANCE_VALKEY) == NULL) cr_skip_test("VALKEY_SERVER names no program");
    struct divergences divergences;
    struct instance ours, valkey;
    divergences_read(&divergences);
    forget_age(&divergences);
    struct catalogue *catalogue = catalogue_create(sources, count, &divergences);
    avoid_mistakes(catalogue);
    instance_start(&ours, INSTANCE_NUTHATCH, OPTIONS("--threads", "2", LOW_THRESHOLDS));
    instance_start(&valkey, INSTANCE_VALKEY, OPTIONS(LOW_THRESHOLDS));

    struct contest contest = { .duel = { ours.port, valkey.port, &divergences, &ours },
                               .catalogue = catalogue,
                               .seed = seed,
                               .streams = 1000,
                               .budget_ms = 5000,
                               .shrink_ms = 20000 };
    struct buffer report = { 0 };
    size_t agreed = contest_run(&contest, &report);
    buffer_append(&report, "", 1);
    cr_expect(report.len == 1, "%s", report.data);
    cr_expect(agreed > 0 || report.len > 1);

    instance_stop(&valkey);
    instance_stop(&ours);
    catalogue_destroy(&catalogue);
    divergences_clear(&divergences);
    buffer_clear(&report);
}

Test(valkey_differential, what_redis_lacks_is_answered_as_by_valkey, .timeout = 600)
{
    compare(rows, ROWS, 9000);
}

Test(valkey_differential, strings_are_compared_and_stored_as_by_valkey, .timeout = 600)
{
    compare(string_rows, STRING_ROWS, 9500);
}
