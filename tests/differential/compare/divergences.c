#include "tests/differential/compare/divergences.h"

#include <criterion/criterion.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/array.h"
#include "proto/base/buffer.h"
#include "proto/base/number.h"
#include "tests/support/scratch.h"

#define TIER_HEADING "## Through the near cache"

static const char *const verb_names[] = {
    [DIVERGENCE_SKIP] = "skip",           [DIVERGENCE_SORTED] = "sorted",
    [DIVERGENCE_SHAPE] = "shape",         [DIVERGENCE_KIND] = "kind",
    [DIVERGENCE_TOLERANCE] = "tolerance", [DIVERGENCE_ITERATED] = "iterated",
    [DIVERGENCE_LACKS] = "lacks",         [DIVERGENCE_REFUSED] = "refused",
    [DIVERGENCE_DOUBLES] = "doubles",     [DIVERGENCE_UNTRACKED] = "untracked",
};
#define VERBS (sizeof verb_names / sizeof *verb_names)

static struct slice take_word(struct slice *text)
{
    while (text->len > 0 && *text->data == ' ') *text = slice_of(text->data + 1, text->len - 1);
    const char *blank = memchr(text->data, ' ', text->len);
    struct slice word = slice_of(text->data, blank == NULL ? text->len : (size_t)(blank - text->data));
    *text = slice_of(text->data + word.len, text->len - word.len);
    return word;
}

static bool find_verb(struct slice word, enum divergence_verb *verb)
{
    for (size_t i = 0; i < VERBS; i++) {
        if (!slice_equal(word, slice_of_cstr(verb_names[i]))) continue;
        *verb = (enum divergence_verb)i;
        return true;
    }
    return false;
}

static void add_rule(struct divergences *divergences, struct slice text)
{
    struct divergence rule = { .text = text };
    struct slice left = text;
    bool sense = find_verb(take_word(&left), &rule.verb);
    if (rule.verb == DIVERGENCE_TOLERANCE)
        sense = sense && number_parse_i64(take_word(&left), &rule.tolerance);
    while (left.len > 0 && rule.word_count < DIVERGENCE_WORDS) {
        rule.words[rule.word_count++] = take_word(&left);
    }
    cr_assert(sense && rule.word_count > 0 && left.len == 0, "docs/divergences.md: no such rule: %.*s",
              (int)text.len, text.data);

    ARRAY_RESERVE(divergences->items, divergences->len, divergences->cap, 16);
    divergences->items[divergences->len++] = rule;
}

/* The code spans between the second and the third bar of a table's row. */
static void read_line(struct divergences *divergences, struct slice line)
{
    const char *end = line.data + line.len;
    const char *bar = line.len > 0 && *line.data == '|' ? memchr(line.data + 1, '|', line.len - 1) : NULL;
    const char *close = bar == NULL ? NULL : memchr(bar + 1, '|', (size_t)(end - bar - 1));
    if (close == NULL) return;
    const char *at = bar;
    for (;;) {
        const char *from = memchr(at, '`', (size_t)(close - at));
        const char *to = from == NULL ? NULL : memchr(from + 1, '`', (size_t)(close - from - 1));
        if (to == NULL) return;
        add_rule(divergences, slice_of(from + 1, (size_t)(to - from - 1)));
        at = to + 1;
    }
}

void divergences_init(struct divergences *divergences, struct slice page)
{
    *divergences = (struct divergences){ .text = alloc_cstr(page.data, page.len) };
    for (char *line = divergences->text; *line != '\0';) {
        size_t len = strcspn(line, "\n");
        read_line(divergences, slice_of(line, len));
        line += len + (line[len] == '\n');
    }
}

static void read_page(struct buffer *page)
{
    scratch_read(NUTHATCH_SOURCE_DIR "/docs/divergences.md", page);
    cr_assert(page->len > 0, "docs/divergences.md is missing");
}

void divergences_read(struct divergences *divergences)
{
    struct buffer page = { 0 };
    read_page(&page);
    const char *tier = memmem(page.data, page.len, TIER_HEADING, strlen(TIER_HEADING));
    cr_assert(tier != NULL, "docs/divergences.md has no heading '%s'", TIER_HEADING);
    divergences_init(divergences, slice_of(page.data, (size_t)(tier - page.data)));
    buffer_clear(&page);
}

void divergences_read_tier(struct divergences *divergences)
{
    struct buffer page = { 0 };
    read_page(&page);
    divergences_init(divergences, buffer_slice(&page));
    buffer_clear(&page);
}

void divergences_clear(struct divergences *divergences)
{
    alloc_free(divergences->items);
    alloc_free(divergences->text);
    *divergences = (struct divergences){ 0 };
}

static bool fits(const struct divergence *rule, const struct slice *argv, size_t argc)
{
    if (argc < rule->word_count) return false;
    for (size_t i = 0; i < rule->word_count; i++) {
        if (!slice_equal_nocase(rule->words[i], argv[i])) return false;
    }
    return true;
}

const struct divergence *divergences_find(const struct divergences *divergences, const struct slice *argv,
                                          size_t argc)
{
    const struct divergence *best = NULL;
    for (size_t i = 0; i < divergences->len; i++) {
        const struct divergence *rule = &divergences->items[i];
        if (rule->verb == DIVERGENCE_LACKS || rule->verb == DIVERGENCE_UNTRACKED) continue;
        if (!fits(rule, argv, argc)) continue;
        if (best == NULL || rule->word_count > best->word_count) best = rule;
    }
    return best;
}

static bool any_fits(const struct divergences *divergences, enum divergence_verb verb,
                     const struct slice *argv, size_t argc)
{
    for (size_t i = 0; i < divergences->len; i++) {
        const struct divergence *rule = &divergences->items[i];
        if (rule->verb == verb && fits(rule, argv, argc)) return true;
    }
    return false;
}

bool divergences_skip(const struct divergences *divergences, const struct slice *argv, size_t argc)
{
    return any_fits(divergences, DIVERGENCE_SKIP, argv, argc);
}

bool divergences_untracked(const struct divergences *divergences, const struct slice *argv, size_t argc)
{
    return any_fits(divergences, DIVERGENCE_UNTRACKED, argv, argc);
}
