/*
 * acl_log.h - what was denied to whom, for ACL LOG.
 *
 * The newest entries, acllog-max-len of them; what is denied again within a minute counts one of them up.
 *
 * Threads: any; a lock of its own, under which nothing else is taken.
 */
#ifndef SERVER_EXEC_ACL_ACL_LOG_H
#define SERVER_EXEC_ACL_ACL_LOG_H

#include <stdint.h>

#include "proto/base/buffer.h"
#include "proto/base/slice.h"
#include "server/exec/acl/acl_check.h"

struct acl_log;
struct session;
struct settings;

enum acl_context { ACL_TOP_LEVEL, ACL_IN_MULTI, ACL_IN_SCRIPT };

struct acl_entry {
    uint64_t id;
    uint64_t count;
    enum acl_denial denial;
    enum acl_context context;
    struct buffer object; /* the command, key or channel */
    struct buffer username;
    struct buffer client; /* as CLIENT INFO tells it */
    int64_t created_ms;
    int64_t updated_ms;
};

/* `describe` appends the line of CLIENT INFO. */
struct acl_log *acl_log_create(struct settings *settings,
                               void (*describe)(const struct session *session, struct buffer *out));
void acl_log_destroy(struct acl_log **log);

struct acl_event {
    const struct session *session;
    enum acl_denial denial;
    enum acl_context context;
    struct slice object;
    struct slice username;
    int64_t now_ms;
};
/* Of object and name the first 4 KiB are kept. */
void acl_log_add(struct acl_log *log, const struct acl_event *denied);
void acl_log_reset(struct acl_log *log);
/* The newest first, at most so many. Returns how many were visited. */
size_t acl_log_each(struct acl_log *log, size_t most,
                    void (*visit)(void *context, const struct acl_entry *entry), void *context);

#endif
