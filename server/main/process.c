#include "server/main/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uv.h>

#include "proto/base/buffer.h"
#include "server/config/settings.h"
#include "server/observe/log.h"

#ifdef NUTHATCH_SYSTEMD
#include <systemd/sd-daemon.h>
#endif

/* The parent says how it went: with 0 once the child serves, with 1 when it has ended before. */
static _Noreturn void wait_for_child(int pipe)
{
    char word;
    ssize_t got;
    do got = read(pipe, &word, 1);
    while (got < 0 && errno == EINTR);
    _exit(got == 1 ? 0 : 1);
}

int process_daemonize(void)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return -1;
    pid_t child = fork();
    if (child > 0) {
        close(ends[1]);
        wait_for_child(ends[0]);
    }
    close(ends[0]);
    if (child == 0) {
        setsid();
        return ends[1];
    }
    int reason = errno;
    close(ends[1]);
    errno = reason;
    return -1;
}

void process_detach(int parent)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null >= 0) {
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        if (null > STDERR_FILENO) close(null);
    }
    ssize_t written = write(parent, "", 1);
    (void)written; /* a parent that is gone does not wait */
    close(parent);
}

bool process_write_pid_file(const char *path)
{
    FILE *file = fopen(path, "we");
    if (file == NULL) {
        log_write(LOG_LEVEL_WARNING, "Failed to write PID file: %s", strerror(errno));
        return false;
    }
    fprintf(file, "%d\n", (int)getpid());
    fclose(file);
    return true;
}

void process_remove_pid_file(const char *path)
{
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

/* "127.0.0.1:6379", "*:6379", or the unix socket where there is no port. */
static void write_listen_address(struct settings *settings, struct buffer *out)
{
    struct buffer addresses = { 0 };
    int64_t port = SETTING(settings, port);
    if (port == 0) port = SETTING(settings, tls_port);
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
        if (i == 4) buffer_printf(out, "%lld", (long long)SETTING(settings, tls_port));
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
