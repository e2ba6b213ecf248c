#include "tests/differential/generate/stream.h"

#include <ctype.h>
#include <string.h>

#include "proto/base/buffer.h"
#include "proto/base/number.h"
#include "proto/base/random.h"
#include "tests/differential/generate/argument_pool.h"
#include "tests/differential/generate/catalogue.h"
#include "tests/differential/generate/grammar.h"
#include "tests/support/client/command_line.h"

#define ARGUMENTS_MAX 24
#define OPTIONS_MAX   16

struct writer {
    const struct catalogue *catalogue;
    struct random random;
    struct arena *arena;
    const char
        *group; /* that most commands of the stream are of, so that they build on each other; NULL: none */
    const struct catalogue_row *row; /* of the command being written; NULL: of none */
    size_t argc;
    struct slice argv[ARGUMENTS_MAX];
    size_t count_at; /* the number of the keys that are being written; 0: of none */
};

static void add(struct writer *writer, struct slice argument)
{
    if (writer->argc < ARGUMENTS_MAX) writer->argv[writer->argc++] = argument;
}

static struct slice draw_case(struct writer *writer, struct slice word)
{
    if (random_chance(&writer->random, 60)) return word;
    char *copy = arena_bytes(writer->arena, word.len);
    for (size_t i = 0; i < word.len; i++) {
        bool upper = random_chance(&writer->random, 50);
        copy[i] = (char)(upper ? toupper((unsigned char)word.data[i]) : tolower((unsigned char)word.data[i]));
    }
    return slice_of(copy, word.len);
}

/* One of the keys whose members all have the same score: see argument_pool.c. */
static bool has_equal_scores(const struct writer *writer)
{
    return writer->argc > 1 && writer->argv[1].len == 2 && writer->argv[1].data[0] == 'y';
}

static struct slice draw_argument(struct writer *writer, struct slice name)
{
    struct argument_place place = {
        .name = name, .command = writer->row->name, .group = writer->row->group, .timed = writer->row->timed
    };
    if (argument_pool_is_score(name, place.group) && has_equal_scores(writer)) return SLICE("0");
    return argument_pool_draw(&place, &writer->random, writer->arena);
}

/* Most numbers of keys are right, or hardly a command with one would do anything. */
static void count_keys(struct writer *writer)
{
    size_t at = writer->count_at;
    writer->count_at = 0;
    if (at == 0 || random_chance(&writer->random, 10)) return;
    size_t keys = writer->argc - at - 1;
    char *text = arena_bytes(writer->arena, NUMBER_I64_MAX);
    writer->argv[at] = slice_of(text, number_format_i64(text, (int64_t)keys));
}

static void write_argument(struct writer *writer, struct slice name)
{
    if (!argument_pool_is_key(name)) count_keys(writer);
    if (argument_pool_is_number_of_keys(name) && writer->argc < ARGUMENTS_MAX)
        writer->count_at = writer->argc;
    add(writer, draw_argument(writer, name));
}

static void write_part(struct writer *writer, const struct grammar *syntax);

/* Options stand in any order, so a run of them is written in any order. */
static const struct grammar *write_options(struct writer *writer, const struct grammar *first)
{
    const struct grammar *run[OPTIONS_MAX];
    size_t len = 0;
    for (; first != NULL && first->kind == GRAMMAR_OPTIONAL && len < OPTIONS_MAX; first = first->next) {
        run[len++] = first;
    }
    for (size_t left = len; left > 0; left--) {
        size_t at = random_below(&writer->random, left);
        write_part(writer, run[at]);
        run[at] = run[left - 1];
    }
    return first;
}

static void write_sequence(struct writer *writer, const struct grammar *child)
{
    while (child != NULL) {
        if (child->kind == GRAMMAR_OPTIONAL) {
            child = write_options(writer, child);
        } else {
            write_part(writer, child);
            child = child->next;
        }
    }
}

/* An id that is drawn by the server's clock is the same in no other. */
static bool is_drawn_by_clock(const struct grammar *alternative)
{
    const struct grammar *first = alternative->child;
    return first != NULL && first->kind == GRAMMAR_TOKEN && slice_equal(first->text, SLICE("*"));
}

