#include "server/http/http_resource.h"

#include "proto/base/number.h"
#include "proto/http/http_path.h"
#include "proto/http/http_response.h"
#include "server/config/settings.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/http/http_client.h"
#include "server/http/http_loop.h"
#include "server/http/http_origin.h"
#include "server/http/http_user.h"
#include "server/http/http_write.h"
#include "server/http/keys/http_invalidate.h"
#include "server/http/keys/http_keys.h"
#include "server/http/page/http_page.h"
#include "server/http/watch/http_health.h"
#include "server/http/watch/http_metrics.h"
#include "server/http/watch/http_stats.h"
#include "server/net/connection.h"

#define KEY_MAX 4096

#define BIT(method) (1u << (method))

static const struct http_resource resources[] = {
    { .path = SLICE("/keys/"),
      .has_key = true,
      .asked = HTTP_ASKS_KEYS,
      .methods = BIT(METHOD_GET) | BIT(METHOD_HEAD) | BIT(METHOD_PUT) | BIT(METHOD_POST) |
                 BIT(METHOD_DELETE) | BIT(METHOD_PURGE) | BIT(METHOD_OPTIONS),
      .run = http_keys_run },
    { .path = SLICE("/invalidate"),
      .methods = BIT(METHOD_POST) | BIT(METHOD_OPTIONS),
      .run = http_invalidate_run },
    { .path = SLICE("/tags"),
      .asked = HTTP_ASKS_TAGS,
      .methods = BIT(METHOD_PURGE) | BIT(METHOD_OPTIONS),
      .run = http_tags_run },
    { .path = SLICE("/stats.json"),
      .has_query = true,
      .methods = BIT(METHOD_GET) | BIT(METHOD_HEAD),
      .run = http_stats_run },
    { .path = SLICE("/metrics"), .methods = BIT(METHOD_GET) | BIT(METHOD_HEAD), .run = http_metrics_run },
    { .path = SLICE("/healthz"),
      .is_public = true,
      .methods = BIT(METHOD_GET) | BIT(METHOD_HEAD),
      .run = http_health_run },
    { .path = SLICE("/readyz"),
      .is_public = true,
      .methods = BIT(METHOD_GET) | BIT(METHOD_HEAD),
      .run = http_ready_run },
};

static const struct http_resource page = { .methods = BIT(METHOD_GET) | BIT(METHOD_HEAD),
                                           .run = http_page_run };

static struct slice methods_of(const struct http_resource *resource)
{
    if (resource == NULL || resource->has_key) return SLICE(HTTP_METHODS);
    if (resource->methods & BIT(METHOD_POST)) return SLICE("POST, OPTIONS");
    if (resource->methods & BIT(METHOD_PURGE)) return SLICE("PURGE, OPTIONS");
    return SLICE("GET, HEAD");
}

static bool leads_to(const struct http_resource *resource, struct slice path)
{
    if (!resource->has_key) return slice_equal(path, resource->path);
    return path.len >= resource->path.len && memcmp(path.data, resource->path.data, resource->path.len) == 0;
}

static const struct http_resource *find(struct slice path)
{
    for (size_t i = 0; i < sizeof(resources) / sizeof(*resources); i++)
        if (leads_to(&resources[i], path)) return &resources[i];
    return http_page_find(path) != NULL ? &page : NULL;
}

static bool refuse(struct http_client *client, int status, struct slice why)
{
    http_write_refusal(client, status, why);
    return false;
}

/* Nothing of the request is passed over in silence, so a query that means nothing is refused. */
static bool read_query(struct http_client *client, struct slice query)
{
    struct session *session = &client->connection->session;
    const struct settings *settings = session->loop->server->settings;
    uint64_t db = 0;
    session->db = 0;
    client->exchange.query = query;
    if (query.data == NULL || client->exchange.resource->has_query) return true;
    bool named = query.len > 3 && memcmp(query.data, "db=", 3) == 0;
    if (!named || !number_parse_u64(slice_of(query.data + 3, query.len - 3), &db))
        return refuse(client, 400, SLICE("of queries only ?db=N is known"));
    if (db >= (uint64_t)SETTING(settings, databases))
        return refuse(client, 400, SLICE("there is no such database"));
    session->db = (unsigned)db;
    return true;
}

