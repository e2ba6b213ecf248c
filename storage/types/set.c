#include "storage/types/set.h"

#include <string.h>

#include "storage/types/ints.h"
#include "storage/types/keyed.h"
#include "storage/types/record.h"
#include "storage/types/small.h"

static bool is(const struct packed_record *record, const struct member *member)
{
    return record_is_member(record->bytes, record->mark, member);
}

static struct atom key(const struct packed_record *record)
{
    return record_atom(record->bytes, record->mark);
}

static size_t outside(const struct packed_record *record, struct slice parts[2])
{
    parts[0] = record->bytes;
    return record_is_outside(record->bytes, record->mark);
}

static const struct buckets_kind kind = { .is = is, .key = key, .outside = outside };

/* --- integers only ----------------------------------------------------------------------------------------
 */

static bool is_ints(const struct value *set)
{
    return set->root == NULL && set->packed_len > 0 && ints_are(set->packed);
}

static size_t count_ints(const struct value *set)
{
    return ints_count(set->packed, set->packed_len);
}

static void spread_ints(struct value *set)
{
    packed_set_name(set->packed, KEYED_SPREAD);
}

static void start_ints(struct value *set)
{
    set->home->resize(set, INTS_HEAD);
    ints_init(set->packed);
}

static bool remove_integer(struct value *set, int64_t integer)
{
    size_t index;
    if (!ints_find(set->packed, set->packed_len, integer, &index)) return false;
    size_t left = ints_remove(set->packed, set->packed_len, index);
    set->home->resize(set, left > INTS_HEAD ? left : 0);
    return true;
}

/* --- changing ---------------------------------------------------------------------------------------------
 */

static void insert(struct value *set, const struct member *member)
{
    struct record_form form;
    record_of_member(&form, member);
    if (set->root != NULL && form.bytes.len > RECORD_INSIDE_MAX) buckets_keep(set->root, &form, member->text);
    struct packed_new record = { .parts = { form.bytes },
                                 .mark = form.mark,
                                 .tag = buckets_tag(member->hash) };
    keyed_insert(set, member->hash, &record);
}

static void insert_all(struct value *to, const struct value *from)
{
    struct set_walk walk = set_walk(from);
    struct atom atom;
    while (set_next(&walk, &atom)) {
        char scratch[NUMBER_I64_MAX];
        struct member member = member_of(atom_text(&atom, scratch), to->seed);
        insert(to, &member);
    }
}

static void enlarge(struct value *set)
{
    struct value small = *set;
    keyed_enlarge(set, &kind);
    insert_all(set, &small);
}

/* Records instead of integers, in their order. */
static void turn_to_records(struct value *set)
{
    struct value records = value_make(&set_type, set->limits, set->seed);
    insert_all(&records, set);
    if (keyed_is_spread(set)) keyed_set_spread(&records);
    set->home->resize(set, records.packed_len);
    memcpy(set->packed, records.packed, records.packed_len);
    value_clear(&records);
}

static bool add_integer(struct value *set, int64_t integer)
{
    size_t index, len = set->packed_len;
    if (ints_find(set->packed, len, integer, &index)) return false;
    set->home->resize(set, ints_len_with(set->packed, len, integer));
    ints_add(set->packed, len, index, integer);
    if (count_ints(set) > set->limits->set_ints) spread_ints(set);
    if (keyed_is_spread(set) && keyed_is_too_large(true, count_ints(set), set->packed_len)) enlarge(set);
    return true;
}

#define RECORD_BESIDE 2 /* tag and length */

/* Whether it may still be told to be a listpack when this member has come. */
static bool fits_listpack(const struct value *set, const struct member *member)
{
    size_t longest = member->text.len;
    if (is_ints(set)) {
        size_t low = number_length_i64(ints_at(set->packed, 0));
        size_t high = number_length_i64(ints_at(set->packed, count_ints(set) - 1));
        if (low > longest) longest = low;
        if (high > longest) longest = high;
    }
    return set_type.len(set) < set->limits->set_entries && longest <= set->limits->set_value;
}

/* Of one block, once this member is a record in it. */
static bool is_outgrown_by(const struct value *set, const struct member *member, bool spread)
{
    size_t records = set_type.len(set), bytes = set->packed_len + member->text.len;
    if (is_ints(set)) bytes += records * RECORD_BESIDE;
    return keyed_is_too_large(spread, records + 1, bytes);
}

