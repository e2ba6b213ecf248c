#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/commands/admin/help.h"
#include "server/commands/catalog/families.h"
#include "server/config/settings.h"
#include "server/core/server.h"
#include "server/core/totals.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/command/table.h"
#include "server/exec/errors/errors.h"
#include "server/observe/histogram.h"
#include "server/observe/latency_monitor.h"
#include "server/report/latency_report.h"

struct listing {
    struct reply *reply;
    size_t len;
};

static void write_latest(void *context, const struct latency_event *event)
{
    struct listing *listing = context;
    const struct latency_sample *last = &event->samples[event->len - 1];
    reply_array(listing->reply, 4);
    reply_bulk_cstr(listing->reply, event->name);
    reply_int(listing->reply, last->time_s);
    reply_int(listing->reply, last->ms);
    reply_int(listing->reply, event->max_ms);
    listing->len++;
}

static void latest(struct call *call)
{
    struct listing listing = { .reply = call->reply };
    struct reply_mark mark = reply_open_counted(call->reply);
    latency_monitor_each(call->server->latency, write_latest, &listing);
    reply_close_array(call->reply, mark, listing.len);
}

/* A copy of the event that argv[2] names, letter by letter. */
struct search {
    struct slice name;
    bool found;
    struct latency_event event;
};

static void compare(void *context, const struct latency_event *event)
{
    struct search *search = context;
    if (!slice_equal(search->name, slice_of_cstr(event->name))) return;
    search->found = true;
    search->event = *event;
}

static struct search find_event(struct call *call)
{
    struct search search = { .name = call->argv[2] };
    latency_monitor_each(call->server->latency, compare, &search);
    return search;
}

static void history(struct call *call)
{
    struct search search = find_event(call);
    reply_array(call->reply, search.event.len);
    for (size_t i = 0; i < search.event.len; i++) {
        reply_array(call->reply, 2);
        reply_int(call->reply, search.event.samples[i].time_s);
        reply_int(call->reply, search.event.samples[i].ms);
    }
}

static void reset(struct call *call)
{
    struct latency_monitor *monitor = call->server->latency;
    size_t removed = 0;
    if (call->argc == 2) removed = latency_monitor_reset_all(monitor);
    for (int i = 2; i < call->argc; i++) removed += latency_monitor_reset(monitor, call->argv[i]);
    reply_int(call->reply, (int64_t)removed);
}

static void graph(struct call *call)
{
    struct search search = find_event(call);
    if (!search.found) {
        reply_errorf(call->reply, ERR_NO_SAMPLES_FMT, (int)call->argv[2].len, call->argv[2].data);
        return;
    }
    struct buffer text = { 0 };
    latency_graph(&search.event, call->now_ms / 1000, &text);
    reply_verbatim(call->reply, "txt", buffer_slice(&text));
    buffer_clear(&text);
}

static void doctor(struct call *call)
{
    struct buffer text = { 0 };
    latency_diagnose(call->server->latency, SETTING(call_settings(call), latency_monitor_threshold_ms),
                     &text);
    reply_verbatim(call->reply, "txt", buffer_slice(&text));
    buffer_clear(&text);
}

/* The first limit of the distribution; each further one is twice the one before. */
#define FIRST_LIMIT_NS 1024

/* Redis names a limit by the longest duration that its own histogram, of 128 steps to a doubling, cannot tell
 * from it. */
static int64_t name_of_limit(uint64_t limit_ns)
{
    return (int64_t)((limit_ns + limit_ns / 128 - 1) / 1000);
}

static void write_distribution(struct reply *reply, const struct histogram *histogram, uint64_t total)
{
    struct reply_mark mark = reply_open(reply);
    size_t bucket = 0, pairs = 0;
    uint64_t seen = 0, told = 0;
    for (uint64_t limit_ns = FIRST_LIMIT_NS; told < total; limit_ns *= 2) {
        while (bucket < HISTOGRAM_BUCKETS && histogram_bucket_top_ns(bucket) < limit_ns)
            seen += atomic_load_explicit(&histogram->counts[bucket++], memory_order_relaxed);
        if (seen == told) continue;
        reply_int(reply, name_of_limit(limit_ns));
        reply_int(reply, (int64_t)seen);
        told = seen;
        pairs++;
    }
    reply_close_map(reply, mark, pairs);
}

