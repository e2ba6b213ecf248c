#include "server/upstream/copies/followers.h"

#include "server/config/settings.h"
#include "server/events/tracking/trackers.h"
#include "server/events/tracking/tracking.h"
#include "server/exec/session/session.h"
#include "server/upstream/clients/patron.h"
#include "server/upstream/tier_errors.h"
#include "server/upstream/tier_state.h"

static bool tells_all(const struct tier *tier)
{
    return atomic_load_explicit(&tier->link.tracking, memory_order_relaxed) == UPSTREAM_TRACKS_ALL;
}

static bool is_told(const struct tier *tier, struct slice key)
{
    return tier->copies.wanted.count == 0 || prefixes_match(&tier->copies.wanted, key);
}

static bool follows(const struct loop *loop, struct slice key)
{
    const struct tier *tier = loop->server->tier;
    return atomic_load_explicit(&tier->link.state, memory_order_acquire) == LINK_UP && tells_all(tier) &&
           is_told(tier, key);
}

static bool is_fresh(const struct loop *loop)
{
    return tier_of(loop)->fresh;
}

static bool is_alone(const struct loop *loop)
{
    const struct tier *tier = loop->server->tier;
    return atomic_load_explicit(&tier->link.state, memory_order_relaxed) == LINK_DOWN &&
           SETTING(tier->server->settings, upstream_on_failure) == FAILURE_LOCAL;
}

/* Replies that have come are collected until the end of the turn. */
static void push(struct session *session, struct slice bytes)
{
    struct patron *patron = session->patron;
    if (patron != NULL && patron->replies.len > 0)
        patron_append(patron, bytes.data, bytes.len);
    else
        session_push(session, bytes);
}

static bool is_subscribed(const struct session *session)
{
    return patron_is_subscribed(session->patron);
}

static bool is_in_transaction(const struct session *session)
{
    const struct patron *patron = session->patron;
    return patron != NULL && transaction_is_on(&patron->transaction);
}

const struct tracking_source followers_source = {
    .follows = follows,
    .is_fresh = is_fresh,
    .is_alone = is_alone,
    .push = push,
    .is_subscribed = is_subscribed,
    .is_in_transaction = is_in_transaction,
};

/* All keys that begin with it are told of. */
static bool is_covered(const struct tier *tier, struct slice prefix)
{
    return is_told(tier, prefix);
}

struct slice followers_refusal(const struct tier *tier, const struct slice *prefixes, size_t count)
{
    if (atomic_load(&tier->link.state) == LINK_UP && !tells_all(tier)) return SLICE(TIER_ERR_NOT_TOLD);
    for (size_t i = 0; i < count; i++)
        if (!is_covered(tier, prefixes[i])) return SLICE(TIER_ERR_NOT_TOLD_PREFIX);
    return SLICE("");
}

static struct loop *loop_of(struct tier *tier)
{
    return &tier->server->loops[0];
}

void followers_tell(struct tier *tier, struct key key, uint64_t origin)
{
    tracking_learn(loop_of(tier), key, origin);
}

void followers_tell_all(struct tier *tier)
{
    tracking_learn_all(loop_of(tier));
}

void followers_link_up(struct tier *tier)
{
    if (!tells_all(tier)) tracking_end_broadcasts(loop_of(tier));
}

bool followers_hear(struct loop *loop, struct key key)
{
    return tracking_hears(loop, key);
}
