/*
 * machine.h - how much of this machine the process may use.
 *
 * A container's limits count, not the hardware below it.
 * Threads: any.
 */
#ifndef SERVER_CONFIG_MACHINE_MACHINE_H
#define SERVER_CONFIG_MACHINE_MACHINE_H

#include <stdint.h>

/* Cores that the process may run on, or the time of as many as its control groups allow; at least 1. */
int64_t machine_cores(void);
/* The smallest memory limit of its control groups, or else the memory of the machine. */
int64_t machine_memory_bytes(void);

#endif