bool set_add(struct value *set, const struct member *member)
{
    bool is_new = set->root == NULL && set->packed_len == 0;
    if (is_new && member->is_integer && set->limits->set_ints > 0) start_ints(set);
    if (is_ints(set) && member->is_integer) return add_integer(set, member->integer);

    struct buckets_place place;
    if (!is_ints(set) && keyed_find(set, &kind, member, &place)) return false;
    bool spread = keyed_is_spread(set) || !fits_listpack(set, member);
    if (set->root == NULL && is_outgrown_by(set, member, spread))
        enlarge(set);
    else if (is_ints(set))
        turn_to_records(set);
    insert(set, member);
    if (spread) keyed_set_spread(set);
    return true;
}

/* A copy is what the members would come to one by one if they are so many that a new set of them is spread,
 * whatever this one has been through. */
static bool is_worth_copying(const struct value *set, const struct value *from)
{
    size_t len = set_type.len(from);
    bool empty = set->root == NULL && set->packed_len == 0;
    return empty && from->root != NULL && len > set->limits->set_ints && len > set->limits->set_entries;
}

void set_add_all(struct value *set, const struct value *from)
{
    if (is_worth_copying(set, from)) {
        set->root = set_type.copy(from->root);
        return;
    }
    struct set_walk walk = set_walk(from);
    struct atom atom;
    while (set_next(&walk, &atom)) {
        char scratch[NUMBER_I64_MAX];
        struct member member = member_of_atom(&atom, scratch, set->seed);
        set_add(set, &member);
    }
}

bool set_remove(struct value *set, const struct member *member)
{
    if (is_ints(set)) return member->is_integer && remove_integer(set, member->integer);
    struct buckets_place place;
    if (!keyed_find(set, &kind, member, &place)) return false;
    keyed_remove(set, &place);
    return true;
}

void set_reserve(struct value *set, size_t members)
{
    set->expected = members;
}

void set_expect(struct value *set, const struct member *first, size_t members)
{
    set->expected = members;
    bool is_new = set->root == NULL && set->packed_len == 0;
    bool integers = is_new ? first->is_integer : is_ints(set);
    if (integers && members <= set->limits->set_ints) return;
    if ((is_new || !integers) && members <= set->limits->set_entries) {
        /* A list from its first member on, as too many integers never become one later. */
        if (is_new && integers) small_set_name(set, PACKED_TAGGED, KEYED_COMPACT);
        return;
    }
    if (is_ints(set))
        spread_ints(set);
    else
        keyed_set_spread(set);
}

/* --- reading ----------------------------------------------------------------------------------------------
 */

bool set_has(const struct value *set, const struct member *member)
{
    size_t index;
    if (is_ints(set))
        return member->is_integer && ints_find(set->packed, set->packed_len, member->integer, &index);
    struct buckets_place place;
    return keyed_find(set, &kind, member, &place);
}

struct set_walk set_walk(const struct value *set)
{
    if (is_ints(set)) return (struct set_walk){ { .value = set } };
    return (struct set_walk){ keyed_walk(set) };
}

static bool next_integer(struct keyed_walk *walk, struct atom *member)
{
    if (walk->next == count_ints(walk->value)) return false;
    *member = atom_of_integer(ints_at(walk->value->packed, walk->next++));
    return true;
}

bool set_next(struct set_walk *walk, struct atom *member)
{
    struct packed_record record;
    if (keyed_next(&walk->records, &record)) {
        *member = key(&record);
        return true;
    }
    return is_ints(walk->records.value) && next_integer(&walk->records, member);
}

struct atom set_at_random(const struct value *set, uint64_t (*random)(void *state), void *state)
{
    if (is_ints(set))
        return atom_of_integer(ints_at(set->packed, keyed_below(random(state), count_ints(set))));
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
    if (is_ints(set)) {
        struct atom member;
        struct set_walk walk = set_walk(set);
        while (set_next(&walk, &member)) visit(context, &member);
        return 0;
    }
    return keyed_scan(set, cursor, show, &showing);
}

static size_t len(const struct value *set)
{
    return is_ints(set) ? count_ints(set) : keyed_len(set);
}

static const char *encoding(const struct value *set)
{
    if (keyed_is_spread(set)) return "hashtable";
    return is_ints(set) ? "intset" : "listpack";
}

static void check(const struct value *set)
{
    if (is_ints(set))
        ints_check(set->packed, set->packed_len);
    else
        keyed_check(set, &kind);
}

const struct value_type set_type = {
    .name = "set",
    .len = len,
    .encoding = encoding,
    .bytes = keyed_bytes,
    .drain = keyed_drain,
    .copy = keyed_copy,
    .compact = keyed_compact,
    .prefetch = keyed_prefetch,
    .check = check,
};
