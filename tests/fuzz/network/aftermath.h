/*
 * aftermath.h - what must be so when all clients of a server have gone.
 *
 * Threads: one owner.
 */
#ifndef TESTS_FUZZ_NETWORK_AFTERMATH_H
#define TESTS_FUZZ_NETWORK_AFTERMATH_H

#include <stdbool.h>
#include <stdint.h>

struct buffer;
struct instance;

struct aftermath {
    struct instance *server, *upstream; /* borrowed; no upstream: NULL */
    int64_t bytes_before;               /* resident, before the first client came */
};

/* Before the first client comes. */
void aftermath_init(struct aftermath *aftermath, struct instance *server, struct instance *upstream);
/* Also ends the server. False: what is wrong is appended. */
bool aftermath_check(struct aftermath *aftermath, struct buffer *report);

#endif
