#include "storage/dump/dump_hash.h"

#include "storage/dump/encodings/length.h"
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

static void fill(struct source *source, struct value *hash, uint64_t count)
{
    struct hash_fill fill;
    struct buffer scratch[2] = { 0 };
    hash_fill_init(&fill, hash, (size_t)count, dump_texts_bytes(*source, 2 * count));
    for (; count > 0 && !source->failed; count--) {
        struct atom field = dump_text_read(source, &scratch[0]);
        struct atom value = dump_text_read(source, &scratch[1]);
        if (field.text.len > ELEMENTS_TEXT_MAX || value.text.len > ELEMENTS_TEXT_MAX) source_fail(source);
        if (!source->failed) hash_fill_add(&fill, &field, &value);
    }
    if (!hash_fill_end(&fill)) source_fail(source);
    buffer_clear(&scratch[0]);
    buffer_clear(&scratch[1]);
}

static void put_all(struct elements *elements, struct value *hash)
{
    struct batch batch;
    hash_reserve(hash, (size_t)elements->expected / 2);
    do {
        gather(&batch, elements, hash->seed);
        if (!elements->outer->failed && !put(hash, &batch)) source_fail(elements->outer);
    } while (batch.len == BATCH && !elements->outer->failed);
}

bool dump_hash_read(struct source *source, enum elements_form form, struct value *hash)
{
    struct elements elements;
    elements_open(&elements, source, form);
    if (form == ELEMENTS_TEXT_PAIRS && hash_is_filled_at(hash->limits, (size_t)elements.expected / 2))
        fill(source, hash, elements.expected / 2);
    else
        put_all(&elements, hash);
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
