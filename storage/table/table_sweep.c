/*
 * The sweep of a table. Buckets that have to be looked at are gathered from some groups first, then fetched
 * together; so are the entries that are found due in them, and then expired.
 */
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "storage/entry/dress.h"
#include "storage/entry/entry_layout.h"
#include "storage/memory/fetch.h"
#include "storage/table/table_deadlines.h"
#include "storage/table/table_layout.h"

/* Buckets that are worth fetching together, and the most groups that are asked for them. */
#define ENOUGH     32
#define GROUPS_MAX 16

/* A bucket to look at, and its slots that are due, a bit for each; that of the link stands for the overflow.
 */
struct due {
    struct line *line;
    struct lane *lane;
    uint32_t bucket;
    uint32_t slots;
};

struct sweep {
    struct table *table;
    const struct table_expirer *expirer;
    int64_t now_ms;
    uint32_t past; /* what is due lies so many ms after the anchor at most */
    size_t work;
    size_t groups;
    size_t len;
    struct due dues[ENOUGH + AGENDA_BUCKETS];
};

/* Four stamps at a time: times since the anchor, less 2^31, so that they compare as signed numbers. */
typedef int32_t quad __attribute__((vector_size(16)));
typedef uint32_t unsigned_quad __attribute__((vector_size(16)));

#define LESS UINT32_C(0x80000000)

static quad quad_choose(quad mask, quad yes, quad no)
{
    return (yes & mask) | (no & ~mask);
}

static quad quad_since(const struct table *table, const uint32_t *stamps)
{
    unsigned_quad stamp = *(const unsigned_quad *)(const void *)stamps;
    unsigned_quad since = stamp - ((uint32_t)table->anchor_ms ^ LESS);
    return quad_choose(stamp == STAMP_NONE, (quad){ 0 } + INT32_MAX, (quad)since);
}

static quad quad_min(quad a, quad b)
{
    return quad_choose(a < b, a, b);
}

static int32_t quad_least(quad a)
{
    int32_t low = a[0] < a[1] ? a[0] : a[1], high = a[2] < a[3] ? a[2] : a[3];
    return low < high ? low : high;
}

static unsigned quad_bits(quad mask)
{
#ifdef __SSE2__
    return (unsigned)_mm_movemask_ps((__m128)mask);
#else
    return (mask[0] & 1) | (mask[1] & 2) | (mask[2] & 4) | (mask[3] & 8);
#endif
}

static void touch(const void *memory)
{
    (void)*(const volatile char *)memory;
}

static void gather_group(struct sweep *sweep, uint32_t group)
{
    struct table *table = sweep->table;
    uint64_t anchor = deadlines_anchor(table), past = (uint64_t)sweep->now_ms / WHEEL_TICK_MS - anchor;
    uint16_t last = past < AGENDA_LAST ? (uint16_t)past : AGENDA_LAST, first;
    uint32_t buckets = agenda_take(agenda_at(table, group), anchor, last, &first);
    for (; buckets != 0; buckets &= buckets - 1) {
        uint32_t bucket = group * AGENDA_BUCKETS + (unsigned)__builtin_ctz(buckets);
        sweep->dues[sweep->len++] = (struct due){ line_at(table, bucket), lane_at(table, bucket), bucket, 0 };
    }
    if (first == AGENDA_NEVER) return;
    wheel_place(table->wheel, group, (int64_t)(anchor + first) * WHEEL_TICK_MS);
}

static void gather(struct sweep *sweep)
{
    struct table *table = sweep->table;
    uint32_t group, next;
    table->anchor_ms = wheel_anchor_ms(table->wheel);
    int64_t past_ms = sweep->now_ms - table->anchor_ms;
    sweep->past = past_ms < UINT32_MAX ? (uint32_t)past_ms : UINT32_MAX - 1;
    for (; sweep->len < ENOUGH && sweep->groups < GROUPS_MAX; sweep->groups++) {
        if (!wheel_turn(table->wheel, sweep->now_ms, &group)) return;
        if (wheel_peek(table->wheel, &next)) fetch_line(agenda_at(table, next));
        gather_group(sweep, group);
    }
}

