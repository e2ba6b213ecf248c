#include "server/upstream/roster/rosters.h"

#include "proto/base/alloc.h"
#include "server/upstream/roster/roster.h"

static void publish(struct rosters *rosters, struct roster *roster)
{
    rosters->all = alloc_resize(rosters->all, (rosters->count + 1) * sizeof(*rosters->all));
    rosters->all[rosters->count++] = roster;
    atomic_store(&rosters->latest, roster);
}

void rosters_take(struct rosters *rosters, struct slice reply)
{
    if (slice_equal(buffer_slice(&rosters->reply), reply)) return; /* after a reconnection, mostly */
    struct roster *roster = roster_create(reply);
    if (roster == NULL) return;
    rosters->reply.len = 0;
    buffer_append(&rosters->reply, reply.data, reply.len);
    publish(rosters, roster);
}

void rosters_clear(struct rosters *rosters)
{
    for (size_t i = 0; i < rosters->count; i++) roster_destroy(&rosters->all[i]);
    alloc_free(rosters->all);
    buffer_clear(&rosters->reply);
}
