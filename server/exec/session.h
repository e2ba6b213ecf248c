/*
 * session.h - what the server remembers of one client.
 *
 * The protocol state of a connection: who it is, which database and protocol it chose, how it wants its
 * replies. The bytes and the socket are connection.h's business.
 *
 * Threads: the loop that owns the connection. Other loops ask through survey.h.
 * Ownership: embedded in its connection; the texts are its own.
 */
#ifndef SERVER_EXEC_SESSION_H
#define SERVER_EXEC_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"

struct command_info;

/* CLIENT REPLY: SKIP_NEXT becomes SKIPPING for the one command that follows. */
enum reply_mode { REPLIES_ON, REPLIES_OFF, REPLIES_SKIP_NEXT, REPLIES_SKIPPING };

struct session {
    uint64_t id; /* rises with every connection, never used twice */
    unsigned db;
    int protocol; /* 2 or 3 */
    bool authenticated;
    bool monitor;
    bool executing; /* commands queued in a transaction: what would make it wait, or a monitor, is refused */
    bool no_evict;
    bool no_touch;
    bool closing; /* no further command runs; the connection closes when its replies are written */
    enum reply_mode replies;
    bool answer_unwanted; /* of a suspended session: CLIENT REPLY silences what it waits for */
    char *name;           /* these three: NULL when not set */
    char *library_name;
    char *library_version;
    const struct command_info *last_command; /* NULL before the first, and when that was the upstream's */
    const char *last_passed;                 /* what the upstream calls that; NULL: it did not say */
    size_t argument_bytes; /* of the command that it is in, while that waits or tells of itself; else 0 */
    int64_t created_ms;
    int64_t active_ms; /* when it last sent something */
    uint64_t net_in;
    uint64_t net_out;
    uint64_t commands;
};

void session_init(struct session *session, uint64_t id, bool authenticated, int64_t now_ms);
void session_clear(struct session *session);
/* As RESET: back to how a new client starts, id and age kept. */
void session_reset(struct session *session, bool authenticated);
/* CLIENT REPLY: is what the command at hand is answered not to be sent? */
static inline bool session_is_silent(const struct session *session)
{
    return session->replies == REPLIES_OFF || session->replies == REPLIES_SKIPPING;
}
/* Replaces one of the texts; an empty slice unsets it. */
void session_set_text(char **text, struct slice value);

#endif
