/*
 * The differential test tested: Redis against Redis agrees, and against a Redis whose commands are mixed up
 * the difference is found and shrunk to the few commands that show it.
 */
#include <criterion/criterion.h>

#include "proto/base/buffer.h"
#include "tests/differential/compare/contest.h"
#include "tests/differential/compare/divergences.h"
#include "tests/differential/generate/catalogue.h"
#include "tests/differential/generate/grammar.h"
#include "tests/differential/generate/stream.h"
#include "tests/support/process/instance.h"

static const struct catalogue_source rows[] = {
    { "get", "key", NULL },
    { "set",
      "key value [NX | XX] [GET] [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT "
      "unix-time-milliseconds | KEEPTTL]",
      NULL },
    { "getdel", "key", NULL },
    { "append", "key value", NULL },
    { "strlen", "key", NULL },
    { "mset", "key value [key value ...]", NULL },
    { "mget", "key [key ...]", NULL },
    { "incrby", "key increment", NULL },
    { "incrbyfloat", "key increment", NULL },
    { "setrange", "key offset value", NULL },
    { "lcs", "key1 key2 [LEN] [IDX] [MINMATCHLEN min-match-len] [WITHMATCHLEN]", NULL },
    { "del", "key [key ...]", NULL },
    { "expire", "key seconds [NX | XX | GT | LT]", NULL },
    { "pexpireat", "key unix-time-milliseconds [NX | XX | GT | LT]", NULL },
    { "pttl", "key", NULL },
    { "rename", "key newkey", NULL },
    { "copy", "source destination [DB destination-db] [REPLACE]", NULL },
    { "object|encoding", "key", NULL },
    { "keys", "pattern", NULL },
    { "scan", "cursor [MATCH pattern] [COUNT count] [TYPE type]", NULL },
    { "randomkey", "", NULL },
    { "select", "index", NULL },
    { "swapdb", "index1 index2", NULL },
    { "client|id", "", NULL },
    { "client|reply", "<ON | OFF | SKIP>", NULL },
    { "time", "", NULL },
};

static const char page[] = "| id | commands | what differs | why |\n"
                           "|---|---|---|---|\n"
                           "| 1 | `skip CLIENT REPLY` | not run | it stops the replies |\n"
                           "| 2 | `sorted KEYS` `iterated SCAN` | the order | hash tables |\n"
                           "| 3 | `kind CLIENT ID`, `shape TIME` | the value | its nature |\n"
                           "| 4 | `tolerance 3000 PTTL` | a little | time goes by |\n"
                           "| 5 | `kind RANDOMKEY` | the value | its nature |\n";

static struct divergences divergences;
static struct catalogue *catalogue;
static struct instance redis, other;

static void open_all(const char *const *options)
{
    divergences_init(&divergences, slice_of_cstr(page));
    catalogue = catalogue_create(rows, sizeof rows / sizeof *rows, &divergences);
    instance_start(&redis, INSTANCE_REDIS, NULL);
    instance_start(&other, INSTANCE_REDIS, options);
}

static void close_all(void)
{
    instance_stop(&redis);
    instance_stop(&other);
    catalogue_destroy(&catalogue);
    divergences_clear(&divergences);
}

static size_t run(size_t streams, struct buffer *report)
{
    struct contest contest = { .duel = { other.port, redis.port, &divergences, NULL },
                               .catalogue = catalogue,
                               .seed = 1,
                               .streams = streams,
                               .shrink_ms = 10000 };
    size_t agreed = contest_run(&contest, report);
    buffer_append(report, "", 1);
    return agreed;
}

Test(differential_harness, redis_agrees_with_itself, .timeout = 300)
{
    struct buffer report = { 0 };
    open_all(NULL);
    cr_assert_eq(run(12, &report), 12, "%s", report.data);
    close_all();
    buffer_clear(&report);
}

Test(differential_harness, a_difference_is_found_and_shrunk_to_what_shows_it, .timeout = 300)
{
    struct buffer report = { 0 };
    /* GET deletes and GETDEL does not: it takes a write, and two reads, to see. */
    open_all(OPTIONS("--rename-command", "GET", "away", "--rename-command", "GETDEL", "GET",
                     "--rename-command", "away", "GETDEL"));
    run(50, &report);
    size_t lines = 0;
    const char *script = strstr(report.data, "redis-cli");
    cr_assert_not_null(script, "no difference was found");
    for (const char *at = strchr(script, '\n') + 1; strncmp(at, "---", 3) != 0; at = strchr(at, '\n') + 1) {
        lines++;
    }
    cr_assert_leq(lines, 5, "%s", report.data);
    close_all();
    buffer_clear(&report);
}

Test(differential_harness, a_seed_makes_the_same_stream_again)
{
    divergences_init(&divergences, slice_of_cstr(page));
    catalogue = catalogue_create(rows, sizeof rows / sizeof *rows, &divergences);
    struct buffer scripts[2] = { 0 };
    for (int i = 0; i < 2; i++) {
        struct stream stream;
        stream_init(&stream, catalogue, 42, 2);
        stream_write_script(&scripts[i], stream.steps, stream.len);
        stream_clear(&stream);
    }
    cr_assert(slice_equal(buffer_slice(&scripts[0]), buffer_slice(&scripts[1])));
    cr_assert(scripts[0].len > 1000);
    for (int i = 0; i < 2; i++) buffer_clear(&scripts[i]);
    catalogue_destroy(&catalogue);
    divergences_clear(&divergences);
}

Test(differential_harness, an_option_that_the_oracle_lacks_is_never_generated)
{
    struct buffer script = { 0 };
    divergences_init(&divergences, SLICE("| 1 | `lacks SCAN TYPE`, `lacks LCS IDX` | newer | - |\n"));
    catalogue = catalogue_create(rows, sizeof rows / sizeof *rows, &divergences);
    for (uint64_t seed = 1; seed < 20; seed++) {
        struct stream stream;
        stream_init(&stream, catalogue, seed, 2);
        stream_write_script(&script, stream.steps, stream.len);
        stream_clear(&stream);
    }
    buffer_append(&script, "", 1);
    cr_expect_null(strcasestr(script.data, " IDX"));
    cr_expect_null(strcasestr(script.data, " TYPE"));
    cr_expect_not_null(strcasestr(script.data, " WITHMATCHLEN"));
    buffer_clear(&script);
    catalogue_destroy(&catalogue);
    divergences_clear(&divergences);
}

Test(differential_harness, brackets_that_do_not_match_are_no_syntax)
{
    struct arena arena = { 0 };
    cr_assert_not_null(grammar_parse(&arena, "ip:port | [ID client-id] [TYPE <NORMAL | MASTER>] ..."));
    cr_assert_null(grammar_parse(&arena, "key [value"));
    cr_assert_null(grammar_parse(&arena, "key value]"));
    cr_assert_null(grammar_parse(&arena, "<A | B"));
    arena_clear(&arena);
}
