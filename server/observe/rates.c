#include "server/observe/rates.h"

#include <sys/resource.h>

static uint64_t mean(const uint64_t samples[RATE_SAMPLES])
{
    uint64_t sum = 0;
    for (int i = 0; i < RATE_SAMPLES; i++) sum += samples[i];
    return sum / RATE_SAMPLES;
}

void rates_sample(struct rates *rates, const uint64_t totals[RATE_COUNT], int64_t now_ms)
{
    int64_t elapsed_ms = now_ms - rates->sampled_ms;
    rates->sampled_ms = now_ms;
    for (int i = 0; i < RATE_COUNT; i++) {
        /* CONFIG RESETSTAT turns totals back. */
        uint64_t more = totals[i] >= rates->last[i] ? totals[i] - rates->last[i] : 0;
        rates->last[i] = totals[i];
        rates->samples[i][rates->next] = elapsed_ms > 0 ? more * 1000 / (uint64_t)elapsed_ms : 0;
        atomic_store_explicit(&rates->per_second[i], mean(rates->samples[i]), memory_order_relaxed);
    }
    rates->next = (rates->next + 1) % RATE_SAMPLES;
}

uint64_t rates_get(const struct rates *rates, enum rate rate)
{
    return atomic_load_explicit(&rates->per_second[rate], memory_order_relaxed);
}

static uint64_t us_of(struct timeval time)
{
    return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_usec;
}

uint64_t rates_cpu_us(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return us_of(usage.ru_utime) + us_of(usage.ru_stime);
}
