/*
 * memcached.h - the classic text protocol of memcached: get and set of one key.
 *
 * Threads: a constant.
 */
#ifndef BENCH_LOAD_MEMCACHED_H
#define BENCH_LOAD_MEMCACHED_H

#include "bench/load/protocol.h"

extern const struct protocol memcached_protocol;

#endif
