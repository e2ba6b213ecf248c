/*
 * monitors.h - MONITOR: every command that runs, told to those who watch.
 *
 * The line is made once, on the loop that ran the command, and goes by letter to every loop that has a
 * watching client.
 *
 * Threads: any loop.
 */
#ifndef SERVER_EXEC_SESSION_MONITORS_H
#define SERVER_EXEC_SESSION_MONITORS_H

struct public_words;
struct server;
struct session;

/* Start and stop to watch. Leaving without having joined is fine. */
void monitors_join(struct server *server, struct session *session);
void monitors_leave(struct server *server, struct session *session);

/* Tell all monitors of a command of `session` that was executed in database `db`: when the access at hand is
 * closed, or by aftermath_run() where none is. */
void monitors_feed(struct session *session, unsigned db, const struct public_words *words);

#endif
