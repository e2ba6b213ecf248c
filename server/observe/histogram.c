#include "server/observe/histogram.h"

static uint64_t count_at(const struct histogram *histogram, size_t bucket)
{
    return atomic_load_explicit(&histogram->counts[bucket], memory_order_relaxed);
}

uint64_t histogram_bucket_top_ns(size_t bucket)
{
    size_t linear = 1u << HISTOGRAM_SUB_BITS;
    if (bucket < linear) return bucket;
    unsigned exponent = (unsigned)(bucket >> HISTOGRAM_SUB_BITS) - 1;
    uint64_t mantissa = (bucket & (linear - 1)) | linear;
    return ((mantissa + 1) << exponent) - 1;
}

void histogram_merge(struct histogram *to, const struct histogram *from)
{
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        atomic_store_explicit(&to->counts[i], count_at(to, i) + count_at(from, i), memory_order_relaxed);
}

uint64_t histogram_total(const struct histogram *histogram)
{
    uint64_t total = 0;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) total += count_at(histogram, i);
    return total;
}

uint64_t histogram_percentile_ns(const struct histogram *histogram, double percentile)
{
    uint64_t total = histogram_total(histogram);
    if (total == 0) return 0;

    uint64_t wanted = (uint64_t)((double)total * percentile / 100.0 + 0.5);
    if (wanted == 0) wanted = 1;
    uint64_t seen = 0;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += count_at(histogram, i);
        if (seen >= wanted) return histogram_bucket_top_ns(i);
    }
    return histogram_bucket_top_ns(HISTOGRAM_BUCKETS - 1);
}
