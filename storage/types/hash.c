#include "storage/types/hash.h"

#include <string.h>

#include "storage/types/blocks/record.h"
#include "storage/types/keyed.h"

/*
 * A record: twice the length of the field, plus one if it is an integer or outside, in groups of seven bits,
 * the lowest first; the field; the value, whose mark is the record's.
 */
#define LEAD_MAX 5

struct parts {
    struct slice field, value;
    bool field_mark, value_mark;
};

static size_t put_lead(char lead[LEAD_MAX], struct slice field, bool mark)
{
    uint64_t number = (uint64_t)field.len << 1 | mark;
    size_t len = 0;
    for (; number > 0x7f; number >>= 7) lead[len++] = (char)(number | 0x80);
    lead[len++] = (char)number;
    return len;
}

/* Nearly all fields are shorter than 64 bytes. */
static inline struct parts parts_of(const struct packed_record *record)
{
    const unsigned char *at = (const unsigned char *)record->bytes.data;
    uint64_t number = *at++;
    if (__builtin_expect(number > 0x7f, 0)) {
        number &= 0x7f;
        for (unsigned shift = 7, more = 1; more; shift += 7) {
            number |= (uint64_t)(*at & 0x7f) << shift;
            more = *at++ & 0x80;
        }
    }
    struct parts parts = { .field_mark = number & 1, .value_mark = record->mark };
    parts.field = slice_of(at, (size_t)(number >> 1));
    const char *value = parts.field.data + parts.field.len;
    parts.value = slice_of(value, record->bytes.len - (size_t)(value - record->bytes.data));
    return parts;
}

static bool is(const struct packed_record *record, const struct member *field)
{
    struct parts parts = parts_of(record);
    return record_is_member(parts.field, parts.field_mark, field);
}

static struct atom key(const struct packed_record *record)
{
    struct parts parts = parts_of(record);
    return record_atom(parts.field, parts.field_mark);
}

static struct atom value_of(const struct packed_record *record)
{
    struct parts parts = parts_of(record);
    return record_atom(parts.value, parts.value_mark);
}

static size_t outside(const struct packed_record *record, struct slice found[2])
{
    struct parts parts = parts_of(record);
    size_t count = 0;
    if (record_is_outside(parts.field, parts.field_mark)) found[count++] = parts.field;
    if (record_is_outside(parts.value, parts.value_mark)) found[count++] = parts.value;
    return count;
}

static const struct buckets_kind kind = { .is = is, .key = key, .outside = outside };

bool hash_find(const struct value *hash, const struct member *field, struct atom *value)
{
    struct buckets_place place;
    if (!keyed_find(hash, &kind, field, &place)) return false;
    *value = value_of(&place.record);
    return true;
}

/* Inside the block, or outside if it is long and there are buckets. */
static void keep_outside_if_long(struct value *hash, struct record_form *form)
{
    if (hash->root != NULL && form->bytes.len > RECORD_INSIDE_MAX)
        buckets_keep(hash->root, form, form->bytes);
}

static void insert(struct value *hash, const struct member *field, struct record_form *value)
{
    struct record_form name;
    char lead[LEAD_MAX];
    record_of_member(&name, field);
    keep_outside_if_long(hash, &name);
    keep_outside_if_long(hash, value);
    struct packed_new record = {
        .parts = { slice_of(lead, put_lead(lead, name.bytes, name.mark)), name.bytes, value->bytes },
        .mark = value->mark,
        .tag = buckets_tag(field->hash),
    };
    keyed_insert(hash, field->hash, &record);
}

/* A field that stands outside stays there. */
static void replace(struct value *hash, const struct buckets_place *place, const struct member *field,
                    struct record_form *value)
{
    struct parts old = parts_of(&place->record);
    struct record_form name;
    char lead[LEAD_MAX];
    record_of_member(&name, field);
    if (record_is_outside(old.field, old.field_mark)) {
        memcpy(name.scratch, old.field.data, RECORD_OUTSIDE_LEN);
        name.bytes = slice_of(name.scratch, RECORD_OUTSIDE_LEN);
        name.mark = true;
    }
    if (record_is_outside(old.value, old.value_mark)) buckets_let_go(hash->root, old.value);
    keep_outside_if_long(hash, value);
    struct packed_new record = {
        .parts = { slice_of(lead, put_lead(lead, name.bytes, name.mark)), name.bytes, value->bytes },
        .mark = value->mark,
        .tag = buckets_tag(field->hash),
    };
    keyed_replace(hash, place, &record);
}

