#include "server/http/http_condition.h"

#include "proto/base/number.h"
#include "server/exec/call.h"
#include "server/http/http_client.h"
#include "server/http/http_etag_of.h"
#include "server/http/http_run.h"
#include "storage/entry/entry.h"

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

/* Only `*` is met by a value that has no tag: one of another type. */
static bool are_met(struct http_client *client, const struct entry *entry)
{
    struct http_etag etag;
    struct slice text = SLICE("");
    if (entry != NULL && entry_type(entry) == ENTRY_STRING) {
        char scratch[NUMBER_I64_MAX];
        etag = http_etag_of_value(entry_text(entry, scratch), (struct slice){ 0 });
        text = http_etag_text(&etag);
    }
    const struct http_head *head = http_client_head(client);
    if (http_head_has(head, HTTP_IF_MATCH))
        return entry != NULL && is_met(client, HTTP_IF_MATCH, text, HTTP_COMPARE_STRONG);
    return entry == NULL || !is_met(client, HTTP_IF_NONE_MATCH, text, HTTP_COMPARE_WEAK);
}

bool http_condition_holds(struct call *call)
{
    struct http_client *client = http_client_of(call);
    const struct entry *entry = call_peek(call, 1);
    client->exchange.existed = entry != NULL;
    client->exchange.refused = http_condition_is_there(client) && !are_met(client, entry);
    return !client->exchange.refused;
}
