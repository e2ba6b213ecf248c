#include "server/http/watch/http_health.h"

#include <stdatomic.h>

#include "server/config/settings.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/exec/gates/pause.h"
#include "server/http/http_client.h"
#include "server/http/http_write.h"
#include "server/net/connection.h"
#include "server/upstream/link/link.h"
#include "server/upstream/tier.h"

enum http_step http_health_run(struct http_client *client)
{
    http_write_text(client, SLICE("text/plain; charset=utf-8"), SLICE("ok\n"));
    return HTTP_STEP_DONE;
}

static bool has_link(const struct server *server)
{
    if (server->tier == NULL) return true;
    if (SETTING(server->settings, upstream_on_failure) != FAILURE_ERROR) return true;
    return atomic_load_explicit(&tier_link(server->tier)->state, memory_order_relaxed) == LINK_UP;
}

enum http_step http_ready_run(struct http_client *client)
{
    const struct loop *loop = client->connection->loop;
    if (pause_is_loading(loop->server->pause))
        http_write_refusal(client, 503, SLICE("loading"));
    else if (loop->stopping)
        http_write_refusal(client, 503, SLICE("stopping"));
    else if (!has_link(loop->server))
        http_write_refusal(client, 503, SLICE("no upstream"));
    else
        http_write_text(client, SLICE("text/plain; charset=utf-8"), SLICE("ready\n"));
    return HTTP_STEP_DONE;
}
