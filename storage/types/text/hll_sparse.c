#include "storage/types/text/hll_sparse.h"

#include <string.h>

#define WIDE_ZERO      0x40u
#define VALUE          0x80u
#define NARROW_ZEROS   64
#define VALUE_RUN_MAX  4
#define SPLIT_MAX      5 /* bytes: zeros, a value, zeros */
#define MERGE_DISTANCE 5 /* opcodes that are looked at after a change */

static unsigned byte_at(struct slice text, size_t at)
{
    return (unsigned char)text.data[at];
}

bool hll_run_at(struct slice text, size_t at, struct hll_run *run)
{
    if (at >= text.len) return false;
    unsigned byte = byte_at(text, at);
    if (byte & VALUE) {
        *run = (struct hll_run){ .registers = (byte & 3) + 1, .value = (byte >> 2 & 31) + 1, .len = 1 };
    } else if (byte & WIDE_ZERO) {
        if (at + 1 == text.len) return false;
        *run = (struct hll_run){ .registers = ((byte & 63) << 8 | byte_at(text, at + 1)) + 1, .len = 2 };
    } else {
        *run = (struct hll_run){ .registers = byte + 1, .len = 1 };
    }
    return true;
}

struct hll_runs hll_runs_of(struct slice text)
{
    return (struct hll_runs){ .text = text, .at = HLL_HEADER_SIZE };
}

bool hll_runs_next(struct hll_runs *runs, struct hll_run *run)
{
    if (!hll_run_at(runs->text, runs->at, run)) return false;
    if (run->registers > HLL_REGISTERS - runs->register_at) return false;
    runs->at += run->len;
    runs->register_at += run->registers;
    return true;
}

bool hll_runs_complete(const struct hll_runs *runs)
{
    return runs->at == runs->text.len && runs->register_at == HLL_REGISTERS;
}

static unsigned char value_opcode(unsigned value, unsigned registers)
{
    return (unsigned char)(VALUE | (value - 1) << 2 | (registers - 1));
}

/* A run of `registers`, maybe none, at `out`. Returns where the next one goes. */
static unsigned char *write_run(unsigned char *out, unsigned value, unsigned registers)
{
    if (registers == 0) return out;
    if (value > 0) {
        *out++ = value_opcode(value, registers);
    } else if (registers <= NARROW_ZEROS) {
        *out++ = (unsigned char)(registers - 1);
    } else {
        *out++ = (unsigned char)(WIDE_ZERO | (registers - 1) >> 8);
        *out++ = (unsigned char)(registers - 1);
    }
    return out;
}

/* Where a register is found. */
struct place {
    struct hll_run run;
    size_t at;       /* its opcode */
    size_t previous; /* the one before, or the same when it is the first */
    unsigned first;  /* register of the run */
};

static bool find(struct slice text, unsigned wanted, struct place *place)
{
    *place = (struct place){ .at = HLL_HEADER_SIZE, .previous = HLL_HEADER_SIZE };
    while (hll_run_at(text, place->at, &place->run)) {
        if (wanted - place->first < place->run.registers) return true;
        place->previous = place->at;
        place->at += place->run.len;
        place->first += place->run.registers;
    }
    return false;
}

/* Put `len` bytes in the place of `old_len`. */
static void splice(struct hll *hll, size_t at, size_t old_len, const unsigned char *bytes, size_t len)
{
    size_t text_len = hll->len, behind = text_len - at - old_len;
    if (len > old_len) hll->resize(hll, text_len + len - old_len);
    if (len != old_len) memmove(hll->bytes + at + len, hll->bytes + at + old_len, behind);
    memcpy(hll->bytes + at, bytes, len);
    if (len < old_len) hll->resize(hll, text_len + len - old_len);
}

/* Neighbours with one value become one run. Redis looks at five opcodes from the one before the change on,
 * and what it would leave apart must stay so. */
static void merge_from(struct hll *hll, size_t at)
{
    size_t len = hll->len;
    for (int i = 0; i < MERGE_DISTANCE && at < len; i++) {
        struct hll_run run, next;
        struct slice text = slice_of(hll->bytes, len);
        if (!hll_run_at(text, at, &run)) break;
        bool joins = run.value > 0 && hll_run_at(text, at + 1, &next) && next.value == run.value &&
                     run.registers + next.registers <= VALUE_RUN_MAX;
        if (!joins) {
            at += run.len;
            continue;
        }
        hll->bytes[at] = (char)value_opcode(run.value, run.registers + next.registers);
        memmove(hll->bytes + at + 1, hll->bytes + at + 2, len - at - 2);
        len--;
    }
    if (len < hll->len) hll->resize(hll, len);
}

enum hll_sparse_outcome hll_sparse_raise(struct hll *hll, unsigned at, unsigned value)
{
    if (value > HLL_SPARSE_VALUE_MAX) return HLL_SPARSE_FULL;

    struct place place;
    if (!find(slice_of(hll->bytes, hll->len), at, &place)) return HLL_SPARSE_CORRUPT;
    const struct hll_run *run = &place.run;
    if (run->value >= value) return HLL_SPARSE_SAME;

    unsigned char split[SPLIT_MAX], *end = split;
    unsigned ahead = at - place.first;
    end = write_run(end, run->value, ahead);
    end = write_run(end, value, 1);
    end = write_run(end, run->value, run->registers - ahead - 1);
    size_t len = (size_t)(end - split);
    if (len > run->len && hll->len + len - run->len > hll->sparse_max) return HLL_SPARSE_FULL;

    splice(hll, place.at, run->len, split, len);
    merge_from(hll, place.previous);
    hll_forget_count(hll);
    return HLL_SPARSE_CHANGED;
}
