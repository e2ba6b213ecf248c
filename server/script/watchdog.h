/*
 * watchdog.h - the script or function that runs, for others to see, and to end.
 *
 * There is one at a time, since it has the token (access.h). One that has written is not ended by SCRIPT KILL
 * or FUNCTION KILL: half of it would stay. Of one that takes long more is told: what called it, and since
 * when.
 *
 * Threads: any. The loop of the script begins and ends; others ask it to be killed. One compare-and-swap
 * decides whether it has written or was killed first. A lock, a leaf, guards what is told.
 */
#ifndef SERVER_SCRIPT_WATCHDOG_H
#define SERVER_SCRIPT_WATCHDOG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct call;
struct reply;
struct watchdog;

/* What it does, and, as a bit besides, what it is. */
enum watched {
    WATCHED_NOTHING,
    WATCHED_READING,
    WATCHED_WRITING,
    WATCHED_KILLED,
    WATCHED_DOING = 3,
    WATCHED_FUNCTION = 4,
};

struct watchdog *watchdog_create(void);
void watchdog_destroy(struct watchdog **watchdog);

/* `kind` is 0 or WATCHED_FUNCTION. */
void watchdog_begin(struct watchdog *watchdog, unsigned kind);
void watchdog_end(struct watchdog *watchdog);
bool watchdog_has_killed(const struct watchdog *watchdog);
/* The script is about to write for the first time. False: it was killed, and must not. */
bool watchdog_lets_write(struct watchdog *watchdog);

/* End one of this kind, if it only reads. Returns what was there: nothing, the other kind, one that writes,
 * or one that is killed by now. */
unsigned watchdog_kill(struct watchdog *watchdog, unsigned kind);

/* It takes long, and is to be told of until watchdog_end(): its name, its command, when it began in ticks. */
void watchdog_describe(struct watchdog *watchdog, const char *name, const struct call *call, uint64_t began);
/* Reply that, as FUNCTION STATS does; null if there is none. */
void watchdog_tell(struct watchdog *watchdog, struct reply *reply, uint64_t ns_per_tick);

#endif
