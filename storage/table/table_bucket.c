#include "storage/table/table_layout.h"

#include <string.h>

#include "proto/base/contract.h"
#include "storage/table/table_deadlines.h"

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

static uint32_t lane_stamp(const struct table *table, uint64_t bucket, size_t i)
{
    return table->wheel != NULL ? lane_at(table, bucket)->stamps[i] : STAMP_NONE;
}

/* Writes only what differs: lanes without deadlines stay pages that are not real. */
static void set_lane_stamp(struct table *table, uint64_t bucket, size_t i, uint32_t stamp)
{
    if (table->wheel == NULL) return;
    uint32_t *place = &lane_at(table, bucket)->stamps[i];
    if (*place != stamp) *place = stamp;
}

/* An array of at least `capacity` slots with the first `len` of `from`, in the place of the line's overflow.
 * The stamps of `from` may be NULL. */
static struct overflow set_overflow(struct table *table, struct line *line, struct contents from, size_t len,
                                    size_t capacity)
{
    size_t steps = (capacity + OVERFLOW_STEP - 1) / OVERFLOW_STEP;
    INVARIANT(steps <= UINT16_MAX);
    bool stamped = table->wheel != NULL;
    capacity = steps * OVERFLOW_STEP;
    size_t size = overflow_size(capacity, stamped);
    struct table_slot *slots = block_alloc(size);
    memset(slots, 0, size);
    memcpy(slots, from.words, len * sizeof *slots);
    table->overflow_slots += capacity;
    table->overflow_bytes += block_real_size(size);
    line->slots[LINK_AT].word =
        (uint64_t)steps << SLOT_TAG_SHIFT | (uintptr_t)slots | SLOT_LINK | (stamped ? LINK_STAMPED : 0);
    if (table->longest < LINK_AT + capacity) table->longest = LINK_AT + capacity;

    struct overflow overflow = line_overflow(line);
    if (stamped && from.stamps != NULL) memcpy(overflow.stamps, from.stamps, len * sizeof *from.stamps);
    return overflow;
}

static void free_overflow(struct table *table, struct overflow overflow)
{
    size_t size = overflow_size(overflow.capacity, overflow.stamps != NULL);
    table->overflow_slots -= overflow.capacity;
    table->overflow_bytes -= block_real_size(size);
    block_free(overflow.slots, size);
}

static struct overflow resize_overflow(struct table *table, struct line *line, struct overflow overflow,
                                       size_t len, size_t capacity)
{
    struct contents from = { (uint64_t *)overflow.slots, overflow.stamps };
    struct overflow resized = set_overflow(table, line, from, len, capacity);
    free_overflow(table, overflow);
    return resized;
}

void bucket_add(struct table *table, uint64_t bucket, uint64_t word)
{
    struct line *line = line_at(table, bucket);
    struct overflow overflow = line_overflow(line);
    if (overflow.slots == NULL) {
        size_t n = used(line->slots, LINE_SLOTS);
        if (n < LINE_SLOTS) {
            line->slots[n].word = word;
            return;
        }
        uint64_t words[2] = { line->slots[LINK_AT].word, word };
        uint32_t stamps[2] = { lane_stamp(table, bucket, LINK_AT), STAMP_NONE };
        set_overflow(table, line, (struct contents){ words, stamps }, 2, 2);
        return;
    }

    size_t n = used(overflow.slots, overflow.capacity);
    if (n == overflow.capacity) overflow = resize_overflow(table, line, overflow, n, n + 1);
    overflow.slots[n].word = word;
}

/* After a removal: a single entry goes home, and an array that is a step and one too long is shortened. The
 * one keeps a key that comes and goes from moving the array each time. */
static void tidy_overflow(struct table *table, uint64_t bucket, struct overflow overflow, size_t len)
{
    struct line *line = line_at(table, bucket);
    if (len == 1) {
        line->slots[LINK_AT] = overflow.slots[0];
        if (overflow.stamps != NULL) set_lane_stamp(table, bucket, LINK_AT, overflow.stamps[0]);
        free_overflow(table, overflow);
    } else if (len + OVERFLOW_STEP < overflow.capacity) {
        resize_overflow(table, line, overflow, len, overflow.capacity - OVERFLOW_STEP);
    }
}

