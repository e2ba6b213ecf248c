#include "storage/dump/dump_set.h"

#include "storage/dump/length.h"
#include "storage/types/set.h"

/* As of a hash: what is to be looked at is fetched for some members at a time. */
#define BATCH ELEMENTS_KEPT

struct batch {
    size_t len;
    struct member members[BATCH];
    char texts[BATCH][NUMBER_I64_MAX]; /* of those that are integers */
};

static void fetch(const struct value *set, const struct batch *batch)
{
    bool goes_on = set->root != NULL && batch->len > 1;
    for (unsigned stage = 0; goes_on; stage++)
        for (size_t i = 0; i < batch->len; i++)
            goes_on = set_type.prefetch(set->root, batch->members[i].hash, stage);
}

/* False: a member is there already. */
static bool add(struct value *set, const struct batch *batch)
{
    bool are_new = true;
    fetch(set, batch);
    for (size_t i = 0; i < batch->len && are_new; i++) are_new = set_add(set, &batch->members[i]);
    return are_new;
}

static void gather(struct batch *batch, struct elements *elements, uint64_t seed)
{
    struct atom member;
    for (batch->len = 0; batch->len < BATCH && elements_next(elements, &member); batch->len++)
        batch->members[batch->len] = member_of_atom(&member, batch->texts[batch->len], seed);
}

/* What was a listpack stays one, as in Redis, also if it has nothing but integers. */
bool dump_set_read(struct source *source, enum elements_form form, struct value *set)
{
    struct elements elements;
    struct batch batch;
    elements_open(&elements, source, form);
    if (form == ELEMENTS_LISTPACK) set_begin_list(set);
    set_reserve(set, (size_t)elements.expected);
    do {
        gather(&batch, &elements, set->seed);
        if (!source->failed && !add(set, &batch)) source_fail(source);
    } while (batch.len == BATCH && !source->failed);
    return elements_close(&elements);
}

void dump_set_write(struct buffer *out, const struct value *set, enum dump_texts how)
{
    struct set_walk walk = set_walk(set);
    struct atom member;
    length_write(out, value_len(set));
    while (set_next(&walk, &member)) dump_text_write_atom(out, &member, how);
}
