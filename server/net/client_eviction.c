#include "server/net/client_eviction.h"

#include <stdatomic.h>

#include "proto/base/alloc.h"
#include "server/config/settings.h"
#include "server/core/address.h"
#include "server/core/loop.h"
#include "server/core/mailbox.h"
#include "server/core/server.h"
#include "server/memory/client_account.h"
#include "server/memory/loop_memory.h"
#include "server/net/connection.h"
#include "server/net/connections.h"
#include "server/net/network.h"
#include "server/observe/log.h"

static bool is_too_much(const struct server *server)
{
    size_t limit = (size_t)settings_maxmemory_clients(server->settings);
    return limit > 0 && client_account_held(server) > limit;
}

static void evict(struct connection *connection)
{
    struct loop *loop = connection->loop;
    char peer[ADDRESS_TEXT_MAX];
    session_peer(&connection->session, peer, sizeof(peer));
    log_write(LOG_LEVEL_NOTICE, "Evicting client: id=%llu addr=%s tot-mem=%zu",
              (unsigned long long)connection->session.id, peer, client_account_total(&connection->account));
    counter_add(&loop->counters.evicted_clients, 1);
    connection_close(connection);
}

/* The loop with the largest clients, this one before others, and how large they are at least; NULL: there is
 * nobody left to evict. */
static struct loop *find_largest(struct loop *own, size_t *least)
{
    struct server *server = own->server;
    for (unsigned size = ACCOUNT_SIZES; size-- > 0;) {
        *least = (size_t)1 << size;
        if (counter_get(&own->memory->accounts.of_size[size]) > 0) return own;
        for (unsigned i = 0; i < server->loop_count; i++)
            if (counter_get(&server->loops[i].memory->accounts.of_size[size]) > 0) return &server->loops[i];
    }
    return NULL;
}

static void evict_from(struct loop *loop, size_t least)
{
    struct connection *next;
    for (struct connection *connection = loop->connections->first; connection != NULL; connection = next) {
        next = connection->next;
        if (connection->account.spared || client_account_total(&connection->account) < least) continue;
        evict(connection);
        if (!is_too_much(loop->server)) return;
    }
}

static void open_order(struct loop *loop, struct letter *letter)
{
    alloc_free(letter);
    loop->memory->accounts.grown = true;
    client_eviction_run(loop);
}

static void order(struct loop *loop)
{
    struct letter *letter = ALLOC_NEW(struct letter);
    letter->open = open_order;
    mailbox_post(&loop->mailbox, letter);
}

void client_eviction_run(struct loop *loop)
{
    struct server *server = loop->server;
    if (!loop->memory->accounts.grown) return;
    loop->memory->accounts.grown = false;
    /* Whoever looks already sees what has grown here, or the next cron does. */
    if (!is_too_much(server) || atomic_flag_test_and_set(&server->network->evicting)) return;
    size_t least;
    struct loop *largest = loop;
    while (is_too_much(server) && (largest = find_largest(loop, &least)) == loop) evict_from(loop, least);
    bool elsewhere = largest != NULL && largest != loop;
    atomic_flag_clear(&server->network->evicting);
    if (elsewhere) order(largest);
}
