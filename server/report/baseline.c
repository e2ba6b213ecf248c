#include "server/report/baseline.h"

#include "server/core/burials.h"
#include "server/core/server.h"
#include "server/memory/memory_marks.h"
#include "storage/keyspace/keyspace.h"
#include "storage/shard/shard.h"

void baseline_take(struct server *server)
{
    struct shard_stats keys = keyspace_stats(server->keyspace);
    atomic_store(&server->baseline->expired, keys.expired);
    atomic_store(&server->baseline->expired_elements, keys.expired_elements);
    atomic_store(&server->baseline->evicted, keys.evicted);
    burials_reset_done(server->burials);
    memory_marks_forget_peak(server);
}
