/*
 * cache_view.h - what there is of a cached value: fresh, stale or nothing to show.
 *
 * Threads: as handlers. An entry is borrowed until the keyspace is next written to.
 */
#ifndef SERVER_COMMANDS_CACHE_CACHE_VIEW_H
#define SERVER_COMMANDS_CACHE_CACHE_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/slice.h"

struct call;
struct entry;

enum cache_freshness { CACHE_NOTHING, CACHE_STALE, CACHE_FRESH };

struct cache_view {
    enum cache_freshness freshness;
    struct entry *entry; /* NULL: there is nothing, or it is dead */
    int64_t left_ms;     /* of its fresh life; -1: it does not end */
    int64_t grace_ms;    /* -1: none */
    int64_t age_ms;      /* since it was born; -1: that is not known */
    uint32_t cost_ms;    /* 0: that is not known */
    struct slice type;   /* its media type; empty: none */
};

/* argv[arg], which counts as a use. With a `version`, one that was stored with another is nothing; NULL: any
 * will do. False: replied, it is no string. */
bool cache_view_find(struct call *call, int arg, const struct slice *version, struct cache_view *view);

/* Is an entry that is fresh surely not due? Asked before more is looked at. */
bool cache_view_is_young(const struct call *call, const struct entry *entry);

/* Is it so near the end of its fresh life that somebody should begin to compute the next? */
bool cache_view_is_due(const struct call *call, const struct cache_view *view);

#endif
