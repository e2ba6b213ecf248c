/*
 * fetch_means.h - in which ways the link lets keys be fetched whole (fetch.h).
 *
 * Threads: loop 0's.
 */
#ifndef SERVER_UPSTREAM_TYPED_FETCH_MEANS_H
#define SERVER_UPSTREAM_TYPED_FETCH_MEANS_H

#include <stdbool.h>
#include <stddef.h>

/* What of it can be had over this link. All false when it is new. */
struct fetch_means {
    bool no_usage; /* MEMORY USAGE is refused */
    bool no_dump;  /* DUMP is, or is of a version that is unknown here */
    size_t count;  /* of those that are on their way */
};

#endif
