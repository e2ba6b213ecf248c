/*
 * memcached.h - the meta commands of memcached (1.6): get and set of one key.
 *
 * Its classic `get` answers each request with a write of its own, a pipeline or not, at several times the
 * cost.
 *
 * Threads: a constant.
 */
#ifndef BENCH_KIT_LOAD_MEMCACHED_H
#define BENCH_KIT_LOAD_MEMCACHED_H

#include "bench/kit/load/protocol.h"

extern const struct protocol memcached_protocol;

#endif
