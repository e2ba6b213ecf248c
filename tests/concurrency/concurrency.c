/*
 * concurrency - do promises between clients hold while many of them are at work at once?
 *
 *     build/release/tests/concurrency --seconds 600
 *     build/tsan/tests/concurrency --seconds 600 --exercise everything --threads 4 --seed 7
 *
 * Plays every exercise, or the one that is named, in rounds of some seconds with 2 and 4 loops by turns.
 * Status 1 when one has failed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/concurrency/exercises.h"
#include "tests/support/pace.h"

#define ROUND_MS 3000

struct request_line {
    int64_t seconds;
    uint64_t seed;
    const char *threads, *exercise;
};

_Noreturn static void fail(const char *what, const char *value)
{
    fprintf(stderr, "concurrency: %s %s\n", what, value);
    exit(2);
}

static void parse(int argc, char **argv, struct request_line *line)
{
    for (int i = 1; i < argc; i += 2) {
        if (i + 1 == argc) fail("a value is missing after", argv[i]);
        if (strcmp(argv[i], "--seconds") == 0)
            line->seconds = strtoll(argv[i + 1], NULL, 0);
        else if (strcmp(argv[i], "--seed") == 0)
            line->seed = strtoull(argv[i + 1], NULL, 0);
        else if (strcmp(argv[i], "--threads") == 0)
            line->threads = argv[i + 1];
        else if (strcmp(argv[i], "--exercise") == 0)
            line->exercise = argv[i + 1];
        else
            fail("unknown option", argv[i]);
    }
}

static bool play(const struct exercise *exercise, const char *threads, uint64_t seed)
{
    struct crew_result result = crew_run(exercise, threads, seed, ROUND_MS);
    printf("%-14s %s loops, seed %llu: %llu replies%s%s\n", exercise->name, threads, (unsigned long long)seed,
           (unsigned long long)result.done, result.failed ? ", FAILED: " : "", result.failure);
    fflush(stdout);
    return !result.failed;
}

/* False: one has failed, or there is none of this name. */
static bool play_round(const struct request_line *line, uint64_t round)
{
    bool good = true, any = false;
    const char *threads = line->threads != NULL ? line->threads : round % 2 == 0 ? "2" : "4";
    for (size_t i = 0; exercises[i] != NULL; i++) {
        if (line->exercise != NULL && strcmp(line->exercise, exercises[i]->name) != 0) continue;
        good = play(exercises[i], threads, line->seed + round) && good;
        any = true;
    }
    if (!any) fail("no such exercise:", line->exercise);
    return good;
}

int main(int argc, char **argv)
{
    struct request_line line = { .seconds = 60, .seed = (uint64_t)time(NULL) };
    parse(argc, argv, &line);
    bool good = true;
    int64_t deadline_ms = pace_now_ms() + line.seconds * 1000;
    for (uint64_t round = 0; pace_now_ms() < deadline_ms; round++) good = play_round(&line, round) && good;
    return good ? 0 : 1;
}
