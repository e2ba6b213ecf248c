#include "storage/dump/dump_zset.h"

#include <math.h>
#include <string.h>

#include "storage/dump/encodings/length.h"
#include "storage/types/zset.h"

#define SCORE_BYTES sizeof(double)

/* Lengths of a score's text that mean a score. */
enum { SCORE_NAN = 253, SCORE_INFINITE, SCORE_MINUS_INFINITE };

static bool add(struct zset_load *load, const struct atom *atom, double score)
{
    char text[NUMBER_I64_MAX];
    struct member member = member_of_atom(atom, text, load->zset->seed);
    return !isnan(score) && zset_load_add(load, &member, score);
}

static double read_text_score(struct source *source)
{
    unsigned len = source_byte(source);
    double score = NAN;
    if (len == SCORE_NAN) return NAN;
    if (len == SCORE_INFINITE) return INFINITY;
    if (len == SCORE_MINUS_INFINITE) return -INFINITY;
    number_parse_double(source_take(source, len), &score);
    return score;
}

static double read_score(struct source *source, enum dump_scores scores)
{
    if (scores == DUMP_SCORES_TEXT) return read_text_score(source);
    uint64_t bits = source_low_first(source, SCORE_BYTES);
    double score;
    memcpy(&score, &bits, sizeof score);
    return score;
}

static void read_members(struct source *source, enum dump_scores scores, struct zset_load *load,
                         uint64_t count)
{
    struct buffer scratch = { 0 };
    for (; count > 0 && !source->failed; count--) {
        struct atom member = dump_text_read(source, &scratch);
        double score = read_score(source, scores);
        if (member.text.len > ELEMENTS_TEXT_MAX) source_fail(source);
        if (!source->failed && !add(load, &member, score)) source_fail(source);
    }
    buffer_clear(&scratch);
}

bool dump_zset_read(struct source *source, enum dump_scores scores, struct value *zset)
{
    uint64_t count = length_read_count(source, scores == DUMP_SCORES_TEXT ? 2 : 1 + SCORE_BYTES);
    struct zset_load load;
    zset_load_init(&load, zset, (size_t)count);
    read_members(source, scores, &load, count);
    if (!zset_load_end(&load)) source_fail(source);
    return !source->failed;
}

static double score_of(const struct atom *atom)
{
    double score = NAN;
    if (atom_is_integer(atom)) return (double)atom->integer;
    number_parse_double(atom->text, &score);
    return score;
}

bool dump_zset_read_packed(struct source *source, enum elements_form form, struct value *zset)
{
    struct elements elements;
    struct zset_load load;
    struct atom member, score;
    elements_open(&elements, source, form);
    zset_load_init(&load, zset, (size_t)elements.expected / 2);
    while (elements_next(&elements, &member))
        if (!elements_next(&elements, &score) || !add(&load, &member, score_of(&score))) source_fail(source);
    if (!zset_load_end(&load)) source_fail(source);
    return elements_close(&elements);
}

void dump_zset_write(struct buffer *out, const struct value *zset, enum dump_texts how)
{
    size_t len = value_len(zset);
    struct zset_walk walk = zset_walk(zset, len - 1, ZSET_DOWN);
    struct atom member;
    double score;
    length_write(out, len);
    while (zset_next(&walk, &member, &score)) {
        dump_text_write_atom(out, &member, how);
        buffer_append(out, &score, SCORE_BYTES);
    }
}
