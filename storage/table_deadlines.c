#include "proto/base/contract.h"
#include "storage/entry_layout.h"
#include "storage/table_find.h"
#include "storage/table_layout.h"

static int64_t deadline_of(const struct table *table, uint32_t stamp, uint64_t word)
{
    if (__builtin_expect(stamp == STAMP_FAR, 0)) return entry_far_deadline_ms(slot_entry(word));
    int64_t anchor_ms = wheel_anchor_ms(table->wheel);
    return anchor_ms + (int64_t)(uint32_t)(stamp - (uint32_t)anchor_ms);
}

static int64_t anchor_units(const struct table *table)
{
    return wheel_anchor_ms(table->wheel) >> HINT_MS_LOG2;
}

/* A slot with a deadline, on a walk through those of a bucket. */
struct timed {
    struct table_slot *slot;
    int64_t deadline_ms;
};

/* The first from place `*i` on, which is moved behind it. False: none is left. */
static bool next_timed(const struct table *table, uint64_t bucket, size_t *i, struct timed *timed)
{
    struct line *line = line_at(table, bucket);
    const struct lane *lane = lane_at(table, bucket);
    for (; *i < LINE_SLOTS; ++*i) {
        if (lane->stamps[*i] == STAMP_NONE) continue;
        timed->slot = &line->slots[*i];
        timed->deadline_ms = deadline_of(table, lane->stamps[(*i)++], timed->slot->word);
        return true;
    }
    if (!(line->slots[LINK_AT].word & LINK_STAMPED) || !line_is_linked(line)) return false;
    struct overflow overflow = line_overflow(line);
    for (; *i < LINE_SLOTS + overflow.capacity; ++*i) {
        size_t at = *i - LINE_SLOTS;
        if (overflow.stamps[at] == STAMP_NONE) continue;
        timed->slot = &overflow.slots[at];
        timed->deadline_ms = deadline_of(table, overflow.stamps[at], timed->slot->word);
        ++*i;
        return true;
    }
    return false;
}

/* In a table whose line has far ones, or some in overflow: one by one from place `i` on. */
static int64_t earliest_from(const struct table *table, uint64_t bucket, size_t i, int64_t earliest_ms)
{
    struct timed timed;
    while (next_timed(table, bucket, &i, &timed)) {
        /* INT64_MAX itself is a deadline as well, though nobody will see it. */
        int64_t deadline_ms = timed.deadline_ms < INT64_MAX ? timed.deadline_ms : INT64_MAX - 1;
        if (deadline_ms < earliest_ms) earliest_ms = deadline_ms;
    }
    return earliest_ms;
}

/* INT64_MAX when there is none. Without branches, as long as nothing in the line is far. */
static int64_t earliest(const struct table *table, uint64_t bucket)
{
    int64_t anchor_ms = wheel_anchor_ms(table->wheel);
    const struct lane *lane = lane_at(table, bucket);
    uint64_t least = UINT64_MAX;
    bool far = false;
    for (size_t i = 0; i < LINE_SLOTS; i++) {
        uint32_t stamp = lane->stamps[i];
        uint64_t since_anchor = stamp == STAMP_NONE ? UINT64_MAX : stamp - (uint32_t)anchor_ms;
        far |= stamp == STAMP_FAR;
        if (since_anchor < least) least = since_anchor;
    }
    if (far) return earliest_from(table, bucket, 0, INT64_MAX);
    int64_t earliest_ms = least == UINT64_MAX ? INT64_MAX : anchor_ms + (int64_t)least;
    if (!line_is_linked(line_at(table, bucket))) return earliest_ms;
    return earliest_from(table, bucket, LINE_SLOTS, earliest_ms);
}

void deadlines_place(struct table *table, uint64_t bucket)
{
    int64_t earliest_ms = earliest(table, bucket);
    if (earliest_ms != INT64_MAX) wheel_place(table->wheel, (uint32_t)bucket, earliest_ms);
}

void deadlines_check(const struct table *table, uint64_t bucket)
{
    INVARIANT(table->wheel == NULL || table->anchor_units == anchor_units(table));
    struct timed timed;
    for (size_t i = 0; next_timed(table, bucket, &i, &timed);)
        wheel_check_item(table->wheel, (uint32_t)bucket, timed.deadline_ms);
}

