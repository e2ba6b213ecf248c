/*
 * timeouts.h - moments at which something is to be done, the first of them at hand.
 *
 * A heap of moments that stand in what they belong to. Adding one and taking one out, wherever it stands,
 * take O(log n), and to look at the first takes nothing; of equal ones that which was added first is the
 * first. It reads no clock and has no timer: whoever owns it asks for the first and waits for that.
 *
 * Ownership: a timeout belongs to the caller, and stays where it is in memory while it is in. All zero is an
 * empty heap, and a timeout that is in none. Threads: one owner.
 */
#ifndef SERVER_CORE_TIMEOUTS_H
#define SERVER_CORE_TIMEOUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct timeout {
    int64_t at_ms;
    uint64_t turn; /* in which it was added */
    size_t place;  /* in the heap, from 1; 0: in none */
};

struct timeouts {
    struct timeout **items;
    size_t len;
    size_t cap;
    uint64_t turns;
};

/* `timeout` is in none; its time is set. */
void timeouts_add(struct timeouts *timeouts, struct timeout *timeout);
/* Nothing happens if it is in none. */
void timeouts_remove(struct timeouts *timeouts, struct timeout *timeout);
/* NULL: there is none. */
struct timeout *timeouts_first(const struct timeouts *timeouts);
/* Asserts the order, and that each knows its place. */
void timeouts_check(const struct timeouts *timeouts);
/* Frees the memory of a heap that need not be empty. */
void timeouts_clear(struct timeouts *timeouts);

#endif
