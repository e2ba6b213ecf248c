#include "tests/scenarios/collections/content.h"

#include <stdio.h>
#include <string.h>

#include "proto/base/number.h"
#include "storage/dump/dump_payload.h"
#include "storage/dump/encodings/crc64.h"
#include "storage/dump/encodings/dump_text.h"
#include "storage/dump/encodings/length.h"
#include "tests/scenarios/operations/operation.h"

#define SCORES     1024 /* more than there are members */
#define MANY_EVERY 64

static void append_bulk(struct buffer *out, struct slice word)
{
    char digits[NUMBER_I64_MAX];
    buffer_append(out, "$", 1);
    buffer_append(out, digits, number_format_u64(digits, word.len));
    buffer_append(out, "\r\n", 2);
    buffer_append(out, word.data, word.len);
    buffer_append(out, "\r\n", 2);
}

void words_add(struct words *words, struct slice word)
{
    append_bulk(&words->body, word);
    words->count++;
}

void words_add_text(struct words *words, const char *text)
{
    words_add(words, slice_of_cstr(text));
}

void words_add_number(struct words *words, int64_t number)
{
    char digits[NUMBER_I64_MAX];
    words_add(words, slice_of(digits, number_format_i64(digits, number)));
}

void words_end(struct words *words, struct buffer *out)
{
    buffer_printf(out, "*%zu\r\n", words->count);
    buffer_append(out, words->body.data, words->body.len);
    buffer_clear(&words->body);
    words->count = 0;
}

uint32_t content_len(enum value_type type, uint32_t number)
{
    if (type == TYPE_STRING) return value_bytes(number);
    if (type == TYPE_SKETCH) return 1 + number % CONTENT_SKETCH;
    return number % MANY_EVERY == MANY_EVERY - 1 ? CONTENT_MOST : 2 + number % (CONTENT_PART - 2);
}

const char *content_verb(enum value_type type)
{
    switch (type) {
    case TYPE_HASH: return "HSET";
    case TYPE_SET: return "SADD";
    case TYPE_LIST: return "RPUSH";
    case TYPE_ZSET: return "ZADD";
    case TYPE_SKETCH: return "PFADD";
    default: return NULL;
    }
}

static struct slice format(char out[static CONTENT_WORD_MAX], const char *prefix, unsigned index)
{
    return slice_of(out, (size_t)snprintf(out, CONTENT_WORD_MAX, "%s%u", prefix, index));
}

struct slice content_field(char out[static CONTENT_WORD_MAX], unsigned index)
{
    return format(out, "f", index);
}

struct slice content_ranked(char out[static CONTENT_WORD_MAX], unsigned index)
{
    return format(out, "m", index);
}

struct slice content_token(char out[static CONTENT_WORD_MAX], const struct history *history, uint32_t number)
{
    token_write(out, (struct token){ history->id, number });
    return slice_of(out, TOKEN_BYTES);
}

struct slice content_member(char out[static CONTENT_WORD_MAX], const struct history *history, uint32_t number,
                            unsigned index)
{
    token_write(out, (struct token){ history->id, number });
    int len = snprintf(out + TOKEN_BYTES, CONTENT_WORD_MAX - TOKEN_BYTES, "/%u", index);
    return slice_of(out, TOKEN_BYTES + (size_t)len);
}

unsigned content_rank(uint32_t number, unsigned index, unsigned count)
{
    return (index + number) % count;
}

int64_t content_least_score(const struct history *history, uint32_t number)
{
    return ((int64_t)number * DATABASES + history->db) * SCORES;
}

int64_t content_score(const struct history *history, uint32_t number, unsigned index, unsigned count)
{
    return content_least_score(history, number) + content_rank(number, index, count);
}

struct slice content_of_score(char out[static CONTENT_WORD_MAX], const struct history *history, int64_t score)
{
    int64_t write = score / SCORES;
    uint32_t id = history->id - (uint32_t)history->db + (uint32_t)(write % DATABASES);
    token_write(out, (struct token){ id, (uint32_t)(write / DATABASES) });
    return slice_of(out, TOKEN_BYTES);
}

/* The words of element `index`: one or two. */
static size_t element_words(struct slice out[static 2],
                            char bytes[static 2 * CONTENT_WORD_MAX + VALUE_TOKENS_MAX * TOKEN_BYTES],
                            const struct history *history, enum value_type type, uint32_t number,
                            unsigned index, unsigned count)
{
    char *second = bytes + CONTENT_WORD_MAX;
    switch (type) {
    case TYPE_HASH:
        out[0] = content_field(bytes, index);
        out[1] = value_write(second, history, number);
        return 2;
    case TYPE_ZSET:
        out[0] = slice_of(bytes, number_format_i64(bytes, content_score(history, number, index, count)));
        out[1] = content_ranked(second, index);
        return 2;
    case TYPE_SET: out[0] = content_member(bytes, history, number, index); return 1;
    case TYPE_SKETCH: out[0] = format(bytes, "e", index); return 1;
    default: out[0] = content_token(bytes, history, number); return 1;
    }
}

void content_add(struct words *words, const struct history *history, enum value_type type, uint32_t number,
                 uint32_t count)
{
    char bytes[2 * CONTENT_WORD_MAX + VALUE_TOKENS_MAX * TOKEN_BYTES];
    struct slice element[2];
    for (unsigned i = 0; i < count; i++) {
        size_t len = element_words(element, bytes, history, type, number, i, count);
        for (size_t j = 0; j < len; j++) words_add(words, element[j]);
    }
}

static void append_low_first(struct buffer *out, uint64_t number, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        char byte = (char)(number >> 8 * i);
        buffer_append(out, &byte, 1);
    }
}

/* In the oldest forms: 1 list, 2 set, 3 sorted set with scores as text, 4 hash. */
static int dump_type(enum value_type type)
{
    switch (type) {
    case TYPE_LIST: return 1;
    case TYPE_SET: return 2;
    case TYPE_ZSET: return 3;
    case TYPE_HASH: return 4;
    default: return 0;
    }
}

static void dump_element(struct buffer *out, enum value_type type, const struct slice words[static 2],
                         size_t len)
{
    if (type != TYPE_ZSET) {
        for (size_t i = 0; i < len; i++) dump_text_write(out, words[i], DUMP_PLAIN);
        return;
    }
    char score_len = (char)words[0].len;
    dump_text_write(out, words[1], DUMP_PLAIN);
    buffer_append(out, &score_len, 1);
    buffer_append(out, words[0].data, words[0].len);
}

bool content_dump(struct buffer *out, const struct history *history, enum value_type type, uint32_t number)
{
    char bytes[2 * CONTENT_WORD_MAX + VALUE_TOKENS_MAX * TOKEN_BYTES], kind = (char)dump_type(type);
    struct slice element[2];
    unsigned count = content_len(type, number);
    if (kind == 0) return false;
    buffer_append(out, &kind, 1);
    length_write(out, count);
    for (unsigned i = 0; i < count; i++) {
        dump_element(out, type, element, element_words(element, bytes, history, type, number, i, count));
    }
    append_low_first(out, DUMP_VERSION, 2);
    append_low_first(out, crc64(0, buffer_slice(out)), 8);
    return true;
}
