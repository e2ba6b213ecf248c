#include "storage/types/text/hll.h"

#include <math.h>
#include <string.h>

#include "proto/base/bytes.h"
#include "proto/base/contract.h"
#include "storage/types/text/clones.h"
#include "storage/types/text/hll_sparse.h"

#define FORM_AT      4
#define FORM_DENSE   0
#define FORM_SPARSE  1
#define COUNT_AT     8
#define STALE_AT     15
#define STALE        0x80
#define INDEX_BITS   14
#define RUN_BITS     (64 - INDEX_BITS)
#define REGISTER_MAX 63 /* 51 is the largest that a hash can give, but anything may be stored */

struct slice hll_empty(void)
{
    return SLICE("HYLL\1\0\0\0\0\0\0\0\0\0\0\0\x7f\xff");
}

bool hll_is_valid(struct slice text)
{
    if (text.len < HLL_HEADER_SIZE || memcmp(text.data, "HYLL", 4) != 0) return false;
    char form = text.data[FORM_AT];
    return form == FORM_SPARSE || (form == FORM_DENSE && text.len == HLL_DENSE_SIZE);
}

bool hll_is_sparse(struct slice text)
{
    return text.data[FORM_AT] == FORM_SPARSE;
}

bool hll_cached_count(struct slice text, uint64_t *count)
{
    if (text.data[STALE_AT] & STALE) return false;
    *count = 0;
    for (int i = 7; i >= 0; i--) *count = *count << 8 | (unsigned char)text.data[COUNT_AT + i];
    return true;
}

void hll_cache_count(struct hll *hll, uint64_t count)
{
    for (int i = 0; i < 8; i++) hll->bytes[COUNT_AT + i] = (char)(count >> (8 * i));
}

void hll_forget_count(struct hll *hll)
{
    hll->bytes[STALE_AT] = (char)(hll->bytes[STALE_AT] | STALE);
}

/* MurmurHash64A by Austin Appleby, with Redis's seed: whoever has a string of ours must find the same
 * registers. */
static uint64_t hash_of(struct slice text)
{
    const uint64_t mix = 0xc6a4a7935bd1e995;
    uint64_t hash = 0xadc83b19 ^ (text.len * mix);
    const char *at = text.data;
    size_t left = text.len;
    for (; left >= sizeof(uint64_t); at += sizeof(uint64_t), left -= sizeof(uint64_t)) {
        uint64_t word = bytes_load64(at) * mix;
        word = (word ^ word >> 47) * mix;
        hash = (hash ^ word) * mix;
    }
    if (left > 0) {
        uint64_t word = 0;
        memcpy(&word, at, left);
        hash = (hash ^ word) * mix;
    }
    hash = (hash ^ hash >> 47) * mix;
    return hash ^ hash >> 47;
}

static unsigned dense_get(const char *bytes, unsigned at)
{
    const unsigned char *byte = (const unsigned char *)bytes + HLL_HEADER_SIZE + at * 6 / 8;
    unsigned shift = at * 6 % 8;
    unsigned value = (unsigned)byte[0] >> shift;
    /* The last register ends with its byte: nothing is read behind it. */
    if (shift > 2) value |= (unsigned)byte[1] << (8 - shift);
    return value & REGISTER_MAX;
}

static void dense_set(char *bytes, unsigned at, unsigned value)
{
    unsigned char *byte = (unsigned char *)bytes + HLL_HEADER_SIZE + at * 6 / 8;
    unsigned shift = at * 6 % 8;
    byte[0] = (unsigned char)((byte[0] & ~(REGISTER_MAX << shift)) | value << shift);
    if (shift > 2)
        byte[1] = (unsigned char)((byte[1] & ~(REGISTER_MAX >> (8 - shift))) | value >> (8 - shift));
}

static bool dense_raise(struct hll *hll, unsigned at, unsigned value)
{
    if (dense_get(hll->bytes, at) >= value) return false;
    dense_set(hll->bytes, at, value);
    return true;
}

static enum hll_outcome raise_one(struct hll *hll, unsigned at, unsigned value)
{
    if (hll_is_sparse(slice_of(hll->bytes, hll->len))) {
        switch (hll_sparse_raise(hll, at, value)) {
        case HLL_SPARSE_SAME: return HLL_SAME;
        case HLL_SPARSE_CHANGED: return HLL_CHANGED;
        case HLL_SPARSE_CORRUPT: return HLL_CORRUPT;
        case HLL_SPARSE_FULL: break;
        }
        if (hll_make_dense(hll) == HLL_CORRUPT) return HLL_CORRUPT;
    }
    if (!dense_raise(hll, at, value)) return HLL_SAME;
    hll_forget_count(hll);
    return HLL_CHANGED;
}

enum hll_outcome hll_add(struct hll *hll, struct slice element)
{
    uint64_t hash = hash_of(element);
    unsigned at = (unsigned)(hash % HLL_REGISTERS);
    unsigned zeros = (unsigned)__builtin_ctzll(hash >> INDEX_BITS | UINT64_C(1) << RUN_BITS);
    return raise_one(hll, at, zeros + 1);
}

/* Eight registers are six bytes: 48 bits are spread to eight bytes, and put together again. */
static uint64_t spread(uint64_t six)
{
    uint64_t word = (six & 0xffffff) | (six >> 24 & 0xffffff) << 32;
    word = (word & 0x00000fff00000fff) | (word & 0x00fff00000fff000) << 4;
    return (word & 0x003f003f003f003f) | (word & 0x0fc00fc00fc00fc0) << 2;
}

