/*
 * loader.h - a file of Redis that is loaded at the start: a cache that takes over from one begins warm.
 *
 * It is read on loop 0 a few milliseconds at a time, while clients are told LOADING. Keys that are past their
 * deadline are left out, as are those for which there is no memory. A file that is not what it should be ends
 * the process, as it ends a Redis: what follows the fault cannot be told from nonsense.
 *
 * Threads: loader_start() before the loops run, the rest on loop 0.
 */
#ifndef SERVER_MAIN_LOADER_H
#define SERVER_MAIN_LOADER_H

#include <stdbool.h>

struct loader;
struct server;

/* NULL: nothing is to be loaded, or there is no file. False: it cannot be read, as the log says. */
bool loader_start(struct server *server, struct loader **loader);
/* When the loops have ended. Clears the pointer, which may be NULL. */
void loader_destroy(struct loader **loader);

#endif
