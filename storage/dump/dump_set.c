#include "storage/dump/dump_set.h"

#include "storage/dump/encodings/length.h"
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

static void fill(struct source *source, struct value *set, uint64_t count)
{
    struct set_fill fill;
    struct buffer scratch = { 0 };
    set_fill_init(&fill, set, (size_t)count, dump_texts_bytes(*source, count));
    for (; count > 0 && !source->failed; count--) {
        struct atom member = dump_text_read(source, &scratch);
        if (member.text.len > ELEMENTS_TEXT_MAX) source_fail(source);
        if (!source->failed) set_fill_add(&fill, &member);
    }
    if (!set_fill_end(&fill)) source_fail(source);
    buffer_clear(&scratch);
}

/* What was a listpack stays one, as in Redis, also if it has nothing but integers. */
static void add_all(struct elements *elements, struct value *set)
{
    struct batch batch;
    if (elements->form == ELEMENTS_LISTPACK) set_begin_list(set);
    set_reserve(set, (size_t)elements->expected);
    do {
        gather(&batch, elements, set->seed);
        if (!elements->outer->failed && !add(set, &batch)) source_fail(elements->outer);
    } while (batch.len == BATCH && !elements->outer->failed);
}

bool dump_set_read(struct source *source, enum elements_form form, struct value *set)
{
    struct elements elements;
    elements_open(&elements, source, form);
    if (form == ELEMENTS_TEXTS && set_is_filled_at(set->limits, (size_t)elements.expected))
        fill(source, set, elements.expected);
    else
        add_all(&elements, set);
    return elements_close(&elements);
}

void dump_set_write(struct buffer *out, const struct value *set, enum dump_texts how)
{
    struct set_walk walk = set_walk(set);
    struct atom member;
    length_write(out, value_len(set));
    while (set_next(&walk, &member)) dump_text_write_atom(out, &member, how);
}
