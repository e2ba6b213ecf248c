/*
 * tracking_probe.h - a write by somebody else, to see whether its invalidation comes.
 *
 * A proxy may accept CLIENT TRACKING and never send a push. So a key of our own is written and
 * removed over a second connection; the lane then looks whether it has heard of that.
 *
 * Threads: the lane's loop. Ownership: from tracking_probe_start() to done(), or tracking_probe_stop().
 */
#ifndef SERVER_UPSTREAM_LINK_TRACKING_PROBE_H
#define SERVER_UPSTREAM_LINK_TRACKING_PROBE_H

#include <uv.h>

#include "proto/base/slice.h"

struct identity;
struct settings;
struct tracking_probe;
struct upstream_url;

enum tracking_probe_result {
    TRACKING_PROBE_WRITTEN, /* the upstream has acknowledged it */
    TRACKING_PROBE_REFUSED, /* it cannot be written, so nothing is known */
    TRACKING_PROBE_LOST,    /* the connection was, or never came about */
};

struct tracking_probe_options {
    uv_loop_t *uv;
    const struct upstream_url *url;  /* borrowed, outlives it */
    struct settings *settings;       /* borrowed */
    const struct identity *identity; /* of the lane's server; borrowed */
    struct slice key;                /* copied */
    void (*done)(void *context, enum tracking_probe_result result);
    void *context;
};

struct tracking_probe *tracking_probe_start(const struct tracking_probe_options *options);
/* Without done(). Clears the pointer. */
void tracking_probe_stop(struct tracking_probe **probe);

#endif
