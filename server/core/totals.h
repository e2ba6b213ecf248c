/*
 * totals.h - the counters of all loops added up.
 *
 * Threads: any; each sum is of counts that were true at slightly different moments.
 */
#ifndef SERVER_CORE_TOTALS_H
#define SERVER_CORE_TOTALS_H

#include <stddef.h>
#include <stdint.h>

struct histogram;
struct server;

/* `offset` is that of a counter in struct counters. */
uint64_t totals_of(const struct server *server, size_t offset);
uint64_t totals_max(const struct server *server, size_t offset);
#define TOTAL(server, field)     totals_of(server, offsetof(struct counters, field))
#define TOTAL_MAX(server, field) totals_max(server, offsetof(struct counters, field))

struct command_totals {
    uint64_t calls;
    uint64_t ns;
    uint64_t rejected;
    uint64_t failed;
};
struct command_totals totals_of_command(const struct server *server, unsigned id);
/* Adds what all loops measured of a command to `sum`, which the caller zeroed. */
void totals_of_latency(const struct server *server, unsigned id, struct histogram *sum);

#endif