static bool read_key(struct http_client *client, struct slice text)
{
    struct http_exchange *exchange = &client->exchange;
    struct http_loop *http = client->connection->loop->http;
    exchange->key = text;
    if (memchr(text.data, '%', text.len) != NULL) {
        http->key.len = 0;
        char *to = buffer_reserve(&http->key, text.len);
        size_t len;
        if (!http_path_decode(text, to, &len))
            return refuse(client, 400, SLICE("a percent sign needs two hexadecimal digits"));
        exchange->key = slice_of(to, len);
    }
    if (exchange->key.len >= 1 && exchange->key.len <= KEY_MAX) return true;
    return refuse(client, 400, SLICE("a key has 1 to 4096 bytes"));
}

static bool read_target(struct http_client *client)
{
    struct slice target = http_text_slice(http_client_head(client)->target, http_client_request(client));
    struct slice path, query;
    http_path_split(target, &path, &query);
    const struct http_resource *resource = find(path);
    client->exchange.resource = resource;
    client->exchange.methods = methods_of(resource);
    if (slice_equal(path, SLICE("*"))) return true;
    if (resource == NULL) return refuse(client, 404, SLICE("there is nothing here"));
    if (!read_query(client, query)) return false;
    if (!resource->has_key) return true;
    return read_key(client, slice_of(path.data + resource->path.len, path.len - resource->path.len));
}

static bool allows(struct http_client *client)
{
    const struct http_resource *resource = client->exchange.resource;
    enum http_method method = http_client_head(client)->method;
    if (method == METHOD_OTHER) return refuse(client, 501, SLICE("this method is not known here"));
    if (resource == NULL || resource->methods & BIT(method)) return true;
    return refuse(client, 405, SLICE("this method is not for this resource"));
}

static bool knows_user(struct http_client *client)
{
    const struct http_resource *resource = client->exchange.resource;
    bool anybody =
        resource == NULL || resource->is_public || http_client_head(client)->method == METHOD_OPTIONS;
    client->exchange.held = false;
    if (anybody || http_user_seat(client)) return true;
    if (client->exchange.held) return false;
    return refuse(client, 401, SLICE("authentication is required"));
}

static bool has_known_fields(struct http_client *client)
{
    const struct http_resource *resource = client->exchange.resource;
    if (resource == NULL || http_asked_fits(http_client_head(client), resource->asked)) return true;
    return refuse(client, 400, SLICE("a Nuthatch- field is not for this request, or not with the others"));
}

bool http_resource_judge(struct http_client *client)
{
    http_loop_refresh(client->connection->loop);
    if (!http_origin_host(client))
        return refuse(client, 421, SLICE("the Host is not a name of this server (http-hosts)"));
    if (!read_target(client) || !allows(client)) return false;
    if (!http_origin_judge(client))
        return refuse(client, 403, SLICE("pages of this origin may not ask this (http-cors-origins)"));
    return knows_user(client) && has_known_fields(client);
}

static void write_options(struct http_client *client)
{
    struct slice methods = client->exchange.methods;
    struct buffer *out = http_write_begin(client, 204);
    http_response_field(out, SLICE("Allow"), methods);
    if (client->exchange.trusted_origin) http_origin_write_preflight(out, methods);
    http_response_end(out);
}

enum http_step http_resource_run(struct http_client *client)
{
    if (http_client_head(client)->method != METHOD_OPTIONS) return client->exchange.resource->run(client);
    write_options(client);
    return HTTP_STEP_DONE;
}
