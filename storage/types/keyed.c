#include "storage/types/keyed.h"

#include "proto/base/contract.h"
#include "storage/types/small.h"

size_t keyed_len(const struct value *value)
{
    return packed_count(small_block(value, PACKED_TAGGED));
}

bool keyed_is_spread(const struct value *value)
{
    return packed_name(small_block(value, PACKED_TAGGED)) == KEYED_SPREAD;
}

void keyed_set_spread(struct value *value)
{
    small_set_name(value, PACKED_TAGGED, KEYED_SPREAD);
}

bool keyed_find(const struct value *value, const struct keyed_kind *kind, const struct member *member,
                struct keyed_place *place)
{
    const char *block = small_block(value, PACKED_TAGGED);
    size_t count = packed_count(block);
    uint8_t tag = keyed_tag(member->hash);
    for (size_t i = packed_find(block, tag, 0); i < count; i = packed_find(block, tag, i + 1)) {
        *place = (struct keyed_place){ i, packed_at(block, i) };
        if (kind->is(&place->record, member)) return true;
    }
    return false;
}

void keyed_insert(struct value *value, const struct packed_new *record)
{
    const char *block = small_block(value, PACKED_TAGGED);
    struct packed_edit edit = packed_insert(block, packed_count(block), record);
    small_apply(value, &edit);
}

void keyed_replace(struct value *value, const struct keyed_place *place, const struct packed_new *record)
{
    struct packed_edit edit = packed_replace(value->packed, place->index, record);
    small_apply(value, &edit);
}

void keyed_remove(struct value *value, const struct keyed_place *place)
{
    struct packed_edit edit = packed_remove(value->packed, place->index, 1);
    small_apply(value, &edit);
}

/* `at` is the index of the next and its address. */
bool keyed_next(const struct value *value, uint64_t at[4], struct packed_record *record)
{
    const char *block = small_block(value, PACKED_TAGGED);
    struct packed_walk walk = { block, (const char *)(uintptr_t)at[1], (size_t)at[0] };
    if (at[1] == 0) walk = packed_walk(block, 0);
    bool more = packed_next(&walk, record);
    at[0] = walk.index;
    at[1] = (uintptr_t)walk.at;
    return more;
}

struct packed_record keyed_at_random(const struct value *value, uint64_t (*random)(void *state), void *state)
{
    return packed_at(value->packed, keyed_below(random(state), packed_count(value->packed)));
}

uint64_t keyed_scan(const struct value *value, uint64_t cursor,
                    void (*visit)(void *context, const struct packed_record *record), void *context)
{
    (void)cursor;
    uint64_t at[4] = { 0 };
    struct packed_record record;
    while (keyed_next(value, at, &record)) visit(context, &record);
    return 0;
}

void keyed_check(const struct value *value, const struct keyed_kind *kind)
{
    if (value->packed_len == 0) return;
    packed_check(value->packed, value->packed_len);
    uint64_t at[4] = { 0 };
    struct packed_record record;
    for (size_t i = 0; keyed_next(value, at, &record); i++) {
        char scratch[NUMBER_I64_MAX];
        struct atom key = kind->key(&record);
        struct member member = member_of(atom_text(&key, scratch), value->seed);
        struct keyed_place place;
        INVARIANT(keyed_find(value, kind, &member, &place) && place.index == i);
    }
}
