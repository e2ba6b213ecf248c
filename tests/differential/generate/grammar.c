#include "tests/differential/generate/grammar.h"

#include <ctype.h>
#include <string.h>

struct reader {
    struct arena *arena;
    const char *at;
    bool broken;
};

static struct grammar *read_choice(struct reader *reader, char closing);

static struct grammar *new_node(struct reader *reader, enum grammar_kind kind, struct grammar *child)
{
    struct grammar *node = arena_bytes(reader->arena, sizeof *node);
    *node = (struct grammar){ .kind = kind, .child = child };
    return node;
}

static bool skip(struct reader *reader, const char *word)
{
    while (*reader->at == ' ') reader->at++;
    size_t len = strlen(word);
    if (strncmp(reader->at, word, len) != 0) return false;
    reader->at += len;
    return true;
}

static bool ends_word(const char *at)
{
    return *at == '\0' || strchr(" []<>|", *at) != NULL || strncmp(at, "...", 3) == 0;
}

static struct grammar *read_word(struct reader *reader)
{
    const char *start = reader->at;
    bool lower = false;
    for (; !ends_word(reader->at); reader->at++) lower = lower || islower((unsigned char)*reader->at);
    struct grammar *word = new_node(reader, lower ? GRAMMAR_PLACEHOLDER : GRAMMAR_TOKEN, NULL);
    word->text = slice_of(start, (size_t)(reader->at - start));
    return word;
}

/* Dots mean that all that is in the brackets before them repeats. */
static struct grammar *read_brackets(struct reader *reader)
{
    struct grammar *inside = read_choice(reader, ']');
    struct grammar *last = inside->kind == GRAMMAR_SEQUENCE ? inside->child : NULL;
    while (last != NULL && last->next != NULL) last = last->next;
    bool dots = last != NULL && last->kind == GRAMMAR_REPEAT && last->child == NULL;
    return new_node(reader, dots ? GRAMMAR_REPEAT : GRAMMAR_OPTIONAL, inside);
}

static struct grammar *read_item(struct reader *reader)
{
    if (skip(reader, "[")) return read_brackets(reader);
    if (skip(reader, "<")) return read_choice(reader, '>');
    return read_word(reader);
}

static struct grammar *read_sequence(struct reader *reader, char closing)
{
    struct grammar *sequence = new_node(reader, GRAMMAR_SEQUENCE, NULL);
    struct grammar *last = NULL;
    for (;;) {
        while (*reader->at == ' ') reader->at++;
        char next = *reader->at;
        if (next == closing || next == '|' || next == '\0') return sequence;
        if (next == ']' || next == '>') {
            reader->broken = true;
            return sequence;
        }
        bool dots = skip(reader, "...");
        if (dots && last != NULL && last->kind == GRAMMAR_OPTIONAL) {
            last->kind = GRAMMAR_REPEAT;
            continue;
        }
        struct grammar *item = dots ? new_node(reader, GRAMMAR_REPEAT, NULL) : read_item(reader);
        *(last == NULL ? &sequence->child : &last->next) = item;
        last = item;
    }
}

static struct grammar *read_choice(struct reader *reader, char closing)
{
    struct grammar *first = read_sequence(reader, closing);
    struct grammar *last = first;
    while (skip(reader, "|")) {
        last->next = read_sequence(reader, closing);
        last = last->next;
    }
    if (*reader->at != closing) reader->broken = true;
    if (*reader->at != '\0') reader->at++;
    return first == last ? first : new_node(reader, GRAMMAR_CHOICE, first);
}

const struct grammar *grammar_parse(struct arena *arena, const char *text)
{
    struct reader reader = { .arena = arena, .at = text == NULL ? "" : text };
    struct grammar *syntax = read_choice(&reader, '\0');
    return reader.broken ? NULL : syntax;
}

void grammar_each_word(const struct grammar *syntax, void (*visit)(void *context, const struct grammar *word),
                       void *context)
{
    if (syntax->kind == GRAMMAR_TOKEN || syntax->kind == GRAMMAR_PLACEHOLDER) visit(context, syntax);
    for (const struct grammar *child = syntax->child; child != NULL; child = child->next) {
        grammar_each_word(child, visit, context);
    }
}
