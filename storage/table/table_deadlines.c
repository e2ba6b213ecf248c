#include "storage/table/table_deadlines.h"

#include "proto/base/contract.h"
#include "storage/entry/dress.h"
#include "storage/entry/entry_layout.h"
#include "storage/table/table_find.h"
#include "storage/table/table_layout.h"

/* How far from the anchor a deadline is looked at again at the latest that does not fit into a stamp. */
#define FAR_LOOK_MS (INT64_C(1) << 31)

static void start_timing(struct table *table)
{
    table->wheel = wheel_create();
    wheel_extend(table->wheel, table_groups(table));
    segments_init(&table->lanes, sizeof(struct lane));
    segments_extend(&table->lanes, table->buckets);
    segments_init(&table->agendas, sizeof(struct agenda));
    segments_extend(&table->agendas, table_groups(table));
}

void table_start_deadlines(struct table *table, int64_t now_ms)
{
    if (table->wheel == NULL) start_timing(table);
    /* Not while something waits: its stamp would change its meaning. */
    if (wheel_len(table->wheel) > 0) return;
    wheel_start(table->wheel, now_ms);
    table->anchor_ms = wheel_anchor_ms(table->wheel);
}

bool table_fits_deadline(struct table *table, int64_t deadline_ms, int64_t now_ms)
{
    table_start_deadlines(table, now_ms);
    /* The wheel's anchor is where the table's will be after the next sweep. */
    if (deadline_ms < wheel_anchor_ms(table->wheel) || deadline_ms - table->anchor_ms >= UINT32_MAX)
        return false;
    return (uint32_t)deadline_ms != STAMP_NONE;
}

uint32_t deadlines_far_stamp(const struct table *table, int64_t deadline_ms)
{
    int64_t first_ms = wheel_anchor_ms(table->wheel), last_ms = first_ms + FAR_LOOK_MS;
    int64_t look_ms = deadline_ms < last_ms ? deadline_ms : last_ms;
    if (look_ms < first_ms) look_ms = first_ms;
    /* 1 in the place of 0: a millisecond late. */
    return (uint32_t)look_ms != STAMP_NONE ? (uint32_t)look_ms : 1;
}

static size_t place_of(const struct line *line, const struct table_slot *slot)
{
    size_t i = (size_t)(slot - line->slots);
    return i < LINE_SLOTS ? i : LINK_AT + (size_t)(slot - line_overflow(line).slots);
}

static uint32_t stamp_of(const struct table *table, uint64_t bucket, const struct table_slot *slot)
{
    return bucket_stamp(table, bucket, place_of(line_at(table, bucket), slot));
}

int64_t table_deadline_ms(const struct table *table, uint64_t hash, const struct table_slot *slot)
{
    uint32_t stamp = stamp_of(table, bucket_of(table, hash), slot);
    if (stamp == STAMP_NONE) return ENTRY_NO_DEADLINE;
    const struct entry *entry = slot_entry(slot->word);
    if (__builtin_expect(entry->kind & ENTRY_EXTRA, 0))
        return entry_is_far(entry) ? entry_far_deadline_ms(entry) : ENTRY_NO_DEADLINE;
    return table->anchor_ms + stamp_since(table, stamp);
}

int64_t table_look_ms(const struct table *table, uint64_t hash, const struct table_slot *slot)
{
    uint32_t stamp = stamp_of(table, bucket_of(table, hash), slot);
    return stamp != STAMP_NONE ? table->anchor_ms + stamp_since(table, stamp) : INT64_MAX;
}

bool table_is_due(const struct table *table, uint64_t hash, const struct table_slot *slot, int64_t now_ms)
{
    return !slot_is_early(table, slot, now_ms) && table_deadline_ms(table, hash, slot) < now_ms;
}

static bool is_plain(const struct entry *entry)
{
    return entry_layout_type(entry) == ENTRY_STRING && !(entry->kind & (ENTRY_OUTSIDE | ENTRY_EXTRA));
}

/* What is known without looking anywhere else. */
static void describe(struct table_slot *slot, int64_t deadline_ms)
{
    uint64_t hint = (uint64_t)(deadline_ms >> HINT_MS_LOG2) & HINT_MASK;
    uint64_t plain = is_plain(slot_entry(slot->word)) ? SLOT_PLAIN : 0;
    slot->word &= ~((uint64_t)HINT_MASK << SLOT_HINT_SHIFT | SLOT_PLAIN);
    slot->word |= hint << SLOT_HINT_SHIFT | plain;
}

void table_drop_deadline(struct table *table, uint64_t hash, struct table_slot *slot)
{
    uint64_t bucket = bucket_of(table, hash);
    if (stamp_of(table, bucket, slot) == STAMP_NONE) return;
    /* The group goes on waiting, and is found to have less to wait for. */
    bucket_set_stamp(table, bucket, slot, STAMP_NONE);
}

