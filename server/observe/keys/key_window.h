/*
 * key_window.h - which keys took most time and traffic between two moments, as HOTKEYS tells it.
 *
 * Somebody opens a window; while it is open, one command of `ratio` is a sample, and its keys share what it
 * took. What is told is scaled by the ratio, sums over all keys as well, so that they compare. When it is
 * closed, or its time is over, it can still be looked at until it is forgotten.
 *
 * Threads: any. Each loop adds under a lock of its own.
 */
#ifndef SERVER_OBSERVE_KEYS_KEY_WINDOW_H
#define SERVER_OBSERVE_KEYS_KEY_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"
#include "server/observe/keys/heavy_keys.h"

#define KEY_WINDOW_MOST 64 /* keys that are told of each metric */

enum window_metric { WINDOW_CPU, WINDOW_NET, WINDOW_METRICS };

struct key_window;

/* Of the whole process since it started. */
struct window_cpu {
    uint64_t user_us, sys_us;
};

struct window_options {
    unsigned count;      /* of keys to tell, at most KEY_WINDOW_MOST */
    uint32_t ratio;      /* 1: every command */
    int64_t duration_ms; /* 0: until it is closed */
    bool wants[WINDOW_METRICS];
};

struct window_report {
    struct window_options options;
    bool is_open;
    int64_t began_ms, duration_ms;
    uint64_t commands_ns, net_bytes; /* of all samples, scaled: what their keys share, told or not */
    struct window_cpu cpu;           /* of the process, in that time */
};

struct key_window *key_window_create(unsigned loops);
void key_window_destroy(struct key_window **window);

/* False: one is open. One that was closed is forgotten. */
bool key_window_open(struct key_window *window, const struct window_options *options, int64_t now_ms,
                     const struct window_cpu *cpu);
/* False: none is open. */
bool key_window_close(struct key_window *window, int64_t now_ms, const struct window_cpu *cpu);
/* False: one is open. */
bool key_window_forget(struct key_window *window);
/* Is one open whose time is over at `now_ms`? Then it is to be closed. */
bool key_window_is_over(const struct key_window *window, int64_t now_ms);

/* Of one that is open the ratio, else 0. */
uint32_t key_window_ratio(const struct key_window *window);

/* A sample, at the ratio: one of its keys with its share of what the command took. */
void key_window_add(struct key_window *window, unsigned loop, struct slice name, uint64_t hash, uint64_t ns,
                    uint64_t bytes);

/* False: there is none, open or closed. */
bool key_window_report(struct key_window *window, int64_t now_ms, const struct window_cpu *cpu,
                       struct window_report *report);
/* The heaviest first: nanoseconds, or bytes. Room for HEAVY_KEYS times the loops is worked in; the caller
 * frees
 * `*keys`. */
size_t key_window_top(struct key_window *window, enum window_metric metric, struct heavy_key **keys);

#endif
