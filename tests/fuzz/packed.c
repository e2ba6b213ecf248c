/*
 * packed.c - edits that the input tells, of a packed block and of an array of its records: they stay the
 * same.
 */
#include "storage/types/blocks/packed.h"

#include "proto/base/alloc.h"
#include "proto/base/contract.h"

#define RECORDS_MAX 300
#define BYTES_MAX   70000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Records are runs of one byte. */
struct naive {
    size_t len;
    uint8_t byte;
    bool mark;
};

struct state {
    struct naive naive[RECORDS_MAX];
    size_t count;
    char *block;
    size_t len;
    const uint8_t *data;
    size_t left;
};

static size_t take(struct state *state)
{
    if (state->left == 0) return 0;
    state->left--;
    return *state->data++;
}

static void check(const struct state *state)
{
    packed_check(state->block, state->len);
    INVARIANT(packed_count(state->block) == state->count);
    struct packed_walk walk = packed_walk(state->block, 0);
    struct packed_record record;
    for (size_t i = 0; i < state->count; i++) {
        const struct naive *naive = &state->naive[i];
        INVARIANT(packed_next(&walk, &record));
        INVARIANT(record.bytes.len == naive->len && record.mark == naive->mark);
        INVARIANT(packed_tag(state->block, i) == naive->byte);
        INVARIANT(packed_find(state->block, naive->byte, i) == i);
        for (size_t at = 0; at < naive->len; at++) INVARIANT((uint8_t)record.bytes.data[at] == naive->byte);
    }
}

static void apply(struct state *state, const struct packed_edit *edit, bool in_place)
{
    INVARIANT(edit->old_size == state->len);
    size_t room = in_place && edit->old_size > edit->size ? edit->old_size : edit->size;
    char *to = alloc_bytes(room);
    if (in_place) {
        memcpy(to, state->block, state->len);
        packed_apply(edit, to, to);
    } else {
        packed_apply(edit, to, state->block);
    }
    alloc_free(state->block);
    state->block = alloc_bytes(edit->size);
    memcpy(state->block, to, edit->size);
    alloc_free(to);
    state->len = edit->size;
}

static void splice(struct state *state, size_t index, size_t removed, const struct naive *come)
{
    static char bytes[BYTES_MAX];
    struct packed_edit edit;
    struct packed_new record = { 0 };
    if (come != NULL) {
        memset(bytes, come->byte, come->len);
        size_t first = come->len / 3;
        record = (struct packed_new){ .parts = { slice_of(bytes, first), slice_of(bytes, come->len - first) },
                                      .mark = come->mark,
                                      .tag = come->byte };
        edit = removed > 0 ? packed_replace(state->block, index, &record)
                           : packed_insert(state->block, index, &record);
    } else {
        edit = packed_remove(state->block, index, removed);
    }
    apply(state, &edit, take(state) & 1);
    memmove(&state->naive[index + (come != NULL)], &state->naive[index + removed],
            (state->count - index - removed) * sizeof state->naive[0]);
    if (come != NULL) state->naive[index] = *come;
    state->count = state->count - removed + (come != NULL);
}

static void step(struct state *state)
{
    size_t choice = take(state), index = take(state) % (state->count + 1);
    size_t len = take(state) << (choice >> 5 & 1 ? (choice >> 6) % 3 * 4 : 0);
    struct naive come = { len, (uint8_t)take(state), choice & 16 };
    if (choice % 4 < 2 && state->count < RECORDS_MAX)
        splice(state, index, 0, &come);
    else if (choice % 4 == 2 && index < state->count)
        splice(state, index, 1, &come);
    else
        splice(state, index, index + len < state->count ? len : state->count - index, NULL);
    check(state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct state *state = ALLOC_NEW(struct state);
    state->data = data;
    state->left = size;
    state->block = alloc_bytes(PACKED_HEAD);
    state->len = PACKED_HEAD;
    memcpy(state->block, packed_empty(PACKED_TAGGED), PACKED_HEAD);
    while (state->left > 0) step(state);
    alloc_free(state->block);
    alloc_free(state);
    return 0;
}