void deadlines_note(struct table *table, uint64_t bucket, uint32_t since_ms)
{
    uint64_t group = bucket / AGENDA_BUCKETS;
    uint64_t anchor = deadlines_anchor(table);
    uint64_t look_ms = (uint64_t)table->anchor_ms + since_ms;
    uint64_t tick = (look_ms + WHEEL_TICK_MS - 1) / WHEEL_TICK_MS;
    uint64_t since = tick > anchor ? tick - anchor : 0;
    if (since > AGENDA_LAST) since = AGENDA_LAST;
    if (!agenda_note(agenda_at(table, group), bucket % AGENDA_BUCKETS, anchor, (uint16_t)since)) return;
    wheel_place(table->wheel, (uint32_t)group, (int64_t)(anchor + since) * WHEEL_TICK_MS);
}

void table_set_deadline(struct table *table, uint64_t hash, struct table_slot *slot, int64_t deadline_ms)
{
    uint64_t bucket = bucket_of(table, hash);
    const struct entry *entry = slot_entry(slot->word);
    bool far = entry_is_far(entry);
    /* A dressed one is looked at when it becomes stale as well. */
    int64_t look_ms = far && entry_is_dressed(entry) ? dress_soft_ms(entry) : deadline_ms;
    uint32_t stamp = far ? deadlines_far_stamp(table, look_ms) : (uint32_t)deadline_ms;
    describe(slot, deadline_ms);
    bucket_set_stamp(table, bucket, slot, stamp);
    deadlines_note(table, bucket, stamp_since(table, stamp));
}

void table_set_look(struct table *table, uint64_t hash, struct table_slot *slot, int64_t look_ms)
{
    if (look_ms == INT64_MAX) {
        table_drop_deadline(table, hash, slot);
        return;
    }
    uint64_t bucket = bucket_of(table, hash);
    uint32_t stamp = deadlines_far_stamp(table, look_ms);
    describe(slot, look_ms);
    bucket_set_stamp(table, bucket, slot, stamp);
    deadlines_note(table, bucket, stamp_since(table, stamp));
}

void deadlines_place(struct table *table, uint64_t bucket)
{
    const struct lane *lane = lane_at(table, bucket);
    uint32_t least = UINT32_MAX;
    for (size_t i = 0; i < LINE_SLOTS; i++) {
        uint32_t since = stamp_since(table, lane->stamps[i]);
        if (since < least) least = since;
    }
    if (least != UINT32_MAX) deadlines_note(table, bucket, least);
}

void deadlines_check(const struct table *table, uint64_t bucket)
{
    const struct lane *lane = lane_at(table, bucket);
    struct overflow overflow = line_overflow(line_at(table, bucket));
    struct table_slot *slot;
    for (size_t i = 0; (slot = bucket_slot(line_at(table, bucket), i)) != NULL; i++)
        INVARIANT(bucket_stamp(table, bucket, i) == STAMP_NONE || !table_slot_is_plain(slot) ||
                  is_plain(slot_entry(slot->word)));
    for (size_t i = 0; overflow.stamps != NULL && i < overflow.capacity; i++)
        INVARIANT(stamp_since(table, lane->stamps[LINK_AT]) <= stamp_since(table, overflow.stamps[i]));
    uint64_t group = bucket / AGENDA_BUCKETS;
    uint64_t anchor = deadlines_anchor(table);
    uint16_t since = agenda_since(agenda_at(table, group)->ticks[bucket % AGENDA_BUCKETS], anchor);
    int64_t look_ms = (int64_t)(anchor + since) * WHEEL_TICK_MS;
    for (size_t i = 0; i < LINE_SLOTS; i++) {
        if (lane->stamps[i] == STAMP_NONE) continue;
        INVARIANT(since != AGENDA_NEVER);
        INVARIANT(look_ms < table->anchor_ms + stamp_since(table, lane->stamps[i]) + 2 * WHEEL_TICK_MS);
    }
    if (since != AGENDA_NEVER) wheel_check_item(table->wheel, (uint32_t)group, look_ms);
}

static bool is_timed(const struct lane *lane)
{
    uint32_t any = STAMP_NONE;
    for (size_t i = 0; i < LINE_SLOTS; i++) any |= lane->stamps[i];
    return any != STAMP_NONE;
}

static void visit_timed(struct table *table, uint64_t bucket,
                        void (*visit)(void *context, struct table_slot *slot), void *context)
{
    struct line *line = line_at(table, bucket);
    struct table_slot *slot;
    for (size_t i = 0; (slot = bucket_slot(line, i)) != NULL; i++)
        if (bucket_stamp(table, bucket, i) != STAMP_NONE) visit(context, slot);
}

void table_suspects(struct table *table, void (*visit)(void *context, struct table_slot *slot), void *context)
{
    uint32_t group;
    if (table->wheel == NULL || !wheel_look(table->wheel, &group)) return;
    uint64_t first = (uint64_t)group * AGENDA_BUCKETS;
    for (uint64_t bucket = first; bucket < first + AGENDA_BUCKETS && bucket < table->buckets; bucket++)
        if (is_timed(lane_at(table, bucket))) visit_timed(table, bucket, visit, context);
}

int64_t table_next_due_ms(const struct table *table)
{
    return table->wheel != NULL ? wheel_next_ms(table->wheel) : INT64_MAX;
}
