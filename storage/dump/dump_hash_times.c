#include "storage/dump/dump_hash_times.h"

#include "proto/base/buffer.h"
#include "storage/dump/dump_type.h"
#include "storage/dump/encodings/elements.h"
#include "storage/dump/encodings/length.h"
#include "storage/types/hash.h"

/* The versions of Redis from the first candidate on; those of Valkey begin behind them. */
#define REDIS_FIRST 12
#define REDIS_LAST  79

#define TIME_BYTES 8

/* One field as it was read. */
struct timed_field {
    struct atom field, value;
    int64_t deadline_ms;
    struct buffer scratch[2];
};

/* No other may have the name. */
static void put(struct source *source, struct value *hash, const struct timed_field *read)
{
    char name[NUMBER_I64_MAX], text[NUMBER_I64_MAX];
    bool is_long = read->field.text.len > ELEMENTS_TEXT_MAX || read->value.text.len > ELEMENTS_TEXT_MAX;
    bool is_wrong = read->deadline_ms < 0 || read->deadline_ms > HASH_DEADLINE_MAX;
    if (is_long || is_wrong) source_fail(source);
    if (source->failed) return;
    struct member field = member_of_atom(&read->field, name, hash->seed);
    if (!hash_put_until(hash, &field, atom_text(&read->value, text), read->deadline_ms)) source_fail(source);
}

static void read_texts(struct source *source, struct timed_field *read)
{
    read->field = dump_text_read(source, &read->scratch[0]);
    read->value = dump_text_read(source, &read->scratch[1]);
}

/* `later` is as DUMP_HASH_TIMES has it. Too late for a sum is too late for a field. */
static int64_t time_of(uint64_t earliest, uint64_t later)
{
    if (later == 0) return HASH_NO_DEADLINE;
    uint64_t most = (uint64_t)HASH_DEADLINE_MAX + 1;
    return earliest > most || later > most ? -1 : (int64_t)(earliest + later - 1);
}

static void read_of_redis(struct source *source, struct timed_field *read, const uint64_t *earliest)
{
    uint64_t time = length_read(source);
    read_texts(source, read);
    read->deadline_ms = earliest != NULL ? time_of(*earliest, time) : time_of(1, time);
}

/* It keeps later times than Redis, which no field lives to see, and a time may be long past. */
static void read_of_valkey(struct source *source, struct timed_field *read)
{
    read_texts(source, read);
    int64_t time_ms = source_signed(source, TIME_BYTES);
    if (time_ms > HASH_DEADLINE_MAX) time_ms = HASH_DEADLINE_MAX;
    if (time_ms == 0) time_ms = 1;
    read->deadline_ms = time_ms < 0 ? HASH_NO_DEADLINE : time_ms;
}

static bool is_of_redis(unsigned version)
{
    return version >= REDIS_FIRST && version <= REDIS_LAST;
}

static void read_fields(struct source *source, unsigned type, unsigned version, struct value *hash)
{
    bool has_earliest = type == DUMP_HASH_TIMES;
    uint64_t earliest = has_earliest ? source_low_first(source, TIME_BYTES) : 0;
    uint64_t count = length_read_count(source, 3);
    struct timed_field read = { 0 };
    hash_reserve(hash, (size_t)count);
    for (; count > 0 && !source->failed; count--) {
        if (has_earliest || is_of_redis(version))
            read_of_redis(source, &read, has_earliest ? &earliest : NULL);
        else
            read_of_valkey(source, &read);
        put(source, hash, &read);
    }
    buffer_clear(&read.scratch[0]);
    buffer_clear(&read.scratch[1]);
}

static void read_triples(struct source *source, struct value *hash)
{
    struct elements elements;
    struct timed_field read = { 0 };
    struct atom time = { 0 };
    elements_open(&elements, source, ELEMENTS_LISTPACK);
    hash_reserve(hash, (size_t)elements.expected / 3);
    while (elements_next(&elements, &read.field)) {
        bool is_whole = elements_next(&elements, &read.value) && elements_next(&elements, &time);
        if (!is_whole || !atom_is_integer(&time)) source_fail(source);
        read.deadline_ms = time.integer;
        put(source, hash, &read);
    }
    elements_close(&elements);
}

bool dump_hash_times_read(struct source *source, unsigned type, unsigned version, struct value *hash)
{
    if (type == DUMP_HASH_TRIPLES) source_take(source, TIME_BYTES);
    if (type == DUMP_HASH_TRIPLES || type == DUMP_HASH_TRIPLES_OLD)
        read_triples(source, hash);
    else
        read_fields(source, type, version, hash);
    return !source->failed;
}

/* What there is of fields that are not due. */
struct survey {
    size_t len;
    int64_t earliest_ms; /* INT64_MAX: none has a deadline */
};

static struct survey survey(const struct value *hash)
{
    struct survey survey = { .earliest_ms = INT64_MAX };
    struct hash_walk walk = hash_walk(hash);
    struct atom field, value;
    int64_t deadline_ms;
    for (; hash_next_until(&walk, &field, &value, &deadline_ms); survey.len++)
        if (deadline_ms != HASH_NO_DEADLINE && deadline_ms < survey.earliest_ms)
            survey.earliest_ms = deadline_ms;
    return survey;
}

bool dump_hash_is_timed(const struct value *hash)
{
    if (hash_type.next_due_ms(hash) == VALUE_NEVER_DUE) return false;
    return survey(hash).earliest_ms != INT64_MAX;
}

static void write_time(struct buffer *out, int64_t time_ms)
{
    char *to = buffer_reserve(out, TIME_BYTES);
    for (unsigned i = 0; i < TIME_BYTES; i++) to[i] = (char)((uint64_t)time_ms >> 8 * i);
    buffer_commit(out, TIME_BYTES);
}

void dump_hash_times_write(struct buffer *out, const struct value *hash, enum dump_texts how)
{
    struct survey all = survey(hash);
    struct hash_walk walk = hash_walk(hash);
    struct atom field, value;
    int64_t deadline_ms;
    write_time(out, all.earliest_ms);
    length_write(out, all.len);
    while (hash_next_until(&walk, &field, &value, &deadline_ms)) {
        bool is_timed = deadline_ms != HASH_NO_DEADLINE;
        length_write(out, is_timed ? (uint64_t)(deadline_ms - all.earliest_ms) + 1 : 0);
        dump_text_write_atom(out, &field, how);
        dump_text_write_atom(out, &value, how);
    }
}

void dump_hash_times_write_for_valkey(struct buffer *out, const struct value *hash, enum dump_texts how)
{
    struct hash_walk walk = hash_walk(hash);
    struct atom field, value;
    int64_t deadline_ms;
    length_write(out, survey(hash).len);
    while (hash_next_until(&walk, &field, &value, &deadline_ms)) {
        dump_text_write_atom(out, &field, how);
        dump_text_write_atom(out, &value, how);
        write_time(out, deadline_ms != HASH_NO_DEADLINE ? deadline_ms : -1);
    }
}
