#include "storage/table/table.h"

#include <stdalign.h>
#include <string.h>

#include "proto/base/contract.h"
#include "storage/entry/entry_layout.h"
#include "storage/memory/block.h"
#include "storage/memory/fetch.h"
#include "storage/table/table_deadlines.h"
#include "storage/table/table_find.h"
#include "storage/table/table_layout.h"

/* Merges that are not made after it: two for each entry that somebody removes, up to 64 at a sweep. */
#define SCAN_STEPS 2048

struct table *table_create(uint64_t hash_seed)
{
    struct table *table = block_alloc_zeroed(sizeof *table);
    table->hash_seed = hash_seed;
    table->longest = LINE_SLOTS;
    segments_init(&table->lines, sizeof(struct line));
    segments_extend(&table->lines, SEGMENTS_FIRST);
    table->buckets = SEGMENTS_FIRST;
    table->mask = 2 * SEGMENTS_FIRST - 1;
    return table;
}

static void ignore_entry(void *context, struct entry *entry)
{
    (void)context;
    (void)entry;
}

void table_destroy(struct table **table)
{
    if (*table == NULL) return;
    while (table_drain(*table, SIZE_MAX, ignore_entry, NULL)) {}
    segments_clear(&(*table)->lines);
    segments_clear(&(*table)->lanes);
    segments_clear(&(*table)->agendas);
    wheel_destroy(&(*table)->wheel);
    block_free(*table, sizeof **table);
    *table = NULL;
}

struct table_slot *table_find(struct table *table, struct key key)
{
    return table_look_up(table, key);
}

struct table_slot *table_find_entry(struct table *table, uint64_t hash, const struct entry *entry)
{
    struct line *line = line_of(table, hash);
    struct table_slot *slot;
    for (size_t i = 0; (slot = bucket_slot(line, i)) != NULL; i++) {
        if (slot_entry(slot->word) == entry) return slot;
    }
    return NULL;
}

struct entry *table_find_hash(struct table *table, uint64_t hash)
{
    struct line *line = line_of(table, hash);
    struct table_slot *slot;
    for (size_t i = 0; (slot = bucket_slot(line, i)) != NULL; i++) {
        struct entry *entry = slot_entry(slot->word);
        if (entry == NULL || !slot_has_tag(*slot, key_tag(hash))) continue;
        if (key_hash(table->hash_seed, entry_key(entry)) == hash) return entry;
    }
    return NULL;
}

struct entry *table_slot_entry(const struct table_slot *slot)
{
    return slot_entry(slot->word);
}

void table_slot_set(struct table_slot *slot, struct entry *entry)
{
    slot->word = (slot->word & ~(SLOT_POINTER_MASK | SLOT_PLAIN)) | (uintptr_t)entry;
}

bool table_slot_is_plain(const struct table_slot *slot)
{
    return slot->word & SLOT_PLAIN;
}

void table_insert_marked(struct table *table, uint64_t hash, struct entry *entry, unsigned mark)
{
    REQUIRE(((uintptr_t)entry & ~SLOT_POINTER_MASK) == 0 && mark <= SLOT_MARK_MASK);
    bucket_add(table, bucket_of(table, hash), slot_word(hash, entry) | mark);
    table->len++;
    table_grow(table);
}

void table_remove(struct table *table, uint64_t hash, struct table_slot *slot)
{
    bucket_remove(table, bucket_of(table, hash), slot);
    table->len--;
    table_shrink(table);
}

size_t table_len(const struct table *table)
{
    return table->len;
}

size_t table_bytes(const struct table *table)
{
    size_t bytes = block_real_size(sizeof *table) + table->lines.bytes + table->overflow_bytes;
    if (table->wheel == NULL) return bytes;
    return bytes + table->lanes.bytes + table->agendas.bytes + wheel_bytes(table->wheel);
}

void table_prefetch_bucket(const struct table *table, uint64_t hash)
{
    fetch_line(line_of(table, hash));
}

void table_prefetch_to_write(const struct table *table, uint64_t hash)
{
    uint64_t bucket = bucket_of(table, hash);
    fetch_line(line_at(table, bucket));
    if (table->wheel != NULL) fetch_line(lane_at(table, bucket));
}

static inline const struct entry *guess(const struct table *table, uint64_t hash)
{
    const struct line *line = line_of(table, hash);
    unsigned matches = line_matches(line, key_tag(hash));
    return matches != 0 ? slot_entry(line->slots[__builtin_ctz(matches)].word) : NULL;
}

