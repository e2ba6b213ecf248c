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

struct call;

/* Is it a case for lateness_report()? */
static inline bool lateness_is_of_interest(const struct settings *settings, uint64_t ns)
{
    int64_t slow_us = SETTING(settings, slowlog_log_slower_than_us);
    int64_t late_ms = SETTING(settings, latency_monitor_threshold_ms);
    return (slow_us >= 0 && (int64_t)(ns / 1000) >= slow_us) ||
           (late_ms > 0 && (int64_t)(ns / 1000000) >= late_ms);
}

/* `is_logged`: the slow log may have it. `is_fast`: it is one of those that Redis calls so. */
void lateness_report(const struct call *call, uint64_t ns, bool is_logged, bool is_fast);
/* The same of one that waited for keys and was served: told then, and not when it began to wait. */
void lateness_report_served(const struct call *call, uint64_t ns);

#endif
