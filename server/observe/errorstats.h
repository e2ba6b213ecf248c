/*
 * errorstats.h - how often each kind of error was replied: INFO's Errorstats.
 *
 * The kind is the first word of the reply (ERR, WRONGTYPE, ...). After 128 kinds no new ones are taken, since
 * a script can make up as many as it likes.
 *
 * Threads: any, under its own lock; errors are rare enough.
 */
#ifndef SERVER_OBSERVE_ERRORSTATS_H
#define SERVER_OBSERVE_ERRORSTATS_H

#include <stdint.h>

#include "proto/base/slice.h"

struct errorstats;

struct errorstats *errorstats_create(void);
void errorstats_destroy(struct errorstats **errorstats);
/* `reply` is the error as it stands on the wire, from its '-'. */
void errorstats_count(struct errorstats *errorstats, struct slice reply);
void errorstats_each(struct errorstats *errorstats,
                     void (*visit)(void *context, const char *kind, uint64_t count), void *context);
void errorstats_reset(struct errorstats *errorstats);

#endif
