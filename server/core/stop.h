/*
 * stop.h - the graceful end of the server.
 *
 * Every loop stops by itself: it runs no further command, lets its clients read what they are owed for a
 * moment, and closes.
 *
 * Threads: stop_ask() any; `stopping` is called on each loop; stop_exit_code() when all loops have ended.
 */
#ifndef SERVER_CORE_STOP_H
#define SERVER_CORE_STOP_H

#include <stdatomic.h>
#include <stdbool.h>

struct loop;
struct server;

struct stop {
    void (*stopping)(struct loop *loop); /* before a loop stops; set by who builds the server */
    _Atomic bool asked;
    int exit_code;
};

/* The first who asks says with which code the process ends. */
void stop_ask(struct server *server, int exit_code);
int stop_exit_code(const struct server *server);

#endif
