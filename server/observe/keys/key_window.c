#include "server/observe/keys/key_window.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "proto/base/alloc.h"

struct window_of_loop {
    pthread_mutex_t lock;
    struct heavy_keys *by[WINDOW_METRICS]; /* NULL: not wanted */
    uint64_t all[WINDOW_METRICS];
};

struct key_window {
    pthread_mutex_t lock; /* of what follows; the loops' are taken inside it */
    struct window_options options;
    bool exists;
    int64_t began_ms, ended_ms;
    struct window_cpu before, after;
    _Atomic uint32_t ratio; /* 0: it is closed */
    _Atomic int64_t until_ms;
    unsigned loops;
    struct window_of_loop of[];
};

struct key_window *key_window_create(unsigned loops)
{
    struct key_window *window = alloc_zeroed(sizeof *window + loops * sizeof window->of[0]);
    window->loops = loops;
    pthread_mutex_init(&window->lock, NULL);
    for (unsigned i = 0; i < loops; i++) pthread_mutex_init(&window->of[i].lock, NULL);
    return window;
}

static void keep_tables(struct key_window *window, const bool wants[WINDOW_METRICS])
{
    for (unsigned i = 0; i < window->loops; i++) {
        struct window_of_loop *own = &window->of[i];
        pthread_mutex_lock(&own->lock);
        for (unsigned metric = 0; metric < WINDOW_METRICS; metric++) {
            alloc_free(own->by[metric]);
            own->by[metric] = wants[metric] ? alloc_zeroed(sizeof(struct heavy_keys)) : NULL;
            own->all[metric] = 0;
        }
        pthread_mutex_unlock(&own->lock);
    }
}

static void drop_tables(struct key_window *window)
{
    static const bool nothing[WINDOW_METRICS];
    keep_tables(window, nothing);
}

void key_window_destroy(struct key_window **window)
{
    if (*window == NULL) return;
    drop_tables(*window);
    for (unsigned i = 0; i < (*window)->loops; i++) pthread_mutex_destroy(&(*window)->of[i].lock);
    pthread_mutex_destroy(&(*window)->lock);
    alloc_free(*window);
    *window = NULL;
}

uint32_t key_window_ratio(const struct key_window *window)
{
    return atomic_load_explicit(&window->ratio, memory_order_relaxed);
}

bool key_window_open(struct key_window *window, const struct window_options *options, int64_t now_ms,
                     const struct window_cpu *cpu)
{
    pthread_mutex_lock(&window->lock);
    bool opens = key_window_ratio(window) == 0;
    if (opens) {
        window->options = *options;
        window->exists = true;
        window->began_ms = now_ms;
        window->before = *cpu;
        keep_tables(window, options->wants);
        atomic_store(&window->until_ms, options->duration_ms > 0 ? now_ms + options->duration_ms : INT64_MAX);
        atomic_store(&window->ratio, options->ratio);
    }
    pthread_mutex_unlock(&window->lock);
    return opens;
}

bool key_window_close(struct key_window *window, int64_t now_ms, const struct window_cpu *cpu)
{
    pthread_mutex_lock(&window->lock);
    bool closes = key_window_ratio(window) != 0;
    if (closes) {
        int64_t until_ms = atomic_load(&window->until_ms);
        window->ended_ms = now_ms < until_ms ? now_ms : until_ms;
        window->after = *cpu;
        atomic_store(&window->ratio, 0);
    }
    pthread_mutex_unlock(&window->lock);
    return closes;
}

bool key_window_forget(struct key_window *window)
{
    pthread_mutex_lock(&window->lock);
    bool closed = key_window_ratio(window) == 0;
    if (closed) {
        window->exists = false;
        drop_tables(window);
    }
    pthread_mutex_unlock(&window->lock);
    return closed;
}

bool key_window_is_over(const struct key_window *window, int64_t now_ms)
{
    return key_window_ratio(window) != 0 && now_ms >= atomic_load(&window->until_ms);
}

void key_window_add(struct key_window *window, unsigned loop, struct slice name, uint64_t hash, uint64_t ns,
                    uint64_t bytes)
{
    struct window_of_loop *own = &window->of[loop];
    uint64_t ratio = key_window_ratio(window);
    const uint64_t weights[WINDOW_METRICS] = { ns * ratio, bytes * ratio };
    pthread_mutex_lock(&own->lock);
    for (unsigned metric = 0; metric < WINDOW_METRICS; metric++) {
        own->all[metric] += weights[metric];
        if (own->by[metric] != NULL && weights[metric] > 0)
            heavy_keys_add(own->by[metric], name, hash, weights[metric]);
    }
    pthread_mutex_unlock(&own->lock);
}

static uint64_t sum(struct key_window *window, enum window_metric metric)
{
    uint64_t all = 0;
    for (unsigned i = 0; i < window->loops; i++) {
        pthread_mutex_lock(&window->of[i].lock);
        all += window->of[i].all[metric];
        pthread_mutex_unlock(&window->of[i].lock);
    }
    return all;
}

bool key_window_report(struct key_window *window, int64_t now_ms, const struct window_cpu *cpu,
                       struct window_report *report)
{
    pthread_mutex_lock(&window->lock);
    bool exists = window->exists, is_open = key_window_ratio(window) != 0;
    const struct window_cpu *until = is_open ? cpu : &window->after;
    *report = (struct window_report){ .options = window->options,
                                      .is_open = is_open,
                                      .began_ms = window->began_ms,
                                      .duration_ms = (is_open ? now_ms : window->ended_ms) - window->began_ms,
                                      .commands_ns = sum(window, WINDOW_CPU),
                                      .net_bytes = sum(window, WINDOW_NET),
                                      .cpu = { .user_us = until->user_us - window->before.user_us,
                                               .sys_us = until->sys_us - window->before.sys_us } };
    pthread_mutex_unlock(&window->lock);
    return exists;
}

size_t key_window_top(struct key_window *window, enum window_metric metric, struct heavy_key **keys)
{
    struct heavy_key *all = alloc_bytes(window->loops * HEAVY_KEYS * sizeof *all);
    size_t len = 0;
    for (unsigned i = 0; i < window->loops; i++) {
        struct window_of_loop *own = &window->of[i];
        pthread_mutex_lock(&own->lock);
        if (own->by[metric] != NULL) len = heavy_keys_merge(own->by[metric], all, len);
        pthread_mutex_unlock(&own->lock);
    }
    heavy_keys_sort(all, len);
    *keys = all;
    return len;
}
