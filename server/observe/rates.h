/*
 * rates.h - how much per second, of late: INFO's instantaneous figures.
 *
 * Loop 0 takes a sample of the totals ten times a second; a rate is the mean of the last sixteen differences,
 * as in Redis.
 *
 * Threads: rates_sample() on loop 0; rates_get() anywhere.
 */
#ifndef SERVER_OBSERVE_RATES_H
#define SERVER_OBSERVE_RATES_H

#include <stdatomic.h>
#include <stdint.h>

enum rate { RATE_COMMANDS, RATE_NET_IN, RATE_NET_OUT, RATE_TURNS, RATE_CPU_US, RATE_COUNT };

#define RATE_SAMPLES 16

struct rates {
    int64_t sampled_ms;
    uint64_t last[RATE_COUNT];
    uint64_t samples[RATE_COUNT][RATE_SAMPLES];
    unsigned next;
    _Atomic uint64_t per_second[RATE_COUNT];
};

/* `totals` are by enum rate. */
void rates_sample(struct rates *rates, const uint64_t totals[RATE_COUNT], int64_t now_ms);
uint64_t rates_get(const struct rates *rates, enum rate rate);

/* Time that all threads have spent on the cores: the total of RATE_CPU_US. */
uint64_t rates_cpu_us(void);

#endif
