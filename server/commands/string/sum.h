/*
 * sum.h - what INCRBY and INCRBYFLOAT come to, in a key of its own and in a field of a hash.
 *
 * Threads: no state.
 */
#ifndef SERVER_COMMANDS_STRING_SUM_H
#define SERVER_COMMANDS_STRING_SUM_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/number.h"
#include "proto/base/slice.h"

struct call;

/* False: replied, it would overflow. */
bool sum_integers(struct call *call, int64_t value, int64_t by, int64_t *sum);

/* The number that `text` is; otherwise `error` is replied. */
bool sum_read_fraction(struct call *call, struct slice text, struct slice error, long double *value);
/* The sum as text, in `digits`. False: replied, it would be no number. */
bool sum_fractions(struct call *call, long double value, long double by, char digits[NUMBER_DOUBLE_MAX],
                   struct slice *sum);

#endif
