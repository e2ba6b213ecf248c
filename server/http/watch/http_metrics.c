#include "server/http/watch/http_metrics.h"

#include "proto/base/buffer.h"
#include "proto/http/fields/http_accept.h"
#include "server/core/ticks.h"
#include "server/http/http_client.h"
#include "server/http/http_write.h"
#include "server/net/connection.h"
#include "server/report/metrics/metrics.h"
#include "server/report/stats/stats.h"

static int weight_of(const struct http_client *client, struct slice type, struct slice version)
{
    struct slice list;
    unsigned at = 0;
    int best = -1;
    while (http_head_each(http_client_head(client), http_client_request(client), HTTP_ACCEPT, &at, &list)) {
        int weight = http_accept_weight(list, type, version);
        if (weight > best) best = weight;
    }
    return best;
}

static bool wants_openmetrics(const struct http_client *client)
{
    int weight = weight_of(client, SLICE("application/openmetrics-text"), SLICE("1.0.0"));
    return weight > 0 && weight >= weight_of(client, SLICE("text/plain"), SLICE("0.0.4"));
}

enum http_step http_metrics_run(struct http_client *client)
{
    struct session *session = &client->connection->session;
    struct metrics_request request = { .session = session,
                                       .parts = stats_parts_of(session),
                                       .is_openmetrics = wants_openmetrics(client) };
    static const struct slice info[] = { { "info", sizeof("info") - 1 } };
    struct buffer text = { 0 };
    if (!(request.parts & STATS_INFO)) {
        if (stats_parts_are_out(session, STATS_INFO))
            http_write_taken_out(client);
        else
            http_write_refusal(client, 403, SLICE("the user has no permission for this"));
        return HTTP_STEP_DONE;
    }
    uint64_t began = ticks_now();
    metrics_write(&request, &text);
    http_run_tell(client, info[0], info, 1, began);
    struct slice type = request.is_openmetrics
                            ? SLICE("application/openmetrics-text; version=1.0.0; charset=utf-8")
                            : SLICE("text/plain; version=0.0.4; charset=utf-8");
    http_write_text(client, type, buffer_slice(&text));
    buffer_clear(&text);
    return HTTP_STEP_DONE;
}
