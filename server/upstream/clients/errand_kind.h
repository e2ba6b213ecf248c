/*
 * errand_kind.h - commands that carry state from one to the next, or keep a connection busy.
 *
 * Known by name: none of them is among this server's own. Of commands that only the upstream knows, its own
 * table says whether they block (roster.h).
 *
 * Threads: no state.
 */
#ifndef SERVER_UPSTREAM_CLIENTS_ERRAND_KIND_H
#define SERVER_UPSTREAM_CLIENTS_ERRAND_KIND_H

#include <stdbool.h>

#include "proto/base/slice.h"

enum errand_kind {
    KIND_PLAIN,
    KIND_MULTI,
    KIND_WATCH,
    KIND_UNWATCH,
    KIND_EXEC,
    KIND_DISCARD,
    KIND_SUBSCRIBE, /* the six that follow in their order: kinds of channels are two apart */
    KIND_UNSUBSCRIBE,
    KIND_PSUBSCRIBE,
    KIND_PUNSUBSCRIBE,
    KIND_SSUBSCRIBE,
    KIND_SUNSUBSCRIBE,
    KIND_BLOCK,     /* may wait */
    KIND_FORBIDDEN, /* makes something else of the connection: refused */
    KIND_CLUSTER,   /* refused as by a Redis that is no node of a cluster */
};

/* XREAD and XREADGROUP, which wait only when told to. */
bool errand_kind_blocks_by_option(struct slice name);
/* `name` is what the upstream calls argv[0]. */
enum errand_kind errand_kind_of(struct slice name, const struct slice *argv, int argc);
/* By the first word of what a subscriber is sent; KIND_PLAIN for a message. */
enum errand_kind errand_kind_named(struct slice name);

static inline bool errand_kind_is_subscription(enum errand_kind kind)
{
    return kind >= KIND_SUBSCRIBE && kind <= KIND_SUNSUBSCRIBE;
}

/* SCRIPT KILL or FUNCTION KILL, which run where nothing else does. */
bool errand_kind_is_kill(struct slice name, const struct slice *argv, int argc);

#endif
