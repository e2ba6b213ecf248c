/*
 * forget.h - local copies that may not be valid any more, and what is on its way to become one.
 *
 * Threads: loop 0.
 */
#ifndef SERVER_UPSTREAM_COPIES_FORGET_H
#define SERVER_UPSTREAM_COPIES_FORGET_H

#include <stdbool.h>

#include "storage/table/key.h"

struct tier;

/* The key may have changed, in whichever database. True: there was a copy. */
bool forget_key(struct tier *tier, struct key key);
/* Any key may have. */
void forget_all(struct tier *tier);
/* The same, and those who track here are told. */
void forget_and_tell_all(struct tier *tier);

#endif