static void write_choice(struct writer *writer, const struct grammar *child)
{
    if (is_drawn_by_clock(child)) child = child->next;
    size_t len = 0;
    for (const struct grammar *each = child; each != NULL; each = each->next) len++;
    for (size_t skip = random_below(&writer->random, len); skip > 0; skip--) child = child->next;
    write_part(writer, child);
}

/* Dots without a group of their own only mark the group around them. */
static void write_repeat(struct writer *writer, const struct grammar *child)
{
    unsigned again = random_chance(&writer->random, 15) ? 90 : 45;
    while (child != NULL && random_chance(&writer->random, again)) write_part(writer, child);
}

static void write_part(struct writer *writer, const struct grammar *syntax)
{
    switch (syntax->kind) {
    case GRAMMAR_SEQUENCE: write_sequence(writer, syntax->child); break;
    case GRAMMAR_CHOICE: write_choice(writer, syntax->child); break;
    case GRAMMAR_OPTIONAL:
        if (random_chance(&writer->random, 35)) write_part(writer, syntax->child);
        break;
    case GRAMMAR_REPEAT: write_repeat(writer, syntax->child); break;
    case GRAMMAR_TOKEN:
        count_keys(writer);
        add(writer, draw_case(writer, syntax->text));
        break;
    case GRAMMAR_PLACEHOLDER: write_argument(writer, syntax->text); break;
    }
}

static struct slice draw_token(struct writer *writer)
{
    const struct catalogue *catalogue = writer->catalogue;
    if (catalogue->token_count == 0) return SLICE("NOSUCHOPTION");
    return draw_case(writer, catalogue->tokens[random_below(&writer->random, catalogue->token_count)]);
}

static void remove_at(struct writer *writer, size_t at)
{
    for (writer->argc--; at < writer->argc; at++) writer->argv[at] = writer->argv[at + 1];
}

static void insert_at(struct writer *writer, size_t at, struct slice argument)
{
    if (writer->argc == ARGUMENTS_MAX) return;
    for (size_t i = writer->argc++; i > at; i--) writer->argv[i] = writer->argv[i - 1];
    writer->argv[at] = argument;
}

static struct slice draw_wild(struct writer *writer)
{
    return argument_pool_draw_wild(writer->row != NULL && writer->row->timed, &writer->random, writer->arena);
}

/* One mistake in the arguments behind the name's `name_len` words. */
static void spoil(struct writer *writer, size_t name_len)
{
    size_t args = writer->argc - name_len;
    size_t at = name_len + (args == 0 ? 0 : random_below(&writer->random, args));
    size_t other = name_len + (args == 0 ? 0 : random_below(&writer->random, args));
    switch (random_below(&writer->random, args == 0 ? 3 : 7)) {
    case 0: insert_at(writer, writer->argc, draw_wild(writer)); break;
    case 1: insert_at(writer, writer->argc, draw_token(writer)); break;
    case 2: insert_at(writer, at, draw_wild(writer)); break;
    case 3: remove_at(writer, at); break;
    case 4: insert_at(writer, writer->argc, writer->argv[at]); break;
    case 5: writer->argv[at] = draw_wild(writer); break;
    default: {
        struct slice moved = writer->argv[at];
        writer->argv[at] = writer->argv[other];
        writer->argv[other] = moved;
    }
    }
}

static void write_unknown(struct writer *writer)
{
    static const struct slice names[] = {
        SLICE("NOSUCHCOMMAND"), SLICE("get2"),     SLICE("nothing here"),
        SLICE("\r\n"),          SLICE("nul\0nul"), SLICE("'quoted'"),
    };
    add(writer, names[random_below(&writer->random, sizeof names / sizeof *names)]);
    for (size_t i = random_below(&writer->random, 4); i > 0; i--) add(writer, draw_wild(writer));
}

/* As many random elements as a negative number says are sent, by either server, without an end in sight. */
static void tame(struct writer *writer, size_t name_len)
{
    int64_t number;
    for (size_t i = name_len; i < writer->argc; i++) {
        if (number_parse_i64(writer->argv[i], &number) && number < -1000) writer->argv[i] = SLICE("-7");
    }
}

