#include "storage/types/set.h"

#include <stdlib.h>
#include <string.h>

#include "storage/memory/block.h"
#include "storage/types/blocks/ints.h"
#include "storage/types/blocks/record.h"
#include "storage/types/blocks/small.h"
#include "storage/types/keyed.h"

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

static bool is_empty(const struct value *set)
{
    return set->root == NULL && set->packed_len == 0;
}

static bool is_ints(const struct value *set)
{
    return set->root == NULL && set->packed_len > 0 && ints_are(set->packed);
}

bool set_is_intset(const struct value *set)
{
    return is_ints(set) && !keyed_is_spread(set);
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

static void remove_integer_at(struct value *set, size_t index)
{
    size_t left = ints_remove(set->packed, set->packed_len, index);
    set->home->resize(set, left > INTS_HEAD ? left : 0);
}

static bool remove_integer(struct value *set, int64_t integer)
{
    size_t index;
    if (!ints_find(set->packed, set->packed_len, integer, &index)) return false;
    remove_integer_at(set, index);
    return true;
}

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
    if (records.packed_len > 0) memcpy(set->packed, records.packed, records.packed_len);
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
    if (is_ints(set) && count_ints(set) > 0) {
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
    if (is_empty(set) && member->is_integer && set->limits->set_ints > 0) start_ints(set);
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

bool set_is_spread_at(const struct value_limits *limits, size_t members)
{
    return members > limits->set_ints && members > limits->set_entries;
}

/* A copy is what the members would come to one by one if they are so many that a new set of them is spread,
 * whatever this one has been through. */
void set_add_all(struct value *set, const struct value *from)
{
    bool spread = set_is_spread_at(set->limits, set_type.len(from));
    if (spread && set_type.len(set) == 0 && set->root == NULL && from->root != NULL) {
        set->root = set_type.copy(from->root);
        keyed_set_spread(set);
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

void set_begin_ints(struct value *set)
{
    start_ints(set);
}

void set_begin_list(struct value *set)
{
    small_set_name(set, PACKED_TAGGED, KEYED_COMPACT);
}

static int by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* False: one of them is no integer. */
static bool read_integers(const struct value *set, int64_t *integers)
{
    struct set_walk walk = set_walk(set);
    struct atom atom;
    for (size_t i = 0; set_next(&walk, &atom); i++) {
        if (!atom_is_integer(&atom)) return false;
        integers[i] = atom.integer;
    }
    return true;
}

static void become_ints(struct value *set, int64_t *integers, size_t count)
{
    qsort(integers, count, sizeof *integers, by_number);
    value_clear(set);
    start_ints(set);
    for (size_t i = 0; i < count; i++) add_integer(set, integers[i]);
}

void set_end_list(struct value *set)
{
    size_t count = set_type.len(set);
    if (count == 0 || count > set->limits->set_ints || is_ints(set)) return;
    int64_t *integers = block_alloc(count * sizeof *integers);
    if (read_integers(set, integers)) become_ints(set, integers, count);
    block_free(integers, count * sizeof *integers);
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

/* Whatever they are: an intset that outgrows its limit is spread, and so is a list. */
bool set_is_filled_at(const struct value_limits *limits, size_t members)
{
    return members > KEYED_SMALL_RECORDS && set_is_spread_at(limits, members);
}

void set_fill_init(struct set_fill *fill, struct value *set, size_t members, size_t bytes)
{
    fill->set = set;
    keyed_fill_init(&fill->buckets, set, &kind, members, bytes);
}

void set_fill_add(struct set_fill *fill, const struct atom *member)
{
    char text[NUMBER_I64_MAX], scratch[RECORD_OUTSIDE_LEN];
    struct packed_new record = { 0 };
    uint64_t hash = member_hash(atom_text(member, text), fill->set->seed);
    record.parts[0] = buckets_fill_part(&fill->buckets, member, scratch, &record.mark);
    buckets_fill_add(&fill->buckets, hash, &record);
}

bool set_fill_end(struct set_fill *fill)
{
    return buckets_fill_end(&fill->buckets);
}

void set_expect(struct value *set, const struct member *first, size_t members)
{
    set->expected = members;
    bool is_new = is_empty(set);
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

struct set_place set_at_random(const struct value *set, uint64_t (*random)(void *state), void *state)
{
    struct set_place chosen;
    if (is_ints(set)) {
        chosen.place.index = keyed_below(random(state), count_ints(set));
        chosen.member = atom_of_integer(ints_at(set->packed, chosen.place.index));
        return chosen;
    }
    chosen.place = keyed_at_random(set, random, state);
    chosen.member = key(&chosen.place.record);
    return chosen;
}

void set_remove_at(struct value *set, const struct set_place *place)
{
    if (is_ints(set))
        remove_integer_at(set, place->place.index);
    else
        keyed_remove(set, &place->place);
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
    return set_is_intset(set) ? "intset" : "listpack";
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
