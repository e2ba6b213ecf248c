#include "storage/evict/lfu.h"

#define MINUTES_MASK 0xffffffu

uint32_t lfu_idle_minutes(uint32_t word, int64_t now_ms)
{
    return ((uint32_t)(now_ms / 60000) - (word >> 8)) & MINUTES_MASK;
}

unsigned lfu_count(uint32_t word, int64_t now_ms, unsigned decay_minutes)
{
    unsigned count = word & 0xff;
    if (decay_minutes == 0) return count;
    uint32_t steps = lfu_idle_minutes(word, now_ms) / decay_minutes;
    return steps < count ? count - steps : 0;
}

unsigned lfu_count_after_use(unsigned count, unsigned log_factor, uint64_t random)
{
    if (count == LFU_COUNT_MAX) return count;
    uint64_t above_first = count > LFU_COUNT_FIRST ? count - LFU_COUNT_FIRST : 0;
    uint64_t one_in = above_first * log_factor + 1;
    return random < UINT64_MAX / one_in ? count + 1 : count;
}
