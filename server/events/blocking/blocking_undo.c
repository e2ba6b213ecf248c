/* What is done when a client has gone before it could be told what it was given. */
#include "proto/base/alloc.h"
#include "proto/base/array.h"
#include "proto/reply_reader.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/events/blocking/blocking.h"
#include "server/events/blocking/blocking_state.h"
#include "storage/keyspace/access.h"

struct elements {
    struct slice *items;
    size_t len;
};

static bool is_text(const struct reply_element *element)
{
    return element->type == REPLY_BULK || element->type == REPLY_DOUBLE;
}

/* All texts and scores of a reply, whatever holds them. */
static struct elements elements_of(struct slice reply)
{
    struct elements elements = { 0 };
    struct reply_reader reader = { 0 };
    struct reply_element element;
    size_t cap = 0, consumed;
    while (reply.len > 0 && reply_reader_next(&reader, reply, &element, &consumed) == READER_READY) {
        reply = slice_of(reply.data + consumed, reply.len - consumed);
        if (!is_text(&element)) continue;
        ARRAY_RESERVE(elements.items, elements.len, cap, 4);
        elements.items[elements.len++] = element.text;
    }
    return elements;
}

/* Who waits for the key in the meantime may need other shards than its own. */
static bool open_access(struct call *call, struct key key)
{
    struct keyspace *keyspace = call->server->keyspace;
    if (!access_open(&call->access, keyspace, key.hash)) return false;
    if (blocking_reach(call->loop, &call->access, key) == 0) return true;
    access_close(&call->access);
    return access_open_all(&call->access, keyspace);
}

static bool put_back(struct call *call, const struct waiter *waiter, const struct elements *elements)
{
    if (!open_access(call, call_key(call, waiter->served_at))) return false;
    waiter->kind->put_back(call, waiter->served_at, elements->items + 1, elements->len - 1);
    if (call->loop->unserved) blocking_serve(call);
    access_close(&call->access);
    loop_post(call->loop);
    return true;
}

bool blocking_put_back(struct waiter *waiter)
{
    struct blocking_stand_in stand_in;
    struct call call = blocking_stand_in(&stand_in, waiter->loop, waiter);
    struct elements elements = elements_of(buffer_slice(&waiter->reply));
    bool done = elements.len < 2 || put_back(&call, waiter, &elements);
    buffer_clear(&stand_in.out);
    alloc_free(elements.items);
    return done;
}
