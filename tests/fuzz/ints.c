/*
 * ints.c - integers that the input tells come to a block and go: it stays sorted, and has what it should.
 */
#include "storage/types/blocks/ints.h"

#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/contract.h"

#define INTEGERS_MAX 200

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct state {
    int64_t there[INTEGERS_MAX];
    size_t count;
    char *block;
    size_t len;
};

static size_t place_in(const struct state *state, int64_t integer)
{
    size_t i = 0;
    while (i < state->count && state->there[i] != integer) i++;
    return i;
}

static void resize(struct state *state, size_t len)
{
    char *block = alloc_bytes(len);
    memcpy(block, state->block, len < state->len ? len : state->len);
    alloc_free(state->block);
    state->block = block;
}

static void change(struct state *state, int64_t integer)
{
    size_t index, place = place_in(state, integer);
    bool found = ints_find(state->block, state->len, integer, &index);
    INVARIANT(found == (place < state->count));
    if (found) {
        size_t len = ints_remove(state->block, state->len, index);
        resize(state, len);
        state->len = len;
        state->there[place] = state->there[--state->count];
    } else if (state->count < INTEGERS_MAX) {
        size_t len = ints_len_with(state->block, state->len, integer);
        resize(state, len);
        ints_add(state->block, state->len, index, integer);
        state->len = len;
        state->there[state->count++] = integer;
    }
    ints_check(state->block, state->len);
    INVARIANT(ints_count(state->block, state->len) == state->count);
}

/* A byte says how many of an integer follow. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct state *state = ALLOC_NEW(struct state);
    state->len = INTS_HEAD;
    state->block = alloc_bytes(INTS_HEAD);
    ints_init(state->block);
    while (size > 0) {
        size_t len = 1 + data[0] % 8;
        int64_t integer = data[0] & 8 ? -1 : 0;
        if (len > size - 1) break;
        memcpy(&integer, data + 1, len);
        change(state, integer);
        data += 1 + len;
        size -= 1 + len;
    }
    for (size_t i = 0; i < state->count; i++) {
        size_t index;
        INVARIANT(ints_find(state->block, state->len, state->there[i], &index));
        INVARIANT(ints_at(state->block, index) == state->there[i]);
    }
    alloc_free(state->block);
    alloc_free(state);
    return 0;
}
