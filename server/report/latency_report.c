#include "server/report/latency_report.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/observe/latency_monitor.h"

#define COLUMNS_MAX 80
#define ROWS        4
#define AGE_MAX     8

struct range {
    int64_t low_ms;
    int64_t high_ms;
};

static struct range range_of(const struct latency_event *event)
{
    struct range range = { .low_ms = event->samples[0].ms, .high_ms = event->samples[0].ms };
    for (size_t i = 1; i < event->len; i++) {
        int64_t ms = event->samples[i].ms;
        if (ms < range.low_ms) range.low_ms = ms;
        if (ms > range.high_ms) range.high_ms = ms;
    }
    return range;
}

static void write_heading(const struct latency_event *event, struct range range, struct buffer *out)
{
    char line[COLUMNS_MAX + 1];
    memset(line, '-', COLUMNS_MAX);
    line[COLUMNS_MAX] = '\0';
    buffer_printf(out, "%s - high %lld ms, low %lld ms (all time high %lld ms)\n%s\n", event->name,
                  (long long)range.high_ms, (long long)range.low_ms, (long long)event->max_ms, line);
}

/* How many half rows high the column of a sample is. The lowest still shows. */
static int height_of(int64_t ms, struct range range)
{
    int64_t span = range.high_ms - range.low_ms;
    return span == 0 ? 1 : 1 + (int)((ms - range.low_ms) * (2 * ROWS - 1) / span);
}

static void write_row(const struct latency_event *event, size_t first, struct range range, int row,
                      struct buffer *out)
{
    for (size_t i = first; i < event->len; i++) {
        int height = height_of(event->samples[i].ms, range);
        const char *mark = height >= 2 * row + 2 ? "#" : height == 2 * row + 1 ? "_" : " ";
        buffer_append(out, mark, 1);
    }
    buffer_append(out, "\n", 1);
}

/* "12s", "3m", "5h", "40d". */
static void print_age(char out[AGE_MAX + 1], int64_t age_s)
{
    static const struct {
        int64_t seconds;
        char letter;
    } units[] = { { 86400, 'd' }, { 3600, 'h' }, { 60, 'm' }, { 1, 's' } };
    size_t unit = 0;
    while (unit < 3 && age_s < units[unit].seconds) unit++;
    int64_t number = age_s / units[unit].seconds;
    if (number < 0) number = 0;
    if (number > 999999) number = 999999;
    snprintf(out, AGE_MAX + 1, "%d%c", (int)number, units[unit].letter);
}

/* Each age is read downwards. */
static void write_ages(const struct latency_event *event, size_t first, int64_t now_s, struct buffer *out)
{
    bool any = true;
    for (size_t line = 0; any && line < AGE_MAX; line++) {
        any = false;
        size_t start = out->len;
        for (size_t i = first; i < event->len; i++) {
            char age[AGE_MAX + 1];
            print_age(age, now_s - event->samples[i].time_s);
            bool longer = line < strlen(age);
            buffer_append(out, longer ? age + line : " ", 1);
            any |= longer;
        }
        buffer_append(out, "\n", 1);
        if (!any) out->len = start;
    }
}

void latency_graph(const struct latency_event *event, int64_t now_s, struct buffer *out)
{
    struct range range = range_of(event);
    size_t first = event->len > COLUMNS_MAX ? event->len - COLUMNS_MAX : 0;
    write_heading(event, range, out);
    for (int row = ROWS - 1; row >= 0; row--) write_row(event, first, range, row, out);
    write_ages(event, first, now_s, out);
}

struct diagnosis {
    struct buffer *out;
    size_t events;
};

static int64_t mean_of(const struct latency_event *event)
{
    int64_t sum = 0;
    for (size_t i = 0; i < event->len; i++) sum += event->samples[i].ms;
    return sum / (int64_t)event->len;
}

static int64_t mean_deviation_of(const struct latency_event *event, int64_t mean_ms)
{
    int64_t sum = 0;
    for (size_t i = 0; i < event->len; i++) sum += llabs(event->samples[i].ms - mean_ms);
    return sum / (int64_t)event->len;
}

static void describe(void *context, const struct latency_event *event)
{
    struct diagnosis *diagnosis = context;
    int64_t mean_ms = mean_of(event);
    int64_t from_s = event->samples[0].time_s;
    int64_t to_s = event->samples[event->len - 1].time_s;
    diagnosis->events++;
    buffer_printf(diagnosis->out,
                  "%zu. %s: %zu spikes within %lld seconds; mean %lld ms, mean deviation %lld ms, worst ever "
                  "%lld ms.\n",
                  diagnosis->events, event->name, event->len, (long long)to_s - (long long)from_s + 1,
                  (long long)mean_ms, (long long)mean_deviation_of(event, mean_ms), (long long)event->max_ms);
}

void latency_diagnose(struct latency_monitor *monitor, int64_t threshold_ms, struct buffer *out)
{
    struct diagnosis diagnosis = { .out = out };
    if (threshold_ms == 0) {
        buffer_printf(out, "Nothing is monitored. To have what takes too long remembered, say from how many "
                           "milliseconds on: CONFIG SET latency-monitor-threshold <milliseconds>.\n");
        return;
    }
    latency_monitor_each(monitor, describe, &diagnosis);
    if (diagnosis.events == 0) {
        buffer_printf(out, "All is well: nothing has taken %lld milliseconds or longer.\n",
                      (long long)threshold_ms);
        return;
    }
    buffer_printf(out,
                  "\nWhat can be done:\n"
                  "- SLOWLOG GET names the commands that took long. KEYS, and commands with very many keys, "
                  "take as long as there are keys: SCAN takes many short turns instead.\n"
                  "- Commands that were fast elsewhere wait for the processor or for memory here: look for "
                  "other load on the machine, swapping, and power saving.\n");
}
