#include "storage/table_layout.h"

#include <string.h>

#include "proto/base/contract.h"

static size_t used(const struct table_slot *slots, size_t capacity)
{
    size_t n = 0;
    while (n < capacity && slots[n].word != 0) n++;
    return n;
}

size_t bucket_len(const struct line *line)
{
    struct overflow overflow = line_overflow(line);
    if (overflow.slots == NULL) return used(line->slots, LINE_SLOTS);
    return LINK_AT + used(overflow.slots, overflow.capacity);
}

/* An array of at least `capacity` slots, the first `len` of them copied, in the place of the line's overflow.
 */
static void resize_overflow(struct table *table, struct line *line, const struct table_slot *from, size_t len,
                            size_t capacity)
{
    size_t steps = (capacity + OVERFLOW_STEP - 1) / OVERFLOW_STEP;
    INVARIANT(steps <= UINT16_MAX);
    size_t size = steps * OVERFLOW_STEP * sizeof *from;
    struct table_slot *slots = block_alloc(size);
    memcpy(slots, from, len * sizeof *from);
    memset(slots + len, 0, size - len * sizeof *from);

    table->overflow_bytes += block_real_size(size);
    line->slots[LINK_AT].word = (uint64_t)steps << SLOT_TAG_SHIFT | (uintptr_t)slots | SLOT_LINK;
    size_t room = LINK_AT + steps * OVERFLOW_STEP;
    if (table->longest < room) table->longest = room;
}

static void free_overflow(struct table *table, struct overflow overflow)
{
    size_t size = overflow.capacity * sizeof *overflow.slots;
    table->overflow_bytes -= block_real_size(size);
    block_free(overflow.slots, size);
}

void bucket_add(struct table *table, struct line *line, uint64_t word)
{
    struct overflow overflow = line_overflow(line);
    if (overflow.slots == NULL) {
        size_t n = used(line->slots, LINE_SLOTS);
        if (n < LINE_SLOTS) {
            line->slots[n].word = word;
            return;
        }
        struct table_slot both[2] = { line->slots[LINK_AT], { word } };
        resize_overflow(table, line, both, 2, 2);
        return;
    }

    size_t n = used(overflow.slots, overflow.capacity);
    if (n == overflow.capacity) {
        resize_overflow(table, line, overflow.slots, n, n + 1);
        free_overflow(table, overflow);
        overflow = line_overflow(line);
    }
    overflow.slots[n].word = word;
}

/* After a removal: a single entry goes home, and an array that is a step and one too long is shortened. The
 * one keeps a key that comes and goes from moving the array each time. */
static void tidy_overflow(struct table *table, struct line *line, struct overflow overflow, size_t len)
{
    if (len == 1)
        line->slots[LINK_AT] = overflow.slots[0];
    else if (len + OVERFLOW_STEP < overflow.capacity)
        resize_overflow(table, line, overflow.slots, len, overflow.capacity - OVERFLOW_STEP);
    else
        return;
    free_overflow(table, overflow);
}

void bucket_remove(struct table *table, struct line *line, struct table_slot *slot)
{
    struct overflow overflow = line_overflow(line);
    struct table_slot *slots = overflow.slots != NULL ? overflow.slots : line->slots;
    size_t len = used(slots, overflow.slots != NULL ? overflow.capacity : LINE_SLOTS);
    INVARIANT(len > 0);
    slot->word = slots[len - 1].word;
    slots[len - 1].word = 0;
    if (overflow.slots != NULL) tidy_overflow(table, line, overflow, len - 1);
}

void bucket_drop(struct table *table, struct line *line)
{
    if (line_is_linked(line)) free_overflow(table, line_overflow(line));
}

size_t bucket_take(struct table *table, struct line *line, uint64_t *words)
{
    struct overflow overflow = line_overflow(line);
    size_t here = overflow.slots != NULL ? LINK_AT : used(line->slots, LINE_SLOTS);
    size_t there = used(overflow.slots, overflow.capacity);
    memcpy(words, line->slots, here * sizeof *words);
    if (overflow.slots != NULL) {
        memcpy(words + here, overflow.slots, there * sizeof *words);
        free_overflow(table, overflow);
    }
    return here + there;
}

void bucket_write(struct table *table, struct line *line, const uint64_t *words, size_t len)
{
    size_t here = len <= LINE_SLOTS ? len : LINK_AT;
    memset(line, 0, sizeof *line);
    memcpy(line->slots, words, here * sizeof *words);
    if (here < len) {
        const struct table_slot *rest = (const struct table_slot *)(words + here);
        resize_overflow(table, line, rest, len - here, len - here);
    }
}
