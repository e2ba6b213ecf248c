#include "server/net/cross_protocol.h"

#include <stdatomic.h>
#include <stdint.h>

#include "server/core/address.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/net/connection.h"
#include "server/net/network.h"
#include "server/observe/log.h"

#define LOGGED_EVERY_MS 60000

bool cross_protocol_is(struct slice name)
{
    return slice_equal_nocase(name, SLICE("post")) || slice_equal_nocase(name, SLICE("host:"));
}

/* One loop of several that meet it at the same time. */
static bool is_to_be_logged(struct network *network, int64_t now_ms)
{
    int64_t last_ms = atomic_load(&network->attack_logged_ms);
    bool recent = last_ms != 0 && now_ms - last_ms <= LOGGED_EVERY_MS && last_ms - now_ms <= LOGGED_EVERY_MS;
    return !recent && atomic_compare_exchange_strong(&network->attack_logged_ms, &last_ms, now_ms);
}

void cross_protocol_abort(struct connection *connection)
{
    char peer[ADDRESS_TEXT_MAX];
    session_peer(&connection->session, peer, sizeof(peer));
    if (is_to_be_logged(connection->loop->server->network, connection->loop->now_ms))
        log_write(
            LOG_LEVEL_WARNING,
            "Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host: commands "
            "to Redis. This is likely due to an attacker attempting to use Cross Protocol Scripting to "
            "compromise your Redis instance. Connection from %s aborted.",
            peer);
    connection_close(connection);
}
