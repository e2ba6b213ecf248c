#include "storage/types/hash.h"

#include "storage/types/keyed.h"
#include "storage/types/record.h"

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

static struct parts parts_of(const struct packed_record *record)
{
    const unsigned char *at = (const unsigned char *)record->bytes.data;
    uint64_t number = *at & 0x7f;
    for (unsigned shift = 7; *at++ & 0x80; shift += 7) number |= (uint64_t)(*at & 0x7f) << shift;
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

static const struct keyed_kind kind = { .is = is, .key = key };

static bool is_compact_with(const struct value *hash, const struct member *field, struct slice value)
{
    return field->text.len <= hash->limits->hash_value && value.len <= hash->limits->hash_value;
}

bool hash_find(const struct value *hash, const struct member *field, struct atom *value)
{
    struct keyed_place place;
    if (!keyed_find(hash, &kind, field, &place)) return false;
    *value = value_of(&place.record);
    return true;
}

bool hash_put(struct value *hash, const struct member *field, struct slice value)
{
    struct keyed_place place;
    bool found = keyed_find(hash, &kind, field, &place);
    struct record_form name, text;
    char lead[LEAD_MAX];
    record_of_member(&name, field);
    record_of_text(&text, value);
    struct packed_new record = {
        .parts = { slice_of(lead, put_lead(lead, name.bytes, name.mark)), name.bytes, text.bytes },
        .mark = text.mark,
        .tag = keyed_tag(field->hash),
    };
    if (found)
        keyed_replace(hash, &place, &record);
    else
        keyed_insert(hash, &record);
    if (!is_compact_with(hash, field, value) || keyed_len(hash) > hash->limits->hash_entries)
        keyed_set_spread(hash);
    return !found;
}

bool hash_remove(struct value *hash, const struct member *field)
{
    struct keyed_place place;
    if (!keyed_find(hash, &kind, field, &place)) return false;
    keyed_remove(hash, &place);
    return true;
}

void hash_reserve(struct value *hash, size_t fields)
{
    (void)hash;
    (void)fields;
}

struct hash_walk hash_walk(const struct value *hash)
{
    return (struct hash_walk){ .hash = hash };
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
    if (!keyed_next(walk->hash, walk->at, &record)) return false;
    show_parts(&record, field, value);
    return true;
}

void hash_at_random(const struct value *hash, uint64_t (*random)(void *state), void *state,
                    struct atom *field, struct atom *value)
{
    struct packed_record record = keyed_at_random(hash, random, state);
    show_parts(&record, field, value);
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
    .name = "hash", .len = keyed_len, .encoding = encoding, .check = check
};
