/*
 * process.h - the server as a process among others: background, pid file, supervision, limits, title.
 *
 * Threads: the main thread, before the loops start or after they ended.
 */
#ifndef SERVER_PROCESS_H
#define SERVER_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

struct settings;

/* Go into the background, away from the terminal. Returns in the child only. */
void process_daemonize(void);

/* Write `pidfile` where one is set, or where the process is a daemon. A failure is logged and does no harm,
 * as in Redis. */
void process_write_pid_file(struct settings *settings);
void process_remove_pid_file(struct settings *settings);

/* Whether systemd or upstart looks after the process, by `supervised` and the environment. */
bool process_is_supervised(const struct settings *settings);
/* Tell systemd: "READY=1", "STOPPING=1", "STATUS=...". Does nothing elsewhere. */
void process_notify(const char *state);

/* Raise the limit of open files to what this many clients need. Returns how many can be had, at most
 * `clients`; log lines say why when it is fewer. */
int64_t process_raise_file_limit(int64_t clients);

/* Show `{title} {listen-addr} {server-mode}`, or what proc-title-template says, to ps and top. Needs
 * uv_setup_args(). */
void process_show_title(struct settings *settings);

#endif
