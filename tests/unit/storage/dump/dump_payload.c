#include "storage/dump/dump_payload.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/base/random.h"
#include "storage/dump/dump_object.h"
#include "storage/types/hash.h"
#include "storage/types/list.h"
#include "storage/types/set.h"
#include "storage/types/stream.h"
#include "storage/types/zset.h"
#include "tests/support/seed.h"
#include "tests/unit/storage/dump/payload_maker.h"
#include "tests/unit/storage/types/texts.h"

#define HASH_SEED 99

static void say(struct buffer *out, const char *before, const struct atom *atom)
{
    char scratch[NUMBER_I64_MAX];
    struct slice text = atom_text(atom, scratch);
    buffer_printf(out, "%s%.*s", before, (int)text.len, text.data);
}

static void show_hash(struct buffer *out, const struct value *value)
{
    struct hash_walk walk = hash_walk(value);
    struct atom field, text;
    int64_t deadline_ms;
    while (hash_next_until(&walk, &field, &text, &deadline_ms)) {
        say(out, " ", &field);
        say(out, "=", &text);
        if (deadline_ms != HASH_NO_DEADLINE) buffer_printf(out, " until %lld", (long long)deadline_ms);
    }
}

static void show_set(struct buffer *out, const struct value *value)
{
    struct set_walk walk = set_walk(value);
    struct atom member;
    while (set_next(&walk, &member)) say(out, " ", &member);
}

static void show_list(struct buffer *out, const struct value *value)
{
    struct list_walk walk = list_walk(value, 0, LIST_TAIL);
    struct atom element;
    while (list_next(&walk, &element)) say(out, " ", &element);
}

static void show_zset(struct buffer *out, const struct value *value)
{
    struct zset_walk walk = zset_walk(value, 0, ZSET_UP);
    struct atom member;
    double score;
    while (zset_next(&walk, &member, &score)) {
        say(out, " ", &member);
        buffer_printf(out, "@%g", score);
    }
}

static void show_group(struct buffer *out, const struct stream_group *group)
{
    buffer_printf(out, "; %.*s has read %lld:", (int)group->name.len, group->name.data,
                  (long long)group->read);
    for (size_t i = 0; i < group->consumer_count; i++) {
        const struct stream_consumer *consumer = group->consumers[i];
        buffer_printf(out, " %.*s has %zu", (int)consumer->name.len, consumer->name.data, consumer->pending);
    }
}

static void show_stream(struct buffer *out, const struct value *value)
{
    const struct stream_root *root = stream_root_of(value);
    struct stream_walk walk = stream_walk(value, STREAM_ID_MIN);
    struct stream_entry entry;
    struct atom field, text;
    while (stream_next(&walk, &entry)) {
        buffer_printf(out, " %llu-%llu", (unsigned long long)entry.id.ms, (unsigned long long)entry.id.seq);
        for (size_t i = 0; i < entry.pairs; i++) {
            stream_entry_next(&entry, &field, &text);
            say(out, " ", &field);
            say(out, "=", &text);
        }
    }
    buffer_printf(out, ", last %llu-%llu, added %llu", (unsigned long long)root->last.ms,
                  (unsigned long long)root->last.seq, (unsigned long long)root->added);
    for (size_t i = 0; i < root->group_count; i++) show_group(out, root->groups[i]);
}

static void show(struct buffer *out, const struct dump_object *object)
{
    const struct value *value = &object->value;
    if (value->type == NULL) {
        buffer_printf(out, "string %.*s", (int)object->text.len, object->text.data);
        return;
    }
    buffer_printf(out, "%s", value->type->encoding(value));
    if (value->type == &hash_type) show_hash(out, value);
    if (value->type == &set_type) show_set(out, value);
    if (value->type == &list_type) show_list(out, value);
    if (value->type == &zset_type) show_zset(out, value);
    if (value->type == &stream_type) show_stream(out, value);
}

static struct dump_object object_make(void)
{
    return (struct dump_object){ .limits = &value_limits_default, .seed = HASH_SEED };
}

