#include "storage/types/set.h"

#include "storage/types/keyed.h"
#include "storage/types/record.h"

static bool is(const struct packed_record *record, const struct member *member)
{
    return record_is_member(record->bytes, record->mark, member);
}

static struct atom key(const struct packed_record *record)
{
    return record_atom(record->bytes, record->mark);
}

static const struct keyed_kind kind = { .is = is, .key = key };

/* Whether a set with one member more is still told to be compact. */
static bool stays_compact(const struct value *set, const struct member *member)
{
    return keyed_len(set) < set->limits->set_entries && member->text.len <= set->limits->set_value;
}

bool set_add(struct value *set, const struct member *member)
{
    struct keyed_place place;
    if (keyed_find(set, &kind, member, &place)) return false;
    bool compact = stays_compact(set, member);
    struct record_form form;
    record_of_member(&form, member);
    struct packed_new record = { .parts = { form.bytes }, .mark = form.mark, .tag = keyed_tag(member->hash) };
    keyed_insert(set, &record);
    if (!compact) keyed_set_spread(set);
    return true;
}

bool set_remove(struct value *set, const struct member *member)
{
    struct keyed_place place;
    if (!keyed_find(set, &kind, member, &place)) return false;
    keyed_remove(set, &place);
    return true;
}

bool set_has(const struct value *set, const struct member *member)
{
    struct keyed_place place;
    return keyed_find(set, &kind, member, &place);
}

void set_reserve(struct value *set, size_t members)
{
    (void)set;
    (void)members;
}

struct set_walk set_walk(const struct value *set)
{
    return (struct set_walk){ .set = set };
}

bool set_next(struct set_walk *walk, struct atom *member)
{
    struct packed_record record;
    if (!keyed_next(walk->set, walk->at, &record)) return false;
    *member = key(&record);
    return true;
}

struct atom set_at_random(const struct value *set, uint64_t (*random)(void *state), void *state)
{
    struct packed_record record = keyed_at_random(set, random, state);
    return key(&record);
}

struct showing {
    void (*visit)(void *context, const struct atom *member);
    void *context;
};

static void show(void *context, const struct packed_record *record)
{
    const struct showing *showing = context;
    struct atom member = key(record);
    showing->visit(showing->context, &member);
}

uint64_t set_scan(const struct value *set, uint64_t cursor,
                  void (*visit)(void *context, const struct atom *member), void *context)
{
    struct showing showing = { visit, context };
    return keyed_scan(set, cursor, show, &showing);
}

static const char *encoding(const struct value *set)
{
    return keyed_is_spread(set) ? "hashtable" : "listpack";
}

static void check(const struct value *set)
{
    keyed_check(set, &kind);
}

const struct value_type set_type = { .name = "set", .len = keyed_len, .encoding = encoding, .check = check };
