/*
 * samples.h - the results of repeated measurements, and their middle.
 *
 * The median, not the mean: a neighbour that steals a core spoils one round, not the result.
 *
 * Threads: one owner. All zero is empty.
 */
#ifndef BENCH_KIT_REPORT_SAMPLES_H
#define BENCH_KIT_REPORT_SAMPLES_H

#include <stddef.h>

#define SAMPLES_MAX 100

struct samples {
    double values[SAMPLES_MAX];
    size_t len;
};

void samples_add(struct samples *samples, double value);

/* 0 when there are none. */
double samples_median(const struct samples *samples);

#endif
