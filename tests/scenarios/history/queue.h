/*
 * queue.h - elements that are pushed to a list and must be handed to one client each.
 *
 * Known are what pushes and pops were answered. An element that comes a second time, or is still in the list
 * when somebody has it, is a violation at once; one that is nowhere is found missing only while nobody pops.
 * Elements are the numbers of the writes that pushed them; of old ones nothing is remembered.
 *
 * Threads: one owner.
 */
#ifndef TESTS_SCENARIOS_HISTORY_QUEUE_H
#define TESTS_SCENARIOS_HISTORY_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#define QUEUE_ELEMENTS 256

struct queue_element {
    uint32_t number;
    uint64_t pushed, taken; /* ticks at which that was answered; 0: it was not */
    uint64_t seen;          /* tick at which the last look at the list that found it was sent */
};

struct queue {
    struct queue_element elements[QUEUE_ELEMENTS];
    unsigned popping;  /* pops on their way */
    uint64_t last_pop; /* tick of the last answer to one */
};

void queue_pushed(struct queue *queue, uint32_t number, uint64_t tick);

void queue_pop_sent(struct queue *queue);
/* The pop has `number`; 0: nothing. What is wrong with that; NULL: nothing. */
const char *queue_popped(struct queue *queue, uint32_t number, uint64_t tick);

/* A look at the list that was sent at `sent` has found `number`. */
const char *queue_found(struct queue *queue, uint32_t number, uint64_t sent);
/* It has found no more than that. */
const char *queue_looked(const struct queue *queue, uint64_t sent);

#endif
