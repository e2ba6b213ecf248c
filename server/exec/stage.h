/*
 * stage.h - what may stand between the look-up of a command and its execution: a near cache.
 *
 * The executor asks the stage which way a command goes, and a connection asks it what a client is still owed.
 * Neither knows what is behind it (upstream/tier.h is the one there is).
 *
 * Threads: all are called on the loop of the session.
 */
#ifndef SERVER_EXEC_STAGE_H
#define SERVER_EXEC_STAGE_H

#include <stdbool.h>

struct call;
struct command_info;
struct loop;
struct patron;
struct session;

enum tier_verdict {
    TIER_RUN,    /* here, by its handler */
    TIER_SENT,   /* on its way, or refused and replied */
    TIER_HELD,   /* not yet: the connection waits and will be asked again */
    TIER_PAUSED, /* the same, for the end of CLIENT PAUSE; not the tier's own */
};

struct stage {
    /* At the start of a batch. */
    void (*look)(struct loop *loop);
    /* Which way a command goes, and send it there. `command` is NULL when it is not one of ours. */
    enum tier_verdict (*route)(struct call *call, const struct command_info *command);
    /* Does CLIENT PAUSE WRITE hold this command, which is none of ours? */
    bool (*pauses_writes_of)(const struct call *call);
    /* A read was answered from local copies; or could not be, which is never TIER_RUN. */
    void (*hit)(struct call *call);
    enum tier_verdict (*miss)(struct call *call);

    /* Of the client of a session that has something with the stage. */
    bool (*is_free)(const struct patron *patron); /* its next command may be answered from here */
    bool (*is_owed)(const struct patron *patron);
    bool (*is_waiting)(const struct patron *patron); /* for what may never come */
    bool (*is_subscribed)(const struct patron *patron);
    void (*leave)(struct patron *patron); /* it is gone */
};

bool stage_owes(const struct session *session);
bool stage_keeps_waiting(const struct session *session);
bool stage_has_subscribed(const struct session *session);
/* The session closes. */
void stage_leave(struct session *session);

#endif
