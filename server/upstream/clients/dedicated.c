#include "server/upstream/clients/dedicated.h"

#include "proto/base/alloc.h"
#include "server/config/settings.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/net/connection.h"
#include "server/upstream/channel/channel.h"
#include "server/upstream/clients/blocking.h"
#include "server/upstream/clients/dedicated_state.h"
#include "server/upstream/clients/patron.h"
#include "server/upstream/link/companion.h"
#include "server/upstream/tier_errors.h"
#include "server/upstream/tier_state.h"

/* Idle connections that a loop keeps. */
#define IDLE_MAX 16

static void link_in(struct dedicated *d)
{
    struct tier_loop *own = tier_of(d->loop);
    d->next = own->dedicated;
    if (d->next != NULL) d->next->previous = d;
    own->dedicated = d;
}

/* Nobody uses it any more. */
static void part(struct dedicated *d)
{
    if (d->patron->asks > 0) patron_mark(d->patron);
    d->patron->asks = 0;
    d->patron->dedicated = NULL;
    d->patron = NULL;
    atomic_fetch_sub(&d->loop->server->tier->dedicated_count, 1);
}

static void forget(struct dedicated *d)
{
    struct tier_loop *own = tier_of(d->loop);
    if (d->previous != NULL)
        d->previous->next = d->next;
    else
        own->dedicated = d->next;
    if (d->next != NULL) d->next->previous = d->previous;
    if (d->patron == NULL)
        own->idle--;
    else
        part(d);
    alloc_free(d);
}

/* The client cannot be told otherwise. What it was told before is still delivered. */
static void end_client(struct patron *patron)
{
    struct connection *connection = patron->connection;
    if (connection == NULL) return;
    connection->session.closing = true;
    connection_finish(connection);
    if (connection->session.patron == patron) patron_mark(patron);
}

/* Commands that were never given to the channel, and so are not told by it. */
static void excuse_unsent(struct dedicated *d, enum channel_end end, const char *why)
{
    struct buffer error = { 0 };
    if (end == CHANNEL_REFUSED)
        buffer_printf(&error, "-%s\r\n", why);
    else
        buffer_printf(&error, "-" TIER_ERR_NO_LINK "\r\n");
    for (; d->unsent > 0; d->unsent--) patron_append(d->patron, error.data, error.len);
    blocking_end(d, buffer_slice(&error));
    buffer_clear(&error);
}

static void on_lost(void *context, enum channel_end end, const char *why)
{
    struct dedicated *d = context;
    struct loop *loop = d->loop;
    struct patron *patron = d->patron;
    companion_report(loop, end, why);
    if (patron != NULL) excuse_unsent(d, end, why);
    forget(d);
    if (patron != NULL && end == CHANNEL_BROKEN) end_client(patron);
    blocking_step(loop);
}

static void on_push(void *context, struct slice frame)
{
    struct dedicated *d = context;
    if (d->patron != NULL) d->push(d, frame);
}

static void on_ready(void *context)
{
    struct dedicated *d = context;
    d->unsent = 0;
}

static enum channel_pulse pulse(void *context)
{
    const struct dedicated *d = context;
    if (d->waiting) return d->in_turn ? PULSE_LISTEN : PULSE_WAIT; /* that it has been read is said at once */
    return d->patron != NULL && transaction_is_on(&d->patron->transaction) ? PULSE_LISTEN : PULSE_ASK;
}

static void close_now(struct dedicated *d)
{
    struct channel *channel = d->channel;
    struct loop *loop = d->loop;
    if (d->patron != NULL) blocking_end(d, SLICE("-" TIER_ERR_NO_LINK "\r\n"));
    forget(d);
    channel_close(&channel);
    blocking_step(loop);
}

static struct dedicated *find_idle(struct tier_loop *own, int protocol, const struct envoy *envoy)
{
    struct dedicated *d = own->idle > 0 ? own->dedicated : NULL;
    while (d != NULL && (d->patron != NULL || d->protocol != protocol || d->envoy != envoy)) d = d->next;
    return d;
}

static struct dedicated *open_new(struct loop *loop, int protocol, const struct envoy *envoy)
{
    struct dedicated *d = ALLOC_NEW(struct dedicated);
    d->loop = loop;
    d->protocol = protocol;
    d->envoy = envoy;
    link_in(d);
    tier_of(loop)->idle++;
    struct channel_options options = companion_options(loop, envoy);
    options.protocol = protocol;
    options.ready = on_ready;
    options.push = on_push;
    options.pulse = pulse;
    options.lost = on_lost;
    options.context = d;
    d->channel = channel_open(&options);
    return d;
}

struct dedicated *dedicated_take(struct loop *loop, struct patron *patron, int protocol,
                                 void (*push)(struct dedicated *dedicated, struct slice frame))
{
    struct tier *tier = loop->server->tier;
    struct tier_loop *own = tier_of(loop);
    const struct envoy *envoy = patron->connection->session.envoy;
    int64_t most = SETTING(loop->server->settings, upstream_pool_size);
    if (atomic_fetch_add(&tier->dedicated_count, 1) >= most) {
        atomic_fetch_sub(&tier->dedicated_count, 1);
        return NULL;
    }
    struct dedicated *d = find_idle(own, protocol, envoy);
    if (d == NULL) d = open_new(loop, protocol, envoy);
    own->idle--;
    d->patron = patron;
    d->push = push;
    patron->dedicated = d;
    return d;
}

static void give_back(struct dedicated *d)
{
    struct tier_loop *own = tier_of(d->loop);
    if (own->idle >= IDLE_MAX) {
        close_now(d);
        return;
    }
    part(d);
    own->idle++;
}

void dedicated_settle(struct dedicated *dedicated)
{
    const struct transaction *transaction = &dedicated->patron->transaction;
    bool over = transaction->state == TRANSACTION_NONE || transaction->state == TRANSACTION_REFUSED;
    if (over && !transaction->watching && !dedicated->waiting && !dedicated->subscribed &&
        dedicated->leases == 0 && channel_outstanding(dedicated->channel) == 0)
        give_back(dedicated);
}

void dedicated_drop(struct patron *patron)
{
    if (patron->dedicated != NULL) close_now(patron->dedicated);
}

void dedicated_flush(struct loop *loop)
{
    for (struct dedicated *d = tier_of(loop)->dedicated, *next; d != NULL; d = next) {
        next = d->next;
        if (channel_unsent(d->channel) > 0) channel_flush(d->channel);
    }
}

void dedicated_close_all(struct loop *loop)
{
    struct tier_loop *own = tier_of(loop);
    while (own->dedicated != NULL) {
        struct patron *patron = own->dedicated->patron;
        close_now(own->dedicated);
        if (patron != NULL) end_client(patron);
    }
}