/* Nobody waits for longer than the test does, wherever chance has put the option. */
static void wait_briefly(struct writer *writer)
{
    int64_t ms;
    for (size_t i = 1; i + 1 < writer->argc; i++) {
        if (!slice_equal_nocase(writer->argv[i], SLICE("block"))) continue;
        bool is_number = number_parse_i64(writer->argv[i + 1], &ms);
        if (is_number && (ms == 0 || ms > 100)) writer->argv[i + 1] = SLICE("5");
    }
}

/* With BYLEX the key that is read is one whose members have the same score. */
static void choose_equal_scores(struct writer *writer)
{
    size_t source = strcmp(writer->row->name, "zrangestore") == 0 ? 2 : 1;
    for (size_t i = source + 1; i < writer->argc; i++)
        if (slice_equal_nocase(writer->argv[i], SLICE("bylex"))) writer->argv[source] = SLICE("y1");
}

static const struct catalogue_row *draw_any_row(struct writer *writer)
{
    const struct catalogue *catalogue = writer->catalogue;
    return &catalogue->rows[catalogue->wheel[random_below(&writer->random, catalogue->wheel_len)]];
}

/* Mostly one of the stream's group. */
static const struct catalogue_row *draw_row(struct writer *writer)
{
    const struct catalogue_row *row = draw_any_row(writer);
    if (writer->group == NULL || !random_chance(&writer->random, 75)) return row;
    for (int tries = 0; tries < 50 && strcmp(row->group, writer->group) != 0; tries++)
        row = draw_any_row(writer);
    return row;
}

static void write_command(struct writer *writer)
{
    writer->argc = writer->count_at = 0;
    writer->row = NULL;
    if (random_chance(&writer->random, 1)) {
        write_unknown(writer);
        return;
    }
    const struct catalogue_row *row = draw_row(writer);
    writer->row = row;
    for (size_t i = 0; i < row->word_count; i++) add(writer, draw_case(writer, row->words[i]));
    write_part(writer, row->syntax);
    count_keys(writer);
    while (!row->careful && random_chance(&writer->random, 12)) spoil(writer, row->word_count);
    if (strncmp(row->name, "xread", 5) == 0) wait_briefly(writer);
    if (row->draws) tame(writer, row->word_count);
    if (strncmp(row->name, "zrange", 6) == 0) choose_equal_scores(writer);
}

static void write_step(struct writer *writer, struct step *step)
{
    write_command(writer);
    *step = (struct step){ .argc = writer->argc };
    step->argv = arena_bytes(writer->arena, writer->argc * sizeof *step->argv);
    for (size_t i = 0; i < writer->argc; i++) step->argv[i] = writer->argv[i];
}

void stream_draw_step(struct step *step, const struct catalogue *catalogue, const char *group,
                      struct random *random, struct arena *arena)
{
    struct writer writer = { .catalogue = catalogue, .random = *random, .arena = arena, .group = group };
    write_step(&writer, step);
    *random = writer.random;
}

void stream_init(struct stream *stream, const struct catalogue *catalogue, uint64_t seed, int protocol)
{
    *stream = (struct stream){ .seed = seed, .protocol = protocol };
    struct writer writer = { .catalogue = catalogue, .random = { seed }, .arena = &stream->arena };
    if (random_chance(&writer.random, 75)) writer.group = draw_any_row(&writer)->group;
    stream->len = 100 + random_below(&writer.random, 301);
    stream->steps = arena_bytes(&stream->arena, stream->len * sizeof *stream->steps);
    for (size_t i = 0; i < stream->len; i++) {
        write_step(&writer, &stream->steps[i]);
        stream->steps[i].connection = random_chance(&writer.random, 20) ? 1 : 0;
    }
}

void stream_clear(struct stream *stream)
{
    arena_clear(&stream->arena);
    stream->len = 0;
}

void stream_write_script(struct buffer *out, const struct step *steps, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        for (size_t j = 0; j < steps[i].argc; j++) {
            if (j > 0) buffer_append(out, " ", 1);
            command_line_write(out, steps[i].argv[j]);
        }
        buffer_append(out, "\n", 1);
    }
}
