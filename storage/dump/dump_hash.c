#include "storage/dump/dump_hash.h"

#include "storage/dump/length.h"
#include "storage/types/hash.h"

/* False: it is there already. */
static bool put(struct value *hash, const struct atom *field, const struct atom *value)
{
    char field_text[NUMBER_I64_MAX], value_text[NUMBER_I64_MAX];
    struct member member = member_of_atom(field, field_text, hash->seed);
    return hash_put(hash, &member, atom_text(value, value_text));
}

bool dump_hash_read(struct source *source, enum elements_form form, struct value *hash)
{
    struct elements elements;
    struct atom field, value;
    elements_open(&elements, source, form);
    hash_reserve(hash, (size_t)elements.expected / 2);
    while (elements_next(&elements, &field))
        if (!elements_next(&elements, &value) || !put(hash, &field, &value)) source_fail(source);
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
