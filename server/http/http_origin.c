#include "server/http/http_origin.h"

#include "proto/http/fields/http_chars.h"
#include "proto/http/http_response.h"
#include "server/core/loop.h"
#include "server/http/http_client.h"
#include "server/http/http_loop.h"
#include "server/net/connection.h"

/* "name", "name:80", "[::1]:80": without the port. False: it is none of these. */
static bool split_port(struct slice text, struct slice *name)
{
    const char *end = text.data + text.len;
    const char *bracket = text.len > 0 && text.data[0] == '[' ? memchr(text.data, ']', text.len) : NULL;
    if (text.len > 0 && text.data[0] == '[' && bracket == NULL) return false;
    const char *from = bracket != NULL ? bracket + 1 : text.data;
    const char *colon = memchr(from, ':', (size_t)(end - from));
    const char *stop = colon != NULL ? colon : end;
    if (bracket != NULL && stop != from) return false;
    for (const char *digit = stop + 1; colon != NULL && digit < end; digit++)
        if (!http_is_digit(*digit)) return false;
    *name = slice_of(text.data, (size_t)(stop - text.data));
    return name->len > 0;
}

/* The address that it came to. */
static struct slice local_name(struct http_client *client)
{
    struct slice name = { 0 };
    if (client->local[0] == '\0') connection_local(client->connection, client->local, sizeof(client->local));
    split_port(slice_of_cstr(client->local), &name);
    return name;
}

static bool is_ours(struct http_client *client, struct slice host)
{
    struct slice name;
    if (!split_port(host, &name)) return false;
    if (slice_equal_nocase(name, SLICE("localhost"))) return true;
    if (slice_equal_nocase(name, local_name(client))) return true;
    return http_words_have(&client->connection->loop->http->hosts, name);
}

bool http_origin_host(struct http_client *client)
{
    struct slice host = http_client_field(client, HTTP_HOST);
    if (client->connection->session.unix_socket) return true;
    if (host.data == NULL) return false;
    bool same = host.len > 0 && slice_equal(host, buffer_slice(&client->host)) &&
                client->host_version == client->connection->loop->http->version;
    if (same) return true;
    if (!is_ours(client, host)) return false;
    client->host.len = 0;
    buffer_append(&client->host, host.data, host.len);
    client->host_version = client->connection->loop->http->version;
    return true;
}

/* Does the page come from this server itself? The Host is ours, so who names it is at home. */
static bool is_own(struct http_client *client, struct slice origin)
{
    struct slice host = http_client_field(client, HTTP_HOST);
    const char *colon = memchr(origin.data, ':', origin.len);
    size_t scheme = colon != NULL ? (size_t)(colon - origin.data) : 0;
    bool known = slice_equal_nocase(slice_of(origin.data, scheme), SLICE("http")) ||
                 slice_equal_nocase(slice_of(origin.data, scheme), SLICE("https"));
    if (!known || origin.len < scheme + 3 || memcmp(colon, "://", 3) != 0) return false;
    return slice_equal_nocase(slice_of(colon + 3, origin.len - scheme - 3), host);
}

static void trust(struct http_client *client, struct slice origin)
{
    client->exchange.trusted_origin = true;
    client->origin.len = 0;
    buffer_append(&client->origin, origin.data, origin.len);
}

/* A lease is taken by a field that no page can send without asking first. */
static bool is_safe(const struct http_client *client)
{
    const struct http_head *head = http_client_head(client);
    bool reads = head->method == METHOD_GET || head->method == METHOD_HEAD;
    return reads && !http_head_has(head, HTTP_NUTHATCH_LEASE);
}

/* What a browser says of a request of this server's own page, or of its user's. Words that are not known are
 * no reason to trust it. */
static bool is_at_home(struct slice site)
{
    return slice_equal_nocase(site, SLICE("same-origin")) || slice_equal_nocase(site, SLICE("none"));
}

bool http_origin_judge(struct http_client *client)
{
    struct slice origin = http_client_field(client, HTTP_ORIGIN);
    struct slice site = http_client_field(client, HTTP_SEC_FETCH_SITE);
    if (origin.data == NULL && site.data == NULL) return true;
    if (origin.data != NULL && http_words_have(&client->connection->loop->http->origins, origin)) {
        trust(client, origin);
        return true;
    }
    if (is_safe(client)) return true;
    return (origin.data == NULL || is_own(client, origin)) && (site.data == NULL || is_at_home(site));
}

void http_origin_write_preflight(struct buffer *out, struct slice methods)
{
    http_response_field(out, SLICE("Access-Control-Allow-Methods"), methods);
    http_response_field(
        out, SLICE("Access-Control-Allow-Headers"),
        SLICE("Authorization, Cache-Control, Cache-Groups, Cache-Tag, CDN-Cache-Control, Content-Encoding, "
              "Content-Type, Fastly-Soft-Purge, If-Match, If-None-Match, If-Range, Nuthatch-Cost, "
              "Nuthatch-Jitter, Nuthatch-Lease, Nuthatch-Pass, Nuthatch-Renew, Nuthatch-Retry, "
              "Nuthatch-Soft, Nuthatch-Token, Nuthatch-TTL, Nuthatch-Version, Prefer, Range, "
              "Surrogate-Control, Surrogate-Key, xkey"));
    http_response_field(out, SLICE("Access-Control-Max-Age"), SLICE("600"));
}
