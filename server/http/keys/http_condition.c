#include "server/http/keys/http_condition.h"

#include "proto/base/number.h"
#include "proto/http/fields/http_chars.h"
#include "server/exec/acl/call_rights.h"
#include "server/exec/acl/selector.h"
#include "server/exec/call.h"
#include "server/http/http_client.h"
#include "server/http/http_run.h"
#include "server/http/http_write.h"
#include "server/http/keys/http_etag_of.h"
#include "storage/dress/media_types.h"
#include "storage/entry/entry.h"
#include "storage/keyspace/keyspace.h"
#include "storage/shard/shard_dress.h"

bool http_condition_is_there(const struct http_client *client)
{
    const struct http_head *head = http_client_head(client);
    return http_head_has(head, HTTP_IF_MATCH) || http_head_has(head, HTTP_IF_NONE_MATCH);
}

/* Is one of the lists of that name met by what is there, whose tag is `etag`? */
static bool is_met(struct http_client *client, enum http_field_name name, struct slice etag,
                   enum http_comparison comparison)
{
    struct slice list;
    unsigned at = 0;
    while (http_head_each(http_client_head(client), http_client_request(client), name, &at, &list))
        if (http_etag_matches(list, etag, comparison)) return true;
    return false;
}

/* The tag of what a plain command would see. Of another type than a string only `*` is met. */
static struct http_etag tag_of(const struct call *call, const struct shard_dressed *found)
{
    char scratch[NUMBER_I64_MAX];
    struct media_types *types = keyspace_media_types(call->access.keyspace);
    struct slice type = found->is_dressed ? media_types_name(types, found->dress.type) : SLICE("");
    return http_etag_of_value(entry_text(found->entry, scratch), type);
}

static bool are_met(struct http_client *client, const struct call *call, const struct shard_dressed *found)
{
    const struct http_head *head = http_client_head(client);
    bool exists = client->exchange.existed;
    struct http_etag etag;
    struct slice text = SLICE("");
    if (exists && entry_type(found->entry) == ENTRY_STRING) {
        etag = tag_of(call, found);
        text = http_etag_text(&etag);
    }
    if (http_head_has(head, HTTP_IF_MATCH))
        return exists && is_met(client, HTTP_IF_MATCH, text, HTTP_COMPARE_STRONG);
    return !exists || !is_met(client, HTTP_IF_NONE_MATCH, text, HTTP_COMPARE_WEAK);
}

static bool names_tags(const struct http_client *client, enum http_field_name name)
{
    struct slice list;
    unsigned at = 0;
    if (!http_head_has(http_client_head(client), name)) return false;
    while (http_head_each(http_client_head(client), http_client_request(client), name, &at, &list))
        if (!slice_equal(http_trim(list), SLICE("*"))) return true;
    return false;
}

/* Whether a tag is the value's tells what the value is, so it takes the right to read it, as `*` does not. */
static bool may_ask(const struct call *call, const struct http_client *client)
{
    if (!names_tags(client, HTTP_IF_MATCH) && !names_tags(client, HTTP_IF_NONE_MATCH)) return true;
    return call_is_let_reach(call, call->argv[client->exchange.key_arg], RIGHT_READ);
}

void http_condition_refuse(struct http_client *client)
{
    if (client->exchange.forbidden)
        http_write_error(client, SLICE("NOPERM "));
    else
        http_write_refusal(client, 412, SLICE("the condition does not hold"));
}

bool http_condition_holds(struct call *call)
{
    struct http_client *client = http_client_of(call);
    client->exchange.forbidden = client->exchange.refused = !may_ask(call, client);
    if (client->exchange.forbidden) return false;
    struct key key = call_key(call, client->exchange.key_arg);
    struct shard *shard = access_shard(&call->access, key.hash);
    struct shard_dressed found = shard_find_dressed(shard, call->db, key, call->now_ms, false);
    client->exchange.existed = found.entry != NULL && found.verdict.state == DRESS_FRESH;
    client->exchange.refused = http_condition_is_there(client) && !are_met(client, call, &found);
    return !client->exchange.refused;
}
