/*
 * touch.h - keys that are hot here are kept warm upstream.
 *
 * What is answered from local copies looks unused to the upstream, whose eviction may then choose the hottest
 * keys of all. So a sample of the keys that are hit, near-cache-touch-rate of them a second, is sent up as
 * TOUCH. Drawn by time, a key is met as often as it is used.
 *
 * Threads: any loop.
 */
#ifndef SERVER_UPSTREAM_COPIES_TOUCH_H
#define SERVER_UPSTREAM_COPIES_TOUCH_H

#include "proto/base/slice.h"

struct loop;

void touch_send(struct loop *loop, unsigned db, struct slice name);

#endif
