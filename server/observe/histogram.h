/*
 * histogram.h - how long something took, many times: counts in log-linear buckets.
 *
 * Sixteen buckets to each doubling, so a percentile read back is within 6 %. Durations are nanoseconds, up to
 * about 18 minutes; longer ones count in the last bucket.
 *
 * Threads: one writer; anybody may read while it writes and sees each count true by itself.
 */
#ifndef SERVER_OBSERVE_HISTOGRAM_H
#define SERVER_OBSERVE_HISTOGRAM_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_SUB_BITS 4
#define HISTOGRAM_BUCKETS  ((40 - HISTOGRAM_SUB_BITS + 1) << HISTOGRAM_SUB_BITS)

struct histogram {
    _Atomic uint64_t counts[HISTOGRAM_BUCKETS];
};

static inline size_t histogram_bucket(uint64_t ns)
{
    if (ns < (1u << HISTOGRAM_SUB_BITS)) return (size_t)ns;
    unsigned exponent = 63 - (unsigned)__builtin_clzll(ns) - HISTOGRAM_SUB_BITS;
    size_t bucket = ((size_t)exponent << HISTOGRAM_SUB_BITS) + (size_t)(ns >> exponent);
    return bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1;
}

static inline void histogram_add(struct histogram *histogram, uint64_t ns)
{
    _Atomic uint64_t *count = &histogram->counts[histogram_bucket(ns)];
    atomic_store_explicit(count, atomic_load_explicit(count, memory_order_relaxed) + 1, memory_order_relaxed);
}

/* The longest duration that falls into a bucket. */
uint64_t histogram_bucket_top_ns(size_t bucket);
/* Add all counts of `from` to `to`. */
void histogram_merge(struct histogram *to, const struct histogram *from);
uint64_t histogram_total(const struct histogram *histogram);
/* The duration that `percentile` (0 to 100) of all stay within; 0 when there are none. */
uint64_t histogram_percentile_ns(const struct histogram *histogram, double percentile);

#endif
