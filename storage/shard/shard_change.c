#include "storage/shard/shard_change.h"

#include "storage/shard/shard_state.h"

void shard_listen(struct shard *shard, const struct change_listener *listener)
{
    shard->listener = *listener;
}

_Atomic uint32_t *shard_listened(struct shard *shard)
{
    return &shard->listened;
}

void shard_report(struct shard *shard, const struct change *change)
{
    if (shard_tells(shard)) shard->listener.changed(shard->listener.context, shard->options.index, change);
}

__attribute__((noinline, cold)) void shard_announce(struct shard *shard, unsigned db, struct key key,
                                                    enum change_event event)
{
    struct change change = change_of(event, db, key, 0);
    shard_report(shard, &change);
}
