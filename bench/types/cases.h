/*
 * cases.h - what `types` measures: the collections that stand there from the start, operations on them, and
 * the memory that collections of one shape take.
 *
 * Requests are written as request.h says.
 *
 * Threads: constants.
 */
#ifndef BENCH_TYPES_CASES_H
#define BENCH_TYPES_CASES_H

#include <stdbool.h>
#include <stdint.h>

/* Sent so many times before the first operation is measured, if one of those is wanted whose request holds
 * `key`. */
struct types_load {
    const char *key; /* NULL ends the list */
    const char *request;
    uint64_t times;
};
extern const struct types_load types_loads[];

struct types_operation {
    const char *name; /* NULL ends the list */
    const char *request;
    double limit;      /* times Redis's CPU time */
    uint64_t requests; /* so many instead of for a time: what it takes from is gone then */
    const char *refill;
    uint64_t refills; /* how often `refill` is sent before each round */
    bool is_long;     /* one connection, one request at a time */
};
extern const struct types_operation types_operations[];

struct types_memory {
    const char *name; /* NULL ends the list */
    const char *request;
    uint64_t times;
    uint64_t keys, elements; /* that there are then */
    double payload;          /* bytes of an element */
    double limit;            /* bytes over the payload, of an element */
};
extern const struct types_memory types_memories[];

#endif
