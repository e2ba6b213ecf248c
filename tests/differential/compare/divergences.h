/*
 * divergences.h - what docs/divergences.md says may differ from Redis.
 *
 * The second column of its table holds rules in code spans, each a verb and the first words of a command:
 *
 *     skip CLIENT REPLY        never generated
 *     sorted KEYS              elements in any order
 *     shape TIME               same structure and types, other contents
 *     kind CLIENT LIST         same type of reply, other contents
 *     tolerance 2000 PTTL      integers this close; negative ones must be equal
 *     iterated SCAN            the union of a whole iteration is compared, not one page of it
 *     doubles ZSCORE           numbers of equal value, however they are written
 *     lacks HSCAN NOVALUES     never generated with this option, which the oracle does not know
 *     refused LPOS             an error of ours, whatever Redis answers
 *     untracked SWAPDB         never said by several clients of which one tracks
 *
 * Otherwise errors are compared byte for byte, whatever the rule. The longest rule that fits a command
 * counts.
 */
#ifndef TESTS_DIFFERENTIAL_COMPARE_DIVERGENCES_H
#define TESTS_DIFFERENTIAL_COMPARE_DIVERGENCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"

enum divergence_verb {
    DIVERGENCE_SKIP,
    DIVERGENCE_SORTED,
    DIVERGENCE_SHAPE,
    DIVERGENCE_KIND,
    DIVERGENCE_TOLERANCE,
    DIVERGENCE_ITERATED,
    DIVERGENCE_LACKS,
    DIVERGENCE_REFUSED,
    DIVERGENCE_DOUBLES,
    DIVERGENCE_UNTRACKED,
};

#define DIVERGENCE_WORDS 3

struct divergence {
    enum divergence_verb verb;
    int64_t tolerance;
    struct slice text;                    /* the rule as it stands on the page */
    struct slice words[DIVERGENCE_WORDS]; /* into the text of the page */
    size_t word_count;
};

struct divergences {
    struct divergence *items;
    size_t len;
    size_t cap;
    char *text;
};

/* Read rules out of a page; a rule that makes no sense ends the test. */
void divergences_init(struct divergences *divergences, struct slice page);
/* The same for docs/divergences.md of the sources, up to what is said of the near cache. */
void divergences_read(struct divergences *divergences);
/* The whole page: what may differ when a Redis answers through the near cache. */
void divergences_read_tier(struct divergences *divergences);
void divergences_clear(struct divergences *divergences);

/* The rule for the command `argv`, or NULL: equal byte for byte. */
const struct divergence *divergences_find(const struct divergences *divergences, const struct slice *argv,
                                          size_t argc);
/* Whether any rule says `skip` of it, however long the others are. */
bool divergences_skip(const struct divergences *divergences, const struct slice *argv, size_t argc);
/* The same of `untracked`. */
bool divergences_untracked(const struct divergences *divergences, const struct slice *argv, size_t argc);

#endif
