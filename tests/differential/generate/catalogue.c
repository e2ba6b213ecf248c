#include "tests/differential/generate/catalogue.h"

#include <criterion/criterion.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/array.h"
#include "tests/differential/compare/divergences.h"
#include "tests/differential/generate/arena.h"
#include "tests/differential/generate/argument_pool.h"
#include "tests/differential/generate/grammar.h"

/* Commands on keys carry the state that makes streams interesting. */
#define KEYED_WEIGHT 4

struct owned {
    struct catalogue catalogue;
    struct arena arena;
    size_t token_cap;
};

struct look {
    struct owned *owner;
    struct catalogue_row *row;
};

static void look_at_word(void *context, const struct grammar *word)
{
    struct look *look = context;
    struct owned *owner = look->owner;
    if (word->kind == GRAMMAR_PLACEHOLDER) {
        look->row->keyed = look->row->keyed || argument_pool_is_key(word->text);
        look->row->careful = look->row->careful || argument_pool_is_careful(word->text, look->row->group);
        look->row->timed = look->row->timed || argument_pool_is_time(word->text);
        return;
    }
    ARRAY_RESERVE(owner->catalogue.tokens, owner->catalogue.token_count, owner->token_cap, 16);
    owner->catalogue.tokens[owner->catalogue.token_count++] = word->text;
}

/* Where `option` stands as a word of its own; NULL: nowhere. */
static char *find_option(char *syntax, struct slice option)
{
    char *at = syntax;
    while ((at = memmem(at, strlen(at), option.data, option.len)) != NULL) {
        char end = at[option.len];
        if (at > syntax && strchr("[<| ", at[-1]) != NULL && (end == '\0' || strchr("]>| ", end) != NULL))
            return at;
        at++;
    }
    return NULL;
}

/* An option in brackets of its own, or one of several between bars that is not the first. */
static void cut_option(char *at)
{
    if (at[-1] == '[') {
        const char *end = strchr(at, ']') + 1;
        memmove(at - 1, end, strlen(end) + 1);
    } else if (at[-2] == '|') {
        const char *end = at + strcspn(at, "|]>");
        if (*end == '|') end--;
        memmove(at - 3, end, strlen(end) + 1);
    }
}

/* The syntax without the options that the oracle lacks. */
static const char *known_syntax(struct owned *owner, const struct catalogue_row *row, const char *syntax,
                                const struct divergences *divergences)
{
    char *copy = arena_bytes(&owner->arena, strlen(syntax) + 1);
    strcpy(copy, syntax);
    for (size_t i = 0; i < divergences->len; i++) {
        const struct divergence *rule = &divergences->items[i];
        if (rule->verb != DIVERGENCE_LACKS || !slice_equal_nocase(rule->words[0], row->words[0])) continue;
        struct slice option = rule->words[rule->word_count - 1];
        char *at = find_option(copy, option);
        if (at != NULL) cut_option(at);
    }
    return copy;
}

static void read_row(struct owned *owner, struct catalogue_row *row, const struct catalogue_source *source,
                     const struct divergences *divergences)
{
    const char *bar = strchr(source->name, '|');
    size_t first = bar == NULL ? strlen(source->name) : (size_t)(bar - source->name);
    row->name = source->name;
    row->words[0] = slice_of(source->name, first);
    row->word_count = bar == NULL ? 1 : 2;
    if (bar != NULL) row->words[1] = slice_of_cstr(bar + 1);

    row->group = source->group;
    row->draws = strstr(source->name, "rand") != NULL;
    const char *syntax = known_syntax(owner, row, source->syntax, divergences);
    row->syntax = grammar_parse(&owner->arena, syntax);
    /* One argument too many is told in other words where the oracle has no options at all. */
    row->careful = strlen(syntax) < strlen(source->syntax) && strchr(syntax, '[') == NULL;
    cr_assert(row->syntax != NULL, "the syntax of %s cannot be read: %s", source->name, source->syntax);
    grammar_each_word(row->syntax, look_at_word, &(struct look){ owner, row });
}

static void fill_wheel(struct catalogue *catalogue)
{
    catalogue->wheel = alloc_bytes(catalogue->len * KEYED_WEIGHT * sizeof *catalogue->wheel);
    for (unsigned i = 0; i < catalogue->len; i++) {
        if (catalogue->rows[i].skipped) continue;
        unsigned weight = catalogue->rows[i].keyed ? KEYED_WEIGHT : 1;
        for (unsigned j = 0; j < weight; j++) catalogue->wheel[catalogue->wheel_len++] = i;
    }
}

struct catalogue *catalogue_create(const struct catalogue_source *sources, size_t len,
                                   const struct divergences *divergences)
{
    struct owned *owner = ALLOC_NEW(struct owned);
    struct catalogue *catalogue = &owner->catalogue;
    catalogue->rows = alloc_zeroed((len + 1) * sizeof *catalogue->rows);
    for (catalogue->len = 0; catalogue->len < len; catalogue->len++) {
        struct catalogue_row *row = &catalogue->rows[catalogue->len];
        read_row(owner, row, &sources[catalogue->len], divergences);
        row->skipped = divergences_skip(divergences, row->words, row->word_count);
    }
    fill_wheel(catalogue);
    cr_assert(catalogue->wheel_len > 0);
    return catalogue;
}

void catalogue_destroy(struct catalogue **catalogue)
{
    struct owned *owner = (struct owned *)*catalogue;
    if (owner == NULL) return;
    arena_clear(&owner->arena);
    alloc_free(owner->catalogue.rows);
    alloc_free(owner->catalogue.tokens);
    alloc_free(owner->catalogue.wheel);
    alloc_free(owner);
    *catalogue = NULL;
}
