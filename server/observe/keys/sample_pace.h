/*
 * sample_pace.h - how many commands lie between two samples, so that samples cost the same share of a core
 * however many commands come.
 *
 * There is a budget of keys looked at in a second. From how long it took to look at so many, the mean
 * distance of the next samples follows: every command of a quiet loop is a sample, one of 60 where 1.5
 * million come in a second. It grows within a batch when they come at once, and shrinks once a second at the
 * latest. A sample stands for as many commands as the distance was that it was drawn from, its *weight*, so
 * sums of weights tell how many commands there were, whatever the pace was. Distances are drawn, so that no
 * pattern hides.
 *
 * Threads: one at a time, the loop's own.
 */
#ifndef SERVER_OBSERVE_KEYS_SAMPLE_PACE_H
#define SERVER_OBSERVE_KEYS_SAMPLE_PACE_H

#include <stdint.h>

#include "proto/base/random.h"

/* Of each loop. A sample takes some 100 ns, so this is a quarter of a percent of a core. Of 100,000 commands
 * a second one of four is looked at: of keys by Zipf's law the tenth and the eleventh are then told apart in
 * ten seconds but for one time in 300. */
#define PACE_KEYS_PER_S   25000
#define PACE_DISTANCE_MAX 256 /* for 6.4 million commands a second */

struct sample_pace {
    struct random random;
    uint32_t distance; /* on average, from the next draw on */
    uint32_t spent;    /* keys looked at since */
    int64_t since_ms;
};

/* Of the seed alone what is drawn depends. */
void sample_pace_init(struct sample_pace *pace, uint64_t seed);

/* Uniform between 1 and what gives the mean. The sample that it leads to has the weight `mean`. */
static inline uint32_t sample_pace_draw(struct sample_pace *pace, uint32_t mean)
{
    return 1 + (uint32_t)random_below(&pace->random, 2 * (uint64_t)mean - 1);
}

/* Have another distance, by what was spent until now. */
void sample_pace_adapt(struct sample_pace *pace, int64_t now_ms);
/* The same once a second, however little was spent. */
void sample_pace_look(struct sample_pace *pace, int64_t now_ms);

/* So many keys were looked at. */
static inline void sample_pace_spend(struct sample_pace *pace, unsigned keys, int64_t now_ms)
{
    pace->spent += keys;
    if (pace->spent >= PACE_KEYS_PER_S / 25) sample_pace_adapt(pace, now_ms);
}

#endif
