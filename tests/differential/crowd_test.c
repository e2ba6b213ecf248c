/*
 * Several clients of this server against several of Redis: scripts that say which of them speaks next, after
 * each line of which all have been told the same.
 *
 * NUTHATCH_CROWD_SEED and NUTHATCH_CROWD_SCRIPTS choose other scripts than the usual ones; a failure prints
 * the script. `./dev test --marathon SECONDS` plays for longer.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/differential/crowd/script.h"
#include "tests/differential/crowd/stage.h"

#define USUAL_SEED 15000
/* By default as many scripts as fit into this time, and no more than so many. */
#define USUAL_MS      12000
#define USUAL_SCRIPTS 400

static unsigned long long from_environment(const char *name, unsigned long long otherwise)
{
    const char *text = getenv(name);
    return text == NULL || *text == '\0' ? otherwise : strtoull(text, NULL, 0);
}

static void play(const char *threads)
{
    struct stage stage;
    struct buffer report = { 0 };
    stage_init(&stage, threads);
    struct tournament *tournament = &stage.tournament;
    bool chosen = getenv("NUTHATCH_CROWD_SCRIPTS") != NULL;
    tournament->seed = from_environment("NUTHATCH_CROWD_SEED", USUAL_SEED);
    tournament->scripts = from_environment("NUTHATCH_CROWD_SCRIPTS", USUAL_SCRIPTS);
    tournament->ms = chosen ? 0 : USUAL_MS;
    tournament_run(tournament, &report);
    bool differ = report.len > 0;
    if (differ) instance_print_log(&stage.ours);
    buffer_append(&report, "", 1);
    cr_log_info("%zu scripts agreed, from seed %llu on; of %zu the end was not played", tournament->agreed,
                (unsigned long long)tournament->seed, tournament->unsound);
    cr_expect(!differ, "%s", report.data);
    cr_expect(tournament->unsound * 10 <= tournament->agreed || differ);
    stage_clear(&stage);
    buffer_clear(&report);
}

Test(crowd, clients_are_told_what_redis_tells_them_with_one_loop, .timeout = 600)
{
    play("1");
}

Test(crowd, clients_are_told_what_redis_tells_them_with_several_loops, .timeout = 600)
{
    play("3");
}

static void play_file(const char *name)
{
    static const char *const threads[] = { "1", "3" };
    char path[512];
    snprintf(path, sizeof path, "%s/tests/differential/crowd/scripts/%s.txt", NUTHATCH_SOURCE_DIR, name);
    for (size_t i = 0; i < 2; i++) {
        struct stage stage;
        struct buffer report = { 0 };
        stage_init(&stage, threads[i]);
        cr_expect(tournament_play_file(&stage.tournament, path, &report), "%s cannot be read", path);
        cr_expect_eq(report.len, 0, "with %s loops: %.*s", threads[i], (int)report.len, report.data);
        cr_expect(stage.tournament.agreed + stage.tournament.unsound > 0);
        stage_clear(&stage);
        buffer_clear(&report);
    }
}

Test(crowd, scripts_about_transactions, .timeout = 120)
{
    play_file("transactions");
}

Test(crowd, scripts_about_clients_that_wait, .timeout = 120)
{
    play_file("blocking");
}

Test(crowd, scripts_about_streams, .timeout = 120)
{
    play_file("streams");
}

Test(crowd, scripts_about_channels, .timeout = 120)
{
    play_file("pubsub");
}

Test(crowd, scripts_about_notifications, .timeout = 120)
{
    play_file("notifications");
}

Test(crowd, scripts_about_tracking, .timeout = 120)
{
    play_file("tracking");
}

Test(crowd, scripts_about_clients, .timeout = 120)
{
    play_file("clients");
}

Test(crowd, a_script_is_read_as_it_was_written)
{
    struct script script;
    struct buffer text = { 0 };
    struct slice lines =
        SLICE("1 HELLO 3\n2 MULTI\n2+ SET \"a b\" \"\\x00\"\n* @MOVE 5000\n1 CLIENT KILL ID @2\n");
    cr_assert(script_read(&script, lines));
    cr_expect_eq(script_clients(script.steps, script.len), 2);
    script_write(&text, script.steps, script.len);
    cr_expect(slice_equal(buffer_slice(&text), lines), "%.*s", (int)text.len, text.data);
    buffer_clear(&text);
    script_clear(&script);
    cr_expect_not(script_read(&script, SLICE("9 PING\n")));
}
