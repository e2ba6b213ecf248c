/*
 * HOTKEYS: which keys take most time and traffic, for as long as a window is open.
 */
#include "server/commands/admin/hotkeys.h"

#include <sys/resource.h>

#include "proto/base/alloc.h"
#include "server/commands/admin/help.h"
#include "server/commands/catalog/families.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/exec/acl/call_rights.h"
#include "server/exec/acl/selector.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"
#include "server/exec/sampling.h"
#include "server/exec/session/survey.h"
#include "server/observe/keys/key_window.h"

#define COUNT_PRESET 10
#define DURATION_MAX 1000000
#define RATIO_MAX    1000000
#define LAST_SLOT    16383

static uint64_t microseconds(struct timeval time)
{
    return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_usec;
}

static struct window_cpu cpu_of_process(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (struct window_cpu){ .user_us = microseconds(usage.ru_utime),
                                .sys_us = microseconds(usage.ru_stime) };
}

void hotkeys_look(struct server *server)
{
    int64_t now_ms = server_now_ms(server);
    if (!key_window_is_over(server->key_window, now_ms)) return;
    struct window_cpu cpu = cpu_of_process();
    key_window_close(server->key_window, now_ms, &cpu);
}

/* `i` moves to what the word names. False: an error has been replied. */
static bool read_number(struct call *call, int *i, int64_t max, struct slice complaint, int64_t *number)
{
    ++*i;
    if (!call_arg_int_or(call, *i, number, complaint)) return false;
    if (*number >= 1 && *number <= max) return true;
    reply_error(call->reply, complaint);
    return false;
}

static bool refuse(struct call *call, struct slice complaint)
{
    reply_error(call->reply, complaint);
    return false;
}

static bool read_metric(struct call *call, int arg, struct window_options *options)
{
    bool cpu = call_arg_is(call, arg, "CPU"), net = call_arg_is(call, arg, "NET");
    if (cpu && options->wants[WINDOW_CPU])
        return refuse(call, SLICE("ERR METRICS CPU defined more than once!"));
    if (net && options->wants[WINDOW_NET])
        return refuse(call, SLICE("ERR METRICS NET defined more than once!"));
    options->wants[WINDOW_CPU] |= cpu;
    options->wants[WINDOW_NET] |= net;
    return true;
}

/* A word that is no metric counts as one that is not collected. */
static bool read_metrics(struct call *call, int *i, struct window_options *options)
{
    int64_t count;
    if (call->argc < 4 || !call_arg_is(call, 2, "METRICS"))
        return refuse(call, SLICE("ERR METRICS parameter is required"));
    struct slice complaint = SLICE("ERR METRICS count must be > 0 and <= 2");
    if (!read_number(call, i, WINDOW_METRICS, complaint, &count)) return false;
    for (; count > 0; count--) {
        if (++*i >= call->argc)
            return refuse(call, SLICE("ERR METRICS count does not match number of metric types provided"));
        if (!read_metric(call, *i, options)) return false;
    }
    if (options->wants[WINDOW_CPU] || options->wants[WINDOW_NET]) return true;
    return refuse(call, SLICE("ERR METRICS no valid metrics passed. Supported: CPU|NET"));
}

static bool read_option(struct call *call, int *i, struct window_options *options)
{
    int64_t number = 0;
    if (call_arg_is(call, *i, "SLOTS"))
        return refuse(call, SLICE("ERR SLOTS parameter cannot be used in non-cluster mode"));
    if (*i + 1 >= call->argc) return refuse(call, SLICE(ERR_SYNTAX));
    if (call_arg_is(call, *i, "COUNT")) {
        struct slice complaint = SLICE("ERR COUNT must be between 1 and 64");
        if (!read_number(call, i, KEY_WINDOW_MOST, complaint, &number)) return false;
        options->count = (unsigned)number;
    } else if (call_arg_is(call, *i, "DURATION")) {
        struct slice complaint = SLICE("ERR DURATION must be between 1 and 1000000");
        if (!read_number(call, i, DURATION_MAX, complaint, &number)) return false;
        options->duration_ms = number * 1000;
    } else if (call_arg_is(call, *i, "SAMPLE")) {
        if (!read_number(call, i, INT64_MAX, SLICE("ERR SAMPLE ratio must be positive"), &number))
            return false;
        options->ratio = number < RATIO_MAX ? (uint32_t)number : RATIO_MAX;
    } else {
        return refuse(call, SLICE(ERR_SYNTAX));
    }
    return true;
}

