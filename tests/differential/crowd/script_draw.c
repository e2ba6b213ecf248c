#include <string.h>

#include "proto/base/contract.h"
#include "proto/base/random.h"
#include "tests/differential/crowd/lines.h"
#include "tests/differential/crowd/script.h"
#include "tests/differential/generate/catalogue.h"
#include "tests/support/client/command_line.h"

/* A line of several commands is not cut in two. */
#define LINES_MOST 60
#define STEPS_MAX  (LINES_MOST * 8)

struct draft {
    struct script *script;
    const struct catalogue *catalogue;
    struct random random;
    size_t clients;
    enum theme themes[2]; /* what the script is about, beside data */
    unsigned possible;    /* themes, as bits */
};

/* Short scripts show short stories; long ones are for what piles up. */
static size_t draw_length(struct random *random)
{
    return random_chance(random, 70) ? 8 + random_below(random, 18) : 20 + random_below(random, 40);
}

static struct slice draw_argument(struct draft *draft, struct slice word)
{
    struct arena *arena = &draft->script->arena;
    const char *dollar = memchr(word.data, '$', word.len);
    if (dollar == NULL) return arena_copy(arena, word);
    size_t before = (size_t)(dollar - word.data);
    struct slice name = slice_of(dollar + 1, word.len - before - 1);
    struct slice drawn = slice_of_cstr(lines_word(name, draft->clients, &draft->random));
    char *text = arena_bytes(arena, before + drawn.len + 1);
    memcpy(text, word.data, before);
    memcpy(text + before, drawn.data, drawn.len);
    return slice_of(text, before + drawn.len);
}

/* The words up to a bar, from `*at` on. */
static void add_command(struct draft *draft, const struct command_line *words, size_t *at, size_t client)
{
    struct script *script = draft->script;
    struct step *step = &script->steps[script->len];
    REQUIRE(script->len < STEPS_MAX);
    *step = (struct step){ .connection = (int)client, .joined = *at > 0 };
    step->argv = arena_bytes(&script->arena, words->argc * sizeof *step->argv);
    for (; *at < words->argc && !slice_equal(words->argv[*at], SLICE("|")); ++*at)
        step->argv[step->argc++] = draw_argument(draft, words->argv[*at]);
    ++*at;
    script->len++;
}

static void add_line(struct draft *draft, const char *text, size_t client)
{
    struct command_line words;
    bool read = command_line_init(&words, text);
    REQUIRE(read);
    for (size_t at = 0; at < words.argc;) add_command(draft, &words, &at, client);
    command_line_clear(&words);
}

/* Whatever else there is, on the keys of the other differential tests. */
static void add_any_command(struct draft *draft, size_t client)
{
    struct script *script = draft->script;
    struct step *step = &script->steps[script->len++];
    stream_draw_step(step, draft->catalogue, NULL, &draft->random, &script->arena);
    step->connection = (int)client;
}

static enum theme draw_any_theme(struct draft *draft)
{
    enum theme theme;
    do {
        theme = 1 + random_below(&draft->random, THEME_COUNT - 1);
    } while (draft->possible != 0 && !(draft->possible & 1u << theme));
    return theme;
}

static void begin(struct draft *draft)
{
    struct random *random = &draft->random;
    for (size_t i = 0; i < draft->clients; i++)
        if (random_chance(random, 45)) add_line(draft, "HELLO 3", i);
    for (size_t i = 0; i < 2; i++) {
        size_t times = 1 + random_below(random, 2);
        for (; times > 0 && lines_opening(draft->themes[i], random) != NULL; times--)
            add_line(draft, lines_opening(draft->themes[i], random), random_below(random, draft->clients));
    }
}

static enum theme draw_theme(struct draft *draft)
{
    struct random *random = &draft->random;
    if (random_chance(random, 35)) return THEME_DATA;
    if (random_chance(random, 90)) return draft->themes[random_below(random, 2)];
    return draw_any_theme(draft);
}

void script_init(struct script *script, const struct catalogue *catalogue, unsigned themes, uint64_t seed)
{
    *script = (struct script){ 0 };
    script->steps = arena_bytes(&script->arena, STEPS_MAX * sizeof *script->steps);
    struct draft draft = {
        .script = script, .catalogue = catalogue, .random = { seed }, .possible = themes & ~1u
    };
    draft.clients = 2 + random_below(&draft.random, SCRIPT_CLIENTS_MAX - 1);
    for (size_t i = 0; i < 2; i++) draft.themes[i] = draw_any_theme(&draft);
    begin(&draft);

    bool wide = random_chance(&draft.random, 20);
    for (size_t left = draw_length(&draft.random); left > 0; left--) {
        size_t client = random_below(&draft.random, draft.clients);
        if (wide && random_chance(&draft.random, 40))
            add_any_command(&draft, client);
        else
            add_line(&draft, lines_draw(draw_theme(&draft), &draft.random)->text, client);
    }
}
