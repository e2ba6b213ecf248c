#include "server/observe/log.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 1024

/* The one place with state of the process: a log is the process's, whoever writes to it. What is not atomic
 * is set before there is a second thread. */
static struct {
    _Atomic int level;
    _Atomic int format;
    _Atomic int time;
    bool syslog;
    char path[1024];
    char syslog_ident[256]; /* the C library keeps a pointer to it */
} log_state = { .level = LOG_LEVEL_NOTICE };

static bool can_append_to(const char *path)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) return false;
    close(fd);
    return true;
}

bool log_open(const struct log_options *options)
{
    const char *path = options->path != NULL ? options->path : "";
    if (path[0] != '\0' && !can_append_to(path)) return false;
    snprintf(log_state.path, sizeof(log_state.path), "%s", path);
    log_state.syslog = options->syslog;
    snprintf(log_state.syslog_ident, sizeof(log_state.syslog_ident), "%s",
             options->syslog_ident != NULL ? options->syslog_ident : "");
    if (options->syslog)
        openlog(log_state.syslog_ident, LOG_PID | LOG_NDELAY | LOG_NOWAIT, options->syslog_facility);
    log_set_level(options->level);
    log_set_form(options->format, options->time);
    return true;
}

void log_set_form(enum setting_log_format format, enum setting_log_timestamp time)
{
    atomic_store_explicit(&log_state.format, (int)format, memory_order_relaxed);
    atomic_store_explicit(&log_state.time, (int)time, memory_order_relaxed);
}

void log_set_level(enum log_level level)
{
    atomic_store_explicit(&log_state.level, (int)level, memory_order_relaxed);
}

static void print_time(char *out, size_t size)
{
    struct timeval now;
    gettimeofday(&now, NULL);
    int form = atomic_load_explicit(&log_state.time, memory_order_relaxed);
    if (form == LOG_TIMESTAMP_MILLISECONDS) {
        snprintf(out, size, "%lld", (long long)now.tv_sec * 1000 + now.tv_usec / 1000);
        return;
    }
    struct tm local;
    localtime_r(&now.tv_sec, &local);
    char text[64];
    bool iso = form == LOG_TIMESTAMP_ISO8601;
    strftime(text, sizeof(text), iso ? "%Y-%m-%dT%H:%M:%S" : "%d %b %Y %H:%M:%S", &local);
    char zone[8] = "";
    if (iso) strftime(zone, sizeof(zone), "%z", &local);
    snprintf(out, size, "%s.%03d%s", text, (int)(now.tv_usec / 1000), zone);
}

static int print_line(char *line, size_t size, enum log_level level, const char *message)
{
    static const char marks[] = ".-*#";
    static const char *const names[] = { "debug", "verbose", "notice", "warning" };
    char time[80];
    print_time(time, sizeof(time));
    if (atomic_load_explicit(&log_state.format, memory_order_relaxed) == LOG_FORMAT_LOGFMT)
        return snprintf(line, size, "pid=%d role=master timestamp=\"%s\" level=%s message=\"%s\"\n",
                        (int)getpid(), time, names[level], message);
    return snprintf(line, size, "%d:M %s %c %s\n", (int)getpid(), time, marks[level], message);
}

int log_open_descriptor(void)
{
    if (log_state.path[0] == '\0') return STDOUT_FILENO;
    return open(log_state.path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
}

void log_close_descriptor(int fd)
{
    if (fd >= 0 && fd != STDOUT_FILENO) close(fd);
}

static void append_line(const char *line, size_t len)
{
    int fd = log_open_descriptor();
    if (fd < 0) return;
    ssize_t written = write(fd, line, len);
    (void)written; /* there is nowhere to report it */
    log_close_descriptor(fd);
}

static int syslog_priority(enum log_level level)
{
    static const int priorities[] = { LOG_DEBUG, LOG_INFO, LOG_NOTICE, LOG_WARNING };
    return priorities[level];
}

void log_write(enum log_level level, const char *format, ...)
{
    if ((int)level < atomic_load_explicit(&log_state.level, memory_order_relaxed)) return;

    char message[LINE_MAX_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);

    char line[LINE_MAX_BYTES + 128];
    int len = print_line(line, sizeof(line), level, message);
    if (len > 0) append_line(line, (size_t)len < sizeof(line) ? (size_t)len : sizeof(line) - 1);
    if (log_state.syslog) syslog(syslog_priority(level), "%s", message);
}
