#include "server/http/keys/http_invalidate.h"

#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/exec/acl/acl_check.h"
#include "server/exec/acl/call_rights.h"
#include "server/exec/acl/selector.h"
#include "server/exec/call.h"
#include "server/http/http_client.h"
#include "server/http/http_reply.h"
#include "server/http/http_write.h"
#include "server/http/keys/http_orders.h"
#include "server/http/keys/http_terms.h"
#include "server/net/connection.h"

enum part { PART_KEYS, PART_TAGS, PART_MATCH, PARTS };

static const char *const names[PARTS] = { "keys", "tags", "match" };

static enum http_step refuse(struct http_client *client, int status, struct slice why)
{
    http_write_refusal(client, status, why);
    return HTTP_STEP_DONE;
}

/* {"keys":2,"tags":1} */
static void write_counts(struct http_client *client)
{
    struct buffer text = { 0 };
    const char *before = "{";
    for (int i = 0; i < PARTS; i++) {
        if (!(client->exchange.asked >> i & 1)) continue;
        buffer_printf(&text, "%s\"%s\":%lld", before, names[i], (long long)client->exchange.counts[i]);
        before = ",";
    }
    buffer_printf(&text, "%s}\n", text.len == 0 ? "{" : "");
    http_write_text(client, SLICE("application/json"), buffer_slice(&text));
    buffer_clear(&text);
}

/* Of one part: when it is the last, or has failed, there is a response. */
static void finish(struct http_client *client, struct http_reply *reply)
{
    struct http_exchange *exchange = &client->exchange;
    struct http_element count = http_reply_next(reply);
    exchange->failed = count.type != ELEMENT_INT;
    if (exchange->failed) {
        http_write_error(client, exchange->refused ? SLICE("NOPERM ") : count.text);
        return;
    }
    exchange->counts[exchange->part] = count.integer;
    if (exchange->asked >> (exchange->part + 1) == 0) write_counts(client);
}

/* Before a part runs it is known that those behind it may: keys are not gone when their tags are refused. Of
 * its own keys the command has been asked already. */
static bool may_all(struct call *call)
{
    struct http_exchange *exchange = &http_client_of(call)->exchange;
    const struct http_orders *orders = exchange->orders;
    bool may = orders->match.len == 0 ||
               call_is_let_reach_all(call, http_orders_item(orders, &orders->match, 0), RIGHT_WRITE);
    for (size_t i = 0; i < orders->tags.len && may; i++)
        may = call_is_let_reach_tag(call, http_orders_item(orders, &orders->tags, i), RIGHT_WRITE);
    exchange->refused = !may;
    return may;
}

/* CACHE INVALIDATE [SOFT] TAGS tag ... */
static enum http_step run_part(struct http_client *client, const struct http_orders *orders, enum part part)
{
    static const struct slice words[PARTS] = { { "KEYS", sizeof("KEYS") - 1 },
                                               { "TAGS", sizeof("TAGS") - 1 },
                                               { "MATCH", sizeof("MATCH") - 1 } };
    const struct http_order_list *lists[PARTS] = { &orders->keys, &orders->tags, &orders->match };
    const struct http_order_list *list = lists[part];
    struct slice *argv = alloc_bytes((list->len + 4) * sizeof(*argv));
    size_t argc = 0;
    argv[argc++] = SLICE("CACHE");
    argv[argc++] = SLICE("INVALIDATE");
    if (orders->soft) argv[argc++] = SLICE("SOFT");
    argv[argc++] = words[part];
    for (size_t i = 0; i < list->len; i++) argv[argc++] = http_orders_item(orders, list, i);
    client->exchange.part = part;
    enum http_step step = http_run(
        client, &(struct http_command){ .argv = argv, .argc = argc, .guard = may_all, .finish = finish });
    alloc_free(argv);
    return step;
}

/* A pattern, which takes its time, comes last. One that is held up begins anew with all of it: what was
 * invalidated already stays so. */
static enum http_step run_orders(struct http_client *client, const struct http_orders *orders)
{
    const size_t lens[PARTS] = { orders->keys.len, orders->tags.len, orders->match.len };
    client->exchange.asked = 0;
    client->exchange.orders = orders;
    for (int i = 0; i < PARTS; i++) client->exchange.asked |= (unsigned)(lens[i] > 0) << i;
    for (int i = 0; i < PARTS; i++) {
        if (lens[i] == 0) continue;
        enum http_step step = run_part(client, orders, (enum part)i);
        if (step != HTTP_STEP_DONE || client->exchange.failed) return step;
    }
    if (client->exchange.asked == 0) write_counts(client);
    return HTTP_STEP_DONE;
}

static bool has_upstream(const struct http_client *client)
{
    return client->connection->loop->server->tier != NULL;
}

/* A form of another site's page cannot say that it sends this type. */
static bool is_json(const struct http_client *client)
{
    struct slice type = http_client_field(client, HTTP_CONTENT_TYPE);
    struct slice wanted = SLICE("application/json");
    bool begins = type.len >= wanted.len && slice_equal_nocase(slice_of(type.data, wanted.len), wanted);
    return begins && (type.len == wanted.len || type.data[wanted.len] == ';' || type.data[wanted.len] == ' ');
}

static bool are_tags(const struct http_orders *orders)
{
    for (size_t i = 0; i < orders->tags.len; i++)
        if (orders->tags.items[i].len > ACL_TAG_LEN_MAX) return false;
    return true;
}

enum http_step http_invalidate_run(struct http_client *client)
{
    if (!is_json(client)) return refuse(client, 415, SLICE("the body must be application/json"));
    if (has_upstream(client))
        return refuse(client, 501, SLICE("invalidation is not for keys of an upstream"));
    struct http_orders *orders = ALLOC_NEW(struct http_orders);
    enum http_step step = HTTP_STEP_DONE;
    struct slice body = http_reader_body(&client->reader, http_client_request(client));
    if (http_orders_read(orders, body) && are_tags(orders))
        step = run_orders(client, orders);
    else
        http_write_refusal(client, 400,
                           SLICE("the body is an object of keys, tags (at most 1000 each, tags of 255 "
                                 "bytes), match and soft"));
    http_orders_clear(orders);
    alloc_free(orders);
    return step;
}

enum http_step http_tags_run(struct http_client *client)
{
    struct http_terms terms;
    bool is_soft;
    if (!http_terms_read_tags(client, &terms) || !http_terms_read_soft(client, &is_soft))
        return HTTP_STEP_DONE;
    if (terms.tag_count == 0) return refuse(client, 400, SLICE("no tag is named (Surrogate-Key, xkey)"));
    if (has_upstream(client))
        return refuse(client, 501, SLICE("invalidation is not for keys of an upstream"));
    struct http_orders *orders = ALLOC_NEW(struct http_orders);
    orders->soft = is_soft;
    for (unsigned i = 0; i < terms.tag_count; i++) {
        orders->tags.items[i].at = orders->text.len;
        orders->tags.items[i].len = terms.tags[i].len;
        buffer_append(&orders->text, terms.tags[i].data, terms.tags[i].len);
    }
    orders->tags.len = terms.tag_count;
    enum http_step step = run_orders(client, orders);
    http_orders_clear(orders);
    alloc_free(orders);
    return step;
}
