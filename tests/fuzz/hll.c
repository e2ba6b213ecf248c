/*
 * hll.c - any bytes behind the header of a HyperLogLog: adding to it, merging it and making it dense stay
 * within its bytes, and agree whether it is corrupt and what it holds.
 */
#include "storage/types/text/hll.h"

#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/contract.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ELEMENTS 8

/* To a place of exactly that size: the sanitizer sees what is touched outside. */
static void resize(struct hll *hll, size_t len)
{
    char *bytes = alloc_bytes(len);
    memcpy(bytes, hll->bytes, len < hll->len ? len : hll->len);
    alloc_free(hll->bytes);
    hll->bytes = bytes;
    hll->len = len;
}

static struct hll make(struct slice text, size_t sparse_max)
{
    struct hll hll = { .bytes = alloc_bytes(text.len), .len = text.len, .resize = resize };
    memcpy(hll.bytes, text.data, text.len);
    hll.sparse_max = sparse_max;
    return hll;
}

static bool read_registers(const struct hll *hll, struct hll_registers *registers)
{
    memset(registers, 0, sizeof *registers);
    return hll_merge(registers, slice_of(hll->bytes, hll->len));
}

static void check_dense(struct slice text)
{
    struct hll_registers before, after;
    struct hll hll = make(text, 0);
    bool is_good = read_registers(&hll, &before);
    INVARIANT((hll_make_dense(&hll) == HLL_CORRUPT) == !is_good);
    if (is_good) {
        INVARIANT(hll.len == HLL_DENSE_SIZE && read_registers(&hll, &after));
        INVARIANT(memcmp(&before, &after, sizeof before) == 0);
        hll_count(&after);
    }
    alloc_free(hll.bytes);
}

/* What is added is there afterwards, in whichever form; what was good stays good. */
static void check_adding(struct slice text, size_t sparse_max)
{
    struct hll_registers before, after;
    struct hll hll = make(text, sparse_max);
    bool is_good = read_registers(&hll, &before);
    for (uint64_t element = 0; element < ELEMENTS; element++) {
        enum hll_outcome outcome = hll_add(&hll, slice_of(&element, sizeof element));
        INVARIANT(!is_good || outcome != HLL_CORRUPT);
        if (outcome == HLL_CORRUPT) break;
        INVARIANT(hll_add(&hll, slice_of(&element, sizeof element)) == HLL_SAME);
    }
    bool is_good_still = read_registers(&hll, &after);
    INVARIANT(!is_good || is_good_still);
    for (size_t i = 0; is_good && i < HLL_REGISTERS; i++) INVARIANT(after.values[i] >= before.values[i]);
    alloc_free(hll.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) return 0;
    size_t sparse_max = data[0] * (size_t)data[1], len = HLL_HEADER_SIZE + size - 2;
    char *bytes = alloc_bytes(len);
    memcpy(bytes, hll_empty().data, HLL_HEADER_SIZE);
    memcpy(bytes + HLL_HEADER_SIZE, data + 2, size - 2);
    check_dense(slice_of(bytes, len));
    check_adding(slice_of(bytes, len), sparse_max);
    alloc_free(bytes);
    return 0;
}
