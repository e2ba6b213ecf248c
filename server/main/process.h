/*
 * process.h - the server as a process among others: background, pid file, supervision, title.
 *
 * Threads: the main thread, before the loops start or after they ended.
 */
#ifndef SERVER_MAIN_PROCESS_H
#define SERVER_MAIN_PROCESS_H

#include <stdbool.h>

struct settings;

/* Where the process id of a daemon stands when nobody says where. */
#define PROCESS_PID_FILE "/var/run/nuthatch.pid"

/* Go into the background. Returns in the child, which is still heard in the terminal: a descriptor for
 * process_detach(). The parent waits for that and ends with 0, or with 1 when the child ends before. -1 with
 * errno: it is impossible. */
int process_daemonize(void);
/* The daemon serves: leave the terminal and let the parent end. */
void process_detach(int parent);

/* A failure is logged and does no harm, as in Redis. */
bool process_write_pid_file(const char *path);
void process_remove_pid_file(const char *path);

/* Whether systemd or upstart looks after the process, by `supervised` and the environment. */
bool process_is_supervised(const struct settings *settings);
/* Tell systemd: "READY=1", "STOPPING=1", "STATUS=...". Does nothing elsewhere. */
void process_notify(const char *state);
/* Said when it serves: with a file to load, when that is done. */
#define PROCESS_READY "STATUS=Ready to accept connections\nREADY=1\n"

/* Show `{title} {listen-addr} {server-mode}`, or what proc-title-template says, to ps and top. Needs
 * uv_setup_args(). */
void process_show_title(struct settings *settings);

#endif
