#include "storage/entry/long_text.h"

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include "proto/base/contract.h"
#include "storage/entry/entry_layout.h"
#include "storage/memory/block.h"

#define AHEAD_SHIFT 48
#define LEN_MASK    ((UINT64_C(1) << AHEAD_SHIFT) - 1)

typedef _Atomic uint64_t holders;
_Static_assert(sizeof(holders) + sizeof(uint64_t) == LONG_TEXT_HEADER, "both stand before a text");

/* Of the process, like the memory that it counts. */
static _Atomic size_t orphaned;

static uint64_t word_of(const char *place)
{
    uint64_t word;
    memcpy(&word, place, sizeof word);
    return word;
}

static void write_word(char *place, size_t len, size_t ahead)
{
    uint64_t word = len | (uint64_t)ahead << AHEAD_SHIFT;
    memcpy(place, &word, sizeof word);
}

static size_t ahead_of(const char *place)
{
    return (size_t)(word_of(place) >> AHEAD_SHIFT);
}

static char *block_of(const char *place)
{
    return (char *)(uintptr_t)place - ahead_of(place);
}

static holders *holders_of(const char *place)
{
    return (holders *)(void *)block_of(place);
}

char *long_text_init(char *block, size_t before, size_t len)
{
    REQUIRE(before >= LONG_TEXT_HEADER && before <= UINT16_MAX && len <= LEN_MASK);
    char *place = block + before - sizeof(uint64_t);
    write_word(place, len, (size_t)(place - block));
    atomic_init(holders_of(place), 1);
    return place;
}

struct slice long_text(const char *place)
{
    return slice_of(place + sizeof(uint64_t), word_of(place) & LEN_MASK);
}

/* What a pin's thread did with the text is over when its part in it is. */
static bool has_one_holder(const char *place)
{
    return atomic_load_explicit(holders_of(place), memory_order_acquire) == 1;
}

bool long_text_is_plain(const char *place)
{
    return ahead_of(place) == sizeof(holders) && has_one_holder(place);
}

char *long_text_resize(char *place, size_t len)
{
    REQUIRE(long_text_is_plain(place));
    size_t old_len = long_text(place).len;
    char *block = block_resize(block_of(place), long_text_block_size(old_len), long_text_block_size(len));
    write_word(block + sizeof(holders), len, sizeof(holders));
    return block + sizeof(holders);
}

static void free_block(char *place)
{
    block_free(block_of(place), long_text_block_size(long_text(place).len));
}

static void drop_orphan(char *place)
{
    size_t size = block_real_size(long_text_block_size(long_text(place).len));
    if (atomic_fetch_sub_explicit(holders_of(place), 1, memory_order_acq_rel) > 1) return;
    atomic_fetch_sub_explicit(&orphaned, size, memory_order_relaxed);
    free_block(place);
}

void long_text_drop(char *place)
{
    if (__builtin_expect(has_one_holder(place), 1)) {
        free_block(place);
        return;
    }
    atomic_fetch_add_explicit(&orphaned, block_real_size(long_text_block_size(long_text(place).len)),
                              memory_order_relaxed);
    drop_orphan(place);
}

bool pin_take(struct pin *pin, const struct entry *entry)
{
    if (!(entry->kind & ENTRY_OUTSIDE) || entry->vlen != ENTRY_LONG_TEXT) return false;
    char *place = entry_block(entry);
    atomic_fetch_add_explicit(holders_of(place), 1, memory_order_relaxed);
    *pin = (struct pin){ .text = long_text(place), .place = place };
    return true;
}

/* With other holders left, the entry may be one of them or not; without, it was not. */
void pin_drop(struct pin *pin)
{
    drop_orphan(pin->place);
    *pin = (struct pin){ 0 };
}

size_t long_text_orphaned(void)
{
    size_t bytes = atomic_load_explicit(&orphaned, memory_order_relaxed);
    return bytes <= SIZE_MAX / 2 ? bytes : 0;
}
