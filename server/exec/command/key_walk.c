#include "server/exec/command/key_walk.h"

#include <stdint.h>
#include <string.h>

#include "proto/base/number.h"

struct key_walk key_walk(const struct command *row, const struct slice *argv, int argc)
{
    return (struct key_walk){ .row = row, .argv = argv, .argc = argc, .next = 1 };
}

static void set_range(struct key_walk *walk, int first, int last)
{
    walk->next = first;
    walk->last = last < walk->argc ? last : walk->argc - 1;
}

static void begin_range(struct key_walk *walk, const struct key_spec *spec)
{
    set_range(walk, spec->first, spec->last < 0 ? walk->argc + spec->last : spec->last);
}

static void begin_counted(struct key_walk *walk, const struct key_spec *spec)
{
    int64_t count = 0;
    bool told = spec->first < walk->argc && number_parse_i64(walk->argv[spec->first], &count);
    if (told && count >= 1 && count < walk->argc && (count - 1) * spec->step < walk->argc - spec->first - 1)
        set_range(walk, spec->first + 1, spec->first + 1 + ((int)count - 1) * spec->step);
    else
        walk->broken = true;
}

/* Where it stands among words between spaces, of which each may have some pluses behind it; NULL: nowhere. */
static const char *find_among(const char *words, struct slice argument)
{
    for (; words != NULL && *words != '\0'; words += strspn(words, " ")) {
        size_t len = strcspn(words, "+ ");
        if (slice_equal_nocase(argument, slice_of(words, len))) return words;
        words += len + strspn(words + len, "+");
    }
    return NULL;
}

bool key_word_is(const struct key_spec *spec, struct slice argument)
{
    return find_among(spec->word, argument) != NULL;
}

/* Of the option that an argument is, if it is one. */
static int values_of(const struct key_spec *spec, struct slice argument)
{
    const char *option = find_among(spec->values, argument);
    return option != NULL ? (int)strspn(option + strcspn(option, "+ "), "+") : 0;
}

/* The last word that has something behind it, since an option that is given twice counts by its last; 0:
 * there is none. */
static int find_word(const struct key_walk *walk, const struct key_spec *spec)
{
    int found = 0;
    for (int i = spec->first; i + 1 < walk->argc; i += 1 + values_of(spec, walk->argv[i]))
        if (key_word_is(spec, walk->argv[i])) found = i;
    return found;
}

static void begin_word(struct key_walk *walk, const struct key_spec *spec)
{
    int at = find_word(walk, spec);
    if (at != 0) set_range(walk, at + 1, at + 1);
}

/* MIGRATE's: whatever stands behind the first such word is a key, however it looks. */
static void begin_either(struct key_walk *walk, const struct key_spec *spec, const struct key_spec *rest)
{
    set_range(walk, spec->first, spec->first);
    if (walk->argc <= spec->first || walk->argv[spec->first].len > 0) return;
    for (int i = spec->first + 3; i < walk->argc; i++) {
        if (!key_word_is(rest, walk->argv[i])) continue;
        set_range(walk, i + 1, walk->argc - 1);
        return;
    }
}

/* Whatever stands in the place of an option's value is no word, wherever the options begin. */
static void begin_streams(struct key_walk *walk, const struct key_spec *spec)
{
    int at = 1;
    while (at < walk->argc && !key_word_is(spec, walk->argv[at])) at += 1 + values_of(spec, walk->argv[at]);
    if (at < walk->argc) set_range(walk, at + 1, at + (walk->argc - at - 1) / 2);
}

static void begin_behind(struct key_walk *walk, const struct key_spec *spec)
{
    int at = spec->first;
    while (at < walk->argc && find_among(spec->values, walk->argv[at]) != NULL) at++;
    if (at < walk->argc && key_word_is(spec, walk->argv[at])) set_range(walk, at + 1, walk->argc - 1);
}

static void begin(struct key_walk *walk, const struct key_spec *spec)
{
    walk->spec = spec;
    switch (spec->find) {
    case KEYS_AT: begin_range(walk, spec); break;
    case KEYS_NUMBER: begin_counted(walk, spec); break;
    case KEYS_STREAMS: begin_streams(walk, spec); break;
    case KEYS_BEHIND: begin_behind(walk, spec); break;
    case KEYS_WORD:
    case KEYS_HIDDEN: begin_word(walk, spec); break;
    case KEYS_EITHER: begin_either(walk, spec, spec + 1); break;
    case KEYS_REST: break;
    case KEYS_DERIVED: walk->derived = walk->derived || find_word(walk, spec) != 0; break;
    }
}

static bool begin_next(struct key_walk *walk)
{
    if (walk->specs == COMMAND_KEY_SPECS || walk->row->keys[walk->specs].first == 0) return false;
    begin(walk, &walk->row->keys[walk->specs++]);
    return true;
}

bool key_next_found(struct key_walk *walk)
{
    while (walk->next > walk->last)
        if (!begin_next(walk)) return false;
    walk->arg = walk->next;
    walk->next += walk->spec->step;
    return true;
}

int key_first(const struct command *row)
{
    const struct key_spec *spec = &row->keys[0];
    return spec->find == KEYS_NUMBER ? spec->first + 1 : spec->first;
}

bool key_places_vary(const struct command *row)
{
    for (int i = 0; i < COMMAND_KEY_SPECS; i++)
        if (row->keys[i].find != KEYS_AT) return true;
    return false;
}
