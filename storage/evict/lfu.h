/*
 * lfu.h - a count of uses in eight bits, as Redis keeps it.
 *
 * The count rises by one with a chance that falls as it rises (1 in count x lfu-log-factor), so that 255
 * stand for millions, and falls by one for every lfu-decay-time minutes without use. The access word is
 * minutes : 24 | count : 8.
 *
 * Threads: under the shard's lock.
 */
#ifndef STORAGE_EVICT_LFU_H
#define STORAGE_EVICT_LFU_H

#include <stdint.h>

/* What a new entry starts with: it must not be the first to go before it had a chance. */
#define LFU_COUNT_FIRST 5
#define LFU_COUNT_MAX   255

static inline uint32_t lfu_word(int64_t now_ms, unsigned count)
{
    return (uint32_t)(now_ms / 60000) << 8 | count;
}

/* Since the word was written. */
uint32_t lfu_idle_minutes(uint32_t word, int64_t now_ms);
/* The count of today. */
unsigned lfu_count(uint32_t word, int64_t now_ms, unsigned decay_minutes);
/* The count after a use, `random` being uniform. */
unsigned lfu_count_after_use(unsigned count, unsigned log_factor, uint64_t random);

#endif
