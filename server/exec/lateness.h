/*
 * lateness.h - a command that took too long: in the slow log, and in the latency monitor.
 *
 * Threads: any loop.
 */
#ifndef SERVER_EXEC_LATENESS_H
#define SERVER_EXEC_LATENESS_H

#include <stdbool.h>
#include <stdint.h>

#include "server/config/settings.h"

struct public_words;
struct session;

/* May it be one? A shift is less than a division, and errs on the side of yes; a limit below 0 is none. */
static inline bool lateness_is_possible(const struct settings *settings, uint64_t ns)
{
    uint64_t slow_us = (uint64_t)SETTING(settings, slowlog_log_slower_than_us);
    uint64_t late_ms = (uint64_t)SETTING(settings, latency_monitor_threshold_ms);
    return ns >> 9 >= slow_us || (late_ms > 0 && ns >> 19 >= late_ms);
}

/* Is it a case for lateness_report()? */
static inline __attribute__((always_inline)) bool lateness_is_of_interest(const struct settings *settings,
                                                                          uint64_t ns)
{
    int64_t slow_us = SETTING(settings, slowlog_log_slower_than_us);
    int64_t late_ms = SETTING(settings, latency_monitor_threshold_ms);
    return (slow_us >= 0 && (int64_t)(ns / 1000) >= slow_us) ||
           (late_ms > 0 && (int64_t)(ns / 1000000) >= late_ms);
}

/* A command of the session took so long. `is_logged`: the slow log may have it. `event`: what the latency
 * monitor calls it, see lateness_event(). */
struct late_command {
    const struct session *session;
    const struct public_words *words;
    uint64_t ns;
    const char *peer; /* where it came from; NULL: where its session does */
    bool is_logged;
    const char *event;
};
/* Outside of an access, unless its peer is given. */
void lateness_report(const struct late_command *late);

/* As Redis calls commands: those that it calls fast, and others; and those that waited for keys and were
 * served. */
#define LATENESS_SERVED "command-unblocking"
static inline const char *lateness_event(bool is_fast)
{
    return is_fast ? "fast-command" : "command";
}

#endif
