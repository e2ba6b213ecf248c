/*
 * slowlog.h - the latest commands that took too long.
 *
 * Arguments are cut as Redis cuts them: at most 32, of at most 128 bytes each, with a note of what is
 * missing; redacted ones show as "(redacted)".
 *
 * Threads: any, under its own lock.
 */
#ifndef SERVER_OBSERVE_SLOWLOG_H
#define SERVER_OBSERVE_SLOWLOG_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"

struct slowlog;

/* A command that took too long. All is borrowed. */
struct slowlog_call {
    const struct slice *argv;
    size_t argc;
    uint64_t redacted; /* secrets.h */
    const char *peer;
    const char *client_name; /* "": none */
    int64_t now_ms;
    int64_t duration_us;
};

struct slowlog_entry {
    uint64_t id;
    int64_t time_s;
    int64_t duration_us;
    size_t argc;
    struct slice *argv;
    char *peer;
    char *client_name;
};

struct slowlog *slowlog_create(void);
void slowlog_destroy(struct slowlog **slowlog);
/* Keeps at most the newest `most` entries. */
void slowlog_add(struct slowlog *slowlog, const struct slowlog_call *call, size_t most);
/* The newest `most` entries, newest first. The entries are good within `visit` only. Returns how many. */
size_t slowlog_each(struct slowlog *slowlog, size_t most,
                    void (*visit)(void *context, const struct slowlog_entry *entry), void *context);
size_t slowlog_len(struct slowlog *slowlog);
void slowlog_reset(struct slowlog *slowlog);

#endif
