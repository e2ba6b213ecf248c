/*
 * info.h - a number out of a server's INFO or MEMORY STATS.
 *
 * Ends the program (program.h) when the server cannot be asked.
 *
 * Threads: any.
 */
#ifndef BENCH_KIT_SERVERS_INFO_H
#define BENCH_KIT_SERVERS_INFO_H

#include <stdint.h>

struct address;

/* The number behind the first `name` in the reply of INFO, 0 when it is not there: "used_memory:", or
 * "db0:keys=". */
uint64_t info_number(const struct address *address, const char *name);

/* What the table of database 0 takes, by MEMORY STATS. There must be a key in it. */
uint64_t info_table_bytes(const struct address *address);

#endif
