#include "storage/types/keyed.h"

#include "proto/base/contract.h"
#include "storage/types/blocks/small.h"

/* What is compact keeps the order of insertion, for which it must be one block; but not at any price. */
#define COMPACT_BYTES ((size_t)1 << 20)

static const char *block_of(const struct value *value)
{
    return small_block(value, PACKED_TAGGED);
}

size_t keyed_len(const struct value *value)
{
    const struct buckets *buckets = value->root;
    return buckets != NULL ? buckets->len : packed_count(block_of(value));
}

bool keyed_is_spread(const struct value *value)
{
    const struct buckets *buckets = value->root;
    return buckets != NULL ? buckets->spread : packed_name(block_of(value)) & KEYED_SPREAD;
}

void keyed_set_spread(struct value *value)
{
    struct buckets *buckets = value->root;
    if (buckets != NULL)
        buckets->spread = true;
    else
        small_set_name(value, PACKED_TAGGED, packed_name(block_of(value)) | KEYED_SPREAD);
}

bool keyed_is_timed(const struct value *value)
{
    const struct buckets *buckets = value->root;
    return buckets != NULL ? buckets->minima != NULL : packed_name(block_of(value)) & KEYED_TIMED;
}

void keyed_set_timed(struct value *value)
{
    small_set_name(value, PACKED_TAGGED, packed_name(block_of(value)) | KEYED_TIMED);
}

bool keyed_is_too_large(bool spread, size_t records, size_t bytes)
{
    if (spread) return records > KEYED_SMALL_RECORDS || bytes > KEYED_SMALL_BYTES;
    return records > PACKED_RECORDS_MAX || bytes > COMPACT_BYTES;
}

void keyed_enlarge(struct value *value, const struct buckets_kind *kind)
{
    struct buckets *buckets = buckets_create(kind, value->seed);
    buckets->spread = keyed_is_spread(value);
    value->root = buckets;
}

void keyed_fill_init(struct buckets_fill *fill, struct value *value, const struct buckets_kind *kind,
                     size_t records, size_t bytes)
{
    REQUIRE(keyed_len(value) == 0);
    keyed_set_spread(value);
    keyed_enlarge(value, kind);
    buckets_fill_init(fill, value->root, records, bytes);
}

bool keyed_find(const struct value *value, const struct buckets_kind *kind, const struct member *member,
                struct buckets_place *place)
{
    if (value->root != NULL) return buckets_find(value->root, member, place);
    return buckets_find_in(block_of(value), kind, member, place);
}

void keyed_insert(struct value *value, uint64_t hash, const struct packed_new *record)
{
    if (value->expected > 0) value->expected--;
    if (value->root != NULL) {
        buckets_insert(value->root, hash, record, value->expected);
        return;
    }
    const char *block = block_of(value);
    struct packed_edit edit = packed_insert(block, packed_count(block), record);
    small_apply(value, &edit);
}

void keyed_replace(struct value *value, const struct buckets_place *place, const struct packed_new *record)
{
    if (value->root != NULL) {
        buckets_replace(value->root, place, record);
        return;
    }
    if (packed_overwrite(value->packed, place->index, &place->record, record)) return;
    struct packed_edit edit = packed_replace(value->packed, place->index, record);
    small_apply(value, &edit);
}

void keyed_remove(struct value *value, const struct buckets_place *place)
{
    if (value->root != NULL) {
        buckets_remove(value->root, place);
        return;
    }
    struct packed_edit edit = packed_remove_record(value->packed, place->index, &place->record);
    small_apply(value, &edit);
}

struct keyed_walk keyed_walk(const struct value *value)
{
    struct keyed_walk walk = { .value = value };
    if (value->root == NULL) walk.block = packed_walk(block_of(value), 0);
    return walk;
}

struct buckets_place keyed_at_random(const struct value *value, uint64_t (*random)(void *state), void *state)
{
    if (value->root != NULL) return buckets_at_random(value->root, random, state);
    struct buckets_place place = { .index = keyed_below(random(state), packed_count(value->packed)) };
    place.record = packed_at(value->packed, place.index);
    return place;
}

uint64_t keyed_scan(const struct value *value, uint64_t cursor,
                    void (*visit)(void *context, const struct packed_record *record), void *context)
{
    if (value->root != NULL) return buckets_scan(value->root, cursor, visit, context);
    struct keyed_walk walk = keyed_walk(value);
    struct packed_record record;
    while (keyed_next(&walk, &record)) visit(context, &record);
    return 0;
}

void keyed_check(const struct value *value, const struct buckets_kind *kind)
{
    if (value->root != NULL) {
        buckets_check(value->root);
        return;
    }
    if (value->packed_len == 0) return;
    packed_check(value->packed, value->packed_len);
    struct keyed_walk walk = keyed_walk(value);
    struct packed_record record;
    for (size_t i = 0; keyed_next(&walk, &record); i++) {
        char scratch[NUMBER_I64_MAX];
        struct atom key = kind->key(&record);
        struct member member = member_of(atom_text(&key, scratch), value->seed);
        struct buckets_place place;
        INVARIANT(keyed_find(value, kind, &member, &place) && place.index == i);
    }
}

size_t keyed_bytes(const void *root)
{
    return buckets_bytes(root);
}

bool keyed_drain(void *root, size_t blocks)
{
    return buckets_drain(root, blocks);
}

void *keyed_copy(const void *root)
{
    return buckets_copy(root);
}

void keyed_compact(void *root, uint64_t *hand, size_t blocks, const struct value_mover *mover)
{
    buckets_compact(root, hand, blocks, mover);
}

bool keyed_prefetch(const void *root, uint64_t member_hash, unsigned stage)
{
    return buckets_prefetch(root, member_hash, stage);
}