/* The last entry of the bucket comes to the place of the one that goes. */
void bucket_remove(struct table *table, uint64_t bucket, struct table_slot *slot)
{
    struct line *line = line_at(table, bucket);
    struct overflow overflow = line_overflow(line);
    bool linked = overflow.slots != NULL;
    struct table_slot *slots = linked ? overflow.slots : line->slots;
    size_t len = used(slots, linked ? overflow.capacity : LINE_SLOTS);
    INVARIANT(len > 0);
    struct table_slot *last = &slots[len - 1];

    if (table->wheel != NULL) {
        uint32_t none = STAMP_NONE;
        uint32_t *last_stamp = &lane_at(table, bucket)->stamps[len - 1];
        if (linked) last_stamp = overflow.stamps != NULL ? &overflow.stamps[len - 1] : &none;
        bool in_line = slot >= line->slots && slot < line->slots + LINE_SLOTS;
        if (in_line)
            set_lane_stamp(table, bucket, (size_t)(slot - line->slots), *last_stamp);
        else if (overflow.stamps != NULL)
            overflow.stamps[slot - overflow.slots] = *last_stamp;
        if (*last_stamp != STAMP_NONE) *last_stamp = STAMP_NONE;
    }
    slot->word = last->word;
    last->word = 0;
    if (linked) tidy_overflow(table, bucket, overflow, len - 1);
}

static uint32_t earliest_stamp(const struct table *table, const uint32_t *stamps, size_t len)
{
    uint32_t earliest = STAMP_NONE;
    for (size_t i = 0; i < len; i++)
        if (stamp_since(table, stamps[i]) < stamp_since(table, earliest)) earliest = stamps[i];
    return earliest;
}

void bucket_set_bound(struct table *table, uint64_t bucket)
{
    struct overflow overflow = line_overflow(line_at(table, bucket));
    if (overflow.stamps == NULL) return;
    set_lane_stamp(table, bucket, LINK_AT, earliest_stamp(table, overflow.stamps, overflow.capacity));
}

void bucket_set_stamp(struct table *table, uint64_t bucket, struct table_slot *slot, uint32_t stamp)
{
    struct line *line = line_at(table, bucket);
    uint32_t *stamps = lane_at(table, bucket)->stamps;
    if (slot >= line->slots && slot < line->slots + LINE_SLOTS) {
        stamps[slot - line->slots] = stamp;
        return;
    }
    struct overflow overflow = line_overflow(line);
    size_t i = (size_t)(slot - overflow.slots);
    /* Made when the table had no deadlines yet. */
    if (overflow.stamps == NULL)
        overflow = resize_overflow(table, line, overflow, overflow.capacity, overflow.capacity);
    overflow.stamps[i] = stamp;
    if (stamp_since(table, stamp) < stamp_since(table, stamps[LINK_AT])) stamps[LINK_AT] = stamp;
}

void bucket_drop(struct table *table, uint64_t bucket)
{
    const struct line *line = line_at(table, bucket);
    if (line_is_linked(line)) free_overflow(table, line_overflow(line));
}

static void take_stamps(struct table *table, uint64_t bucket, uint32_t *stamps, size_t here, size_t there)
{
    struct overflow overflow = line_overflow(line_at(table, bucket));
    for (size_t i = 0; i < here; i++) stamps[i] = lane_stamp(table, bucket, i);
    for (size_t i = 0; i < LINE_SLOTS; i++) set_lane_stamp(table, bucket, i, STAMP_NONE);
    for (size_t i = 0; i < there; i++)
        stamps[here + i] = overflow.stamps != NULL ? overflow.stamps[i] : STAMP_NONE;
}

size_t bucket_take(struct table *table, uint64_t bucket, struct contents contents)
{
    struct line *line = line_at(table, bucket);
    struct overflow overflow = line_overflow(line);
    size_t here = overflow.slots != NULL ? LINK_AT : used(line->slots, LINE_SLOTS);
    size_t there = used(overflow.slots, overflow.capacity);
    if (table->wheel != NULL) take_stamps(table, bucket, contents.stamps, here, there);
    memcpy(contents.words, line->slots, here * sizeof *contents.words);
    if (overflow.slots != NULL) {
        memcpy(contents.words + here, overflow.slots, there * sizeof *contents.words);
        free_overflow(table, overflow);
    }
    return here + there;
}

void bucket_write(struct table *table, uint64_t bucket, struct contents contents, size_t len)
{
    struct line *line = line_at(table, bucket);
    size_t here = len <= LINE_SLOTS ? len : LINK_AT;
    memset(line, 0, sizeof *line);
    memcpy(line->slots, contents.words, here * sizeof *contents.words);
    if (table->wheel != NULL)
        for (size_t i = 0; i < here; i++) set_lane_stamp(table, bucket, i, contents.stamps[i]);
    if (here == len) return;
    struct contents rest = { contents.words + here, contents.stamps + here };
    if (table->wheel == NULL) rest.stamps = NULL;
    set_overflow(table, line, rest, len - here, len - here);
    bucket_set_bound(table, bucket);
}
