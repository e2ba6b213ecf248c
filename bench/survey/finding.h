/*
 * finding.h - the rows of the survey's table: one question, a number for each server.
 *
 * Threads: one owner. All zero is an empty list.
 */
#ifndef BENCH_SURVEY_FINDING_H
#define BENCH_SURVEY_FINDING_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/kit/report/samples.h"
#include "bench/kit/servers/peers.h"

#define FINDINGS_MAX 80

/* Where the peers stand in their list. */
enum { REDIS, NUTHATCH };

enum finding_limit {
    LIMIT_NONE,
    LIMIT_OF_REDIS, /* our number is at most so many times Redis's */
    LIMIT_OF_BEST,  /* that of whoever has the smallest, the floor apart */
    LIMIT_ITSELF,   /* our number is at most this */
};

struct finding {
    char name[56];
    const char *unit;
    enum finding_limit kind;
    double limit;
    double floor_limit;               /* at most so many times the floor's; 0: no matter */
    struct samples values[PEERS_MAX]; /* empty: this server was not asked */
};

struct findings {
    struct finding items[FINDINGS_MAX];
    size_t len;
};

/* A new row without numbers; valid as long as the list. */
struct finding *findings_add(struct findings *findings, const char *unit, enum finding_limit kind,
                             double limit, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Ours by the other's; 0 when one of them has no number. */
double finding_ratio(const struct finding *finding, size_t other);
/* Whether a limit is exceeded. `peers` tells which is the floor. */
bool finding_is_above(const struct finding *finding, const struct peers *peers);

/* How many exceed a limit. */
size_t findings_above(const struct findings *findings, const struct peers *peers);

void findings_print(const struct findings *findings, const struct peers *peers);

struct report;
void findings_report(const struct findings *findings, const struct peers *peers, struct report *report);
/* A report of nothing else, into `path`, or where it belongs by `name`; `commit` may be NULL. */
void findings_save(const struct findings *findings, const struct peers *peers, const char *path,
                   const char *name, const char *commit);

#endif
