#include "storage/dump/dump_set.h"

#include "storage/dump/length.h"
#include "storage/types/set.h"

static bool add(struct value *set, const struct atom *atom)
{
    char text[NUMBER_I64_MAX];
    struct member member = member_of_atom(atom, text, set->seed);
    return set_add(set, &member);
}

/* What was a listpack stays one, as in Redis, also if it has nothing but integers. */
bool dump_set_read(struct source *source, enum elements_form form, struct value *set)
{
    struct elements elements;
    struct atom member;
    elements_open(&elements, source, form);
    if (form == ELEMENTS_LISTPACK) set_begin_list(set);
    set_reserve(set, (size_t)elements.expected);
    while (elements_next(&elements, &member))
        if (!add(set, &member)) source_fail(source);
    return elements_close(&elements);
}

void dump_set_write(struct buffer *out, const struct value *set, enum dump_texts how)
{
    struct set_walk walk = set_walk(set);
    struct atom member;
    length_write(out, value_len(set));
    while (set_next(&walk, &member)) dump_text_write_atom(out, &member, how);
}
