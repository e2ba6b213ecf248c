#include "server/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <uv.h>

#include "proto/base/buffer.h"
#include "server/config/settings.h"
#include "server/observe/log.h"

#ifdef NUTHATCH_SYSTEMD
#include <systemd/sd-daemon.h>
#endif

#define DEFAULT_PID_FILE "/var/run/nuthatch.pid"

/* Descriptors that are not clients: listeners, logs, libuv's own. */
#define RESERVED_FILES 64

void process_daemonize(void)
{
    if (fork() != 0) _exit(0);
    setsid();
    int null = open("/dev/null", O_RDWR);
    if (null < 0) return;
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    if (null > STDERR_FILENO) close(null);
}

/* False: there is to be none. */
static bool pid_file_path(struct settings *settings, char *path, size_t size)
{
    struct buffer text = { 0 };
    settings_copy_text(settings, TEXT_PIDFILE, &text);
    if (text.len > 0)
        snprintf(path, size, "%.*s", (int)text.len, text.data);
    else
        snprintf(path, size, "%s", SETTING(settings, daemonize) ? DEFAULT_PID_FILE : "");
    buffer_clear(&text);
    return path[0] != '\0';
}

void process_write_pid_file(struct settings *settings)
{
    char path[1024];
    if (!pid_file_path(settings, path, sizeof(path))) return;
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        log_write(LOG_LEVEL_WARNING, "Failed to write PID file: %s", strerror(errno));
        return;
    }
    fprintf(file, "%d\n", (int)getpid());
    fclose(file);
}

void process_remove_pid_file(struct settings *settings)
{
    char path[1024];
    if (!pid_file_path(settings, path, sizeof(path))) return;
    log_write(LOG_LEVEL_NOTICE, "Removing the pid file.");
    unlink(path);
}

bool process_is_supervised(const struct settings *settings)
{
    int64_t mode = SETTING(settings, supervised);
    if (mode == SUPERVISED_NO) return false;
    bool systemd = getenv("NOTIFY_SOCKET") != NULL;
    bool upstart = getenv("UPSTART_JOB") != NULL;
    if (mode == SUPERVISED_SYSTEMD && !systemd)
        log_write(LOG_LEVEL_WARNING,
                  "systemd supervision requested or auto-detected, but NOTIFY_SOCKET not found");
    if (mode == SUPERVISED_UPSTART && upstart) raise(SIGSTOP); /* upstart's "expect stop" */
    return (mode != SUPERVISED_UPSTART && systemd) || (mode != SUPERVISED_SYSTEMD && upstart);
}

void process_notify(const char *state)
{
#ifdef NUTHATCH_SYSTEMD
    sd_notify(0, state);
#else
    (void)state;
#endif
}

static rlim_t limit_now(void)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
}

/* The hard limit too where that is allowed, else as far as it reaches. */
static rlim_t raise_to(struct rlimit limit, rlim_t wanted)
{
    rlim_t hard = wanted > limit.rlim_max ? wanted : limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &(struct rlimit){ .rlim_cur = wanted, .rlim_max = hard }) != 0)
        setrlimit(RLIMIT_NOFILE, &(struct rlimit){ .rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max });
    return limit_now();
}

int64_t process_raise_file_limit(int64_t clients)
{
    rlim_t wanted = (rlim_t)clients + RESERVED_FILES;
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return clients;
    rlim_t had = raise_to(limit, wanted);
    if (had >= wanted) return clients;
    int64_t possible = had > RESERVED_FILES ? (int64_t)(had - RESERVED_FILES) : 1;
    log_write(LOG_LEVEL_WARNING,
              "You requested maxclients of %lld requiring at least %llu max file descriptors, but the limit "
              "is %llu, which is enough for %lld.",
              (long long)clients, (unsigned long long)wanted, (unsigned long long)had, (long long)possible);
    return possible;
}

/* --- title -----------------------------------------------------------------------------------------------
 */

/* "127.0.0.1:6379", "*:6379", or the unix socket where there is no port. */
static void write_listen_address(struct settings *settings, struct buffer *out)
{
    struct buffer addresses = { 0 };
    int64_t port = SETTING(settings, port);
    settings_copy_text(settings, port != 0 ? TEXT_BIND : TEXT_UNIXSOCKET, &addresses);
    const char *end = addresses.len > 0 ? memchr(addresses.data, ' ', addresses.len) : NULL;
    buffer_append(out, addresses.data, end != NULL ? (size_t)(end - addresses.data) : addresses.len);
    if (port != 0) buffer_printf(out, ":%lld", (long long)port);
    buffer_clear(&addresses);
}

/* The value of the placeholder at the start of `text`, appended; its length, 0 where there is none. */
static size_t write_placeholder(struct settings *settings, struct slice text, struct buffer *out)
{
    static const char *const names[] = { "{title}",    "{listen-addr}", "{server-mode}", "{port}",
                                         "{tls-port}", "{unixsocket}",  "{config-file}" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        size_t len = strlen(names[i]);
        if (text.len < len || memcmp(text.data, names[i], len) != 0) continue;
        struct buffer path = { 0 };
        if (i == 0) buffer_printf(out, "nuthatch");
        if (i == 1) write_listen_address(settings, out);
        if (i == 3) buffer_printf(out, "%lld", (long long)SETTING(settings, port));
        if (i == 5) settings_copy_text(settings, TEXT_UNIXSOCKET, &path);
        buffer_append(out, path.data, path.len);
        buffer_clear(&path);
        return len;
    }
    return 0;
}

void process_show_title(struct settings *settings)
{
    if (!SETTING(settings, set_proc_title)) return;
    struct buffer template = { 0 };
    struct buffer title = { 0 };
    settings_copy_text(settings, TEXT_PROC_TITLE_TEMPLATE, &template);
    for (size_t at = 0; at < template.len;) {
        size_t len = write_placeholder(settings, slice_of(template.data + at, template.len - at), &title);
        if (len == 0) buffer_append(&title, template.data + at, len = 1);
        at += len;
    }
    while (title.len > 0 && title.data[title.len - 1] == ' ') title.len--;
    buffer_append(&title, "", 1);
    uv_set_process_title(title.data);
    buffer_clear(&template);
    buffer_clear(&title);
}
