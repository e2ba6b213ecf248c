#include "storage/evict/use_clock.h"

/* Stamps that lie so little ahead are of now: the system's clock was set back. */
#define FUTURE_MAX (UINT32_C(1) << 24)

void use_clock_mark(struct use_clock *clock, int64_t second)
{
    struct use_mark mark = { use_clock_now(clock, second * 1000), (uint32_t)second };
    for (unsigned level = 0; level < USE_CLOCK_LEVELS; level++) {
        if (second >> 2 * level == clock->second >> 2 * level) break;
        clock->marks[level][clock->next[level]] = mark;
        clock->next[level] = (uint8_t)((clock->next[level] + 1) % USE_CLOCK_MARKS);
        if (clock->len[level] < USE_CLOCK_MARKS) clock->len[level]++;
    }
    clock->second = second;
}

/* A moment of the past: how far back on the clock, and in time. */
struct moment {
    uint32_t ticks;
    int64_t ms;
};

/* Between two marks the clock is taken to have run evenly, which is so whenever it showed real time. */
int64_t use_clock_age_ms(const struct use_clock *clock, uint32_t stamp, int64_t now_ms)
{
    uint32_t now = use_clock_now(clock, now_ms);
    uint32_t ticks = now - stamp;
    if (ticks > UINT32_MAX - FUTURE_MAX) return 0;

    struct moment after = { 0, 0 }, before = { UINT32_MAX, -1 };
    for (unsigned level = 0; level < USE_CLOCK_LEVELS; level++) {
        for (unsigned i = 0; i < clock->len[level]; i++) {
            const struct use_mark *mark = &clock->marks[level][i];
            struct moment at = { now - mark->stamp, now_ms - (int64_t)mark->second * 1000 };
            if (at.ms < 0) continue;
            if (at.ticks <= ticks && at.ticks > after.ticks) after = at;
            if (at.ticks > ticks && at.ticks < before.ticks) before = at;
        }
    }
    if (before.ms < after.ms) return after.ms + ((int64_t)(ticks - after.ticks) << USE_CLOCK_TICK_MS_LOG2);
    return after.ms + (before.ms - after.ms) * (ticks - after.ticks) / (before.ticks - after.ticks);
}

/* Under many uses the clock runs ahead: its ticks are worth less time then. */
uint32_t use_clock_stamp_of_age(const struct use_clock *clock, int64_t age_ms, int64_t now_ms)
{
    uint32_t now = use_clock_now(clock, now_ms);
    int64_t ticks = age_ms >> USE_CLOCK_TICK_MS_LOG2;
    if (ticks >= INT32_MAX) return now - INT32_MAX;
    int64_t lack_ms = age_ms - use_clock_age_ms(clock, now - (uint32_t)ticks, now_ms);
    while (lack_ms > 0 && ticks < INT32_MAX) {
        ticks += (lack_ms + (1 << USE_CLOCK_TICK_MS_LOG2) - 1) >> USE_CLOCK_TICK_MS_LOG2;
        lack_ms = age_ms - use_clock_age_ms(clock, now - (uint32_t)ticks, now_ms);
    }
    return now - (uint32_t)(ticks < INT32_MAX ? ticks : INT32_MAX);
}
