/* No more keys than `tracking-table-max-keys` are remembered: of any that are too many clients are told that
 * they have changed. */
#include "server/config/settings.h"
#include "server/events/tracking/news.h"
#include "server/events/tracking/tracking_state.h"
#include "storage/keyspace/access.h"
#include "storage/shard/shard_name.h"

/* As Redis: so many keys at a time, and the more, the longer it has not been enough. */
#define KEYS_AT_A_TIME 100

/* Freed at a time of what a flush left behind: a millisecond or so. */
#define PAGES_AT_A_TIME  1000
#define TABLES_AT_A_TIME 64

bool tracking_is_over_limit(const struct tracking *tracking)
{
    const struct server *server = tracking->options.loops[0].server;
    int64_t limit = SETTING(server->settings, tracking_table_max_keys);
    return limit > 0 && tracking_counts(tracking).keys > (size_t)limit;
}

/* What the table does not name is in the keyspace. If it is not, clients are told that anything may have
 * changed. */
static void note_forgotten(struct loop *loop, struct access *access, unsigned shard,
                           const struct tracked *tracked)
{
    struct news *news = tracking_loop(loop)->news;
    struct slice name = tracked->name;
    if (name.len > 0 || shard_find_name(access_shard_at(access, shard), tracked->hash, &name)) {
        tracking_note(loop, tracked, name, 0);
        return;
    }
    for (size_t i = 0; i < tracked->len; i++) news_note_all_of(news, tracked->numbers[i]);
    loop->unposted = true;
}

/* False: there is none in that shard, or somebody keeps it for long. */
static bool forget_one(struct loop *loop, unsigned shard)
{
    struct tracking *tracking = loop->server->tracking;
    struct access access;
    struct tracked tracked;
    if (!access_open_at(&access, tracking->options.keyspace, shard)) return false;
    bool any = tracked_keys_draw(tracking_keys(tracking, shard), random_next(&tracking_loop(loop)->random),
                                 &tracked);
    if (any) {
        note_forgotten(loop, &access, shard, &tracked);
        tracking_forget(loop, shard, &tracked);
    }
    access_close(&access);
    return any;
}

void tracking_forget_some(struct loop *loop)
{
    struct tracking *tracking = loop->server->tracking;
    struct tracking_loop *here = tracking_loop(loop);
    unsigned shards = keyspace_shards(tracking->options.keyspace);
    size_t effort = (size_t)KEYS_AT_A_TIME * ++here->times_over;
    unsigned misses = 0;
    unsigned shard = (unsigned)(random_next(&here->random) % shards);
    while (effort > 0 && misses < shards && tracking_is_over_limit(tracking)) {
        bool any = forget_one(loop, shard);
        effort -= any;
        misses = any ? 0 : misses + 1;
        shard = (shard + 1) % shards;
    }
    if (!tracking_is_over_limit(tracking)) here->times_over = 0;
}

static void bury_some(struct tracking_loop *here)
{
    for (unsigned gone = 0; gone < TABLES_AT_A_TIME && here->dropped_count > 0; gone++)
        if (!tracking_bury(here, PAGES_AT_A_TIME)) return;
}

void tracking_look_at_limit(struct loop *loop)
{
    bury_some(tracking_loop(loop));
    if (!tracking_is_over_limit(loop->server->tracking)) return;
    tracking_forget_some(loop);
    tracking_post(loop);
}
