#include "server/exec/stage.h"

#include <stddef.h>

#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/exec/session/session.h"

static const struct stage *stage_of(const struct session *session)
{
    return session->loop->server->stage;
}

bool stage_owes(const struct session *session)
{
    return session->patron != NULL && stage_of(session)->is_owed(session->patron);
}

bool stage_keeps_waiting(const struct session *session)
{
    return session->patron != NULL && stage_of(session)->is_waiting(session->patron);
}

bool stage_has_subscribed(const struct session *session)
{
    return session->patron != NULL && stage_of(session)->is_subscribed(session->patron);
}

void stage_leave(struct session *session)
{
    if (session->patron != NULL) stage_of(session)->leave(session->patron);
}
