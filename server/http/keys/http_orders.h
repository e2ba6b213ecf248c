/*
 * http_orders.h - what the body of POST /invalidate asks for.
 *
 * Threads: one owner.
 */
#ifndef SERVER_HTTP_KEYS_HTTP_ORDERS_H
#define SERVER_HTTP_KEYS_HTTP_ORDERS_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/base/buffer.h"
#include "proto/base/slice.h"

/* As many keys, and as many tags, are taken in one request. */
#define HTTP_ORDERS_MAX 1000

struct http_order_list {
    size_t len;
    struct {
        size_t at, len;
    } items[HTTP_ORDERS_MAX];
};

struct http_orders {
    struct buffer text;                       /* what the lists are pieces of */
    struct http_order_list keys, tags, match; /* one pattern at most */
    bool soft;
};

/* False: it is no such object. */
bool http_orders_read(struct http_orders *orders, struct slice body);
void http_orders_clear(struct http_orders *orders);

static inline struct slice http_orders_item(const struct http_orders *orders,
                                            const struct http_order_list *list, size_t i)
{
    return slice_of(orders->text.data + list->items[i].at, list->items[i].len);
}

#endif
