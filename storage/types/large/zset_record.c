#include "storage/types/large/zset_record.h"

#include <float.h>
#include <math.h>

/* Integers of 8 bytes are kept as doubles, which take no more. */
#define INTEGER_LIMIT 0x1p55

static size_t put_score(char *out, double score)
{
    if (score > -INTEGER_LIMIT && score < INTEGER_LIMIT && score == (double)(int64_t)score) {
        int64_t integer = (int64_t)score;
        char bytes[8];
        size_t len = integer != 0 ? record_put_integer(bytes, integer) : 0;
        out[0] = (char)len;
        memcpy(out + 1, bytes, len);
        return 1 + len;
    }
    if (isinf(score) || (fabs(score) <= (double)FLT_MAX && score == (double)(float)score)) {
        float narrow = (float)score;
        out[0] = ZSET_FLOAT;
        memcpy(out + 1, &narrow, sizeof narrow);
        return 1 + sizeof narrow;
    }
    out[0] = ZSET_DOUBLE;
    memcpy(out + 1, &score, sizeof score);
    return 1 + sizeof score;
}

void zset_form_of(struct zset_form *form, const struct member *member, double score)
{
    record_of_member(&form->member, member);
    struct slice bytes = slice_of(form->score, put_score(form->score, score));
    form->record = (struct packed_new){ .parts = { bytes, form->member.bytes },
                                        .mark = form->member.mark,
                                        .tag = zset_tag(member->hash) };
}

bool zset_record_is(const struct packed_record *record, const struct member *member)
{
    return record_is_member(zset_record_bytes(record), record->mark, member);
}

size_t zset_find(const char *block, const struct member *member, struct packed_record *record)
{
    size_t count = packed_count(block);
    uint8_t tag = zset_tag(member->hash);
    for (size_t at = packed_find(block, tag, 0); at < count; at = packed_find(block, tag, at + 1)) {
        *record = packed_at(block, at);
        if (zset_record_is(record, member)) return at;
    }
    return count;
}

uint64_t zset_order(double score)
{
    uint64_t bits, sign = UINT64_C(1) << 63;
    score += 0.0; /* -0 becomes 0 */
    memcpy(&bits, &score, sizeof bits);
    return bits & sign ? ~bits : bits | sign;
}

uint64_t zset_prefix(struct slice text)
{
    uint64_t word = 0;
    if (text.len > 0) memcpy(&word, text.data, text.len < sizeof word ? text.len : sizeof word);
    return __builtin_bswap64(word);
}

struct zset_bound zset_bound(double score, struct slice text, bool after)
{
    return (struct zset_bound){ zset_order(score), text, zset_prefix(text), after };
}

static int compare_texts(struct slice a, struct slice b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len > 0 ? memcmp(a.data, b.data, len) : 0;
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

bool zset_is_before(const struct packed_record *record, const struct zset_bound *bound)
{
    uint64_t order = zset_order(zset_record_score(record));
    if (order != bound->order) return order < bound->order;
    char scratch[NUMBER_I64_MAX];
    struct atom member = zset_record_member(record);
    int compared = compare_texts(atom_text(&member, scratch), bound->text);
    return compared < 0 || (compared == 0 && bound->after);
}

size_t zset_count_before(const char *block, const struct zset_bound *bound)
{
    size_t high = packed_count(block);
    struct packed_walk low = packed_walk(block, 0);
    while (low.index < high) {
        size_t middle = low.index + (high - low.index) / 2;
        struct packed_record record = packed_ahead(&low, middle);
        if (zset_is_before(&record, bound))
            packed_pass(&low, middle, &record);
        else
            high = middle;
    }
    return high;
}
