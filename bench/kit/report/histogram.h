/*
 * histogram.h - how often each latency was seen, from a nanosecond to hours, within 1.6 %.
 *
 * Buckets are logarithmic with 64 linear steps in each power of two, so adding costs a few instructions and
 * no memory, and a percentile of many runs is exact to the bucket.
 *
 * Threads: one owner. All zero is empty.
 */
#ifndef BENCH_KIT_REPORT_HISTOGRAM_H
#define BENCH_KIT_REPORT_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_STEP_BITS 6
#define HISTOGRAM_POWERS    40
#define HISTOGRAM_BUCKETS   ((HISTOGRAM_POWERS + 1) << HISTOGRAM_STEP_BITS)

struct histogram {
    uint64_t counts[HISTOGRAM_BUCKETS];
    uint64_t total;
    uint64_t max;
};

/* `times` observations of `value`. */
void histogram_add(struct histogram *histogram, uint64_t value, uint64_t times);

/* The value below or at which `share` (0.999) of the observations lie; 0 when there are none. */
uint64_t histogram_percentile(const struct histogram *histogram, double share);

#endif
