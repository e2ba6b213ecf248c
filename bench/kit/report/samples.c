#include "bench/kit/report/samples.h"

#include <stdlib.h>

#include "proto/base/contract.h"

static int by_value(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;
    return (left > right) - (left < right);
}

void samples_add(struct samples *samples, double value)
{
    REQUIRE(samples->len < SAMPLES_MAX);
    samples->values[samples->len++] = value;
}

double samples_median(const struct samples *samples)
{
    struct samples sorted = *samples;
    if (sorted.len == 0) return 0;
    qsort(sorted.values, sorted.len, sizeof sorted.values[0], by_value);
    size_t middle = sorted.len / 2;
    if (sorted.len % 2 == 1) return sorted.values[middle];
    return (sorted.values[middle - 1] + sorted.values[middle]) / 2;
}
