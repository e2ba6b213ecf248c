/*
 * drowse.h - a loop without anything to do wakes up once a second, not ten times.
 *
 * Two seconds in which no client of any loop asked for anything make a loop drowsy: its cron then waits for a
 * second, or until the next of its keys expires. The first loop that is asked something again rouses all of
 * them, since it may change what is in their shards. With an upstream, whose replies change it as well,
 * nobody drowses.
 *
 * No deadline is missed: who becomes drowsy says so before it looks into its shards, and who runs commands
 * asks whether anybody is after it has let go of them.
 *
 * Threads: the loop's.
 */
#ifndef SERVER_CORE_DROWSE_H
#define SERVER_CORE_DROWSE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct loop;
struct server;

/* Of one loop; zeroed: awake. */
struct drowse {
    bool drowsy;
    unsigned quiet_runs; /* of the cron, since a command ran */
    uint64_t commands;   /* of all loops, at the last of them */
    uint32_t alarms;     /* of the server, before the loop became drowsy */
};

/* Of the server. */
struct alarm {
    _Atomic bool wanted; /* somebody drowses */
    _Atomic uint32_t count;
};

/* After each run of the cron. */
void drowse_consider(struct loop *loop);
/* After each poll. */
void drowse_listen(struct loop *loop);
/* After each batch. */
void drowse_rouse(struct server *server);

#endif
