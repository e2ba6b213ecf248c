/*
 * Recorded requests, replayed by the program bench/replay without an error.
 *
 * The traces stand beside the checkout, in ../shared/traces. Where they, or the program, are missing, the
 * tests say so and are skipped. A sanitizer gets only the beginning of each.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/pace.h"
#include "tests/support/process/capture.h"
#include "tests/support/process/instance.h"

#define TRACES NUTHATCH_SOURCE_DIR "/../shared/traces/"

/* Beside the server, or in the release build: the other presets do not build it. */
static bool find_replay(char *path, size_t size)
{
    const char *slash = strrchr(NUTHATCH_BINARY, '/');
    snprintf(path, size, "%.*s/bench/replay", (int)(slash - NUTHATCH_BINARY), NUTHATCH_BINARY);
    if (access(path, X_OK) == 0) return true;
    snprintf(path, size, "%s", NUTHATCH_SOURCE_DIR "/build/release/bench/replay");
    return access(path, X_OK) == 0;
}

/* Criterion keeps a skipped test's reason to itself. */
static void skip(const char *missing)
{
    fprintf(stderr, "a trace is not replayed: %s is not there\n", missing);
    cr_skip_test("%s is not there", missing);
}

static void replay(const char *name)
{
    char program[512], trace[512], address[64];
    if (!find_replay(program, sizeof program)) skip("the program bench/replay");
    snprintf(trace, sizeof trace, TRACES "%s.kvt.gz", name);
    if (access(trace, R_OK) != 0) skip(trace);

    struct instance server;
    struct capture out;
    instance_start(&server, INSTANCE_NUTHATCH, NULL);
    snprintf(address, sizeof address, "127.0.0.1:%d", server.port);
    capture_run(&out,
                ARGV(program, "--server", address, "--limit", PACE_SANITIZED ? "20000" : "100000000", trace),
                SLICE(""), 100000);
    cr_assert_eq(out.code, 0, "%s", out.text);
    capture_clear(&out);
    instance_stop(&server);
}

TestSuite(traces, .timeout = 600);

#define TRACE_TEST(id, name)                                                                                 \
    Test(traces, id##_is_replayed_without_an_error)                                                          \
    {                                                                                                        \
        replay(name);                                                                                        \
    }

TRACE_TEST(cdn, "cdn")
TRACE_TEST(corda, "corda")
TRACE_TEST(llm_prefix, "llm-prefix")
TRACE_TEST(oltp, "oltp")
TRACE_TEST(orm_busy, "orm-busy")
TRACE_TEST(p3, "p3")
TRACE_TEST(scarab_recs, "scarab-recs")
TRACE_TEST(syn_meta_kv, "syn-meta-kv")
TRACE_TEST(syn_tw45, "syn-tw45")
TRACE_TEST(syn_tw52, "syn-tw52")
TRACE_TEST(web07, "web07")