const struct entry *table_guess(const struct table *table, uint64_t hash)
{
    const struct line *line = line_of(table, hash);
    const struct entry *entry = guess(table, hash);
    if (entry != NULL || !line_is_linked(line)) return entry;
    struct overflow overflow = line_overflow(line);
    for (size_t i = 0; i < overflow.capacity; i++) {
        uint64_t word = overflow.slots[i].word;
        if (slot_has_tag((struct table_slot){ word }, key_tag(hash)) && slot_entry(word) != NULL)
            return slot_entry(word);
    }
    return NULL;
}

bool table_prefetch_entry(const struct table *table, uint64_t hash)
{
    const struct line *line = line_of(table, hash);
    const struct entry *entry = guess(table, hash);
    if (entry != NULL) fetch_line(entry);
    if (entry != NULL || !line_is_linked(line)) return false;
    fetch_line(line_overflow(line).slots);
    return true;
}

void table_prefetch_overflow(const struct table *table, uint64_t hash)
{
    struct overflow overflow = line_overflow(line_of(table, hash));
    for (size_t i = 0; i < overflow.capacity; i++) {
        uint64_t word = overflow.slots[i].word;
        if (slot_has_tag((struct table_slot){ word }, key_tag(hash)) && slot_entry(word) != NULL)
            fetch_line(slot_entry(word));
    }
}

static void visit_timed(const struct table *table, uint64_t bucket,
                        void (*visit)(void *context, struct entry *entry, int64_t deadline_ms), void *context)
{
    struct line *line = line_at(table, bucket);
    struct table_slot *slot;
    for (size_t i = 0; (slot = bucket_slot(line, i)) != NULL; i++)
        visit(context, slot_entry(slot->word), table_deadline_ms(table, bucket, slot));
}

static uint64_t reversed(uint64_t bits)
{
    bits = (bits >> 1 & UINT64_C(0x5555555555555555)) | (bits & UINT64_C(0x5555555555555555)) << 1;
    bits = (bits >> 2 & UINT64_C(0x3333333333333333)) | (bits & UINT64_C(0x3333333333333333)) << 2;
    bits = (bits >> 4 & UINT64_C(0x0f0f0f0f0f0f0f0f)) | (bits & UINT64_C(0x0f0f0f0f0f0f0f0f)) << 4;
    return __builtin_bswap64(bits);
}

/*
 * A bucket is all hashes that end in its index, read to the width of its level. In reversed counting the
 * buckets lie in one fixed order, whichever of them are split: splitting puts both halves where the whole
 * was, the old index first. A cursor thus has the same hashes before it as when it was handed out.
 */
static uint64_t next_cursor(const struct table *table, uint64_t cursor)
{
    uint64_t low_mask = table->mask >> 1;
    uint64_t bucket = bucket_of(table, cursor);
    bool is_split = bucket > low_mask || bucket + low_mask + 1 < table->buckets;
    uint64_t mask = is_split ? table->mask : low_mask;
    return reversed(reversed(cursor | ~mask) + 1);
}

uint64_t table_scan(struct table *table, uint64_t cursor,
                    void (*visit)(void *context, struct entry *entry, int64_t deadline_ms), void *context)
{
    visit_timed(table, bucket_of(table, cursor), visit, context);
    return next_cursor(table, cursor);
}

void table_note_scan(struct table *table)
{
    table->scan_steps = SCAN_STEPS;
}

static void fetch_entries(const struct line *line)
{
    size_t here = line_is_linked(line) ? LINK_AT : LINE_SLOTS;
    for (size_t i = 0; i < here && line->slots[i].word != 0; i++) fetch_line(slot_entry(line->slots[i].word));
    if (line_is_linked(line)) fetch_line(line_overflow(line).slots);
}

static void fetch_further(const struct line *line)
{
    struct overflow overflow = line_overflow(line);
    for (size_t i = 0; i < overflow.capacity; i++) fetch_line(slot_entry(overflow.slots[i].word));
}

void table_fetch_scan(const struct table *table, uint64_t cursor)
{
    const struct line *lines[TABLE_SCAN_AHEAD];
    size_t len = 0;
    do {
        uint64_t bucket = bucket_of(table, cursor);
        lines[len] = line_at(table, bucket);
        fetch_line(lines[len++]);
        if (table->wheel != NULL) fetch_line(lane_at(table, bucket));
        cursor = next_cursor(table, cursor);
    } while (len < TABLE_SCAN_AHEAD && cursor != 0);
    for (size_t i = 0; i < len; i++) fetch_entries(lines[i]);
    for (size_t i = 0; i < len; i++) fetch_further(lines[i]);
}

