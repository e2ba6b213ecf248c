/*
 * evidence.h - what a reply says that shows a part of a value: its length, or that something is in it.
 *
 * Such a reply is right if one of the writes whose state may be shown could have made it so.
 *
 * Sets are judged by their members: what was added is there until something that removes all of them may have
 * come after it.
 *
 * Threads: no state.
 */
#ifndef TESTS_SCENARIOS_OPERATIONS_EVIDENCE_H
#define TESTS_SCENARIOS_OPERATIONS_EVIDENCE_H

#include "tests/scenarios/history/history.h"

struct wanted {
    const struct history *history;
    enum value_type type;
    uint32_t asked; /* by which number was asked, if by one */
    int64_t found;  /* what was found */
};

/* Whether a write that may be shown fits; too little may be known to say no. */
bool evidence_fits(const struct view *view, const struct wanted *wanted,
                   bool (*fits)(const struct write *write, const struct wanted *wanted));

/* `number` has added a member, which was there. What is wrong with that; NULL: nothing. */
const char *evidence_of_member(const struct history *history, const struct view *view, uint32_t number);
/* Whether a member that `number` has added must be there. */
bool evidence_must_show(const struct history *history, const struct visibility *visibility,
                        const struct view *view, uint32_t number, struct moment now);

#endif
