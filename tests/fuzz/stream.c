/*
 * stream.c - what the input tells to be done with a stream, and with an array of its entries: they stay the
 * same, and so does what a group has pending.
 */
#include "storage/types/stream.h"

#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/contract.h"

#define ENTRIES_MAX 400
#define PAIRS_MAX   2

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct naive {
    struct stream_id id;
    size_t pairs;
    uint8_t bytes[2 * PAIRS_MAX]; /* each word is a run of one */
    size_t lens[2 * PAIRS_MAX];
    bool pending;
};

struct state {
    struct naive entries[ENTRIES_MAX];
    size_t count;
    struct value stream;
    struct value_limits limits;
    struct stream_id last;
    const uint8_t *data;
    size_t left;
};

static char runs[256][300];

static size_t take(struct state *state)
{
    if (state->left == 0) return 0;
    state->left--;
    return *state->data++;
}

static struct slice word_of(const struct naive *naive, size_t i)
{
    return slice_of(runs[naive->bytes[i]], naive->lens[i]);
}

/* Some are far behind, most the next. */
static void advance(struct state *state)
{
    size_t how = take(state);
    if (how < 128) {
        state->last.seq += 1 + (how & 3);
    } else {
        state->last.ms += (uint64_t)1 << (how & 31);
        state->last.seq = how & 32 ? take(state) << (how & 31) : 0;
    }
}

static void add(struct state *state)
{
    struct slice words[2 * PAIRS_MAX];
    if (state->count == ENTRIES_MAX) return;
    struct naive *naive = &state->entries[state->count++];
    advance(state);
    *naive = (struct naive){ .id = state->last, .pairs = 1 + take(state) % PAIRS_MAX };
    for (size_t i = 0; i < 2 * naive->pairs; i++) {
        naive->bytes[i] = (uint8_t)take(state);
        naive->lens[i] = i % 2 == 0 ? naive->bytes[i] % 4 : take(state);
        words[i] = word_of(naive, i);
    }
    stream_add(&state->stream, &(struct stream_new){ naive->id, words, naive->pairs });
}

static void drop(struct state *state, size_t index, size_t count)
{
    state->count -= count;
    memmove(state->entries + index, state->entries + index + count,
            (state->count - index) * sizeof(state->entries[0]));
}

static struct stream_group *group_of(struct state *state)
{
    struct stream_root *root = stream_open(&state->stream);
    struct stream_group *group = stream_root_group(root, SLICE("g"));
    return group != NULL ? group : stream_root_add_group(root, SLICE("g"));
}

static struct stream_consumer *consumer_of(struct stream_group *group, size_t which)
{
    struct slice name = slice_of(runs['a' + which % 3], 1 + which % 2);
    struct stream_consumer *consumer = stream_group_find(group, name);
    return consumer != NULL ? consumer : stream_group_join(group, name, 0);
}

/* What is removed stays pending, and is acknowledged here, so that the array need not know it. */
static void forget(struct state *state, size_t index, size_t count)
{
    for (size_t i = index; i < index + count; i++)
        INVARIANT(stream_group_ack(group_of(state), state->entries[i].id) == state->entries[i].pending);
    drop(state, index, count);
}

static void deliver(struct state *state, size_t index)
{
    struct stream_group *group = group_of(state);
    struct pending_entry entry = { .id = state->entries[index].id, .delivered_ms = (int64_t)take(state) };
    size_t count = take(state);
    entry.deliveries = count < 200 ? count : UINT64_C(1) << (count & 63);
    entry.consumer = consumer_of(group, take(state))->number;
    stream_group_deliver(group, &entry);
    state->entries[index].pending = true;
}

static void trim(struct state *state, size_t index)
{
    struct stream_trim trim = { .by_id = take(state) & 1, .max_len = state->count - index };
    trim.min_id = index < state->count ? state->entries[index].id : STREAM_ID_MAX;
    trim.whole_blocks = take(state) & 1;
    size_t removed = stream_trim(&state->stream, &trim);
    INVARIANT(trim.whole_blocks ? removed <= index : removed == index);
    forget(state, 0, removed);
}

static void check_entry(struct stream_entry *entry, const struct naive *naive)
{
    char digits[NUMBER_I64_MAX];
    INVARIANT(stream_id_compare(entry->id, naive->id) == 0 && entry->pairs == naive->pairs);
    for (size_t i = 0; i < entry->pairs; i++) {
        struct atom field, text;
        stream_entry_next(entry, &field, &text);
        INVARIANT(slice_equal(atom_text(&field, digits), word_of(naive, 2 * i)));
        INVARIANT(slice_equal(atom_text(&text, digits), word_of(naive, 2 * i + 1)));
    }
}

static void check(struct state *state)
{
    struct stream_entry entry;
    struct stream_walk walk = stream_walk(&state->stream, STREAM_ID_MIN);
    struct stream_walk_back back;
    stream_walk_back(&back, &state->stream, STREAM_ID_MAX);
    for (size_t i = 0; i < state->count; i++) {
        INVARIANT(stream_next(&walk, &entry));
        check_entry(&entry, &state->entries[i]);
        INVARIANT(stream_back(&back, &entry));
        check_entry(&entry, &state->entries[state->count - i - 1]);
    }
    INVARIANT(!stream_next(&walk, &entry) && !stream_back(&back, &entry));
    if (state->stream.root != NULL) stream_type.check(&state->stream);
}

static void step(struct state *state)
{
    size_t choice = take(state) % 8, index = take(state) % (state->count + 1);
    if (choice < 4) {
        add(state);
    } else if (choice == 4 && index < state->count) {
        INVARIANT(stream_remove(&state->stream, state->entries[index].id));
        forget(state, index, 1);
    } else if (choice == 5 && index < state->count) {
        deliver(state, index);
    } else if (choice == 6 && index < state->count) {
        INVARIANT(stream_group_ack(group_of(state), state->entries[index].id) ==
                  state->entries[index].pending);
        state->entries[index].pending = false;
    } else if (choice == 7) {
        trim(state, index);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct state *state = ALLOC_NEW(struct state);
    state->data = data;
    state->left = size;
    for (size_t i = 0; i < 256; i++) memset(runs[i], (int)i, sizeof runs[i]);
    state->limits = value_limits_default;
    state->limits.stream_node_entries = take(state) % 40;
    state->limits.stream_node_bytes = 16 * take(state);
    state->stream = value_make(&stream_type, &state->limits, 1);
    while (state->left > 0) {
        step(state);
        if (state->left % 8 == 0) check(state);
    }
    check(state);
    value_clear(&state->stream);
    alloc_free(state);
    return 0;
}