static uint64_t gather(uint64_t eight)
{
    uint64_t word = (eight & 0x003f003f003f003f) | (eight & 0x3f003f003f003f00) >> 2;
    word = (word & 0x00000fff00000fff) | (word & 0x0fff00000fff0000) >> 4;
    return (word & 0xffffff) | word >> 32 << 24;
}

CLONES static void raise_all(uint8_t *restrict values, const uint8_t *restrict than)
{
    for (size_t i = 0; i < HLL_REGISTERS; i++) values[i] = values[i] > than[i] ? values[i] : than[i];
}

static void unpack(struct hll_registers *registers, const char *bytes)
{
    const char *from = bytes + HLL_HEADER_SIZE;
    uint8_t *to = registers->values;
    for (size_t i = 0; i < HLL_REGISTERS / 8 - 1; i++, from += 6, to += 8) {
        uint64_t word = spread(bytes_load64(from));
        memcpy(to, &word, sizeof word);
    }
    /* Of the last eight nothing follows that could be loaded with them. */
    uint64_t six = 0;
    memcpy(&six, from, 6);
    six = spread(six);
    memcpy(to, &six, sizeof six);
}

static void pack(char *bytes, const struct hll_registers *registers)
{
    char *to = bytes + HLL_HEADER_SIZE;
    for (size_t i = 0; i < HLL_REGISTERS; i += 8, to += 6) {
        uint64_t word;
        memcpy(&word, registers->values + i, sizeof word);
        word = gather(word);
        memcpy(to, &word, 6);
    }
}

static bool merge_sparse(struct hll_registers *registers, struct slice text)
{
    struct hll_runs runs = hll_runs_of(text);
    struct hll_run run;
    while (hll_runs_next(&runs, &run)) {
        uint8_t *end = registers->values + runs.register_at;
        for (uint8_t *at = end - run.registers; run.value > 0 && at < end; at++) {
            if (*at < run.value) *at = (uint8_t)run.value;
        }
    }
    return hll_runs_complete(&runs);
}

bool hll_merge(struct hll_registers *registers, struct slice text)
{
    if (hll_is_sparse(text)) return merge_sparse(registers, text);

    struct hll_registers other;
    unpack(&other, text.data);
    raise_all(registers->values, other.values);
    return true;
}

enum hll_outcome hll_make_dense(struct hll *hll)
{
    struct slice text = slice_of(hll->bytes, hll->len);
    if (!hll_is_sparse(text)) return HLL_SAME;

    struct hll_registers registers = { 0 };
    if (!merge_sparse(&registers, text)) return HLL_CORRUPT;
    hll->resize(hll, HLL_DENSE_SIZE);
    hll->bytes[FORM_AT] = FORM_DENSE;
    pack(hll->bytes, &registers);
    return HLL_CHANGED;
}

/* One after the other, since of those that stay sparse every byte depends on the order. */
void hll_raise(struct hll *hll, const struct hll_registers *registers)
{
    if (!hll_is_sparse(slice_of(hll->bytes, hll->len))) {
        struct hll_registers merged = *registers;
        hll_merge(&merged, slice_of(hll->bytes, hll->len));
        pack(hll->bytes, &merged);
        return;
    }
    for (unsigned i = 0; i < HLL_REGISTERS; i++) {
        if (registers->values[i] > 0) raise_one(hll, i, registers->values[i]);
    }
}

/* How many registers hold each value. Four tables, since the same one is mostly wanted several times in a
 * row, and its count would have to be written before it is read again. */
static void take_histogram(unsigned histogram[REGISTER_MAX + 1], const struct hll_registers *registers)
{
    unsigned counts[4][REGISTER_MAX + 1] = { 0 };
    for (size_t i = 0; i < HLL_REGISTERS; i += 4) {
        for (size_t j = 0; j < 4; j++) counts[j][registers->values[i + j]]++;
    }
    for (size_t i = 0; i <= REGISTER_MAX; i++)
        histogram[i] = counts[0][i] + counts[1][i] + counts[2][i] + counts[3][i];
}

/* Sigma and tau of "New cardinality estimation algorithms for HyperLogLog sketches", Otmar Ertl,
 * arXiv:1702.01284, summed until a double does not change any more. */
static double sigma(double x)
{
    if (x == 1) return INFINITY;
    double before, weight = 1, sum = x;
    do {
        x *= x;
        before = sum;
        sum += x * weight;
        weight += weight;
    } while (before != sum);
    return sum;
}

static double tau(double x)
{
    if (x == 0 || x == 1) return 0;
    double before, weight = 1, sum = 1 - x;
    do {
        x = sqrt(x);
        before = sum;
        weight *= 0.5;
        sum -= (1 - x) * (1 - x) * weight;
    } while (before != sum);
    return sum / 3;
}

uint64_t hll_count(const struct hll_registers *registers)
{
    const double alpha = 0.721347520444481703680; /* 0.5 / ln 2, with the digits that Redis has */
    const double m = HLL_REGISTERS;
    unsigned histogram[REGISTER_MAX + 1];
    take_histogram(histogram, registers);

    double z = m * tau((m - histogram[RUN_BITS + 1]) / m);
    for (int i = RUN_BITS; i >= 1; i--) {
        z += histogram[i];
        z *= 0.5;
    }
    z += m * sigma(histogram[0] / m);
    return (uint64_t)llroundl(alpha * m * m / z);
}
