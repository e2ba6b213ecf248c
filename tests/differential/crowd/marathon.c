/*
 * marathon - several clients of this server against several of Redis, for as long as one likes.
 *
 *     build/release/tests/marathon --seconds 3600
 *     build/release/tests/marathon --threads 3 --seed 4711 --scripts 1
 *     build/release/tests/marathon --about tracking,blocking --seconds 600
 *     build/release/tests/marathon --show 4711
 *     build/release/tests/marathon tests/differential/crowd/scripts/blocking.txt
 *
 * Plays random scripts, or those in the files, all as often as --times says. Prints the seed of the first,
 * and of every failure the script, as short as it could be made; goes on then with the next, and ends with
 * status 1.
 * --show prints a script that a seed makes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "proto/base/contract.h"
#include "tests/differential/crowd/lines.h"
#include "tests/differential/crowd/script.h"
#include "tests/differential/crowd/stage.h"
#include "tests/support/pace.h"

struct request_line {
    const char *threads;
    uint64_t seed;
    int64_t seconds;
    size_t scripts;
    size_t times;
    unsigned themes;
    bool show, verbose;
    const char *files[256];
    size_t file_count;
};

_Noreturn static void fail(const char *what, const char *value)
{
    fprintf(stderr, "marathon: %s %s\n", what, value);
    exit(2);
}

/* Names with commas between them. */
static unsigned parse_themes(const char *text)
{
    unsigned themes = 0;
    char names[256];
    snprintf(names, sizeof names, "%s", text);
    for (char *left = names, *name; (name = strsep(&left, ",")) != NULL;) {
        if (theme_find(name) == THEME_COUNT) fail("no such theme:", name);
        themes |= 1u << theme_find(name);
    }
    return themes;
}

static void parse_option(struct request_line *line, const char *name, const char *value)
{
    if (value == NULL) fail("a value is missing after", name);
    if (strcmp(name, "--threads") == 0)
        line->threads = value;
    else if (strcmp(name, "--seed") == 0)
        line->seed = strtoull(value, NULL, 0);
    else if (strcmp(name, "--seconds") == 0)
        line->seconds = strtoll(value, NULL, 0);
    else if (strcmp(name, "--scripts") == 0)
        line->scripts = strtoull(value, NULL, 0);
    else if (strcmp(name, "--times") == 0)
        line->times = strtoull(value, NULL, 0);
    else if (strcmp(name, "--about") == 0)
        line->themes = parse_themes(value);
    else if (strcmp(name, "--show") == 0)
        line->show = true, line->seed = strtoull(value, NULL, 0);
    else
        fail("unknown option", name);
}

static void parse(int argc, char **argv, struct request_line *line)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--verbose") == 0) {
            line->verbose = true;
        } else if (argv[i][0] == '-') {
            parse_option(line, argv[i], argv[i + 1]);
            i++;
        } else if (line->file_count < sizeof line->files / sizeof *line->files) {
            line->files[line->file_count++] = argv[i];
        }
    }
}

/* What was found, and nothing left of it. True: something was. */
static bool tell(struct buffer *report)
{
    bool found = report->len > 0;
    if (found) printf("%.*s\n", (int)report->len, report->data);
    fflush(stdout);
    report->len = 0;
    return found;
}

static void show(const struct request_line *line)
{
    struct stage stage;
    struct script script;
    struct buffer text = { 0 };
    stage_init(&stage, line->threads);
    script_init(&script, stage.catalogue, line->themes, line->seed);
    script_write(&text, script.steps, script.len);
    tell(&text);
    buffer_clear(&text);
    script_clear(&script);
    stage_clear(&stage);
}

static size_t play_random(const struct request_line *line, struct tournament *tournament,
                          struct buffer *report)
{
    size_t failures = 0;
    int64_t deadline_ms = pace_now_ms() + line->seconds * 1000;
    tournament->scripts = 1;
    tournament->themes = line->themes;
    for (size_t i = 0; i < line->scripts; i++) {
        if (line->seconds > 0 && pace_now_ms() >= deadline_ms) break;
        tournament->seed = line->seed + i;
        if (line->verbose) fprintf(stderr, "seed %llu\n", (unsigned long long)tournament->seed);
        tournament_run(tournament, report);
        failures += tell(report);
    }
    return failures;
}

static size_t play_files(const struct request_line *line, struct tournament *tournament,
                         struct buffer *report)
{
    size_t failures = 0;
    for (size_t i = 0; i < line->file_count; i++) {
        bool failed = false;
        for (size_t times = 0; times < line->times && !failed; times++) {
            if (!tournament_play_file(tournament, line->files[i], report))
                fail("no scripts:", line->files[i]);
            failed = tell(report);
        }
        failures += failed;
    }
    return failures;
}

int main(int argc, char **argv)
{
    struct request_line line = {
        .threads = "1", .seed = (uint64_t)time(NULL), .scripts = SIZE_MAX, .times = 1
    };
    parse(argc, argv, &line);
    if (line.show) {
        show(&line);
        return 0;
    }
    struct stage stage;
    struct buffer report = { 0 };
    stage_init(&stage, line.threads);
    if (line.file_count == 0) printf("marathon: from seed %llu on\n", (unsigned long long)line.seed);
    fflush(stdout);
    size_t failures = line.file_count > 0 ? play_files(&line, &stage.tournament, &report)
                                          : play_random(&line, &stage.tournament, &report);
    printf("marathon: %zu scripts agreed, of %zu the end was not played, %zu failed\n",
           stage.tournament.agreed, stage.tournament.unsound, failures);
    stage_clear(&stage);
    buffer_clear(&report);
    return failures > 0;
}
