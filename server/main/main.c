#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uv.h>

#include "proto/base/number.h"
#include "server/config/config.h"
#include "server/config/text/manual.h"
#include "server/core/server.h"
#include "server/main/assembly.h"
#include "server/main/file_limit.h"
#include "server/main/healthcheck.h"
#include "server/main/process.h"
#include "server/main/reconfigure.h"
#include "server/main/signals.h"
#include "server/memory/memory_use.h"
#include "server/net/listener.h"
#include "server/observe/crash.h"
#include "server/observe/loading.h"
#include "server/observe/log.h"

/* Scripts read the tokens of this line, whose form is Redis's. */
static void print_version(void)
{
    printf("Nuthatch server v=%s sha=00000000:0 malloc=%s bits=%zu build=0 redis=%s\n", NUTHATCH_VERSION,
           memory_allocator_name(), sizeof(void *) * 8, SERVER_REDIS_VERSION);
}

static void log_warning(void *context, const char *warning)
{
    (void)context;
    log_write(LOG_LEVEL_WARNING, "%s", warning);
}

static bool open_log(struct settings *settings)
{
    struct buffer path = { 0 };
    struct buffer ident = { 0 };
    settings_copy_text(settings, TEXT_LOGFILE, &path);
    settings_copy_text(settings, TEXT_SYSLOG_IDENT, &ident);
    buffer_append(&path, "", 1);
    buffer_append(&ident, "", 1);
    bool opened = log_open(&(struct log_options){
        .path = path.data,
        .level = (enum log_level)SETTING(settings, loglevel),
        .format = (enum setting_log_format)SETTING(settings, log_format),
        .time = (enum setting_log_timestamp)SETTING(settings, log_timestamp_format),
        .syslog = SETTING(settings, syslog_enabled),
        .syslog_ident = ident.data,
        .syslog_facility = (int)SETTING(settings, syslog_facility),
    });
    if (!opened) fprintf(stderr, "Can't open the log file '%s': %s\n", path.data, strerror(errno));
    buffer_clear(&path);
    buffer_clear(&ident);
    return opened;
}

static void announce(struct server *server)
{
    log_write(LOG_LEVEL_NOTICE, "Nuthatch version=%s, bits=%zu, pid=%d, threads=%u, just started",
              NUTHATCH_VERSION, sizeof(void *) * 8, (int)getpid(), server->loop_count);
    if (config_path(server->config)[0] == '\0')
        log_write(LOG_LEVEL_WARNING,
                  "Warning: no config file specified, using the default config. In order to "
                  "specify a config file use nuthatch /path/to/nuthatch.conf");
    log_write(LOG_LEVEL_NOTICE, "Server initialized");
    static const char *const kinds[] = {
        [CONNECTION_TCP] = "tcp",   [CONNECTION_UNIX] = "unix",           [CONNECTION_TLS] = "tls",
        [CONNECTION_HTTP] = "http", [CONNECTION_HTTP_UNIX] = "http unix", [CONNECTION_HTTP_TLS] = "https",
    };
    for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (listeners_have(server->listeners, (enum connection_kind)i))
            log_write(LOG_LEVEL_NOTICE, "Ready to accept connections %s", kinds[i]);
}

/* CONFIG GET tells what there is, not what was wished for. False: there are too few descriptors to run. */
static bool fit_maxclients(struct config *config)
{
    struct settings *settings = config_settings(config);
    int64_t possible = file_limit_raise(settings);
    if (possible == 0) return false;
    if (possible == SETTING(settings, maxclients)) return true;
    char text[NUMBER_I64_MAX];
    config_adopt(config, "maxclients", slice_of(text, number_format_i64(text, possible)));
    return true;
}

/* Empty where there is none. */
static void copy_pid_file(struct settings *settings, struct buffer *path)
{
    settings_copy_text(settings, TEXT_PIDFILE, path);
    buffer_append(path, "", 1);
}

/* That of a daemon which was not told where is written and shown, or neither. */
static void leave_pid_file(struct config *config, bool daemon)
{
    struct buffer path = { 0 };
    copy_pid_file(config_settings(config), &path);
    if (path.data[0] != '\0')
        process_write_pid_file(path.data);
    else if (daemon && process_write_pid_file(PROCESS_PID_FILE))
        config_adopt(config, "pidfile", SLICE(PROCESS_PID_FILE));
    buffer_clear(&path);
}

static void take_pid_file(struct settings *settings)
{
    struct buffer path = { 0 };
    copy_pid_file(settings, &path);
    if (path.data[0] != '\0') process_remove_pid_file(path.data);
    buffer_clear(&path);
}

/* `parent` waits for a daemon to serve; -1 where there is none. NULL: it cannot be, and what is the matter
 * was said. */
static struct server *bring_up(struct config *config, int parent)
{
    struct settings *settings = config_settings(config);
    if (!fit_maxclients(config)) return NULL;
    config_take_warnings(config, log_warning, NULL);

    struct server *server =
        assembly_create(&(struct assembly_options){ .config = config, .clock = clock_of_system() });
    if (server == NULL) return NULL;
    reconfigure_register(server);
    process_show_title(settings);
    if (!assembly_start(server)) {
        listeners_stop(server->listeners);
        _exit(1); /* some threads may be running */
    }
    leave_pid_file(config, parent >= 0);
    signals_watch(server);
    announce(server);
    if (parent >= 0) process_detach(parent);
    if (!atomic_load(&server->loading->goes_on)) process_notify(PROCESS_READY);
    return server;
}

static int serve(struct config *config, int parent)
{
    struct settings *settings = config_settings(config);
    crash_end_quietly();
    struct server *server = bring_up(config, parent);
    if (server == NULL) return 1;
    crash_report_on(SETTING(settings, crash_log_enabled));

    int code = assembly_run(server);
    process_notify("STOPPING=1\n");
    take_pid_file(settings);
    log_write(LOG_LEVEL_WARNING, "Nuthatch is now ready to exit, bye bye...");
#ifdef NUTHATCH_JEMALLOC
    exit(code); /* the kernel takes the keyspace back faster than it could be freed */
#else
    signals_forget();
    assembly_destroy(&server); /* a build that looks for leaks */
    return code;
#endif
}

/* In the background where that is asked for. */
static int settle(struct config *config)
{
    struct settings *settings = config_settings(config);
    if (!open_log(settings)) return 1;
    bool supervised = process_is_supervised(settings);
    if (supervised || !SETTING(settings, daemonize)) return serve(config, -1);
    int parent = process_daemonize();
    if (parent >= 0) return serve(config, parent);
    log_write(LOG_LEVEL_WARNING, "Can't run in the background: %s", strerror(errno));
    return 1;
}

static int start(struct config *config, int argc, char **argv, struct buffer *report)
{
    switch (config_load(config, argc, argv, report)) {
    case CONFIG_RUN: break;
    case CONFIG_SHOW_HELP: config_print_help(stdout); return 0;
    case CONFIG_SHOW_VERSION: print_version(); return 0;
    case CONFIG_CHECK_HEALTH: return healthcheck_run(config_settings(config));
    case CONFIG_BAD: fwrite(report->data, 1, report->len, stderr); return 1;
    }
    return settle(config);
}

int main(int argc, char **argv)
{
    signal(SIGHUP, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);

    argv = uv_setup_args(argc, argv); /* a copy: the title is written over the original */
    struct config *config = config_create();
    struct buffer report = { 0 };
    int code = start(config, argc, argv, &report);
    buffer_clear(&report);
    config_destroy(&config);
    return code;
}
