/*
 * loading.h - how far the file that is loaded at the start has been read, and what came of it.
 *
 * Threads: loop 0 writes, anyone reads; each field is true by itself.
 */
#ifndef SERVER_OBSERVE_LOADING_H
#define SERVER_OBSERVE_LOADING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct loading {
    _Atomic bool goes_on;
    _Atomic int64_t started_ms; /* Unix time */
    _Atomic uint64_t total_bytes;
    _Atomic uint64_t done_bytes;
    _Atomic uint64_t used_memory; /* of the server that wrote the file, as it says; 0: it does not */
    _Atomic uint64_t keys;
    _Atomic uint64_t expired_keys; /* that were past their deadline already */
};

#endif
