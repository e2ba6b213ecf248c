#include "server/exec/lateness.h"

#include "server/core/address.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/exec/session/session.h"
#include "server/observe/latency_monitor.h"
#include "server/observe/secrets.h"
#include "server/observe/slowlog.h"

static void log_slow(const struct late_command *late, int64_t us)
{
    const struct loop *loop = late->session->loop;
    const struct settings *settings = loop->server->settings;
    int64_t slow_us = SETTING(settings, slowlog_log_slower_than_us);
    if (slow_us < 0 || us < slow_us) return;
    char peer[ADDRESS_TEXT_MAX];
    if (late->peer == NULL) session_peer(late->session, peer, sizeof(peer));
    struct slowlog_call slow = {
        .argv = late->words->argv,
        .argc = (size_t)late->words->argc,
        .redacted = late->words->secrets,
        .peer = late->peer != NULL ? late->peer : peer,
        .client_name = late->session->name != NULL ? late->session->name : "",
        .now_ms = loop->now_ms,
        .duration_us = us,
    };
    slowlog_add(loop->server->slowlog, &slow, (size_t)SETTING(settings, slowlog_max_len));
}

void lateness_report(const struct late_command *late)
{
    const struct loop *loop = late->session->loop;
    const struct server *server = loop->server;
    int64_t us = (int64_t)(late->ns / 1000);
    if (late->is_logged) log_slow(late, us);
    int64_t late_ms = SETTING(server->settings, latency_monitor_threshold_ms);
    if (late_ms > 0 && us >= late_ms * 1000)
        latency_monitor_add(server->latency, late->event, loop->now_ms / 1000, us / 1000);
}