/* Commands that have not been called are left out. */
static void write_command(struct call *call, const struct command_info *command, size_t *written)
{
    struct histogram sum = { 0 };
    totals_of_latency(call->server, command->id, &sum);
    uint64_t total = histogram_total(&sum);
    if (total == 0) return;
    reply_bulk_cstr(call->reply, command->full_name);
    reply_map(call->reply, 2);
    reply_bulk_cstr(call->reply, "calls");
    reply_int(call->reply, (int64_t)total);
    reply_bulk_cstr(call->reply, "histogram_usec");
    write_distribution(call->reply, &sum, total);
    ++*written;
}

/* A container stands for its subcommands. */
static void write_named(struct call *call, struct slice name, size_t *written)
{
    const struct command_info *command = command_table_find_full(call->server->commands, name);
    if (command == NULL) return;
    write_command(call, command, written);
    for (size_t i = 0; i < command->subcommand_count; i++)
        write_command(call, &command->subcommands[i], written);
}

static void histogram(struct call *call)
{
    const struct command_table *commands = call->server->commands;
    size_t written = 0;
    struct reply_mark mark = reply_open(call->reply);
    for (int i = 2; i < call->argc; i++) write_named(call, call->argv[i], &written);
    for (unsigned id = 0; call->argc == 2 && id < command_table_ids(commands); id++)
        write_command(call, command_table_by_id(commands, id), &written);
    reply_close_map(call->reply, mark, written);
}

static void help(struct call *call)
{
    static const char *const lines[] = {
        "DOCTOR",
        "    The events in numbers, and what can be done about them.",
        "GRAPH <event>",
        "    The samples of an <event>, drawn.",
        "HISTORY <event>",
        "    The samples of an <event>: when, and how many milliseconds.",
        "LATEST",
        "    The latest and the worst sample of every event.",
        "RESET [<event> ...]",
        "    Forget these events, or all.",
        "HISTOGRAM [<command> ...]",
        "    How many calls of these commands, or of all, took how many microseconds at most.",
        NULL,
    };
    help_reply(call, lines);
}

#define SERVER  .group = "server"
#define ADMIN   (CMD_ADMIN | CMD_NOSCRIPT | CMD_LOADING | CMD_STALE)
#define SPECIAL "nondeterministic_output request_policy:all_nodes response_policy:special"

static const struct command latency_subcommands[] = {
    { "help", help, .syntax = "", .flags = CMD_LOADING | CMD_STALE, SERVER, .since = "2.8.13", .cost = "O(1)",
      .reply = "array", .summary = "Explain the subcommands." },
    { "latest", latest, .syntax = "", .flags = ADMIN, SERVER, .since = "2.8.13", .cost = "O(1)",
      .reply = "array", .summary = "The latest and the worst sample of every event.", .tips = SPECIAL },
    { "histogram", histogram, .syntax = "[command [command ...]]", .flags = ADMIN, SERVER, .since = "7.0.0",
      .cost = "O(N) for N commands", .reply = "map",
      .summary = "How many calls of each command took how long.", .tips = SPECIAL },
    { "reset", reset, .syntax = "[event [event ...]]", .flags = ADMIN, SERVER, .since = "2.8.13",
      .cost = "O(1)", .reply = "integer", .summary = "Forget events.",
      .tips = "request_policy:all_nodes response_policy:all_succeeded" },
    { "graph", graph, .syntax = "event", .flags = ADMIN, SERVER, .since = "2.8.13", .cost = "O(1)",
      .reply = "bulk string", .summary = "The samples of an event, drawn.", .tips = SPECIAL },
    { "doctor", doctor, .syntax = "", .flags = ADMIN, SERVER, .since = "2.8.13", .cost = "O(1)",
      .reply = "bulk string", .summary = "A report on the events, with advice.", .tips = SPECIAL },
    { "history", history, .syntax = "event", .flags = ADMIN, SERVER, .since = "2.8.13", .cost = "O(1)",
      .reply = "array", .summary = "The samples of an event.", .tips = SPECIAL },
    { 0 },
};

const struct command latency_commands[] = {
    { "latency", .syntax = "", .group = "server", .tier = TIER_LOCAL, .since = "2.8.13",
      .cost = "Depends on the subcommand", .summary = "About events that took long.",
      .subcommands = latency_subcommands },
    { 0 },
};
