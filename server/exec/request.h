/*
 * request.h - a request as it was parsed, before anything was done for it.
 *
 * Threads: the loop's. Ownership: good for the batch that it is in.
 */
#ifndef SERVER_EXEC_REQUEST_H
#define SERVER_EXEC_REQUEST_H

#include <stddef.h>
#include <stdint.h>

struct command_info;
struct session;

struct request {
    struct session *session;
    const struct command_info *command; /* NULL: unknown, or argc is 0: the connection's parser is broken */
    uint64_t hash;                      /* of its first key, when it has one */
    size_t keys;                        /* those of this request and of all before it, in the batch's keys */
    size_t args;                        /* index of its first argument in the batch's arguments */
    size_t argc;
    size_t end; /* offset behind it in the connection's input */
};

#endif
