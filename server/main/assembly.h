/*
 * assembly.h - the server, built from its parts, run and taken apart.
 *
 * The only place that knows all of them.
 *
 * Threads: the main thread.
 */
#ifndef SERVER_MAIN_ASSEMBLY_H
#define SERVER_MAIN_ASSEMBLY_H

#include <stdbool.h>

#include "server/core/clock.h"

struct config;
struct server;

struct assembly_options {
    struct config *config; /* loaded; borrowed */
    struct clock clock;
};

/* NULL after a report on standard error. Binds its listeners; accepts nothing yet. */
struct server *assembly_create(const struct assembly_options *options);
/* Start all threads but loop 0's. False: one cannot be had, as the log says, and all that is left is to end
 * the process. */
bool assembly_start(struct server *server);
/* Run until stop_ask(); the caller's thread is loop 0. Returns the exit code. */
int assembly_run(struct server *server);
void assembly_destroy(struct server **server);

#endif
