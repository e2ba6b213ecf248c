#include "server/observe/keys/sample_pace.h"

#define LOOK_MS 1000
/* A burst is met in a few steps, and a lull between two is no reason to look at each command of the next. */
#define GROWTH_MAX 4
#define SHRINK_MAX 8

void sample_pace_init(struct sample_pace *pace, uint64_t seed)
{
    *pace = (struct sample_pace){ .random = { seed }, .distance = 1 };
}

static uint32_t between(uint64_t distance, uint64_t least, uint64_t most)
{
    uint64_t inside = distance < least ? least : distance > most ? most : distance;
    return inside < 1 ? 1 : inside > PACE_DISTANCE_MAX ? PACE_DISTANCE_MAX : (uint32_t)inside;
}

/* A clock that was set back tells nothing: then as if no time had passed, which costs least. Up to a quarter
 * more than the budget is let be, as the clock has whole milliseconds and a distance is a whole number. */
void sample_pace_adapt(struct sample_pace *pace, int64_t now_ms)
{
    uint64_t elapsed_ms = now_ms > pace->since_ms ? (uint64_t)(now_ms - pace->since_ms) : 0;
    uint64_t budget = PACE_KEYS_PER_S / 1000 * elapsed_ms, asked = (uint64_t)pace->distance * pace->spent;
    uint64_t most = (uint64_t)pace->distance * GROWTH_MAX, least = pace->distance / SHRINK_MAX;
    uint64_t wanted = budget > 0 ? (asked * 4 + budget * 3) / (budget * 4) : most;
    pace->distance = between(wanted, least, most);
    pace->spent = 0;
    pace->since_ms = now_ms;
}

void sample_pace_look(struct sample_pace *pace, int64_t now_ms)
{
    if (now_ms - pace->since_ms >= LOOK_MS) sample_pace_adapt(pace, now_ms);
}
