/*
 * tracking_probe.h - a write by somebody else, to see whether its invalidation comes.
 *
 * A proxy may accept CLIENT TRACKING and never send a push. So a key of our own is written and
 * removed over a second connection; the lane then looks whether it has heard of that.
 *
 * Threads: the lane's loop. Ownership: from tracking_probe_start() to done(), or tracking_probe_stop().
 */
#ifndef SERVER_UPSTREAM_TRACKING_PROBE_H
#define SERVER_UPSTREAM_TRACKING_PROBE_H

#include <stdbool.h>

#include <uv.h>

#include "proto/base/slice.h"

struct tracking_probe;
struct upstream_url;

struct tracking_probe_options {
    uv_loop_t *uv;
    const struct upstream_url *url; /* borrowed, outlives it */
    int protocol;
    struct slice key; /* copied */
    /* `written`: the upstream has acknowledged it. False: it cannot be written, so nothing is known. */
    void (*done)(void *context, bool written);
    void *context;
};

struct tracking_probe *tracking_probe_start(const struct tracking_probe_options *options);
/* Without done(). Clears the pointer. */
void tracking_probe_stop(struct tracking_probe **probe);

#endif
