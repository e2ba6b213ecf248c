#include "server/config/machine/machine.h"
#include "server/config/options/groups.h"
#include "server/config/text/format.h"

#define THREADS_MAX  128
#define THREADS_AUTO 8

static const struct option_choice supervisors[] = { { "upstart", SUPERVISED_UPSTART },
                                                    { "systemd", SUPERVISED_SYSTEMD },
                                                    { "auto", SUPERVISED_AUTO },
                                                    { "no", SUPERVISED_NO },
                                                    { 0 } };

static const struct option_choice oom_adjustments[] = {
    { "no", 0 }, { "yes", 1 }, { "relative", 1 }, { "absolute", 2 }, { 0 }
};

static int64_t effective_threads(int64_t threads)
{
    if (threads > 0) return threads;
    int64_t cores = machine_cores();
    return cores < THREADS_AUTO ? cores : THREADS_AUTO;
}

/* The variables that a title template may hold, as Redis has them. */
static bool is_title_variable(struct slice name)
{
    static const char *const variables[] = { "title",    "listen-addr", "server-mode", "port",
                                             "tls-port", "unixsocket",  "config-file" };
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        if (slice_equal(name, slice_of_cstr(variables[i]))) return true;
    }
    return false;
}

static const char *template_complaint(struct slice text)
{
    static const char complaint[] = "template format is invalid or contains unknown variables";
    const char *end = text.data + text.len;
    if (text.len == 0) return complaint;
    for (const char *at = text.data; at < end; at++) {
        if (*at != '{') continue;
        const char *close = memchr(at, '}', (size_t)(end - at));
        if (close == NULL || !is_title_variable(slice_of(at + 1, (size_t)(close - at) - 1))) {
            return complaint;
        }
        at = close;
    }
    return NULL;
}

const struct option general_options[] = {
    { "threads", OPTION_INT, FIELD(threads), .max = THREADS_MAX, .resolve = effective_threads, .preset = "0",
      .shown_preset = "0: one per core, at most 8", .flags = OPTION_IMMUTABLE,
      .summary = "Event loops, each on a thread of its own." },
    { "io-threads", OPTION_ALIAS, .of = "threads" },
    { "io-threads-do-reads", OPTION_BOOL, .preset = "no", .flags = OPTION_IMMUTABLE | OPTION_IGNORED },
    { "databases", OPTION_INT, FIELD(databases), .min = 1, .max = INT32_MAX, .preset = "16",
      .flags = OPTION_IMMUTABLE, .summary = "Databases that SELECT may choose from." },
    { "daemonize", OPTION_BOOL, FIELD(daemonize), .preset = "no", .flags = OPTION_IMMUTABLE,
      .summary = "Detach from the terminal and run in the background." },
    { "supervised", OPTION_ENUM, FIELD(supervised), .choices = supervisors, .preset = "no",
      .flags = OPTION_IMMUTABLE,
      .summary = "Tell the supervisor when the server is ready and when it stops." },
    { "pidfile", OPTION_TEXT, .text = TEXT_PIDFILE, .flags = OPTION_IMMUTABLE,
      .summary = "File that holds the process id while the server runs." },
    { "dir", OPTION_TEXT, .text = TEXT_DIR, .flags = OPTION_PROTECTED, .shown_preset = "where it was started",
      .summary = "Working directory, which relative paths start from." },
    { "lua-enable-deprecated-api", OPTION_BOOL, .preset = "no",
      .flags = OPTION_HIDDEN | OPTION_IMMUTABLE | OPTION_IGNORED },
    { "use-exit-on-panic", OPTION_BOOL, .preset = "no", .flags = OPTION_HIDDEN | OPTION_IGNORED },
    { "watchdog-period", OPTION_INT, .max = INT32_MAX, .preset = "0",
      .flags = OPTION_HIDDEN | OPTION_IGNORED },
    { "hz", OPTION_INT, .max = INT32_MAX, .floor = 1, .ceiling = 500, .preset = "10",
      .flags = OPTION_IGNORED },
    { "set-proc-title", OPTION_BOOL, FIELD(set_proc_title), .preset = "yes", .flags = OPTION_IMMUTABLE,
      .summary = "Show addresses and port in the process list." },
    { "proc-title-template", OPTION_TEXT, .text = TEXT_PROC_TITLE_TEMPLATE, .complaint = template_complaint,
      .preset = "{title} {listen-addr} {server-mode}", .summary = "What the process list shows." },
    { "shutdown-timeout", OPTION_INT, .max = INT32_MAX, .preset = "10", .flags = OPTION_IGNORED },
    { "shutdown-on-sigint", OPTION_MULTI, .format = &format_shutdown, .preset = "default",
      .flags = OPTION_IGNORED },
    { "shutdown-on-sigterm", OPTION_MULTI, .format = &format_shutdown, .preset = "default",
      .flags = OPTION_IGNORED },
    { "dynamic-hz", OPTION_BOOL, .preset = "yes", .flags = OPTION_IGNORED },
    { "always-show-logo", OPTION_BOOL, .preset = "no", .flags = OPTION_IMMUTABLE | OPTION_IGNORED },
    { "server-cpulist", OPTION_TEXT, .flags = OPTION_IMMUTABLE | OPTION_IGNORED },
    { "server_cpulist", OPTION_ALIAS, .of = "server-cpulist" },
    { "bio-cpulist", OPTION_TEXT, .flags = OPTION_IMMUTABLE | OPTION_IGNORED },
    { "bio_cpulist", OPTION_ALIAS, .of = "bio-cpulist" },
    { "oom-score-adj", OPTION_ENUM, .choices = oom_adjustments, .preset = "no", .flags = OPTION_IGNORED },
    { "oom-score-adj-values", OPTION_MULTI, .format = &format_oom_score_adj, .preset = "0 200 800",
      .flags = OPTION_IGNORED },
    { "disable-thp", OPTION_BOOL, .preset = "yes", .flags = OPTION_IMMUTABLE | OPTION_IGNORED },
    { "ignore-warnings", OPTION_TEXT, .flags = OPTION_IGNORED },
    { "locale-collate", OPTION_TEXT, .flags = OPTION_IGNORED },
    { "busy-reply-threshold", OPTION_INT, FIELD(busy_reply_threshold_ms), .max = INT64_MAX, .preset = "5000",
      .flags = OPTION_UPSTREAMS,
      .summary =
          "Milliseconds that a script may take until others are told BUSY, and may end it; 0: for ever." },
    { "lua-time-limit", OPTION_ALIAS, .of = "busy-reply-threshold" },
    { 0 },
};
