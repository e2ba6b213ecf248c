#include "tests/differential/crowd/tournament.h"

#include <stdio.h>

#include "proto/reply_reader.h"
#include "tests/differential/compare/shrink.h"
#include "tests/differential/crowd/script.h"
#include "tests/support/client/command_line.h"
#include "tests/support/pace.h"
#include "tests/support/scratch.h"

static void write_frames(struct buffer *report, struct slice heard)
{
    while (heard.len > 0) {
        struct reply_reader reader = { 0 };
        size_t len;
        if (reply_reader_skip(&reader, heard, &len) != READER_READY) len = heard.len;
        buffer_printf(report, "  ");
        command_line_quote(report, slice_of(heard.data, len));
        buffer_printf(report, "\n");
        heard = slice_of(heard.data + len, heard.len - len);
    }
}

static void write_side(struct buffer *report, const char *who, const struct buffer *heard, bool rows)
{
    buffer_printf(report, "--- %s:\n", who);
    if (rows)
        buffer_printf(report, "  %.*s\n", (int)heard->len, heard->data);
    else if (heard->len == 0)
        buffer_printf(report, "  (nothing)\n");
    else
        write_frames(report, buffer_slice(heard));
}

static void write_report(struct buffer *report, const struct step *steps, size_t len, const char *name,
                         const struct disagreement *disagreement, bool again)
{
    size_t end = disagreement->step + 1 < len ? disagreement->step + 1 : len;
    buffer_printf(report, "%s: after the last line client %d %s%s\n--- script:\n", name,
                  disagreement->client + 1, disagreement->what, again ? "" : ", but not every time");
    script_write(report, steps, end);
    write_side(report, "ours", &disagreement->ours, disagreement->rows);
    write_side(report, "Redis", &disagreement->theirs, disagreement->rows);
}

static bool play(void *context, const struct step *steps, size_t len, size_t *failed)
{
    struct disagreement disagreement = { 0 };
    bool differ = match_play(context, steps, len, &disagreement) == MATCH_DIFFER;
    *failed = disagreement.step;
    disagreement_clear(&disagreement);
    return !differ;
}

static void part(struct step *step)
{
    step->joined = false;
}

static void part_one_by_one(struct shrinker *shrinker)
{
    for (size_t i = 0; i < shrinker->len; i++) {
        if (!shrinker->steps[i].joined) continue;
        shrinker->steps[i].joined = false;
        if (!shrinker_fails(shrinker, shrinker->steps, shrinker->len)) shrinker->steps[i].joined = true;
    }
}

/* The first place in `steps` from `at` on whose client is `client`. */
static bool speaks(const struct step *steps, size_t len, int client)
{
    for (size_t i = 0; i < len; i++)
        if (steps[i].connection == client) return true;
    return false;
}

/* No gaps in the numbers of clients: the last takes the place of one that says nothing any more. */
static void renumber(struct shrinker *shrinker)
{
    for (int client = 0; client + 1 < (int)script_clients(shrinker->steps, shrinker->len); client++) {
        if (speaks(shrinker->steps, shrinker->len, client)) continue;
        for (size_t i = 0; i < shrinker->len; i++)
            shrinker->steps[i].connection -= shrinker->steps[i].connection > client;
        if (!shrinker_fails(shrinker, shrinker->steps, shrinker->len))
            for (size_t i = 0; i < shrinker->len; i++)
                shrinker->steps[i].connection += shrinker->steps[i].connection >= client;
        else
            client--;
    }
}

static void shrink(struct tournament *tournament, struct script *script)
{
    struct shrinker shrinker = { .play = play,
                                 .context = &tournament->match,
                                 .steps = script->steps,
                                 .len = script->len,
                                 .budget_ms = tournament->shrink_ms };
    shrinker_init(&shrinker);
    shrink_commands(&shrinker);
    shrink_all(&shrinker, part);
    part_one_by_one(&shrinker);
    shrink_arguments(&shrinker);
    shrink_commands(&shrinker);
    renumber(&shrinker);
    shrinker_clear(&shrinker);
    script->len = shrinker.len;
}

static enum match_result play_counted(struct tournament *tournament, const struct script *script,
                                      struct disagreement *disagreement)
{
    enum match_result result = match_play(&tournament->match, script->steps, script->len, disagreement);
    tournament->agreed += result == MATCH_AGREE;
    tournament->unsound += result == MATCH_UNSOUND;
    return result;
}

static bool run_script(struct tournament *tournament, uint64_t seed, struct buffer *report)
{
    struct script script;
    struct disagreement first = { 0 }, later = { 0 };
    script_init(&script, tournament->catalogue, tournament->themes, seed);
    bool differ = play_counted(tournament, &script, &first) == MATCH_DIFFER;
    if (differ) {
        char name[64];
        snprintf(name, sizeof name, "seed %llu", (unsigned long long)seed);
        if (tournament->shrink_ms > 0) shrink(tournament, &script);
        bool again = match_play(&tournament->match, script.steps, script.len, &later) == MATCH_DIFFER;
        write_report(report, script.steps, script.len, name, again ? &later : &first, again);
    }
    disagreement_clear(&first);
    disagreement_clear(&later);
    script_clear(&script);
    return !differ;
}

void tournament_run(struct tournament *tournament, struct buffer *report)
{
    int64_t deadline_ms = pace_now_ms() + tournament->ms;
    for (size_t i = 0; i < tournament->scripts; i++) {
        if (tournament->ms > 0 && pace_now_ms() >= deadline_ms) return;
        if (!run_script(tournament, tournament->seed + i, report)) return;
    }
}

static bool play_text(struct tournament *tournament, struct slice title, struct slice text,
                      struct buffer *report)
{
    struct script script;
    struct disagreement disagreement = { 0 };
    char name[256];
    slice_to_cstr(title, name, sizeof name);
    if (!script_read(&script, text)) return false;
    if (play_counted(tournament, &script, &disagreement) == MATCH_DIFFER) {
        write_report(report, script.steps, script.len, name, &disagreement, true);
        buffer_printf(report, "\n");
    }
    disagreement_clear(&disagreement);
    script_clear(&script);
    return true;
}

bool tournament_play_file(struct tournament *tournament, const char *path, struct buffer *report)
{
    struct buffer file = { 0 };
    scratch_read(path, &file);
    bool good = file.len > 0;
    struct slice left = buffer_slice(&file), title, text;
    while (good && script_take(&left, &title, &text)) good = play_text(tournament, title, text, report);
    buffer_clear(&file);
    return good;
}