struct entry *table_sample(struct table *table, uint64_t (*random)(void *state), void *state)
{
    if (table->len == 0) return NULL;
    /* A place among all that there might be, until one is taken: the only way that favours no bucket. */
    for (;;) {
        unsigned __int128 product = (unsigned __int128)random(state) * table->buckets;
        uint64_t bucket = (uint64_t)(product >> 64);
        size_t i = (size_t)((unsigned __int128)(uint64_t)product * table->longest >> 64);
        struct table_slot *slot = bucket_slot(line_at(table, bucket), i);
        if (slot != NULL) return slot_entry(slot->word);
    }
}

static void fetch_bucket(const struct table *table, uint64_t bucket)
{
    struct line *line = line_at(table, bucket);
    struct table_slot *slot;
    for (size_t i = 0; (slot = bucket_slot(line, i)) != NULL; i++) fetch_line(slot_entry(slot->word));
    if (bucket + 1 < table->buckets) fetch_line(line_at(table, bucket + 1));
}

struct table_slot *table_walk(const struct table *table, struct table_hand *hand)
{
    if (table->len == 0) return NULL;
    for (;;) {
        if (hand->bucket >= table->buckets) *hand = (struct table_hand){ 0 };
        struct table_slot *slot = bucket_slot(line_at(table, hand->bucket), hand->slot++);
        if (slot != NULL) return slot;
        *hand = (struct table_hand){ .bucket = hand->bucket + 1 };
        if (hand->bucket + 1 < table->buckets) fetch_bucket(table, hand->bucket + 1);
    }
}

static void visit_bucket(struct line *line, void (*visit)(void *context, struct entry *entry), void *context)
{
    struct table_slot *slot;
    for (size_t i = 0; (slot = bucket_slot(line, i)) != NULL; i++) visit(context, slot_entry(slot->word));
}

bool table_drain(struct table *table, size_t buckets, void (*visit)(void *context, struct entry *entry),
                 void *context)
{
    for (; buckets > 0 && table->buckets > 0; buckets--) {
        struct line *line = line_at(table, table->buckets - 1);
        visit_bucket(line, visit, context);
        table->len -= bucket_len(line);
        bucket_drop(table, table->buckets - 1);
        table->buckets--;
        segments_pop(&table->lines);
    }
    return table->buckets > 0;
}

static size_t check_bucket(const struct table *table, uint64_t bucket)
{
    struct line *line = line_at(table, bucket);
    struct overflow overflow = line_overflow(line);
    size_t len = bucket_len(line);
    size_t room = overflow.slots != NULL ? LINK_AT + overflow.capacity : LINE_SLOTS;
    INVARIANT(overflow.slots == NULL || len > LINE_SLOTS);
    INVARIANT(room <= table->longest);

    for (size_t i = 0; i < len; i++) {
        uint64_t word = bucket_slot(line, i)->word;
        uint64_t hash = key_hash(table->hash_seed, entry_layout_key(slot_entry(word)));
        INVARIANT(bucket_of(table, hash) == bucket);
        INVARIANT(slot_has_tag(*bucket_slot(line, i), key_tag(hash)));
        INVARIANT((word & SLOT_LINK) == 0);
    }
    for (size_t i = len; i < room; i++) {
        INVARIANT(bucket_slot(line, i) == NULL);
        INVARIANT(bucket_stamp(table, bucket, i) == STAMP_NONE);
    }
    if (table->wheel == NULL) return len;
    deadlines_check(table, bucket);
    return len;
}

void table_check(const struct table *table)
{
    size_t len = 0, overflow_slots = 0, overflow_bytes = 0;
    for (uint64_t bucket = 0; bucket < table->buckets; bucket++) {
        len += check_bucket(table, bucket);
        struct overflow overflow = line_overflow(line_at(table, bucket));
        size_t size = overflow_size(overflow.capacity, overflow.stamps != NULL);
        overflow_slots += overflow.capacity;
        if (size > 0) overflow_bytes += block_real_size(size);
    }
    INVARIANT(len == table->len);
    INVARIANT(overflow_slots == table->overflow_slots && overflow_bytes == table->overflow_bytes);
    INVARIANT(table->buckets == table->lines.count && table->buckets >= SEGMENTS_FIRST);
    INVARIANT(table->wheel == NULL || table->buckets == table->lanes.count);
    INVARIANT(table->wheel == NULL || table_groups(table) == table->agendas.count);
    if (table->wheel != NULL) wheel_check(table->wheel);
    INVARIANT(table->buckets <= table->mask && table->buckets > table->mask >> 1);
}