static void start_timing(struct table *table)
{
    table->wheel = wheel_create();
    wheel_extend(table->wheel, table->buckets);
    segments_init(&table->lanes, sizeof(struct lane));
    segments_extend(&table->lanes, table->buckets);
}

static void note_anchor(struct table *table)
{
    table->anchor_units = anchor_units(table);
}

bool table_fits_deadline(struct table *table, int64_t deadline_ms, int64_t now_ms)
{
    if (table->wheel == NULL) start_timing(table);
    /* Not while something waits: its stamp would change its meaning. */
    if (wheel_len(table->wheel) == 0) {
        wheel_start(table->wheel, now_ms);
        note_anchor(table);
    }
    int64_t anchor_ms = wheel_anchor_ms(table->wheel);
    if (deadline_ms < anchor_ms || deadline_ms - anchor_ms > UINT32_MAX) return false;
    return (uint32_t)deadline_ms > STAMP_FAR;
}

int64_t table_deadline_ms(const struct table *table, uint64_t hash, const struct table_slot *slot)
{
    uint64_t bucket = bucket_of(table, hash);
    const struct line *line = line_at(table, bucket);
    size_t i = (size_t)(slot - line->slots);
    if (i >= LINE_SLOTS) i = LINK_AT + (size_t)(slot - line_overflow(line).slots);
    uint32_t stamp = bucket_stamp(table, bucket, i);
    return stamp != STAMP_NONE ? deadline_of(table, stamp, slot->word) : ENTRY_NO_DEADLINE;
}

bool table_is_due(const struct table *table, uint64_t hash, const struct table_slot *slot, int64_t now_ms)
{
    return !slot_is_early(table, slot, now_ms) && table_deadline_ms(table, hash, slot) <= now_ms;
}

static void set_hint(struct table_slot *slot, int64_t deadline_ms)
{
    uint64_t hint = (uint64_t)(deadline_ms >> HINT_MS_LOG2) & HINT_MASK;
    slot->word = (slot->word & ~((uint64_t)HINT_MASK << SLOT_HINT_SHIFT)) | hint << SLOT_HINT_SHIFT;
}

void table_drop_deadline(struct table *table, uint64_t hash, struct table_slot *slot)
{
    uint64_t bucket = bucket_of(table, hash);
    if (table->wheel == NULL || table_deadline_ms(table, bucket, slot) == ENTRY_NO_DEADLINE) return;
    /* The bucket goes on waiting, and is found to have less to wait for. */
    *bucket_stamp_place(table, bucket, slot) = STAMP_NONE;
}

void table_set_deadline(struct table *table, uint64_t hash, struct table_slot *slot, int64_t deadline_ms)
{
    uint64_t bucket = bucket_of(table, hash);
    bool far = slot_entry(slot->word)->kind & ENTRY_FAR;
    set_hint(slot, deadline_ms);
    uint32_t *stamp = bucket_stamp_place(table, bucket, slot);
    bool waits = wheel_has(table->wheel, (uint32_t)bucket) && deadline_ms >= earliest(table, bucket);
    *stamp = far ? STAMP_FAR : (uint32_t)deadline_ms;
    if (!waits) wheel_place(table->wheel, (uint32_t)bucket, deadline_ms);
}

static void touch(const void *memory)
{
    (void)*(const volatile char *)memory;
}

/* Beside the bits of the line's slots: they must be looked at one by one. */
#define LOOK_CLOSER (1u << LINE_SLOTS)

/* The slots of the line that are due, a bit each. Without branches, as any of them may be. */
static unsigned due_in_line(const struct table *table, uint64_t bucket, int64_t now_ms)
{
    int64_t anchor_ms = wheel_anchor_ms(table->wheel), past_ms = now_ms - anchor_ms;
    if (past_ms < 0 || past_ms > UINT32_MAX) return LOOK_CLOSER;
    const struct lane *lane = lane_at(table, bucket);
    unsigned due = 0;
    for (unsigned i = 0; i < LINE_SLOTS; i++) {
        uint32_t stamp = lane->stamps[i];
        bool past = stamp - (uint32_t)anchor_ms <= (uint32_t)past_ms;
        due |= (unsigned)((stamp > STAMP_FAR) & past) << i;
        due |= (unsigned)(stamp == STAMP_FAR) << LINE_SLOTS;
    }
    return due;
}

