#include "server/observe/latency_monitor.h"

#include <criterion/criterion.h>
#include <string.h>

#include "server/report/latency_report.h"

static struct latency_monitor *monitor;
static struct latency_event seen;
static size_t events;

static void open_monitor(void)
{
    monitor = latency_monitor_create();
}

static void close_monitor(void)
{
    latency_monitor_destroy(&monitor);
}

TestSuite(latency_monitor, .init = open_monitor, .fini = close_monitor);

static void keep(void *context, const struct latency_event *event)
{
    (void)context;
    events++;
    seen = *event;
}

static void look(void)
{
    events = 0;
    latency_monitor_each(monitor, keep, NULL);
}

Test(latency_monitor, keeps_the_worst_of_each_second)
{
    latency_monitor_add(monitor, "command", 100, 7);
    latency_monitor_add(monitor, "command", 100, 9);
    latency_monitor_add(monitor, "command", 100, 8);
    latency_monitor_add(monitor, "command", 101, 3);
    look();
    cr_assert_eq(events, 1);
    cr_assert_eq(seen.len, 2);
    cr_expect_eq(seen.samples[0].ms, 9);
    cr_expect_eq(seen.samples[1].time_s, 101);
    cr_expect_eq(seen.samples[1].ms, 3);
    cr_expect_eq(seen.max_ms, 9);
}

Test(latency_monitor, forgets_the_oldest_sample_but_not_the_worst_ever)
{
    latency_monitor_add(monitor, "command", 1, 1000);
    for (int second = 2; second <= LATENCY_SAMPLES + 1; second++)
        latency_monitor_add(monitor, "command", second, 5);
    look();
    cr_expect_eq(seen.len, LATENCY_SAMPLES);
    cr_expect_eq(seen.samples[0].time_s, 2);
    cr_expect_eq(seen.samples[LATENCY_SAMPLES - 1].time_s, LATENCY_SAMPLES + 1);
    cr_expect_eq(seen.max_ms, 1000);
}

Test(latency_monitor, events_are_apart_and_reset_by_name_in_any_case)
{
    latency_monitor_add(monitor, "command", 1, 5);
    latency_monitor_add(monitor, "fast-command", 1, 6);
    cr_expect_eq(latency_monitor_reset(monitor, SLICE("nosuch")), 0);
    cr_expect_eq(latency_monitor_reset(monitor, SLICE("COMMAND")), 1);
    look();
    cr_expect_eq(events, 1);
    cr_expect_str_eq(seen.name, "fast-command");
    cr_expect_eq(latency_monitor_reset_all(monitor), 1);
    look();
    cr_expect_eq(events, 0);
}

Test(latency_monitor, a_graph_has_a_column_for_each_sample)
{
    static const struct latency_event event = {
        .name = "command", .samples = { { 100, 10 }, { 160, 24 } }, .len = 2, .max_ms = 30
    };
    struct buffer text = { 0 };
    latency_graph(&event, 170, &text);
    buffer_append(&text, "", 1);
    cr_expect_str_eq(text.data,
                     "command - high 24 ms, low 10 ms (all time high 30 ms)\n"
                     "--------------------------------------------------------------------------------\n"
                     " #\n #\n #\n_#\n"
                     "11\nm0\n s\n",
                     "%s", text.data);
    buffer_clear(&text);
}

Test(latency_monitor, a_graph_shows_the_latest_when_there_are_too_many)
{
    struct latency_event event = { .name = "command", .len = LATENCY_SAMPLES };
    for (int i = 0; i < LATENCY_SAMPLES; i++)
        event.samples[i] = (struct latency_sample){ .time_s = i, .ms = i };
    struct buffer text = { 0 };
    latency_graph(&event, INT64_MAX, &text);
    buffer_append(&text, "", 1);
    for (char *line = strtok(text.data, "\n"); line != NULL; line = strtok(NULL, "\n"))
        cr_expect_leq(strlen(line), 80, "%s", line);
    buffer_clear(&text);
}

static void expect_diagnosis(int64_t threshold_ms, const char *words)
{
    struct buffer text = { 0 };
    latency_diagnose(monitor, threshold_ms, &text);
    cr_expect_not_null(memmem(text.data, text.len, words, strlen(words)), "no \"%s\" in %.*s", words,
                       (int)text.len, text.data);
    buffer_clear(&text);
}

Test(latency_monitor, the_doctor_says_what_there_is_to_say)
{
    expect_diagnosis(0, "Nothing is monitored");
    expect_diagnosis(100, "nothing has taken 100 milliseconds");
    latency_monitor_add(monitor, "command", 10, 100);
    latency_monitor_add(monitor, "command", 19, 300);
    expect_diagnosis(100, "1. command: 2 spikes within 10 seconds; mean 200 ms, mean deviation 100 ms, "
                          "worst ever 300 ms.");
}
