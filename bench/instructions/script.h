/*
 * script.h - the fixed run whose instructions are counted.
 *
 * A server in this process, its single loop turned by hand, is sent requests through a socket pair. What
 * could differ between two runs is held still: the hash seed, the clock, the timers. A turn of the loop is a
 * call of script_turn(), the end of a case a call of script_case_end(); callgrind is told these two names and
 * so counts the server without the client, case by case.
 *
 * Threads: one. Ends the program (program.h) when a reply is an error or missing.
 */
#ifndef BENCH_INSTRUCTIONS_SCRIPT_H
#define BENCH_INSTRUCTIONS_SCRIPT_H

#include <stddef.h>
#include <stdint.h>

#define SCRIPT_TURN        "script_turn"
#define SCRIPT_CASE_END    "script_case_end"
#define SCRIPT_ALLOCATIONS "allocations" /* how the line of a case starts that script_run() prints */
#define SCRIPT_OPERATIONS  2048          /* of each case */
#define SCRIPT_KEYS        10000         /* from number 0 on, all set before the first case */
#define SCRIPT_COUNTERS    4096          /* from here on, all incremented before */
#define SCRIPT_COUNTERS_AT 1000000
#define SCRIPT_BATCH       10 /* keys of MGET and MSET */

struct script_case {
    const char *name;
    const char *test; /* as workload.h has it, or NULL */
    uint64_t depth;   /* requests sent before a turn */
    uint64_t first_key;
    uint64_t keys;
    enum {
        SCRIPT_ANY,  /* keys drawn at random, as they are */
        SCRIPT_NEW,  /* each key once, in order: none exists */
        SCRIPT_ONCE, /* the same, each set just before the case */
        SCRIPT_READ, /* as they are, each read just before the case */
    } order;
    const char *request; /* in the place of a test, as request.h has it */
    /* Said by the client before the case, warmed up and counted, and after it; ended by NULL. */
    const char *const *opening;
    const char *const *closing;
};

/* Collections that stand there before the first case: a request of theirs, so many times. */
struct script_filling {
    const char *request;
    uint64_t times;
};
/* Ended by one without a request. */
extern const struct script_filling script_fillings[];

/* In the order in which they run; `*count` of them. */
const struct script_case *script_cases(size_t *count);

void script_run(void);

struct loop;

/* For callgrind only. */
void script_turn(struct loop *loop);
void script_case_end(void);

#endif
