#include "server/main/reconfigure.h"

#include "proto/base/buffer.h"
#include "server/commands/acl/acl_live.h"
#include "server/config/config.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/events/notify.h"
#include "server/exec/acl/users.h"
#include "server/main/file_limit.h"
#include "server/memory/purging.h"
#include "server/net/listener.h"
#include "server/net/tls/tls_contexts.h"
#include "server/observe/crash.h"
#include "server/observe/log.h"

static bool listen_on_port(void *context, struct settings *settings, struct buffer *complaint)
{
    struct server *server = context;
    (void)settings;
    if (listeners_reopen_tcp(server->listeners)) return true;
    buffer_printf(complaint, "Unable to listen on this port. Check server logs.");
    return false;
}

/* When the port was changed with them the addresses are open by now, and nothing more is done. */
static bool listen_on_addresses(void *context, struct settings *settings, struct buffer *complaint)
{
    struct server *server = context;
    (void)settings;
    if (listeners_reopen_tcp(server->listeners)) return true;
    buffer_printf(complaint, "Failed to bind to specified addresses.");
    return false;
}

/* Before a port is opened for it. */
static bool load_tls(void *context, struct settings *settings, struct buffer *complaint)
{
    struct server *server = context;
    (void)settings;
    if (tls_contexts_load(server->tls)) return true;
    buffer_printf(complaint, "Unable to update TLS configuration. Check server logs.");
    return false;
}

static bool make_room_for_clients(void *context, struct settings *settings, struct buffer *complaint)
{
    (void)context;
    int64_t wanted = SETTING(settings, maxclients);
    int64_t possible = file_limit_raise(settings);
    if (possible >= wanted) return true;
    buffer_printf(complaint,
                  "The operating system is not able to handle the specified number of clients, try with %lld",
                  (long long)possible);
    return false;
}

static bool set_log(void *context, struct settings *settings, struct buffer *complaint)
{
    (void)context;
    (void)complaint;
    log_set_level((enum log_level)SETTING(settings, loglevel));
    log_set_form((enum setting_log_format)SETTING(settings, log_format),
                 (enum setting_log_timestamp)SETTING(settings, log_timestamp_format));
    return true;
}

static bool set_crash_report(void *context, struct settings *settings, struct buffer *complaint)
{
    (void)context;
    (void)complaint;
    crash_report_on(SETTING(settings, crash_log_enabled));
    return true;
}

static bool choose_purging(void *context, struct settings *settings, struct buffer *complaint)
{
    (void)context;
    (void)complaint;
    purging_choose(settings);
    return true;
}

static bool choose_events(void *context, struct settings *settings, struct buffer *complaint)
{
    struct server *server = context;
    (void)settings;
    (void)complaint;
    notify_reconsider(server->notify);
    return true;
}

static const char *const tls_names[] = {
    "tls-port",
    "http-tls-port",
    "tls-cert-file",
    "tls-key-file",
    "tls-key-file-pass",
    "tls-client-cert-file",
    "tls-client-key-file",
    "tls-client-key-file-pass",
    "tls-ca-cert-file",
    "tls-ca-cert-dir",
    "tls-dh-params-file",
    "tls-protocols",
    "tls-ciphers",
    "tls-ciphersuites",
    "tls-auth-clients",
    "tls-cluster",
    "tls-prefer-server-ciphers",
    "tls-session-caching",
    "tls-session-cache-size",
    "tls-session-cache-timeout",
    "upstream-tls-cert-file",
    "upstream-tls-key-file",
    "upstream-tls-key-file-pass",
    "upstream-tls-ca-cert-file",
    "upstream-tls-ca-cert-dir",
    "upstream-tls-verify",
};

static bool choose_password(void *context, struct settings *settings, struct buffer *complaint)
{
    struct server *server = context;
    struct buffer password = { 0 };
    (void)complaint;
    settings_copy_text(settings, TEXT_REQUIREPASS, &password);
    users_set_default_password(server->users, buffer_slice(&password));
    acl_live_refresh(loop_of_thread());
    buffer_clear(&password);
    return true;
}

void reconfigure_register(struct server *server)
{
    struct config *config = server->config;
    for (size_t i = 0; i < sizeof tls_names / sizeof *tls_names; i++)
        config_on_change(config, tls_names[i], load_tls, server);
    config_on_change(config, "port", listen_on_port, server);
    config_on_change(config, "tls-port", listen_on_port, server);
    config_on_change(config, "http-port", listen_on_port, server);
    config_on_change(config, "http-tls-port", listen_on_port, server);
    config_on_change(config, "bind", listen_on_addresses, server);
    config_on_change(config, "http-bind", listen_on_addresses, server);
    config_on_change(config, "maxmemory", choose_purging, server);
    config_on_change(config, "notify-keyspace-events", choose_events, server);
    config_on_change(config, "requirepass", choose_password, server);
    config_on_change(config, "maxclients", make_room_for_clients, server);
    config_on_change(config, "loglevel", set_log, server);
    config_on_change(config, "log-format", set_log, server);
    config_on_change(config, "log-timestamp-format", set_log, server);
    config_on_change(config, "crash-log-enabled", set_crash_report, server);
}
