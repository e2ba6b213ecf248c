#include "server/commands/acl/acl_live.h"

#include "proto/base/alloc.h"
#include "proto/base/array.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/events/pubsub/pubsub.h"
#include "server/exec/acl/acl_check.h"
#include "server/exec/acl/user.h"
#include "server/exec/acl/users.h"
#include "server/exec/session/session.h"
#include "server/exec/session/sessions.h"
#include "server/exec/session/survey.h"

/* Sessions may not be closed while all are walked through. */
struct leaving {
    struct users *users;
    uint64_t *ids;
    size_t len, cap;
};

static bool hears_channel(struct slice name, void *user)
{
    return acl_hears(user, name, false);
}

static bool hears_pattern(struct slice name, void *user)
{
    return acl_hears(user, name, true);
}

static bool may_listen(const struct session *session, struct user *user)
{
    return pubsub_all(session, TOPIC_CHANNEL, hears_channel, user) &&
           pubsub_all(session, TOPIC_SHARD_CHANNEL, hears_channel, user) &&
           pubsub_all(session, TOPIC_PATTERN, hears_pattern, user);
}

static void refresh(struct session *session, void *context)
{
    struct leaving *leaving = context;
    if (session->user == NULL) return;
    struct user *user = users_find(leaving->users, user_name(session->user));
    bool stays = user == session->user || (user != NULL && may_listen(session, user));
    if (user == session->user || user == NULL)
        user_drop(&user);
    else
        users_seat(session, user);
    if (stays) return;
    ARRAY_RESERVE(leaving->ids, leaving->len, leaving->cap, 8);
    leaving->ids[leaving->len++] = session->id;
}

/* The one that asked for it is told so first. */
static void close_session(struct loop *loop, uint64_t id)
{
    struct session *session = sessions_find(loop->sessions, id);
    if (session == NULL) return;
    if (session == loop->executing)
        session->closing = true;
    else
        session_close(session);
}

static void refresh_all(struct loop *loop, void *nothing)
{
    struct leaving leaving = { .users = loop->server->users };
    (void)nothing;
    sessions_each(loop->sessions, refresh, &leaving);
    for (size_t i = 0; i < leaving.len; i++) close_session(loop, leaving.ids[i]);
    alloc_free(leaving.ids);
}

void acl_live_refresh(struct loop *loop)
{
    refresh_all(loop, NULL);
    if (loop->server->loop_count > 1) survey_tell(loop, refresh_all, NULL, 0);
}
