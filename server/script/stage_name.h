/*
 * stage_name.h - what a script's session has for a transport: nothing but a name, "lua".
 *
 * Threads: no state.
 */
#ifndef SERVER_SCRIPT_STAGE_NAME_H
#define SERVER_SCRIPT_STAGE_NAME_H

#include "server/exec/session/session.h"

extern const struct session_ops stage_name_ops;

/* Is it a script that says this? */
static inline bool stage_name_is(const struct session *session)
{
    return session->ops == &stage_name_ops;
}

#endif
