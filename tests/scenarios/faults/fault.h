/*
 * fault.h - what goes wrong in a run, one after the other.
 *
 * A fault is a row: how long it lasts, and functions that begin and end it. Those that erase keys, or move
 * them, tell the histories so. An instance that goes on alone without a link is not to be judged from the
 * beginning of a fault that may cut it off until, after its end, it says that it has one.
 */
#ifndef TESTS_SCENARIOS_FAULTS_FAULT_H
#define TESTS_SCENARIOS_FAULTS_FAULT_H

#include "proto/base/random.h"
#include "tests/scenarios/history/referee.h"
#include "tests/scenarios/world/world.h"

#define FAULTS_ALL        UINT64_MAX
#define FAULTS_REMEMBERED 64

struct stage {
    const struct plan *plan;
    struct world *world;
    struct referee *referee;
    struct random random;
    const struct fault *now; /* that goes on; NULL: none */
    int64_t next_ms, end_ms;
    int64_t calm_ms; /* a command for all keys may still be executed until then, unanswered; 0: none */
    int64_t look_ms; /* when the instances that are not judged are asked again */
    int victim;      /* the place that it hits */
    int swapped_by;  /* the place through which the databases were last exchanged */
    const char *swap_form;
    bool swapped; /* which is known to have happened */
    uint64_t count;
    uint64_t counts[64];
    struct {
        const char *name;
        int victim;
        struct moment began, ended;
        bool unanswered;       /* a command for all keys, whose outcome is not known */
    } past[FAULTS_REMEMBERED]; /* number `count` - 1 is the last */
};

void stage_init(struct stage *stage, const struct plan *plan, struct world *world, struct referee *referee);
/* Begin or end what is due. */
void stage_step(struct stage *stage);
/* End what goes on; nothing begins any more. */
void stage_close(struct stage *stage);
/* Append how often each came. */
void stage_print(const struct stage *stage, struct buffer *out);
/* Append when the last of them came and went. */
void stage_print_past(const struct stage *stage, struct buffer *out);

size_t fault_count(void);
void fault_print_names(uint64_t set, struct buffer *out);
bool fault_parse_names(const char *text, uint64_t *set);

#endif
