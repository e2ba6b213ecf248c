/*
 * contest.h - a program that holds servers against each other: its options, the servers, the table's rows.
 *
 * What types, publish, clients, streams and dump have in common: they read the same options, start the same
 * servers, and end with a table, a file of results and an exit status.
 *
 *     contest_parse(&contest, argc, argv, &description);
 *     contest_start(&contest);
 *     ...                                measure, and add findings
 *     return contest_end(&contest);
 *
 * Threads: one owner. All zero before it is parsed.
 */
#ifndef BENCH_SURVEY_CONTEST_H
#define BENCH_SURVEY_CONTEST_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/kit/options.h"
#include "bench/kit/servers/peers.h"
#include "bench/survey/finding.h"

struct contest_description {
    const char *name;           /* of the program, and so of its file of results */
    uint64_t rounds;            /* where none are given; --quick is one */
    const struct option *added; /* further options, ended as usual; NULL: none */
};

struct contest {
    const char *name;
    bool quick;
    uint64_t rounds; /* at most SAMPLES_MAX */
    struct peers_options options;
    struct peers peers;
    struct findings findings;
    bool failed; /* set when a server replied an error */
    bool strict, no_json;
    const char *json, *commit;
};

/* --help and what is wrong end the program. */
void contest_parse(struct contest *contest, int argc, char **argv,
                   const struct contest_description *description);
/* The servers run, and are paused. */
void contest_start(struct contest *contest);
/* Stops them, prints the table and saves it. The program's exit status. */
int contest_end(struct contest *contest);

#endif
