/*
 * use_clock.h - stamps that say in what order entries were used, and how long ago.
 *
 * A stamp is 32 bits on the entry. It counts ticks of 4 ms of real time, which lasts 198 days; but a small
 * cache under load turns over in less than that, and then a clock would tell nothing of the order in which
 * its entries were used. So, while entries come in, the clock also ticks with use: once for every 1024th part
 * of the entries used, however fast that happens. How far it has run ahead of real time is remembered at
 * widening distances, so that a stamp can be turned into a time again: exactly where the clock showed real
 * time, else within a quarter of its age.
 *
 * Threads: the owner's lock. Time: Unix milliseconds from the caller.
 */
#ifndef STORAGE_EVICT_USE_CLOCK_H
#define STORAGE_EVICT_USE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#define USE_CLOCK_TICK_MS_LOG2 2
#define USE_CLOCK_LEVELS       9 /* of marks: every second, every 4, every 16 ... */
#define USE_CLOCK_MARKS        16

/* The clock showed `stamp` at the beginning of this second. */
struct use_mark {
    uint32_t stamp;
    uint32_t second;
};

struct use_clock {
    uint32_t ahead;     /* ticks beyond those of real time */
    uint32_t uses;      /* since the last of these */
    uint32_t allowance; /* of these until the next insert */
    int64_t second;     /* of the last mark */
    struct use_mark marks[USE_CLOCK_LEVELS][USE_CLOCK_MARKS];
    uint8_t next[USE_CLOCK_LEVELS];
    uint8_t len[USE_CLOCK_LEVELS];
};

/* Ticks that one insert permits: without inserts nothing is evicted and no order is needed. */
#define USE_CLOCK_ALLOWANCE 4096

static inline uint32_t use_clock_now(const struct use_clock *clock, int64_t now_ms)
{
    return (uint32_t)(now_ms >> USE_CLOCK_TICK_MS_LOG2) + clock->ahead;
}

void use_clock_mark(struct use_clock *clock, int64_t second);

/* The stamp of a use, of one of `entries`. */
static inline uint32_t use_clock_stamp(struct use_clock *clock, int64_t now_ms, size_t entries)
{
    if (clock->allowance > 0 && ++clock->uses > entries >> 10) {
        clock->uses = 0;
        clock->allowance--;
        clock->ahead++;
    }
    if (now_ms - clock->second * 1000 >= 1000) use_clock_mark(clock, now_ms / 1000);
    return use_clock_now(clock, now_ms);
}

static inline void use_clock_allow(struct use_clock *clock)
{
    clock->allowance = USE_CLOCK_ALLOWANCE;
}

/* How long ago the clock showed `stamp`. */
int64_t use_clock_age_ms(const struct use_clock *clock, uint32_t stamp, int64_t now_ms);
/* A stamp that is at least so old, and hardly older; half of what stamps can count is the most. */
uint32_t use_clock_stamp_of_age(const struct use_clock *clock, int64_t age_ms, int64_t now_ms);

#endif