static void enlarge(struct value *hash)
{
    struct value small = *hash;
    struct hash_walk walk = hash_walk(&small);
    struct atom field, value;
    keyed_enlarge(hash, &kind);
    while (hash_next(&walk, &field, &value)) {
        char scratch[NUMBER_I64_MAX];
        struct member member = member_of(atom_text(&field, scratch), hash->seed);
        struct record_form form;
        if (atom_is_integer(&value))
            record_of_integer(&form, value.integer);
        else
            record_of_plain(&form, value.text);
        insert(hash, &member, &form);
    }
}

/* Whether it is told to be a table once this has been put. */
static bool is_spread_with(const struct value *hash, const struct member *field, struct slice value,
                           bool found)
{
    const struct value_limits *limits = hash->limits;
    return keyed_is_spread(hash) || field->text.len > limits->hash_value || value.len > limits->hash_value ||
           keyed_len(hash) + !found > limits->hash_entries;
}

bool hash_put(struct value *hash, const struct member *field, struct slice value)
{
    struct buckets_place place;
    bool found = keyed_find(hash, &kind, field, &place);
    bool spread = is_spread_with(hash, field, value, found);
    size_t bytes = hash->packed_len + field->text.len + value.len;
    if (hash->root == NULL && keyed_is_too_large(spread, keyed_len(hash) + !found, bytes)) {
        enlarge(hash);
        found = keyed_find(hash, &kind, field, &place);
    }
    struct record_form form;
    record_of_text(&form, value);
    if (found)
        replace(hash, &place, field, &form);
    else
        insert(hash, field, &form);
    if (spread) keyed_set_spread(hash);
    return !found;
}

bool hash_remove(struct value *hash, const struct member *field)
{
    struct buckets_place place;
    if (!keyed_find(hash, &kind, field, &place)) return false;
    keyed_remove(hash, &place);
    return true;
}

void hash_reserve(struct value *hash, size_t fields)
{
    hash->expected = fields;
    if (fields > hash->limits->hash_entries) keyed_set_spread(hash);
}

struct hash_walk hash_walk(const struct value *hash)
{
    return (struct hash_walk){ keyed_walk(hash) };
}

static void show_parts(const struct packed_record *record, struct atom *field, struct atom *value)
{
    struct parts parts = parts_of(record);
    *field = record_atom(parts.field, parts.field_mark);
    *value = record_atom(parts.value, parts.value_mark);
}

bool hash_next(struct hash_walk *walk, struct atom *field, struct atom *value)
{
    struct packed_record record;
    if (!keyed_next(&walk->records, &record)) return false;
    show_parts(&record, field, value);
    return true;
}

void hash_at_random(const struct value *hash, uint64_t (*random)(void *state), void *state,
                    struct atom *field, struct atom *value)
{
    struct buckets_place place = keyed_at_random(hash, random, state);
    show_parts(&place.record, field, value);
}

struct showing {
    void (*visit)(void *context, const struct atom *field, const struct atom *value);
    void *context;
};

static void show(void *context, const struct packed_record *record)
{
    const struct showing *showing = context;
    struct atom field, value;
    show_parts(record, &field, &value);
    showing->visit(showing->context, &field, &value);
}

uint64_t hash_scan(const struct value *hash, uint64_t cursor,
                   void (*visit)(void *context, const struct atom *field, const struct atom *value),
                   void *context)
{
    struct showing showing = { visit, context };
    return keyed_scan(hash, cursor, show, &showing);
}

static const char *encoding(const struct value *hash)
{
    return keyed_is_spread(hash) ? "hashtable" : "listpack";
}

static void check(const struct value *hash)
{
    keyed_check(hash, &kind);
}

const struct value_type hash_type = {
    .name = "hash",
    .len = keyed_len,
    .encoding = encoding,
    .bytes = keyed_bytes,
    .drain = keyed_drain,
    .copy = keyed_copy,
    .compact = keyed_compact,
    .prefetch = keyed_prefetch,
    .check = check,
};
