/*
 * endpoint.h - a socket that listens, made from an address or a path.
 *
 * Threads: no state.
 */
#ifndef SERVER_NET_ENDPOINT_H
#define SERVER_NET_ENDPOINT_H

#include <sys/types.h>

/* A descriptor, or -1 with errno and, in `step`, what failed. "*" and "::*" are all addresses of their
 * family.
 */
int endpoint_open_tcp(const char *host, int port, int backlog, const char **step);

/* A descriptor, or -1 with errno. What is at `path` is removed. `mode` 0 leaves the permissions to umask. */
int endpoint_open_unix(const char *path, mode_t mode, int backlog);

#endif
