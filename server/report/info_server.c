#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "server/config/config.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/core/totals.h"
#include "server/events/blocking/blocking.h"
#include "server/events/tracking/tracking.h"
#include "server/exec/session/census.h"
#include "server/observe/counters.h"
#include "server/observe/loading.h"
#include "server/observe/run.h"
#include "server/report/info.h"
#include "server/upstream/link/link.h"
#include "server/upstream/tier.h"

static void write_software(struct buffer *out)
{
    struct utsname system;
    uname(&system);
    info_field(out, "redis_version", "%s", SERVER_REDIS_VERSION);
    info_field(out, "redis_git_sha1", "00000000");
    info_field(out, "redis_git_dirty", "0");
    info_field(out, "redis_build_id", "0");
    info_field(out, "redis_mode", "standalone");
    info_field(out, "nuthatch_version", "%s", NUTHATCH_VERSION);
    info_field(out, "os", "%s %s %s", system.sysname, system.release, system.machine);
    info_field(out, "arch_bits", "%zu", sizeof(void *) * 8);
    info_field(out, "monotonic_clock", "POSIX clock_gettime");
    info_field(out, "multiplexing_api", "epoll");
    info_field(out, "atomicvar_api", "c11-builtin");
    info_field(out, "gcc_version", "%d.%d.%d", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
}

static const char *supervision(const struct settings *settings)
{
    if (SETTING(settings, supervised) == SUPERVISED_NO) return "no";
    return getenv("NOTIFY_SOCKET") != NULL ? "systemd"
           : getenv("UPSTART_JOB") != NULL ? "upstart"
                                           : "unknown";
}

/* By which one that has us upstream sees whether it has itself there. */
static void write_upstreams(struct server *server, struct buffer *out)
{
    char run_ids[IDENTITY_UPSTREAMS_MAX];
    if (server->tier == NULL) return;
    link_copy_upstreams(tier_link(server->tier), run_ids, sizeof(run_ids));
    info_field(out, "nuthatch_upstreams", "%s", run_ids);
}

/* ",bind=127.0.0.1,bind=-::1,port=6379" */
static void write_listener(struct settings *settings, enum setting_text bind, int64_t port,
                           struct buffer *out)
{
    struct buffer text = { 0 };
    settings_copy_text(settings, bind, &text);
    for (size_t i = 0; i < text.len; i++) {
        if (i == 0 || text.data[i - 1] == ' ') buffer_printf(out, ",bind=");
        if (text.data[i] != ' ') buffer_append(out, &text.data[i], 1);
    }
    buffer_printf(out, ",port=%lld\r\n", (long long)port);
    buffer_clear(&text);
}

/* "listener0:name=tcp,bind=127.0.0.1,port=6379" */
static void write_listeners(struct settings *settings, struct buffer *out)
{
    struct buffer text = { 0 };
    unsigned count = 0;
    int64_t port = SETTING(settings, port), tls_port = SETTING(settings, tls_port);
    if (port != 0) buffer_printf(out, "listener%u:name=tcp", count++);
    if (port != 0) write_listener(settings, TEXT_BIND, port, out);
    settings_copy_text(settings, TEXT_UNIXSOCKET, &text);
    if (text.len > 0)
        buffer_printf(out, "listener%u:name=unix,bind=%.*s\r\n", count++, (int)text.len, text.data);
    buffer_clear(&text);
    if (tls_port != 0) buffer_printf(out, "listener%u:name=tls", count++);
    if (tls_port != 0) write_listener(settings, TEXT_BIND, tls_port, out);
    int64_t http_port = SETTING(settings, http_port), http_tls_port = SETTING(settings, http_tls_port);
    if (http_port != 0) buffer_printf(out, "listener%u:name=http", count++);
    if (http_port != 0) write_listener(settings, TEXT_HTTP_BIND, http_port, out);
    if (http_tls_port != 0) buffer_printf(out, "listener%u:name=https", count);
    if (http_tls_port != 0) write_listener(settings, TEXT_HTTP_BIND, http_tls_port, out);
}

/* As Redis: of two the one that is not encrypted. */
static int64_t main_port(const struct settings *settings)
{
    int64_t port = SETTING(settings, port);
    return port != 0 ? port : SETTING(settings, tls_port);
}

static void write_process(struct server *server, struct buffer *out)
{
    char executable[1024];
    ssize_t len = readlink("/proc/self/exe", executable, sizeof(executable) - 1);
    executable[len > 0 ? len : 0] = '\0';
    int64_t now_us = server->clock.now_us(server->clock.context);
    int64_t uptime_s = (now_us / 1000 - run_started_ms(server->run)) / 1000;
    info_field(out, "process_id", "%d", (int)getpid());
    info_field(out, "process_supervised", "%s", supervision(server->settings));
    info_field(out, "run_id", "%s", run_id(server->run));
    write_upstreams(server, out);
    info_field(out, "tcp_port", "%lld", (long long)main_port(server->settings));
    info_field(out, "server_time_usec", "%lld", (long long)now_us);
    info_field(out, "uptime_in_seconds", "%lld", (long long)uptime_s);
    info_field(out, "uptime_in_days", "%lld", (long long)uptime_s / 86400);
    info_field(out, "hz", "%d", 1000 / CRON_MS);
    info_field(out, "configured_hz", "%d", 1000 / CRON_MS);
    info_field(out, "lru_clock", "%lld", (long long)(now_us / 1000000) & 0xffffff);
    info_field(out, "executable", "%s", executable);
    info_field(out, "config_file", "%s", config_path(server->config));
    info_field(out, "io_threads_active", "%d", server->loop_count > 1);
    write_listeners(server->settings, out);
    info_field(out, "threads", "%u", server->loop_count);
}

void info_server(struct server *server, struct buffer *out)
{
    write_software(out);
    write_process(server, out);
}

void info_clients(struct server *server, struct buffer *out)
{
    struct blocking_counts waiting = blocking_counts(server->blocking);
    info_field(out, "connected_clients", "%u", census_get(&server->census->connected));
    info_field(out, "cluster_connections", "0");
    info_field(out, "maxclients", "%lld", (long long)SETTING(server->settings, maxclients));
    info_field(out, "client_recent_max_input_buffer", "%llu",
               (unsigned long long)TOTAL_MAX(server, recent_input_max));
    info_field(out, "client_recent_max_output_buffer", "%llu",
               (unsigned long long)TOTAL_MAX(server, recent_output_max));
    info_field(out, "blocked_clients", "%u", census_get(&server->census->blocked) + waiting.clients);
    info_field(out, "tracking_clients", "%zu", tracking_counts(server->tracking).clients);
    info_field(out, "clients_in_timeout_table", "%u", waiting.with_timeout);
    info_field(out, "total_blocking_keys", "%u", waiting.keys);
    info_field(out, "total_blocking_keys_on_nokey", "0");
}

static void write_loading(struct server *server, const struct loading *loading, struct buffer *out)
{
    int64_t started_ms = atomic_load(&loading->started_ms);
    double total = (double)atomic_load(&loading->total_bytes),
           done = (double)atomic_load(&loading->done_bytes);
    double seconds = (double)(server_now_ms(server) - started_ms) / 1000;
    info_field(out, "loading_start_time", "%lld", (long long)started_ms / 1000);
    info_field(out, "loading_total_bytes", "%.0f", total);
    info_field(out, "loading_rdb_used_mem", "%llu", (unsigned long long)atomic_load(&loading->used_memory));
    info_field(out, "loading_loaded_bytes", "%.0f", done);
    info_field(out, "loading_loaded_perc", "%.2f", 100 * done / total);
    info_field(out, "loading_eta_seconds", "%.0f", done > 0 ? seconds * (total - done) / done : 1);
}

/* Nothing is written to disk; these say so to those who ask. */
void info_persistence(struct server *server, struct buffer *out)
{
    const struct loading *loading = server->loading;
    bool goes_on = atomic_load(&loading->goes_on);
    info_field(out, "loading", "%d", goes_on);
    info_field(out, "async_loading", "0");
    info_field(out, "current_cow_peak", "0");
    info_field(out, "current_cow_size", "0");
    info_field(out, "current_cow_size_age", "0");
    info_field(out, "current_fork_perc", "0.00");
    info_field(out, "current_save_keys_processed", "0");
    info_field(out, "current_save_keys_total", "0");
    info_field(out, "rdb_changes_since_last_save", "%llu", (unsigned long long)TOTAL(server, changes));
    info_field(out, "rdb_bgsave_in_progress", "0");
    info_field(out, "rdb_last_save_time", "%lld", (long long)run_started_ms(server->run) / 1000);
    info_field(out, "rdb_last_bgsave_status", "ok");
    info_field(out, "rdb_last_bgsave_time_sec", "-1");
    info_field(out, "rdb_current_bgsave_time_sec", "-1");
    info_field(out, "rdb_saves", "0");
    info_field(out, "rdb_last_cow_size", "0");
    info_field(out, "rdb_last_load_keys_expired", "%llu",
               (unsigned long long)atomic_load(&loading->expired_keys));
    info_field(out, "rdb_last_load_keys_loaded", "%llu", (unsigned long long)atomic_load(&loading->keys));
    info_field(out, "aof_enabled", "0");
    info_field(out, "aof_rewrite_in_progress", "0");
    info_field(out, "aof_rewrite_scheduled", "0");
    info_field(out, "aof_rewrites", "0");
    info_field(out, "aof_rewrites_consecutive_failures", "0");
    info_field(out, "aof_last_rewrite_time_sec", "-1");
    info_field(out, "aof_current_rewrite_time_sec", "-1");
    info_field(out, "aof_last_bgrewrite_status", "ok");
    info_field(out, "aof_last_write_status", "ok");
    info_field(out, "aof_last_cow_size", "0");
    info_field(out, "module_fork_in_progress", "0");
    info_field(out, "module_fork_last_cow_size", "0");
    if (goes_on) write_loading(server, loading, out);
}

void info_replication(struct server *server, struct buffer *out)
{
    info_field(out, "role", "master");
    info_field(out, "connected_slaves", "0");
    info_field(out, "master_failover_state", "no-failover");
    char replication_id[RUN_ID + 1];
    run_copy_replication_id(server->run, replication_id);
    info_field(out, "master_replid", "%s", replication_id);
    info_field(out, "master_replid2", "0000000000000000000000000000000000000000");
    info_field(out, "master_repl_offset", "0");
    info_field(out, "second_repl_offset", "-1");
    info_field(out, "repl_backlog_active", "0");
    info_field(out, "repl_backlog_size", "0");
    info_field(out, "repl_backlog_first_byte_offset", "0");
    info_field(out, "repl_backlog_histlen", "0");
}

static void write_cpu(struct buffer *out, const char *sys, const char *user, int who)
{
    struct rusage usage;
    getrusage(who, &usage);
    info_field(out, sys, "%ld.%06ld", (long)usage.ru_stime.tv_sec, (long)usage.ru_stime.tv_usec);
    info_field(out, user, "%ld.%06ld", (long)usage.ru_utime.tv_sec, (long)usage.ru_utime.tv_usec);
}

/* Of loop 0, whichever loop is asked. The kernel tells another thread's time in ticks, behind a name that may
 * hold anything up to the last bracket. */
static void write_cpu_of_main_thread(struct buffer *out)
{
    unsigned long user = 0, sys = 0;
    char path[64], text[1024];
    snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)getpid());
    FILE *file = fopen(path, "re");
    if (file == NULL) return;
    size_t len = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    text[len] = '\0';
    const char *rest = strrchr(text, ')');
    if (rest != NULL)
        (void)sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &sys);
    double ticks = (double)sysconf(_SC_CLK_TCK);
    info_field(out, "used_cpu_sys_main_thread", "%.6f", (double)sys / ticks);
    info_field(out, "used_cpu_user_main_thread", "%.6f", (double)user / ticks);
}

void info_cpu(struct server *server, struct buffer *out)
{
    (void)server;
    write_cpu(out, "used_cpu_sys", "used_cpu_user", RUSAGE_SELF);
    write_cpu(out, "used_cpu_sys_children", "used_cpu_user_children", RUSAGE_CHILDREN);
    write_cpu_of_main_thread(out);
}
