#include "server/exec/lateness.h"

#include "server/core/server.h"
#include "server/exec/call.h"
#include "server/observe/latency_monitor.h"
#include "server/observe/slowlog.h"

void lateness_report(const struct call *call, uint64_t ns, bool is_logged, bool is_fast)
{
    struct server *server = call->server;
    int64_t us = (int64_t)(ns / 1000);
    int64_t slow_us = SETTING(server->settings, slowlog_log_slower_than_us);
    if (is_logged && slow_us >= 0 && us >= slow_us) slowlog_add(server->slowlog, call, us);
    int64_t late_ms = SETTING(server->settings, latency_monitor_threshold_ms);
    if (late_ms > 0 && us >= late_ms * 1000)
        latency_monitor_add(server->latency, is_fast ? "fast-command" : "command", call->now_ms / 1000,
                            us / 1000);
}
