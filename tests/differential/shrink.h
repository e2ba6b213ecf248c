/*
 * shrink.h - makes a failing stream as short as it can be made while it still fails.
 *
 * First whole commands go (delta debugging: halves, quarters, ... single ones), then pipelining and the
 * second connection, then arguments, then long arguments become short.
 */
#ifndef TESTS_DIFFERENTIAL_SHRINK_H
#define TESTS_DIFFERENTIAL_SHRINK_H

#include <stddef.h>

#include "tests/differential/duel.h"

struct step;

/* `steps` and `way` are changed in place; `*len` becomes what is left. Works at most `budget_ms`. */
void shrink(const struct duel *duel, struct step *steps, size_t *len, struct duel_way *way, int budget_ms);

#endif
