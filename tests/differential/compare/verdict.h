/*
 * verdict.h - do two replies agree, as far as the divergences ask?
 */
#ifndef TESTS_DIFFERENTIAL_COMPARE_VERDICT_H
#define TESTS_DIFFERENTIAL_COMPARE_VERDICT_H

#include <stdbool.h>

#include "proto/base/slice.h"

struct divergence;

/* Two whole replies to the same command; `rule` is NULL for equal byte for byte. */
bool verdict_agree(const struct divergence *rule, struct slice ours, struct slice theirs);

#endif
