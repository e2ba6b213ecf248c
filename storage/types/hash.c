#include "storage/types/hash.h"

#include <string.h>

#include "proto/base/bytes.h"
#include "proto/base/contract.h"
#include "storage/types/blocks/record.h"
#include "storage/types/hash_deadlines.h"
#include "storage/types/hash_record.h"
#include "storage/types/keyed.h"

/* The lead, behind the deadline if there is one. */
#define BEGIN_MAX (HASH_DEADLINE_BYTES + HASH_LEAD_MAX)

static struct slice begin(char out[BEGIN_MAX], int64_t deadline_ms, struct slice field, bool mark)
{
    uint64_t number = (uint64_t)field.len << 1 | mark;
    size_t len = 0;
    if (__builtin_expect(deadline_ms != HASH_NO_DEADLINE, 0)) {
        hash_record_put_deadline(out, deadline_ms);
        len = HASH_DEADLINE_BYTES;
    }
    for (; number > 0x7f; number >>= 7) out[len++] = (char)(number | 0x80);
    out[len++] = (char)number;
    return slice_of(out, len);
}

static bool is(const struct packed_record *record, const struct member *field)
{
    struct hash_parts parts = hash_record_parts(record);
    return record_is_member(parts.field, parts.field_mark, field);
}

static struct atom key(const struct packed_record *record)
{
    struct hash_parts parts = hash_record_parts(record);
    return record_atom(parts.field, parts.field_mark);
}

static size_t outside(const struct packed_record *record, struct slice found[2])
{
    struct hash_parts parts = hash_record_parts(record);
    size_t count = 0;
    if (record_is_outside(parts.field, parts.field_mark)) found[count++] = parts.field;
    if (record_is_outside(parts.value, parts.value_mark)) found[count++] = parts.value;
    return count;
}

const struct buckets_kind hash_kind = { .is = is, .key = key, .outside = outside };

bool hash_find(const struct value *hash, const struct member *field, struct atom *value)
{
    struct buckets_place place;
    if (!keyed_find(hash, &hash_kind, field, &place)) return false;
    if (hash_record_is_due(&place.record, hash->now_ms)) return false;
    struct hash_parts parts = hash_record_parts(&place.record);
    *value = record_atom(parts.value, parts.value_mark);
    return true;
}

bool hash_look(const struct value *hash, const struct member *field, struct atom *value, int64_t *deadline_ms)
{
    struct buckets_place place;
    if (!hash_find_live(hash, field, &place)) return false;
    struct hash_parts parts = hash_record_parts(&place.record);
    *value = record_atom(parts.value, parts.value_mark);
    *deadline_ms = hash_record_time_ms(&place.record);
    return true;
}

/* Inside the block, or outside if it is long and there are buckets. */
static void keep_outside_if_long(struct value *hash, struct record_form *form)
{
    if (hash->root != NULL && form->bytes.len > RECORD_INSIDE_MAX)
        buckets_keep(hash->root, form, form->bytes);
}

/* What is to stand in a record. */
struct content {
    const struct member *field;
    struct record_form *value;
    int64_t deadline_ms;
};

static inline __attribute__((always_inline)) void insert(struct value *hash, struct content *content)
{
    struct record_form name;
    char beginning[BEGIN_MAX];
    record_of_member(&name, content->field);
    keep_outside_if_long(hash, &name);
    keep_outside_if_long(hash, content->value);
    struct packed_new record = {
        .parts = { begin(beginning, content->deadline_ms, name.bytes, name.mark), name.bytes,
                   content->value->bytes },
        .mark = content->value->mark,
        .tag = buckets_tag(content->field->hash),
    };
    keyed_insert(hash, content->field->hash, &record);
}

/* A field that stands outside stays there. */
static inline __attribute__((always_inline)) void replace(struct value *hash,
                                                          const struct buckets_place *place,
                                                          struct content *content)
{
    struct hash_parts old = hash_record_parts(&place->record);
    struct record_form name;
    char beginning[BEGIN_MAX];
    record_of_member(&name, content->field);
    if (record_is_outside(old.field, old.field_mark)) {
        memcpy(name.scratch, old.field.data, RECORD_OUTSIDE_LEN);
        name.bytes = slice_of(name.scratch, RECORD_OUTSIDE_LEN);
        name.mark = true;
    }
    if (record_is_outside(old.value, old.value_mark)) buckets_let_go(hash->root, old.value);
    keep_outside_if_long(hash, content->value);
    struct packed_new record = {
        .parts = { begin(beginning, content->deadline_ms, name.bytes, name.mark), name.bytes,
                   content->value->bytes },
        .mark = content->value->mark,
        .tag = buckets_tag(content->field->hash),
    };
    keyed_replace(hash, place, &record);
}

