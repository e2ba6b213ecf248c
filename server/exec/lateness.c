#include "server/exec/lateness.h"

#include "server/core/server.h"
#include "server/exec/call.h"
#include "server/observe/latency_monitor.h"
#include "server/observe/slowlog.h"

static void log_slow(const struct call *call, int64_t us)
{
    int64_t slow_us = SETTING(call->server->settings, slowlog_log_slower_than_us);
    if (slow_us >= 0 && us >= slow_us) slowlog_add(call->server->slowlog, call, us);
}

static void note_late(const struct call *call, int64_t us, const char *event)
{
    int64_t late_ms = SETTING(call->server->settings, latency_monitor_threshold_ms);
    if (late_ms > 0 && us >= late_ms * 1000)
        latency_monitor_add(call->server->latency, event, call->now_ms / 1000, us / 1000);
}

void lateness_report(const struct call *call, uint64_t ns, bool is_logged, bool is_fast)
{
    int64_t us = (int64_t)(ns / 1000);
    if (is_logged) log_slow(call, us);
    note_late(call, us, is_fast ? "fast-command" : "command");
}

void lateness_report_served(const struct call *call, uint64_t ns)
{
    int64_t us = (int64_t)(ns / 1000);
    log_slow(call, us);
    note_late(call, us, "command-unblocking");
}
