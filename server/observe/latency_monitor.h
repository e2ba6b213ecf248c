/*
 * latency_monitor.h - when the server itself was slow: events by name, with a short history each.
 *
 * What LATENCY LATEST, HISTORY, GRAPH and DOCTOR tell. At most one sample per second and event is kept, the
 * worst.
 *
 * Threads: any, under its own lock.
 */
#ifndef SERVER_OBSERVE_LATENCY_MONITOR_H
#define SERVER_OBSERVE_LATENCY_MONITOR_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"

#define LATENCY_SAMPLES 160

struct latency_monitor;

struct latency_sample {
    int64_t time_s;
    int64_t ms;
};

struct latency_event {
    const char *name;
    struct latency_sample samples[LATENCY_SAMPLES]; /* oldest first */
    size_t len;
    int64_t max_ms; /* ever */
};

struct latency_monitor *latency_monitor_create(void);
void latency_monitor_destroy(struct latency_monitor **monitor);
/* `name` is a string constant. */
void latency_monitor_add(struct latency_monitor *monitor, const char *name, int64_t time_s, int64_t ms);
/* The event is good within `visit` only. */
void latency_monitor_each(struct latency_monitor *monitor,
                          void (*visit)(void *context, const struct latency_event *event), void *context);
/* Forget one event; false when there is none of that name. */
size_t latency_monitor_reset(struct latency_monitor *monitor, struct slice name);
size_t latency_monitor_reset_all(struct latency_monitor *monitor);

#endif
