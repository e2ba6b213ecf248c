#include "server/client_memory.h"

#include <stdatomic.h>

#include "server/config/settings.h"
#include "server/loop.h"
#include "server/net/address.h"
#include "server/net/connection.h"
#include "server/observe/log.h"
#include "server/observe/totals.h"
#include "server/server.h"

size_t client_memory_of(const struct connection *connection)
{
    return sizeof(*connection) + connection->tail_bytes + connection->output_bytes;
}

size_t client_memory_total(const struct server *server)
{
    return atomic_load(&server->clients) * sizeof(struct connection) + TOTAL(server, input_bytes) +
           TOTAL(server, output_bytes);
}

static struct connection *largest_of(const struct loop *loop)
{
    struct connection *largest = NULL;
    for (struct connection *connection = loop->connections; connection != NULL;
         connection = connection->next) {
        if (connection->session.no_evict) continue;
        if (largest == NULL || client_memory_of(connection) > client_memory_of(largest)) largest = connection;
    }
    return largest;
}

static void evict(struct loop *loop, struct connection *connection)
{
    char peer[ADDRESS_TEXT_MAX];
    connection_peer(connection, peer, sizeof(peer));
    log_write(LOG_LEVEL_NOTICE, "Evicting client: id=%llu addr=%s tot-mem=%zu",
              (unsigned long long)connection->session.id, peer, client_memory_of(connection));
    counter_add(&loop->counters.evicted_clients, 1);
    connection_close(connection);
}

/* Only the loop whose clients take the most acts, so that two do not both make up for the same excess. */
static bool is_heaviest(const struct loop *loop)
{
    uint64_t own = counter_get(&loop->counters.input_bytes) + counter_get(&loop->counters.output_bytes);
    for (unsigned i = 0; i < loop->server->loop_count; i++) {
        const struct counters *other = &loop->server->loops[i].counters;
        if (counter_get(&other->input_bytes) + counter_get(&other->output_bytes) > own) return false;
    }
    return true;
}

void client_memory_bound(struct loop *loop)
{
    size_t limit = (size_t)settings_maxmemory_clients(loop->server->settings);
    size_t total = client_memory_total(loop->server);
    if (limit == 0 || total <= limit || !is_heaviest(loop)) return;
    struct connection *largest;
    while (total > limit && (largest = largest_of(loop)) != NULL) {
        total -= client_memory_of(largest); /* its writes are only taken back in the next turn */
        evict(loop, largest);
    }
}