/* In loops of little else, here and below, so that many loads are on their way at once. */
static void fetch_buckets(const struct sweep *sweep)
{
    for (size_t i = 0; i < sweep->len; i++) {
        touch(sweep->dues[i].lane);
        touch(sweep->dues[i].line);
    }
}

/* Find what is due in a bucket, which waits for the earliest of the rest. */
static void find(struct sweep *sweep, struct due *due)
{
    int32_t past = (int32_t)(sweep->past ^ LESS);
    quad never = (quad){ 0 } + INT32_MAX, least = never;
    for (unsigned i = 0; i < LINE_SLOTS; i += 4) {
        quad since = quad_since(sweep->table, due->lane->stamps + i), is_due = since <= past;
        least = quad_min(least, quad_choose(is_due, never, since));
        due->slots |= quad_bits(is_due) << i;
    }
    int32_t first = quad_least(least);
    if (first != INT32_MAX) deadlines_note(sweep->table, due->bucket, (uint32_t)first ^ LESS);
}

static void fetch_overflow(struct due due)
{
    struct overflow overflow = line_overflow(due.line);
    if (overflow.slots == NULL || due.slots == 0) return;
    touch(overflow.slots);
    if (overflow.stamps != NULL) touch(overflow.stamps);
}

static void fetch_entry(const struct sweep *sweep, uint64_t word)
{
    if (sweep->expirer->sees_all || !(word & SLOT_PLAIN)) touch(slot_entry(word));
}

static void fetch_entries(const struct sweep *sweep, struct due due)
{
    bool linked = line_is_linked(due.line);
    uint32_t slots = due.slots & ~((uint32_t)linked << LINK_AT);
    for (; slots != 0; slots &= slots - 1) fetch_entry(sweep, due.line->slots[__builtin_ctz(slots)].word);
    struct overflow overflow = line_overflow(due.line);
    if (overflow.stamps == NULL || !(due.slots >> LINK_AT)) return;
    for (size_t i = 0; i < overflow.capacity; i++)
        if (stamp_since(sweep->table, overflow.stamps[i]) <= sweep->past)
            fetch_entry(sweep, overflow.slots[i].word);
}

/* It was due at its soft deadline, and next is at its last. */
static void wane(const struct sweep *sweep, const struct table_slot *slot)
{
    const struct entry *entry = slot_entry(slot->word);
    bool has_waned = entry_is_dressed(entry) && dress_soft_ms(entry) <= sweep->now_ms;
    if (has_waned && sweep->expirer->wane != NULL) sweep->expirer->wane(sweep->expirer->context, slot);
}

/* An entry that holds its deadline, since that is too far for a stamp, has been looked at in between. */
static bool is_early(const struct sweep *sweep, uint64_t bucket, struct table_slot *slot, int64_t deadline_ms)
{
    if (deadline_ms <= sweep->now_ms) return false;
    wane(sweep, slot);
    bucket_set_stamp(sweep->table, bucket, slot, deadlines_far_stamp(sweep->table, deadline_ms));
    deadlines_place(sweep->table, bucket);
    return true;
}

static void expire_entry(struct sweep *sweep, struct table_slot *slot, int64_t deadline_ms)
{
    sweep->expirer->expire(sweep->expirer->context, slot, deadline_ms);
    sweep->table->len--;
    sweep->work++;
}

/* Elements of its value are due, or it is itself. False: it stays. */
static __attribute__((noinline)) bool relieve_slot(struct sweep *sweep, uint64_t bucket,
                                                   struct table_slot *slot)
{
    const struct entry *entry = slot_entry(slot->word);
    int64_t deadline_ms = entry_is_far(entry) ? entry_far_deadline_ms(entry) : ENTRY_NO_DEADLINE;
    int64_t end_ms = deadline_ms != ENTRY_NO_DEADLINE ? deadline_ms : INT64_MAX;
    struct table_relief relief = { .next_ms = end_ms };
    if (end_ms > sweep->now_ms) relief = sweep->expirer->relieve(sweep->expirer->context, slot);
    sweep->work += relief.removed;
    if (end_ms <= sweep->now_ms) {
        expire_entry(sweep, slot, deadline_ms);
        return true;
    }
    if (relief.is_empty) {
        sweep->expirer->remove(sweep->expirer->context, slot, deadline_ms);
        sweep->table->len--;
        return true;
    }
    int64_t look_ms = relief.next_ms < end_ms ? relief.next_ms : end_ms;
    uint32_t stamp = look_ms != INT64_MAX ? deadlines_far_stamp(sweep->table, look_ms) : STAMP_NONE;
    bucket_set_stamp(sweep->table, bucket, slot, stamp);
    deadlines_place(sweep->table, bucket);
    return false;
}

