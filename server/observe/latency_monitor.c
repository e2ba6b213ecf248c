#include "server/observe/latency_monitor.h"

#include <pthread.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "storage/keyspace/rank.h"

#define EVENTS_MAX 16

struct latency_monitor {
    pthread_mutex_t lock;
    struct latency_event events[EVENTS_MAX];
    size_t len;
};

struct latency_monitor *latency_monitor_create(void)
{
    struct latency_monitor *monitor = ALLOC_NEW(struct latency_monitor);
    pthread_mutex_init(&monitor->lock, NULL);
    return monitor;
}

void latency_monitor_destroy(struct latency_monitor **monitor)
{
    pthread_mutex_destroy(&(*monitor)->lock);
    alloc_free(*monitor);
    *monitor = NULL;
}

static struct latency_event *event_of(struct latency_monitor *monitor, const char *name)
{
    for (size_t i = 0; i < monitor->len; i++)
        if (strcmp(monitor->events[i].name, name) == 0) return &monitor->events[i];
    if (monitor->len == EVENTS_MAX) return NULL;
    struct latency_event *event = &monitor->events[monitor->len++];
    *event = (struct latency_event){ .name = name };
    return event;
}

static void add_sample(struct latency_event *event, struct latency_sample sample)
{
    if (sample.ms > event->max_ms) event->max_ms = sample.ms;
    struct latency_sample *last = event->len > 0 ? &event->samples[event->len - 1] : NULL;
    if (last != NULL && last->time_s == sample.time_s) {
        if (sample.ms > last->ms) last->ms = sample.ms;
        return;
    }
    if (event->len == LATENCY_SAMPLES) {
        memmove(event->samples, event->samples + 1, (LATENCY_SAMPLES - 1) * sizeof(sample));
        event->len--;
    }
    event->samples[event->len++] = sample;
}

void latency_monitor_add(struct latency_monitor *monitor, const char *name, int64_t time_s, int64_t ms)
{
    leaf_lock(&monitor->lock);
    struct latency_event *event = event_of(monitor, name);
    if (event != NULL) add_sample(event, (struct latency_sample){ .time_s = time_s, .ms = ms });
    leaf_unlock(&monitor->lock);
}

void latency_monitor_each(struct latency_monitor *monitor,
                          void (*visit)(void *context, const struct latency_event *event), void *context)
{
    leaf_lock(&monitor->lock);
    for (size_t i = 0; i < monitor->len; i++) visit(context, &monitor->events[i]);
    leaf_unlock(&monitor->lock);
}

size_t latency_monitor_reset(struct latency_monitor *monitor, struct slice name)
{
    size_t removed = 0;
    leaf_lock(&monitor->lock);
    for (size_t i = 0; i < monitor->len; i++) {
        if (!slice_equal_nocase(slice_of_cstr(monitor->events[i].name), name)) continue;
        monitor->events[i] = monitor->events[--monitor->len];
        removed = 1;
        break;
    }
    leaf_unlock(&monitor->lock);
    return removed;
}

size_t latency_monitor_reset_all(struct latency_monitor *monitor)
{
    leaf_lock(&monitor->lock);
    size_t removed = monitor->len;
    monitor->len = 0;
    leaf_unlock(&monitor->lock);
    return removed;
}
