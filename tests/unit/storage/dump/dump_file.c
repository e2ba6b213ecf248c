#include "storage/dump/dump_file.h"

#include <criterion/criterion.h>

#include "storage/dump/encodings/crc64.h"

#define NOTES "\372\11redis-ver\0067.0.15\372\12redis-bits\300\100"
#define BODY                                                                                                 \
    NOTES "\376\3\373\2\1"                                                                                   \
          "\374\0\1\0\0\0\0\0\0\370\5\0\1k\1v"                                                               \
          "\371\7\4\1h\1\1f\300\1"

#define BYTES(literal)                                                                                       \
    {                                                                                                        \
        literal, sizeof(literal) - 1                                                                         \
    }

static struct buffer with_sum(struct slice head, struct slice body)
{
    struct buffer file = { 0 };
    buffer_append(&file, head.data, head.len);
    buffer_append(&file, body.data, body.len);
    buffer_append(&file, "\377", 1);
    uint64_t sum = crc64(0, buffer_slice(&file));
    buffer_append(&file, &sum, sizeof sum);
    return file;
}

static void open_entry(struct dump_entry *entry)
{
    *entry = (struct dump_entry){ .object = { .limits = &value_limits_default, .seed = 99 } };
    dump_entry_clear(entry);
}

/* How the last step went; how many keys there were. */
static enum dump_file_step read_all(struct slice bytes, unsigned *keys)
{
    struct dump_file file;
    struct dump_entry entry;
    enum dump_file_step step;
    *keys = 0;
    if (!dump_file_open(&file, bytes)) return DUMP_FILE_CORRUPT;
    open_entry(&entry);
    while ((step = dump_file_next(&file, &entry)) == DUMP_FILE_ENTRY) {
        (*keys)++;
        dump_entry_clear(&entry);
    }
    dump_entry_clear(&entry);
    return step;
}

Test(dump_file, tells_keys_with_what_is_known_of_them)
{
    struct dump_file file;
    struct dump_entry entry;
    struct buffer bytes = with_sum(SLICE("REDIS0010"), SLICE(BODY));
    open_entry(&entry);
    cr_assert(dump_file_open(&file, buffer_slice(&bytes)));
    cr_expect_eq(file.version, 10);
    cr_assert_eq(dump_file_next(&file, &entry), DUMP_FILE_ENTRY);
    cr_expect(slice_equal(entry.key, SLICE("k")) && slice_equal(entry.object.text, SLICE("v")));
    cr_expect(entry.db == 3 && entry.deadline_ms == 256 && entry.idle_s == 5 && entry.uses == -1);
    dump_entry_clear(&entry);
    cr_assert_eq(dump_file_next(&file, &entry), DUMP_FILE_ENTRY);
    cr_expect(slice_equal(entry.key, SLICE("h")) && value_len(&entry.object.value) == 1);
    cr_expect(entry.db == 3 && entry.deadline_ms == INT64_MIN && entry.idle_s == -1 && entry.uses == 7);
    dump_entry_clear(&entry);
    cr_expect_eq(dump_file_next(&file, &entry), DUMP_FILE_END);
    cr_expect_eq(dump_file_done(&file), bytes.len);
    buffer_clear(&bytes);
}

Test(dump_file, is_known_by_its_head)
{
    static const struct slice heads[] = { { "REDIS0009", 9 }, { "REDIS0012", 9 }, { "VALKEY080", 9 } };
    static const struct slice others[] = {
        { "REDIS", 5 }, { "REDIS00x9", 9 }, { "VALKEY08", 8 }, { "", 0 }, { "redis0009", 9 }
    };
    struct dump_file file;
    unsigned keys;
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        struct buffer bytes = with_sum(heads[i], SLICE(BODY));
        cr_expect_eq(read_all(buffer_slice(&bytes), &keys), DUMP_FILE_END);
        cr_expect_eq(keys, 2);
        buffer_clear(&bytes);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) cr_expect(!dump_file_open(&file, others[i]));
}

Test(dump_file, passes_over_what_is_of_no_use_here)
{
    static const struct slice bodies[] = {
        BYTES("\365\5#!lua"),                                      /* a library */
        BYTES("\367\1\2\1\1\5\5\3abc\0"),                          /* what a module noted */
        BYTES("\7\1m\200\0\0\0\1\1\5\2\6\3abcd\4abcdefgh\5\1x\0"), /* a module's value */
        BYTES("\1\1l\0"),                                          /* an empty list */
        BYTES("\364\1\2\3"),                                       /* about a slot */
    };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct buffer body = { 0 };
        unsigned keys;
        buffer_append(&body, bodies[i].data, bodies[i].len);
        buffer_append(&body, "\0\1k\1v", 5);
        struct buffer bytes = with_sum(SLICE("REDIS0011"), buffer_slice(&body));
        cr_expect_eq(read_all(buffer_slice(&bytes), &keys), DUMP_FILE_END, "%zu", i);
        cr_expect_eq(keys, 1);
        buffer_clear(&bytes);
        buffer_clear(&body);
    }
}

Test(dump_file, that_is_cut_short_or_changed_is_noticed)
{
    struct buffer bytes = with_sum(SLICE("REDIS0010"), SLICE(BODY));
    unsigned keys;
    for (size_t len = 0; len < bytes.len; len++)
        cr_expect_eq(read_all(slice_of(bytes.data, len), &keys), DUMP_FILE_CORRUPT, "%zu", len);
    for (size_t i = 9; i < bytes.len; i++) {
        bytes.data[i] ^= 0x10;
        cr_expect_neq(read_all(buffer_slice(&bytes), &keys), DUMP_FILE_ENTRY);
        if (i + 8 < bytes.len) cr_expect_neq(read_all(buffer_slice(&bytes), &keys), DUMP_FILE_END, "%zu", i);
        bytes.data[i] ^= 0x10;
    }
    memset(bytes.data + bytes.len - 8, 0, 8);
    cr_expect_eq(read_all(buffer_slice(&bytes), &keys), DUMP_FILE_END);
    buffer_clear(&bytes);
}

Test(dump_file, tells_what_its_server_took_and_how_many_libraries_it_has)
{
    struct buffer bytes =
        with_sum(SLICE("REDIS0011"), SLICE("\372\10used-mem\302\0\0\1\0\365\1a\365\1b\0\1k\1v"));
    struct dump_file file;
    struct dump_entry entry;
    cr_assert(dump_file_open(&file, buffer_slice(&bytes)));
    open_entry(&entry);
    cr_expect_eq(dump_file_next(&file, &entry), DUMP_FILE_ENTRY);
    cr_expect_eq(file.used_memory, 65536);
    cr_expect_eq(file.libraries, 2);
    dump_entry_clear(&entry);
    cr_expect_eq(dump_file_next(&file, &entry), DUMP_FILE_END);
    buffer_clear(&bytes);
}

Test(dump_file, with_a_value_of_the_future_says_so)
{
    struct buffer bytes = with_sum(SLICE("REDIS0011"), SLICE("\143\1k\1v"));
    unsigned keys;
    cr_expect_eq(read_all(buffer_slice(&bytes), &keys), DUMP_FILE_UNKNOWN);
    buffer_clear(&bytes);
}