/* What is as long as what stands there is written over it; then nothing else of the record changes. */
static inline bool overwrite(const struct value *hash, const struct packed_record *record,
                             const struct content *content)
{
    struct hash_parts old = hash_record_parts(record);
    struct slice bytes = content->value->bytes;
    bool may_stand_outside = hash->root != NULL && bytes.len > RECORD_INSIDE_MAX;
    if (bytes.len != old.value.len || content->value->mark != old.value_mark || may_stand_outside)
        return false;
    if (hash_record_is_timed(record) || content->deadline_ms != HASH_NO_DEADLINE) return false;
    if (record_is_outside(old.value, old.value_mark)) return false;
    bytes_copy((char *)(uintptr_t)old.value.data, bytes.data, bytes.len);
    return true;
}

static void enlarge(struct value *hash)
{
    struct value small = *hash;
    struct keyed_walk walk = keyed_walk(&small);
    struct packed_record record;
    keyed_enlarge(hash, &hash_kind);
    while (keyed_next(&walk, &record)) {
        struct hash_parts parts = hash_record_parts(&record);
        struct atom field = record_atom(parts.field, parts.field_mark);
        struct atom value = record_atom(parts.value, parts.value_mark);
        char scratch[NUMBER_I64_MAX];
        struct member member = member_of(atom_text(&field, scratch), hash->seed);
        struct record_form form;
        struct content content = { &member, &form, hash_record_time_ms(&record) };
        if (atom_is_integer(&value))
            record_of_integer(&form, value.integer);
        else
            record_of_plain(&form, value.text);
        insert(hash, &content);
        if (content.deadline_ms != HASH_NO_DEADLINE)
            buckets_note_deadline(hash->root, member.hash, content.deadline_ms);
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

static inline __attribute__((always_inline)) bool put(struct value *hash, const struct member *field,
                                                      struct slice value, int64_t deadline_ms)
{
    struct buckets_place place;
    bool found = keyed_find(hash, &hash_kind, field, &place);
    bool is_new = !found || hash_record_is_due(&place.record, hash->now_ms);
    bool spread = is_spread_with(hash, field, value, found);
    size_t bytes = hash->packed_len + field->text.len + value.len;
    if (hash->root == NULL && keyed_is_too_large(spread, keyed_len(hash) + !found, bytes)) {
        enlarge(hash);
        found = keyed_find(hash, &hash_kind, field, &place);
    }
    struct record_form form;
    struct content content = { field, &form, deadline_ms };
    record_of_text(&form, value);
    if (!found)
        insert(hash, &content);
    else if (!overwrite(hash, &place.record, &content))
        replace(hash, &place, &content);
    if (spread) keyed_set_spread(hash);
    return is_new;
}

bool hash_put(struct value *hash, const struct member *field, struct slice value)
{
    return put(hash, field, value, HASH_NO_DEADLINE);
}

bool hash_put_until(struct value *hash, const struct member *field, struct slice value, int64_t deadline_ms)
{
    bool is_new = put(hash, field, value, deadline_ms);
    if (deadline_ms != HASH_NO_DEADLINE) hash_note_deadline(hash, field->hash, deadline_ms);
    return is_new;
}

bool hash_remove(struct value *hash, const struct member *field)
{
    struct buckets_place place;
    if (!keyed_find(hash, &hash_kind, field, &place)) return false;
    bool was_there = !hash_record_is_due(&place.record, hash->now_ms);
    keyed_remove(hash, &place);
    return was_there;
}

void hash_reserve(struct value *hash, size_t fields)
{
    hash->expected = fields;
    if (fields > hash->limits->hash_entries) keyed_set_spread(hash);
}

bool hash_is_filled_at(const struct value_limits *limits, size_t fields)
{
    return fields > KEYED_SMALL_RECORDS && fields > limits->hash_entries;
}

#define LEAD_USUAL 1

void hash_fill_init(struct hash_fill *fill, struct value *hash, size_t fields, size_t bytes)
{
    fill->hash = hash;
    keyed_fill_init(&fill->buckets, hash, &hash_kind, fields, bytes + LEAD_USUAL * fields);
}

void hash_fill_add(struct hash_fill *fill, const struct atom *field, const struct atom *value)
{
    char text[NUMBER_I64_MAX], before[BEGIN_MAX];
    char field_scratch[RECORD_OUTSIDE_LEN], value_scratch[RECORD_OUTSIDE_LEN];
    bool field_mark, value_mark;
    uint64_t hash = member_hash(atom_text(field, text), fill->hash->seed);
    struct slice name = buckets_fill_part(&fill->buckets, field, field_scratch, &field_mark);
    struct slice content = buckets_fill_part(&fill->buckets, value, value_scratch, &value_mark);
    struct packed_new record = {
        .parts = { begin(before, HASH_NO_DEADLINE, name, field_mark), name, content },
        .mark = value_mark,
    };
    buckets_fill_add(&fill->buckets, hash, &record);
}

bool hash_fill_end(struct hash_fill *fill)
{
    return buckets_fill_end(&fill->buckets);
}

struct hash_walk hash_walk(const struct value *hash)
{
    return (struct hash_walk){ keyed_walk(hash) };
}

static inline __attribute__((always_inline)) bool next_live(struct hash_walk *walk,
                                                            struct packed_record *record)
{
    do {
        if (!keyed_next(&walk->records, record)) return false;
    } while (hash_record_is_due(record, walk->records.value->now_ms));
    return true;
}

bool hash_next_timed(struct hash_walk *walk, struct packed_record *record)
{
    return !hash_record_is_due(record, walk->records.value->now_ms) || next_live(walk, record);
}

bool hash_next_until(struct hash_walk *walk, struct atom *field, struct atom *value, int64_t *deadline_ms)
{
    struct packed_record record;
    if (!next_live(walk, &record)) return false;
    hash_record_show(&record, field, value);
    *deadline_ms = hash_record_time_ms(&record);
    return true;
}

/* Draws of what is due before all others are asked. */
#define DRAWS_MAX 64

static void walk_to(const struct value *hash, size_t index, struct atom *field, struct atom *value)
{
    struct hash_walk walk = hash_walk(hash);
    do REQUIRE(hash_next(&walk, field, value));
    while (index-- > 0);
}

void hash_at_random(const struct value *hash, uint64_t (*random)(void *state), void *state,
                    struct atom *field, struct atom *value)
{
    for (int draw = 0; draw < DRAWS_MAX; draw++) {
        struct buckets_place place = keyed_at_random(hash, random, state);
        if (hash_record_is_due(&place.record, hash->now_ms)) continue;
        hash_record_show(&place.record, field, value);
        return;
    }
    walk_to(hash, keyed_below(random(state), value_len(hash)), field, value);
}

struct showing {
    int64_t now_ms;
    void (*visit)(void *context, const struct atom *field, const struct atom *value);
    void *context;
};

static void show(void *context, const struct packed_record *record)
{
    const struct showing *showing = context;
    struct atom field, value;
    if (hash_record_is_due(record, showing->now_ms)) return;
    hash_record_show(record, &field, &value);
    showing->visit(showing->context, &field, &value);
}

uint64_t hash_scan(const struct value *hash, uint64_t cursor,
                   void (*visit)(void *context, const struct atom *field, const struct atom *value),
                   void *context)
{
    struct showing showing = { hash->now_ms, visit, context };
    return keyed_scan(hash, cursor, show, &showing);
}

static const char *encoding(const struct value *hash)
{
    if (keyed_is_spread(hash)) return "hashtable";
    return keyed_is_timed(hash) ? "listpackex" : "listpack";
}

static void check(const struct value *hash)
{
    keyed_check(hash, &hash_kind);
    hash_check_deadlines(hash);
}

static size_t len(const struct value *hash)
{
    size_t records = keyed_len(hash);
    const struct buckets *buckets = hash->root;
    if (__builtin_expect(buckets == NULL || buckets->minima == NULL, 1)) return records;
    return records - hash_overdue(hash);
}

static bool is_spent(const struct value *hash)
{
    struct atom field, value;
    struct hash_walk walk = hash_walk(hash);
    return !hash_next(&walk, &field, &value);
}

const struct value_type hash_type = {
    .name = "hash",
    .len = len,
    .encoding = encoding,
    .bytes = keyed_bytes,
    .drain = keyed_drain,
    .copy = keyed_copy,
    .compact = keyed_compact,
    .prefetch = keyed_prefetch,
    .check = check,
    .next_due_ms = hash_next_due_ms,
    .expire = hash_expire,
    .is_spent = is_spent,
};
