/*
 * file_limit.h - how many clients the process's descriptors are enough for.
 *
 * Threads: any; the limit belongs to the process.
 */
#ifndef SERVER_MAIN_FILE_LIMIT_H
#define SERVER_MAIN_FILE_LIMIT_H

#include <stdint.h>

struct settings;

/* Raise the limit of open files to what `maxclients` needs beside the server itself. Returns how many clients
 * can be had, at most so many; 0: not even the server can run. Log lines say why when it is fewer. */
int64_t file_limit_raise(struct settings *settings);

#endif