static void hasten(struct loop *loop, void *question)
{
    (void)question;
    sampling_hasten(loop);
}

/* This loop at once: the next command may be in the batch that is under way. */
static void start(struct call *call)
{
    static const struct slice under_way = SLICE("ERR hotkey tracking session already in progress");
    struct server *server = call->server;
    struct window_options options = { .count = COUNT_PRESET, .ratio = 1 };
    hotkeys_look(server);
    if (key_window_ratio(server->key_window) != 0) {
        reply_error(call->reply, under_way);
        return;
    }
    int i = 2;
    if (!read_metrics(call, &i, &options)) return;
    while (++i < call->argc)
        if (!read_option(call, &i, &options)) return;
    struct window_cpu cpu = cpu_of_process();
    if (!key_window_open(server->key_window, &options, call->now_ms, &cpu)) {
        reply_error(call->reply, under_way);
        return;
    }
    sampling_hasten(call->loop);
    survey_tell(call->loop, hasten, NULL, 0);
    reply_ok(call->reply);
}

static void stop(struct call *call)
{
    hotkeys_look(call->server);
    struct window_cpu cpu = cpu_of_process();
    if (key_window_close(call->server->key_window, call->now_ms, &cpu))
        reply_ok(call->reply);
    else
        reply_null(call->reply);
}

static void reset(struct call *call)
{
    hotkeys_look(call->server);
    if (key_window_forget(call->server->key_window))
        reply_ok(call->reply);
    else
        reply_error(call->reply, SLICE("ERR hotkey tracking session in progress, stop tracking first"));
}

static void reply_number(struct reply *reply, struct slice name, uint64_t number)
{
    reply_bulk(reply, name);
    reply_int(reply, (int64_t)number);
}

/* Of a name that was cut nobody knows whether a pattern fits its end. */
static bool may_see(const struct call *call, const struct heavy_key *key)
{
    if (key->is_cut) return call_may_reach_all(call, RIGHT_READ);
    return call_may_reach(call, slice_of(key->name, key->len), RIGHT_READ);
}

/* Names and weights by turns, in a flat array. Names that the user could not read are none of its business.
 */
static void reply_keys(struct call *call, enum window_metric metric, unsigned count, uint64_t unit)
{
    struct heavy_key *keys;
    size_t len = key_window_top(call->server->key_window, metric, &keys);
    struct reply_mark mark = reply_open(call->reply);
    size_t shown = 0;
    for (size_t i = 0; i < len && shown < count; i++) {
        if (!may_see(call, &keys[i])) continue;
        reply_number(call->reply, slice_of(keys[i].name, keys[i].len), keys[i].weight / unit);
        shown++;
    }
    reply_close_array(call->reply, mark, 2 * shown);
    alloc_free(keys);
}

/* There is one node, which has all slots. */
static void reply_slots(struct reply *reply)
{
    reply_bulk(reply, SLICE("selected-slots"));
    reply_array(reply, 1);
    reply_array(reply, 2);
    reply_int(reply, 0);
    reply_int(reply, LAST_SLOT);
}

static void reply_window(struct reply *reply, const struct window_report *report)
{
    reply_number(reply, SLICE("tracking-active"), report->is_open);
    reply_number(reply, SLICE("sample-ratio"), report->options.ratio);
    reply_slots(reply);
    reply_number(reply, SLICE("all-commands-all-slots-us"), report->commands_ns / 1000);
    reply_number(reply, SLICE("net-bytes-all-commands-all-slots"), report->net_bytes);
    reply_number(reply, SLICE("collection-start-time-unix-ms"), (uint64_t)report->began_ms);
    reply_number(reply, SLICE("collection-duration-ms"), (uint64_t)report->duration_ms);
}

