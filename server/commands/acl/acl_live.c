#include "server/commands/acl/acl_live.h"

#include "proto/base/alloc.h"
#include "proto/base/array.h"
#include "proto/base/holder.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/events/pubsub/pubsub.h"
#include "server/exec/acl/acl_check.h"
#include "server/exec/acl/user.h"
#include "server/exec/acl/users.h"
#include "server/exec/aftermath.h"
#include "server/exec/call.h"
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

/* A user that had no channel has lost none: who subscribed as somebody else before is not asked for the right
 * again. So with Redis. */
static bool may_stay(const struct session *session, struct user *user)
{
    return user != NULL && (!acl_hears_any(session->user) || may_listen(session, user));
}

/* Of its user as it is now. NULL: it was removed, also where there is another one of that name by now, as
 * another loop may have made before this one was told. */
static struct user *user_of_now(struct users *users, const struct session *session)
{
    struct user *user = users_find(users, user_name(session->user));
    if (user != NULL && user->birth != session->user->birth) user_drop(&user);
    return user;
}

static void refresh(struct session *session, void *context)
{
    struct leaving *leaving = context;
    if (session->user == NULL) return;
    struct user *user = user_of_now(leaving->users, session);
    bool stays = user == session->user || may_stay(session, user);
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

static void refresh_sessions(struct loop *loop, struct leaving *leaving)
{
    leaving->users = loop->server->users;
    sessions_each(loop->sessions, refresh, leaving);
}

static void close_leaving(struct loop *loop, struct leaving *leaving)
{
    for (size_t i = 0; i < leaving->len; i++) close_session(loop, leaving->ids[i]);
    alloc_free(leaving->ids);
}

static void refresh_all(struct loop *loop, void *nothing)
{
    struct leaving leaving = { 0 };
    (void)nothing;
    refresh_sessions(loop, &leaving);
    close_leaving(loop, &leaving);
}

static void tell_others(struct loop *loop)
{
    if (loop->server->loop_count > 1) survey_tell(loop, refresh_all, NULL, 0);
}

void acl_live_refresh(struct loop *loop)
{
    refresh_all(loop, NULL);
    tell_others(loop);
}

/* What is left of a change inside an access. */
struct rest {
    struct aftermath aftermath;
    struct leaving leaving;
};

static void run_rest(struct loop *loop, struct aftermath *aftermath)
{
    struct rest *rest = HOLDER_OF(aftermath, struct rest, aftermath);
    close_leaving(loop, &rest->leaving);
    tell_others(loop);
    alloc_free(rest);
}

/* Of the one that runs the transaction only this is told any more, and that as nobody in particular. */
static void dismiss(const struct call *call, const struct leaving *leaving)
{
    struct session *session = call->session;
    for (size_t i = 0; i < leaving->len; i++)
        if (leaving->ids[i] == session->id) session->closing = true;
    if (session->user == NULL) return;
    struct user *user = user_of_now(leaving->users, session);
    if (user == NULL) users_seat_default(leaving->users, session);
    user_drop(&user);
}

static void refresh_inside(struct call *call)
{
    struct rest *rest = ALLOC_NEW(struct rest);
    rest->aftermath.run = run_rest;
    refresh_sessions(call->loop, &rest->leaving);
    dismiss(call, &rest->leaving);
    aftermath_leave(call->loop, &rest->aftermath);
}

void acl_live_change(struct call *call)
{
    if (call->inside)
        refresh_inside(call);
    else
        acl_live_refresh(call->loop);
}
