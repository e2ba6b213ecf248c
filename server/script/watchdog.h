/*
 * watchdog.h - the script that runs, for others to see, and to end.
 *
 * There is one at a time, since a script has the token (access.h). One that has written is not ended by
 * SCRIPT KILL: half of it would stay.
 *
 * Threads: any. The loop of the script begins and ends; others ask it to be killed. One compare-and-swap
 * decides whether it has written or was killed first.
 */
#ifndef SERVER_SCRIPT_WATCHDOG_H
#define SERVER_SCRIPT_WATCHDOG_H

#include <stdatomic.h>
#include <stdbool.h>

enum watched { WATCHED_NOTHING, WATCHED_READING, WATCHED_WRITING, WATCHED_KILLED };

struct watchdog {
    _Atomic enum watched watched;
};

static inline void watchdog_begin(struct watchdog *watchdog)
{
    atomic_store_explicit(&watchdog->watched, WATCHED_READING, memory_order_relaxed);
}

static inline void watchdog_end(struct watchdog *watchdog)
{
    atomic_store_explicit(&watchdog->watched, WATCHED_NOTHING, memory_order_relaxed);
}

static inline bool watchdog_has_killed(const struct watchdog *watchdog)
{
    return atomic_load_explicit(&watchdog->watched, memory_order_relaxed) == WATCHED_KILLED;
}

/* The script is about to write for the first time. False: it was killed, and must not. */
static inline bool watchdog_lets_write(struct watchdog *watchdog)
{
    enum watched reading = WATCHED_READING;
    return atomic_compare_exchange_strong(&watchdog->watched, &reading, WATCHED_WRITING);
}

/* What was there: only one that was reading, or killed before, ends. */
static inline enum watched watchdog_kill(struct watchdog *watchdog)
{
    enum watched found = WATCHED_READING;
    atomic_compare_exchange_strong(&watchdog->watched, &found, WATCHED_KILLED);
    return found;
}

#endif
