/*
 * log.h - lines for whoever runs the server.
 *
 * In Redis's form, `pid:role dd Mon yyyy hh:mm:ss.mmm level message`, to standard output or a file, and to
 * syslog where asked. One line is one write, so lines of several threads do not mix.
 *
 * Threads: any. log_open() before the loops start, the rest any time. Signal handlers have the descriptor
 * only: to know the local time takes a lock.
 */
#ifndef SERVER_OBSERVE_LOG_H
#define SERVER_OBSERVE_LOG_H

#include <stdbool.h>

#include "server/config/settings.h"

/* In the order of enum setting_loglevel. */
enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_VERBOSE, LOG_LEVEL_NOTICE, LOG_LEVEL_WARNING };

struct log_options {
    const char *path; /* "" or NULL: standard output */
    enum log_level level;
    enum setting_log_format format;
    enum setting_log_timestamp time;
    bool syslog;
    const char *syslog_ident;
    int syslog_facility; /* of <syslog.h> */
};

/* False, with errno set, when the file cannot be opened. The file is opened anew for each line, so that it
 * can be rotated away. */
bool log_open(const struct log_options *options);
void log_set_level(enum log_level level);
void log_set_form(enum setting_log_format format, enum setting_log_timestamp time);
void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Where lines go, for a handler of signals to write to; -1 when it cannot be opened. */
int log_open_descriptor(void);
void log_close_descriptor(int fd);

#endif