#define WINDOW_FIELDS 7
#define CPU_FIELDS    3
#define NET_FIELDS    2

static void get(struct call *call)
{
    struct window_report report;
    hotkeys_look(call->server);
    struct window_cpu cpu = cpu_of_process();
    struct reply *reply = call->reply;
    if (!key_window_report(call->server->key_window, call->now_ms, &cpu, &report)) {
        reply_null(reply);
        return;
    }
    const bool *wants = report.options.wants;
    reply_array(reply, 1);
    reply_map(reply,
              WINDOW_FIELDS + (wants[WINDOW_CPU] ? CPU_FIELDS : 0) + (wants[WINDOW_NET] ? NET_FIELDS : 0));
    reply_window(reply, &report);
    if (wants[WINDOW_CPU]) {
        reply_number(reply, SLICE("total-cpu-time-user-ms"), report.cpu.user_us / 1000);
        reply_number(reply, SLICE("total-cpu-time-sys-ms"), report.cpu.sys_us / 1000);
    }
    if (wants[WINDOW_NET]) reply_number(reply, SLICE("total-net-bytes"), report.net_bytes);
    if (wants[WINDOW_CPU]) {
        reply_bulk(reply, SLICE("by-cpu-time-us"));
        reply_keys(call, WINDOW_CPU, report.options.count, 1000);
    }
    if (wants[WINDOW_NET]) {
        reply_bulk(reply, SLICE("by-net-bytes"));
        reply_keys(call, WINDOW_NET, report.options.count, 1);
    }
}

static void help(struct call *call)
{
    static const char *const lines[] = {
        "GET",
        "    What the window tells that is open, or was closed last.",
        "RESET",
        "    Forget a window that was closed.",
        "START METRICS <count> [CPU] [NET] [COUNT <k>] [DURATION <seconds>] [SAMPLE <ratio>]",
        "    Open a window: look at one command of <ratio>, by default at each.",
        "STOP",
        "    Close the window.",
        NULL,
    };
    help_reply(call, lines);
}

#define ROW   .group = "server", .tier = TIER_LOCAL, .since = "7.2.4"
#define FLAGS (CMD_APART | CMD_ADMIN | CMD_NOSCRIPT)

static const struct command hotkeys_subcommands[] = {
    { "start", start,
      .syntax = "[METRICS count [CPU] [NET] [COUNT k] [DURATION seconds] [SAMPLE ratio] "
                "[SLOTS count slot [slot ...]]]",
      .flags = FLAGS, ROW, .cost = "O(1)", .reply = "OK",
      .summary = "Open a window in which it is looked at what keys take." },
    { "stop", stop, .syntax = "", .flags = FLAGS, ROW, .cost = "O(1)",
      .reply = "OK, or null if no window is open", .summary = "Close the window." },
    { "get", get, .syntax = "", .flags = FLAGS, ROW, .cost = "O(K) for K keys told",
      .reply = "array of one map, or null if there is no window",
      .summary = "Get the keys that take most time and traffic in the window." },
    { "reset", reset, .syntax = "", .flags = FLAGS, ROW, .cost = "O(1)", .reply = "OK",
      .summary = "Forget a window that was closed." },
    { "help", help, .syntax = "", .flags = CMD_LOADING | CMD_STALE, ROW, .cost = "O(1)", .reply = "array",
      .summary = "Explain the subcommands." },
    { 0 },
};

const struct command hotkeys_commands[] = {
    { "hotkeys", .syntax = "", ROW, .cost = "Depends on the subcommand",
      .summary = "Windows in which it is looked at what keys take.", .subcommands = hotkeys_subcommands },
    { 0 },
};
