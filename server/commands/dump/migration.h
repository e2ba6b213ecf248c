/*
 * migration.h - payloads on their way to another server, and what comes of them here.
 *
 * The client that asked is suspended; nothing is held for it but its session. All requests go out in one
 * write, the replies come back in order. A key that has arrived is deleted here if it still holds what was
 * sent, with the same deadline: by a DEL that looks once more inside its access. If it was changed meanwhile
 * both have it, and the client is told.
 *
 * A client that goes takes its migration with it: what has arrived by then is there and here.
 *
 * Threads: the loop of the session. Ownership: a migration frees itself, when it has answered or its session
 * has gone.
 */
#ifndef SERVER_COMMANDS_DUMP_MIGRATION_H
#define SERVER_COMMANDS_DUMP_MIGRATION_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/slice.h"

struct call;
struct entry;
struct migration;

struct migration_options {
    struct slice host;
    struct slice port;
    int64_t db;
    int64_t timeout_ms;          /* for which nothing may happen */
    struct slice user, password; /* empty: none */
    bool copy, replace;
    int keys; /* at most so many will be added */
};

/* With what goes before the keys. All that is given is copied. */
struct migration *migration_create(struct call *call, const struct migration_options *options);
/* The key argv[arg], whose entry was just found. */
void migration_add(struct migration *migration, struct call *call, int arg, const struct entry *entry);
/* Suspend the call's session and be on the way. */
void migration_start(struct migration *migration, struct call *call);

#endif
