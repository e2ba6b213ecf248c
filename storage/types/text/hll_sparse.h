/*
 * hll_sparse.h - the registers of a HyperLogLog that are mostly zero, as runs.
 *
 *      00xxxxxx             x+1 registers (1 to 64) are zero
 *      01xxxxxx xxxxxxxx    x+1 registers (1 to 16384) are zero
 *      1vvvvvxx             x+1 registers (1 to 4) hold v+1 (1 to 32)
 *
 * Threads: no state.
 */
#ifndef STORAGE_TYPES_TEXT_HLL_SPARSE_H
#define STORAGE_TYPES_TEXT_HLL_SPARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "storage/types/text/hll.h"

#define HLL_SPARSE_VALUE_MAX 32

struct hll_run {
    unsigned registers;
    unsigned value;
    unsigned len; /* of its opcode, in bytes */
};

/* The run whose opcode is at `at`. False: there is none, or only the first byte of one. */
bool hll_run_at(struct slice text, size_t at, struct hll_run *run);

/* The runs of a sparse string, one after the other. */
struct hll_runs {
    struct slice text;
    size_t at;            /* of the opcode that comes next */
    unsigned register_at; /* the first register of its run */
};

struct hll_runs hll_runs_of(struct slice text);
/* False at the end, which is the right one only when hll_runs_complete(): otherwise, an opcode was cut off,
 * or there are more or fewer registers than there must be. */
bool hll_runs_next(struct hll_runs *runs, struct hll_run *run);
bool hll_runs_complete(const struct hll_runs *runs);

/* Make a register of a sparse `hll` no less than `value`. HLL_SPARSE_FULL: it would become too long or too
 * large for this form, and nothing was changed. */
enum hll_sparse_outcome { HLL_SPARSE_SAME, HLL_SPARSE_CHANGED, HLL_SPARSE_CORRUPT, HLL_SPARSE_FULL };
enum hll_sparse_outcome hll_sparse_raise(struct hll *hll, unsigned at, unsigned value);

#endif
