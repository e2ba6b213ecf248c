#include "storage/dump/dump_hash.h"

#include "storage/dump/length.h"
#include "storage/types/hash.h"

/* Fields that are put together: where they belong lies anywhere in memory, and is fetched for all of them at
 * a time. */
#define BATCH (ELEMENTS_KEPT / 2)

struct batch {
    size_t len;
    struct member fields[BATCH];
    struct atom values[BATCH];
    char texts[BATCH][NUMBER_I64_MAX]; /* of fields that are integers */
};

static void fetch(const struct value *hash, const struct batch *batch)
{
    bool goes_on = hash->root != NULL && batch->len > 1;
    for (unsigned stage = 0; goes_on; stage++)
        for (size_t i = 0; i < batch->len; i++)
            goes_on = hash_type.prefetch(hash->root, batch->fields[i].hash, stage);
}

/* False: a field is there already. */
static bool put(struct value *hash, const struct batch *batch)
{
    bool are_new = true;
    fetch(hash, batch);
    for (size_t i = 0; i < batch->len && are_new; i++) {
        char text[NUMBER_I64_MAX];
        are_new = hash_put(hash, &batch->fields[i], atom_text(&batch->values[i], text));
    }
    return are_new;
}

/* The next fields with their values, as many as there are and may be. */
static void gather(struct batch *batch, struct elements *elements, uint64_t seed)
{
    struct atom field;
    for (batch->len = 0; batch->len < BATCH && elements_next(elements, &field); batch->len++) {
        size_t i = batch->len;
        batch->fields[i] = member_of_atom(&field, batch->texts[i], seed);
        if (elements_next(elements, &batch->values[i])) continue;
        source_fail(elements->outer);
        return;
    }
}

bool dump_hash_read(struct source *source, enum elements_form form, struct value *hash)
{
    struct elements elements;
    struct batch batch;
    elements_open(&elements, source, form);
    hash_reserve(hash, (size_t)elements.expected / 2);
    do {
        gather(&batch, &elements, hash->seed);
        if (!source->failed && !put(hash, &batch)) source_fail(source);
    } while (batch.len == BATCH && !source->failed);
    return elements_close(&elements);
}

void dump_hash_write(struct buffer *out, const struct value *hash, enum dump_texts how)
{
    struct hash_walk walk = hash_walk(hash);
    struct atom field, value;
    length_write(out, value_len(hash));
    while (hash_next(&walk, &field, &value)) {
        dump_text_write_atom(out, &field, how);
        dump_text_write_atom(out, &value, how);
    }
}
