/*
 * cache_renewal.h - an old value that was found to be still right.
 *
 * Threads: as handlers.
 */
#ifndef SERVER_COMMANDS_CACHE_CACHE_RENEWAL_H
#define SERVER_COMMANDS_CACHE_CACHE_RENEWAL_H

#include <stdbool.h>
#include <stdint.h>

struct call;
struct lease;

/* The value of argv[arg] is fresh for `ms` more, born when the lease was granted, which ends. False: there is
 * none, or one of its tags was bumped since; the lease ends all the same. */
bool cache_renew(struct call *call, int arg, struct lease *lease, int64_t ms);

#endif
