/* What clients that track read. */
#include "server/config/settings.h"
#include "server/events/tracking/news.h"
#include "server/events/tracking/trackers.h"
#include "server/events/tracking/tracking_state.h"
#include "server/exec/call.h"
#include "server/exec/key_walk.h"
#include "server/exec/session.h"
#include "server/exec/table.h"
#include "storage/keyspace/shard_name.h"

/* --- remembering -----------------------------------------------------------------------------------------
 */

static bool remembers(const struct tracker *tracker)
{
    unsigned modes = atomic_load_explicit(&tracker->modes, memory_order_relaxed);
    if (!(modes & TRACKER_ON) || modes & TRACKER_BCAST) return false;
    if (modes & TRACKER_OPTIN) return tracker->caching;
    if (modes & TRACKER_OPTOUT) return !tracker->caching;
    return true;
}

/* The name of a key that is here need not be kept: when it leaves, somebody says so and names it. A copy of
 * an upstream's key may leave unsaid. */
static __attribute__((noinline)) void remember_anew(struct call *call, unsigned shard, struct key key)
{
    struct tracking *tracking = call->server->tracking;
    struct tracked_keys *keys = tracking_keys(tracking, shard);
    struct slice name;
    bool is_known =
        !tracking->options.learns && shard_find_name(access_shard_at(&call->access, shard), key.hash, &name);
    if (keys->len == 0) tracking_hear(tracking, shard);
    tracked_keys_begin(keys, key.hash, call->session->tracker->number, is_known ? SLICE("") : key.name);
    tracking_count(&tracking->loops[call->loop->index], 1, 1);
}

static inline void remember(struct call *call, struct key key)
{
    struct tracking *tracking = call->server->tracking;
    unsigned shard = keyspace_shard_of(call->access.keyspace, key.hash);
    struct tracked_keys *keys = tracking_keys(tracking, shard);
    enum tracked_add added = tracked_keys_add(keys, key.hash, call->session->tracker->number);
    if (added == TRACKED_UNKNOWN)
        remember_anew(call, shard, key);
    else if (added == TRACKED_BY_ONE_MORE)
        tracking_count(&tracking->loops[call->loop->index], 0, 1);
}

void tracking_on_read(struct call *call)
{
    const struct command_info *command = call->command;
    if (!(command->flags & CMD_READONLY) || command->flags & CMD_PUBSUB) return;
    if (!remembers(call->session->tracker)) return;
    if (command->one_key) {
        remember(call, call_key(call, command->first_key));
        return;
    }
    struct key_walk walk = key_walk(command->row, call->argv, call->argc);
    while (key_next(&walk)) remember(call, call_key(call, walk.arg));
}

/* --- the end of a command --------------------------------------------------------------------------------
 */

/* CLIENT CACHING is about the next command, or transaction, that is no CLIENT command. */
static void end_caching(struct call *call)
{
    struct tracker *tracker = call->session->tracker;
    const struct command_info *container = call->command != NULL ? call->command->parent : NULL;
    if (container == NULL || container != tracker->client_command) tracker->caching = false;
}

void tracking_on_end(struct call *call)
{
    if (call->session->tracker->caching) end_caching(call);
    if (tracking_is_over_limit(call->server->tracking)) tracking_forget_some(call->loop);
    news_post_read(tracking_loop(call->loop)->news);
}