/* False: it stays. */
static bool expire_slot(struct sweep *sweep, uint64_t bucket, struct table_slot *slot, uint32_t stamp)
{
    int64_t deadline_ms = sweep->table->anchor_ms + stamp_since(sweep->table, stamp);
    if (!(slot->word & SLOT_PLAIN) && slot_entry(slot->word)->kind & ENTRY_EXTRA) {
        if (entry_has_timed_elements(slot_entry(slot->word))) return relieve_slot(sweep, bucket, slot);
        deadline_ms = entry_far_deadline_ms(slot_entry(slot->word));
        if (is_early(sweep, bucket, slot, deadline_ms)) return false;
    }
    expire_entry(sweep, slot, deadline_ms);
    return true;
}

/* From the last to the first, since the last comes to the place of one that goes. The bucket is whole
 * whenever an entry is looked at. */
static void expire_one_by_one(struct sweep *sweep, struct due due)
{
    struct table *table = sweep->table;
    for (size_t i = bucket_len(due.line); i-- > 0;) {
        uint32_t stamp = bucket_stamp(table, due.bucket, i);
        struct table_slot *slot = bucket_slot(due.line, i);
        if (stamp_since(table, stamp) > sweep->past || !expire_slot(sweep, due.bucket, slot, stamp)) continue;
        bucket_remove(table, due.bucket, slot);
    }
    bucket_set_bound(table, due.bucket);
    deadlines_place(table, due.bucket);
}

/* Whoever relieves an entry finds its slot by its address, which a slot that has not been emptied yet may
 * name as well: what was freed is soon given out again. */
static bool relieves_any(const struct due *due)
{
    for (uint32_t slots = due->slots; slots != 0; slots &= slots - 1) {
        uint64_t word = due->line->slots[__builtin_ctz(slots)].word;
        if (word != 0 && !(word & SLOT_PLAIN) && entry_has_timed_elements(slot_entry(word))) return true;
    }
    return false;
}

/* Those that stay move up. */
static void expire_line(struct sweep *sweep, struct due due)
{
    struct table_slot *slots = due.line->slots;
    uint32_t *stamps = due.lane->stamps;
    unsigned i = (unsigned)__builtin_ctz(due.slots), stay = i;
    for (; i < LINE_SLOTS && slots[i].word != 0; i++) {
        if (due.slots >> i & 1 && expire_slot(sweep, due.bucket, &slots[i], stamps[i])) continue;
        slots[stay].word = slots[i].word;
        stamps[stay++] = stamps[i];
    }
    for (; stay < i; stay++) {
        slots[stay].word = 0;
        stamps[stay] = STAMP_NONE;
    }
}

static void expire_bucket(struct sweep *sweep, struct due due)
{
    if (due.slots == 0) return;
    if (line_is_linked(due.line) || relieves_any(&due))
        expire_one_by_one(sweep, due);
    else
        expire_line(sweep, due);
}

size_t table_sweep(struct table *table, int64_t now_ms, const struct table_expirer *expirer)
{
    if (table->wheel == NULL || now_ms < 0) return 0;
    /* Its buckets are no one's to zero. */
    struct sweep sweep;
    sweep.table = table;
    sweep.expirer = expirer;
    sweep.now_ms = now_ms;
    sweep.work = sweep.groups = sweep.len = 0;
    gather(&sweep);
    fetch_buckets(&sweep);
    for (size_t i = 0; i < sweep.len; i++) find(&sweep, &sweep.dues[i]);
    for (size_t i = 0; i < sweep.len; i++) fetch_overflow(sweep.dues[i]);
    for (size_t i = 0; i < sweep.len; i++) fetch_entries(&sweep, sweep.dues[i]);
    for (size_t i = 0; i < sweep.len; i++) expire_bucket(&sweep, sweep.dues[i]);
    return sweep.groups + sweep.work;
}
