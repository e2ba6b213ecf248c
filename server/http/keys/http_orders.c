#include "server/http/keys/http_orders.h"

#include "proto/http/http_json.h"

static bool read_item(struct http_json *json, struct http_orders *orders, struct http_order_list *list)
{
    size_t at, len;
    if (list->len == HTTP_ORDERS_MAX || !http_json_string(json, &orders->text, &at, &len)) return false;
    list->items[list->len].at = at;
    list->items[list->len].len = len;
    list->len++;
    return len > 0;
}

static bool read_list(struct http_json *json, struct http_orders *orders, struct http_order_list *list)
{
    if (!http_json_take(json, '[')) return false;
    if (http_json_take(json, ']')) return true;
    do {
        if (!read_item(json, orders, list)) return false;
    } while (http_json_take(json, ','));
    return http_json_take(json, ']');
}

/* No pattern is asked for by an empty one. */
static bool read_match(struct http_json *json, struct http_orders *orders)
{
    size_t at, len;
    if (orders->match.len > 0 || !http_json_string(json, &orders->text, &at, &len)) return false;
    orders->match.items[0].at = at;
    orders->match.items[0].len = len;
    orders->match.len = len > 0;
    return true;
}

static bool read_member(struct http_json *json, struct http_orders *orders)
{
    size_t at, len;
    if (!http_json_string(json, &orders->text, &at, &len) || !http_json_take(json, ':')) return false;
    struct slice name = slice_of(orders->text.data + at, len);
    if (slice_equal(name, SLICE("keys"))) return read_list(json, orders, &orders->keys);
    if (slice_equal(name, SLICE("tags"))) return read_list(json, orders, &orders->tags);
    if (slice_equal(name, SLICE("match"))) return read_match(json, orders);
    return slice_equal(name, SLICE("soft")) && http_json_bool(json, &orders->soft);
}

bool http_orders_read(struct http_orders *orders, struct slice body)
{
    struct http_json json = { .text = body };
    buffer_reserve(&orders->text, 1);
    if (!http_json_take(&json, '{')) return false;
    if (!http_json_take(&json, '}')) {
        do {
            if (!read_member(&json, orders)) return false;
        } while (http_json_take(&json, ','));
        if (!http_json_take(&json, '}')) return false;
    }
    return http_json_is_over(&json);
}

void http_orders_clear(struct http_orders *orders)
{
    buffer_clear(&orders->text);
}
