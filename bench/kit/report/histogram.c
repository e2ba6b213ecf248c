#include "bench/kit/report/histogram.h"

#include <stddef.h>

#define STEPS (UINT64_C(1) << HISTOGRAM_STEP_BITS)

/* Values below STEPS have a bucket each; above, the six bits under the leading one choose the step. */
static size_t bucket_of(uint64_t value)
{
    if (value < STEPS) return value;
    unsigned shift = 63 - (unsigned)__builtin_clzll(value) - HISTOGRAM_STEP_BITS;
    size_t bucket = ((size_t)shift << HISTOGRAM_STEP_BITS) + (value >> shift);
    return bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1;
}

/* The largest value of a bucket. */
static uint64_t bucket_end(size_t bucket)
{
    if (bucket < STEPS) return bucket;
    size_t shift = (bucket >> HISTOGRAM_STEP_BITS) - 1;
    uint64_t step = (bucket & (STEPS - 1)) + STEPS;
    return ((step + 1) << shift) - 1;
}

void histogram_add(struct histogram *histogram, uint64_t value, uint64_t times)
{
    histogram->counts[bucket_of(value)] += times;
    histogram->total += times;
    if (value > histogram->max) histogram->max = value;
}

uint64_t histogram_percentile(const struct histogram *histogram, double share)
{
    uint64_t wanted = (uint64_t)((double)histogram->total * share);
    uint64_t seen = 0;
    for (size_t bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
        seen += histogram->counts[bucket];
        if (seen <= wanted) continue;
        uint64_t end = bucket_end(bucket);
        return end < histogram->max ? end : histogram->max;
    }
    return histogram->max;
}