static bool read_body(struct dump_object *object, struct slice body)
{
    struct buffer payload = payload_make(body, 9);
    *object = object_make();
    cr_assert(dump_payload_is_whole(buffer_slice(&payload)));
    bool good = dump_payload_read(object, buffer_slice(&payload));
    if (good && object->value.type == NULL) { /* the text stands in the payload */
        struct slice text = object->text;
        struct buffer copy = { 0 };
        buffer_append(&copy, text.data, text.len);
        buffer_clear(&object->scratch);
        object->scratch = copy;
        object->text = buffer_slice(&copy);
    }
    buffer_clear(&payload);
    return good;
}

#define BODY(literal)                                                                                        \
    {                                                                                                        \
        literal, sizeof(literal) - 1                                                                         \
    }

static const struct {
    struct slice body;
    const char *shown;
} known[] = {
    { BODY("\0\5hello"), "string hello" },
    { BODY("\0\0"), "string " },
    { BODY("\0\301\322\4"), "string 1234" },
    { BODY("\0\303\11(\1aa\340\33\0\1aa"), "string aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
    { BODY("\1\3\1a\300\1\1b"), "listpack a 1 b" },
    { BODY("\2\2\1b\1a"), "listpack b a" },
    { BODY("\2\2\300\7\300\3"), "intset 3 7" },
    { BODY("\4\2\1f\1v\1g\300\2"), "listpack f=v g=2" },
    { BODY("\3\3\1a\0031.5\1b\376\1c\377"), "listpack c@-inf a@1.5 b@inf" },
    { BODY("\5\2\1a\0\0\0\0\0\0\370\077\1b\0\0\0\0\0\0\360\277"), "listpack b@-1 a@1.5" },
    { BODY("\11\17\2\1f\1\2vxx\1g\2\0ww\377"), "listpack f=v g=ww" },
    { BODY("\12\24\24\0\0\0\20\0\0\0\3\0\0\1a\3\1b\3\376\7\377"), "listpack a b 7" },
    { BODY("\13\24\4\0\0\0\3\0\0\0\1\0\0\0\2\0\0\0p\21\1\0"), "intset 1 2 70000" },
    { BODY("\14\30\30\0\0\0\22\0\0\0\4\0\0\1a\3\362\2\1b\3\0032.5\377"), "listpack a@1 b@2.5" },
    { BODY("\15\26\26\0\0\0\22\0\0\0\4\0\0\1f\3\362\2\1g\3\1v\377"), "listpack f=1 g=v" },
    { BODY("\16\2\20\20\0\0\0\15\0\0\0\2\0\0\1a\3\362\377\20\20\0\0\0\15\0\0\0\2\0\0\1b\3\363\377"),
      "listpack a 1 b 2" },
    { BODY("\20\15\15\0\0\0\2\0\201f\2\201v\2\377"), "listpack f=v" },
    { BODY("\21\24\24\0\0\0\4\0\201a\2\1\1\201b\2\2032.5\4\377"), "listpack a@1 b@2.5" },
    { BODY("\22\2\1\5plain\2\14\14\0\0\0\2\0\201a\2\5\1\377"), "listpack plain a 5" },
    { BODY("\24\14\14\0\0\0\2\0\201a\2\5\1\377"), "listpack a 5" },
    { BODY("\023\001\020\000\000\000\000\000\000\000\005\000\000\000\000\000\000\000\001\035\035\000\000\000"
           "\012\000\001\001\000\001\001\001\201a\002\000\001\002\001\000\001\000\001\201b\002\004\001\377"
           "\001\005\001\005\001\000\000\001\000"),
      "stream 5-1 a=b, last 5-1, added 1" },
    { BODY("\023\001\020\000\000\000\000\000\000\000\005\000\000\000\000\000\000\000\001\062\062\000\000\000"
           "\023\000\001\001\001\001\001\001\201a\002\000\001\003\001\000\001\000\001\201b\002\004\001\000"
           "\001\000\001\001\001\002\001\201a\002\201c\002\201d\002\007\001\010\001\377\001\005\002\005\002"
           "\005\001\002\001\001g\005\002\002\001\000\000\000\000\000\000\000\005\000\000\000\000\000\000\000"
           "\002\366\355l,\242\001\000\000\001\001\001c\366\355l,"
           "\242\001\000\000\001\000\000\000\000\000\000\000\005\000\000\000\000\000\000\000\002"),
      "stream 5-2 a=c d=7, last 5-2, added 2; g has read 2: c has 1" },
    { BODY("\023\000\000\000\000\000\000\000\000\000\001\001g\000\000\201\377\377\377\377\377\377\377\377\000"
           "\000"),
      "stream, last 0-0, added 0; g has read -1:" },
};
#define KNOWN (sizeof known / sizeof *known)

Test(dump_payload, of_every_form_is_read)
{
    for (size_t i = 0; i < KNOWN; i++) {
        struct dump_object object;
        struct buffer shown = { 0 };
        cr_expect(read_body(&object, known[i].body), "%s", known[i].shown);
        show(&shown, &object);
        cr_expect(slice_equal(buffer_slice(&shown), slice_of_cstr(known[i].shown)), "%s: %.*s",
                  known[i].shown, (int)shown.len, shown.data);
        if (object.value.type != NULL) object.value.type->check(&object.value);
        dump_object_clear(&object);
        buffer_clear(&shown);
    }
}

static void expect_refused(struct slice body, const char *why)
{
    struct dump_object object;
    bool read = read_body(&object, body);
    cr_expect(!read, "%s", why);
    if (read) dump_object_clear(&object);
}

Test(dump_payload, that_is_cut_short_or_goes_on_is_refused)
{
    for (size_t i = 0; i < KNOWN; i++) {
        struct buffer more = { 0 };
        for (size_t len = 0; len < known[i].body.len; len++)
            expect_refused(slice_of(known[i].body.data, len), known[i].shown);
        buffer_append(&more, known[i].body.data, known[i].body.len);
        buffer_append(&more, "", 1);
        expect_refused(buffer_slice(&more), known[i].shown);
        buffer_clear(&more);
    }
}

Test(dump_payload, that_contradicts_itself_is_refused)
{
    static const struct {
        struct slice body;
        const char *why;
    } wrong[] = {
        { BODY("\1\0"), "an empty list" },
        { BODY("\20\7\7\0\0\0\0\0\377"), "an empty hash" },
        { BODY("\144\0"), "a type that is none" },
        { BODY("\2\2\1a\1a"), "a member twice" },
        { BODY("\4\2\1a\1b\1a\1c"), "a field twice" },
        { BODY("\5\2\1a\0\0\0\0\0\0\0\0\1a\0\0\0\0\0\0\0\0"), "a member twice, with one score" },
        { BODY("\5\1\1a\0\0\0\0\0\0\370\177"), "a score that is no number" },
        { BODY("\3\1\1a\375"), "the same as text" },
        { BODY("\2\201\377\377\377\377\377\377\377\377\1a"), "more than there can be" },
        { BODY("\4\201\200\0\0\0\0\0\0\1\1a\1b"), "a count that doubled is small" },
        { BODY("\13\14\4\0\0\0\1\0\0\0\1\0\0\0x"), "an intset with a byte more" },
        { BODY("\13\14\3\0\0\0\1\0\0\0\1\0\0\0"), "integers of three bytes" },
        { BODY("\13\20\4\0\0\0\2\0\0\0\1\0\0\0\1\0\0\0"), "an integer twice" },
        { BODY("\24\14\14\0\0\0\3\0\201a\2\5\1\377"), "a listpack that counts wrongly" },
        { BODY("\24\14\15\0\0\0\2\0\201a\2\5\1\377"), "of another size" },
        { BODY("\24\14\14\0\0\0\2\0\201a\3\5\1\377"), "with a wrong link back" },
        { BODY("\24\14\14\0\0\0\2\0\217a\2\5\1\377"), "with an element longer than it" },
        { BODY("\20\11\11\0\0\0\1\0\5\1\377"), "a field without a value" },
        { BODY("\12\24\24\0\0\0\17\0\0\0\3\0\0\1a\3\1b\3\376\7\377"),
          "a ziplist whose last element is elsewhere" },
        { BODY("\12\24\24\0\0\0\20\0\0\0\3\0\0\1a\2\1b\3\376\7\377"), "with a wrong link back" },
        { BODY("\22\1\3\14\14\0\0\0\2\0\201a\2\5\1\377"), "a node of a kind that is none" },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) expect_refused(wrong[i].body, wrong[i].why);
}

/* Two fields, of which one has a deadline, as each of those who have them writes them. */
static const struct {
    unsigned version;
    struct slice body;
} timed[] = {
    { 12, BODY("\30\0\70\323\140\272\1\0\0\2\0\1a\300\1\1\1b\3two") },
    { 12, BODY("\26\2\0\1a\300\1\201\0\0\1\272\140\323\70\0\1b\3two") },
    { 80, BODY("\26\2\1a\300\1\377\377\377\377\377\377\377\377\1b\3two\0\70\323\140\272\1\0\0") },
    { 9, BODY("\26\2\1a\300\1\377\377\377\377\377\377\377\377\1b\3two\0\70\323\140\272\1\0\0") },
    { 12, BODY("\27\40\40\0\0\0\6\0\201a\2\1\1\0\1\201b\2\203two\4\364\0\70\323\140\272\1\0\0\11\377") },
    { 12,
      BODY("\31\0\70\323\140\272\1\0\0\40\40\0\0\0\6\0\201a\2\1\1\0\1\201b\2\203two\4\364\0\70\323\140\272"
           "\1\0\0\11\377") },
};
#define TIMED (sizeof timed / sizeof *timed)

static bool read_timed(struct dump_object *object, struct slice body, unsigned version)
{
    struct buffer payload = payload_make(body, version);
    *object = object_make();
    cr_assert(dump_payload_is_whole(buffer_slice(&payload)));
    bool good = dump_payload_read(object, buffer_slice(&payload));
    buffer_clear(&payload);
    return good;
}

static void expect_timed(const struct dump_object *object)
{
    struct buffer shown = { 0 };
    show(&shown, object);
    cr_expect(slice_equal(buffer_slice(&shown), SLICE("listpackex a=1 b=two until 1900000000000")), "%.*s",
              (int)shown.len, shown.data);
    buffer_clear(&shown);
}

Test(dump_payload, says_deadlines_of_fields_in_the_form_of_redis_or_of_valkey)
{
    for (size_t i = 0; i < TIMED; i++) {
        struct dump_object object, again;
        struct buffer payload = { 0 };
        cr_assert(read_timed(&object, timed[i].body, timed[i].version), "%zu", i);
        expect_timed(&object);
        dump_payload_write(&payload, &object.value, DUMP_COMPRESSED);
        cr_expect(slice_equal(slice_of(payload.data, timed[0].body.len), timed[0].body));
        cr_assert(read_timed(&again, slice_of(payload.data, payload.len - 10), DUMP_VERSION));
        expect_timed(&again);
        dump_object_clear(&again);
        payload.len = 0;
        dump_payload_write(&payload, &object.value, DUMP_COMPRESSED | DUMP_FOR_VALKEY);
        cr_expect(slice_equal(slice_of(payload.data, timed[2].body.len), timed[2].body));
        object.value.now_ms = 1900000000001;
        payload.len = 0;
        dump_payload_write(&payload, &object.value, DUMP_COMPRESSED);
        dump_object_clear(&object);
        buffer_clear(&payload);
    }
}

Test(dump_payload, of_deadlines_of_fields_is_refused_if_it_is_cut_or_says_what_cannot_be)
{
    struct dump_object object;
    for (size_t i = 0; i < TIMED; i++)
        for (size_t len = 1; len < timed[i].body.len; len++)
            cr_expect(!read_timed(&object, slice_of(timed[i].body.data, len), timed[i].version));
    static const struct slice wrong[] = {
        BODY("\30\0\0\0\0\0\100\0\0\1\1\1b\3two"),     /* later than can be */
        BODY("\30\1\0\0\0\0\0\0\0\2\1\1b\1x\1\1b\1y"), /* a field twice */
        BODY("\30\1\0\0\0\0\0\0\0\0"),                 /* no field */
        BODY("\27\14\14\0\0\0\2\0\201a\2\1\1\377"),    /* no time */
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) cr_expect(!read_timed(&object, wrong[i], 12));
}

/* Whatever a byte becomes: it is refused or makes a value that is sound. */
Test(dump_payload, of_deadlines_of_fields_with_any_byte_changed_is_refused_or_sound)
{
    for (size_t i = 0; i < TIMED; i++) {
        char body[160];
        memcpy(body, timed[i].body.data, timed[i].body.len);
        for (size_t change = 0; change < timed[i].body.len * 256; change++) {
            struct dump_object object;
            char *byte = &body[change / 256], was = *byte;
            *byte = (char)change;
            if (read_timed(&object, slice_of(body, timed[i].body.len), timed[i].version)) {
                if (object.value.type != NULL) object.value.type->check(&object.value);
                dump_object_clear(&object);
            }
            *byte = was;
        }
    }
}

Test(dump_payload, is_not_whole_with_another_byte_or_a_version_of_the_future)
{
    struct buffer payload = payload_make(SLICE("\0\5hello"), DUMP_VERSION_MAX);
    cr_expect(dump_payload_is_whole(buffer_slice(&payload)));
    for (size_t len = 0; len < payload.len; len++)
        cr_expect(!dump_payload_is_whole(slice_of(payload.data, len)));
    for (size_t bit = 0; bit < payload.len * 8; bit++) {
        payload.data[bit / 8] ^= (char)(1 << bit % 8);
        cr_expect(!dump_payload_is_whole(buffer_slice(&payload)), "bit %zu", bit);
        payload.data[bit / 8] ^= (char)(1 << bit % 8);
    }
    buffer_clear(&payload);
    payload = payload_make(SLICE("\0\5hello"), DUMP_VERSION_MAX + 1);
    cr_expect(!dump_payload_is_whole(buffer_slice(&payload)));
    buffer_clear(&payload);
}

/* Whatever a byte becomes: it is refused or makes a value that is sound. */
Test(dump_payload, with_any_byte_changed_is_refused_or_sound)
{
    for (size_t i = 0; i < KNOWN; i++) {
        char body[160];
        cr_assert_leq(known[i].body.len, sizeof body);
        memcpy(body, known[i].body.data, known[i].body.len);
        for (size_t change = 0; change < known[i].body.len * 256; change++) {
            struct dump_object object;
            char *byte = &body[change / 256], was = *byte;
            *byte = (char)change;
            if (read_body(&object, slice_of(body, known[i].body.len))) {
                if (object.value.type != NULL) object.value.type->check(&object.value);
                dump_object_clear(&object);
            }
            *byte = was;
        }
    }
}

/* What is known is written, read again, and shows the same. */
Test(dump_payload, of_what_was_read_says_the_same)
{
    for (size_t i = 0; i < KNOWN; i++) {
        struct dump_object object, again = object_make();
        struct buffer payload = { 0 }, shown = { 0 }, wanted = { 0 };
        cr_assert(read_body(&object, known[i].body));
        if (object.value.type == NULL)
            dump_payload_write_text(&payload, object.text, DUMP_COMPRESSED);
        else
            dump_payload_write(&payload, &object.value, DUMP_COMPRESSED);
        cr_assert(dump_payload_is_whole(buffer_slice(&payload)));
        cr_assert(dump_payload_read(&again, buffer_slice(&payload)));
        show(&wanted, &object);
        show(&shown, &again);
        cr_expect(slice_equal(buffer_slice(&shown), buffer_slice(&wanted)), "%s", known[i].shown);
        dump_object_clear(&object);
        dump_object_clear(&again);
        buffer_clear(&payload);
        buffer_clear(&shown);
        buffer_clear(&wanted);
    }
}

static void add(struct value *value, struct slice text, struct random *random)
{
    struct member member = member_of(text, HASH_SEED);
    char number[NUMBER_I64_MAX];
    size_t len = number_format_i64(number, (int64_t)random_next(random) >> random_below(random, 64));
    if (value->type == &hash_type) hash_put(value, &member, slice_of(number, len));
    if (value->type == &set_type) set_add(value, &member);
    if (value->type == &list_type) list_push(value, LIST_TAIL, text);
    if (value->type == &zset_type) zset_put(value, &member, (double)(int64_t)random_next(random));
}

static void expect_same_text(const struct value *value, const struct dump_object *object)
{
    struct buffer wanted = { 0 }, got = { 0 };
    void (*show_all)(struct buffer *, const struct value *) =
        value->type == &list_type ? show_list : show_zset;
    show_all(&wanted, value);
    show_all(&got, &object->value);
    cr_expect(slice_equal(buffer_slice(&wanted), buffer_slice(&got)));
    buffer_clear(&wanted);
    buffer_clear(&got);
}

static void expect_same_members(const struct value *value, const struct dump_object *object)
{
    struct set_walk walk = set_walk(value);
    struct atom atom;
    while (set_next(&walk, &atom)) {
        char scratch[NUMBER_I64_MAX];
        struct member member = member_of_atom(&atom, scratch, HASH_SEED);
        cr_expect(set_has(&object->value, &member));
    }
}

static void expect_same_fields(const struct value *value, const struct dump_object *object)
{
    struct hash_walk walk = hash_walk(value);
    struct atom field, wanted, got;
    while (hash_next(&walk, &field, &wanted)) {
        char scratch[NUMBER_I64_MAX], left[NUMBER_I64_MAX], right[NUMBER_I64_MAX];
        struct member member = member_of_atom(&field, scratch, HASH_SEED);
        cr_assert(hash_find(&object->value, &member, &got));
        cr_expect(slice_equal(atom_text(&wanted, left), atom_text(&got, right)));
    }
}

static void expect_same(const struct value *value, const struct dump_object *object)
{
    cr_assert_eq(object->value.type, value->type);
    cr_expect_eq(value_len(&object->value), value_len(value));
    value->type->check(&object->value);
    if (value->type == &hash_type)
        expect_same_fields(value, object);
    else if (value->type == &set_type)
        expect_same_members(value, object);
    else
        expect_same_text(value, object);
}

static void expect_to_return(const struct value *value, enum dump_texts how)
{
    struct buffer payload = { 0 };
    struct dump_object object = object_make();
    dump_payload_write(&payload, value, how);
    cr_assert(dump_payload_is_whole(buffer_slice(&payload)));
    cr_assert(dump_payload_read(&object, buffer_slice(&payload)));
    expect_same(value, &object);
    dump_object_clear(&object);
    buffer_clear(&payload);
}

Test(dump_payload, of_any_value_gives_it_back, .timeout = 60)
{
    static const struct value_type *const types[] = { &hash_type, &set_type, &list_type, &zset_type };
    static const size_t sizes[] = { 1, 2, 30, 129, 513, 5000 };
    size_t most = sizes[sizeof sizes / sizeof *sizes - 1];
    struct slice *texts = texts_make(most);
    struct random random = { seed_draw() };
    for (size_t type = 0; type < 4; type++) {
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            struct value value = value_make(types[type], &value_limits_default, HASH_SEED);
            size_t first = random_below(&random, most);
            for (size_t at = 0; at < sizes[i]; at++) add(&value, texts[(first + at) % most], &random);
            expect_to_return(&value, DUMP_COMPRESSED);
            expect_to_return(&value, DUMP_PLAIN);
            value_clear(&value);
        }
    }
    texts_free(texts, most);
}