/* The first from place `*i` on, which is moved behind it; NULL: none is left. */
static struct table_slot *next_due(const struct table *table, uint64_t bucket, size_t *i, int64_t now_ms)
{
    struct timed timed;
    while (next_timed(table, bucket, i, &timed))
        if (timed.deadline_ms <= now_ms) return timed.slot;
    return NULL;
}

/* As many as are due in one batch, as a rule; those beyond are met unprepared. */
#define DUE_MAX (WHEEL_BATCH * LINE_SLOTS)

static size_t find_entries_due(const struct table *table, uint64_t bucket, int64_t now_ms,
                               const struct entry **found, size_t most)
{
    size_t len = 0, from = 0;
    const struct line *line = line_at(table, bucket);
    unsigned due = due_in_line(table, bucket, now_ms);
    if (!(due & LOOK_CLOSER)) {
        for (; due != 0 && len < most; due &= due - 1)
            found[len++] = slot_entry(line->slots[__builtin_ctz(due)].word);
        from = LINE_SLOTS;
    }
    const struct table_slot *slot;
    while (len < most && (slot = next_due(table, bucket, &from, now_ms)) != NULL)
        found[len++] = slot_entry(slot->word);
    return len;
}

static void touch_overflow(const struct line *line)
{
    struct overflow overflow = line_overflow(line);
    if (overflow.stamps == NULL) return;
    touch(overflow.slots);
    touch(overflow.stamps);
}

/* In loops of little else, so that many loads are on their way at once. */
static void prefetch_due(const struct table *table, const struct wheel_batch *batch, int64_t now_ms)
{
    for (size_t i = 0; i < batch->len; i++) {
        touch(line_at(table, batch->items[i]));
        touch(lane_at(table, batch->items[i]));
    }
    for (size_t i = 0; i < batch->len; i++) touch_overflow(line_at(table, batch->items[i]));
    const struct entry *due[DUE_MAX];
    size_t len = 0;
    for (size_t i = 0; i < batch->len; i++)
        len += find_entries_due(table, batch->items[i], now_ms, due + len, DUE_MAX - len);
    for (size_t i = 0; i < len; i++) touch(due[i]);
}

bool table_turn(struct table *table, int64_t now_ms, struct wheel_batch *batch)
{
    if (table->wheel == NULL) return false;
    bool found = wheel_turn(table->wheel, now_ms, batch);
    note_anchor(table);
    if (found) prefetch_due(table, batch, now_ms);
    return found;
}

static struct table_slot *find_slot_due(const struct table *table, uint64_t bucket, int64_t now_ms)
{
    unsigned due = due_in_line(table, bucket, now_ms);
    size_t from = due & LOOK_CLOSER ? 0 : LINE_SLOTS;
    if (due != 0 && from != 0) return &line_at(table, bucket)->slots[__builtin_ctz(due)];
    return next_due(table, bucket, &from, now_ms);
}

static void prefetch_next(struct table *table)
{
    uint32_t bucket;
    if (!wheel_look_ahead(table->wheel, &bucket)) return;
    __builtin_prefetch(line_at(table, bucket), 1);
    __builtin_prefetch(lane_at(table, bucket), 1);
}

struct table_slot *table_find_due(struct table *table, uint64_t bucket, int64_t now_ms)
{
    /* A bucket that is gone was merged into another, and that waits for all there is in it. */
    if (bucket >= table->buckets) return NULL;
    struct table_slot *slot = find_slot_due(table, bucket, now_ms);
    if (slot != NULL) return slot;
    deadlines_place(table, bucket);
    prefetch_next(table);
    return NULL;
}

void table_suspects(struct table *table, void (*visit)(void *context, struct table_slot *slot), void *context)
{
    struct wheel_batch batch = { 0 };
    if (table->wheel != NULL) wheel_look(table->wheel, &batch);
    struct timed timed;
    for (size_t i = 0; i < batch.len; i++) {
        for (size_t at = 0; next_timed(table, batch.items[i], &at, &timed);) visit(context, timed.slot);
    }
}

int64_t table_next_due_ms(const struct table *table)
{
    return table->wheel != NULL ? wheel_next_ms(table->wheel) : INT64_MAX;
}
