#include "server/exec/lateness.h"

#include "server/core/address.h"
#include "server/core/server.h"
#include "server/exec/call.h"
#include "server/exec/session.h"
#include "server/observe/latency_monitor.h"
#include "server/observe/slowlog.h"

static void log_slow(const struct call *call, int64_t us)
{
    const struct settings *settings = call->server->settings;
    int64_t slow_us = SETTING(settings, slowlog_log_slower_than_us);
    if (slow_us < 0 || us < slow_us) return;
    char peer[ADDRESS_TEXT_MAX];
    session_peer(call->session, peer, sizeof(peer));
    struct slowlog_call slow = {
        .argv = call->argv,
        .argc = (size_t)call->argc,
        .redacted = call->redacted,
        .peer = peer,
        .client_name = call->session->name != NULL ? call->session->name : "",
        .now_ms = call->now_ms,
        .duration_us = us,
    };
    slowlog_add(call->server->slowlog, &slow, (size_t)SETTING(settings, slowlog_max_len));
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
