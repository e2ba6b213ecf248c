#include "tests/scenarios/history/queue.h"

#include <stddef.h>

/* Of an element that is younger than what is remembered in its place. */
static struct queue_element *remember(struct queue *queue, uint32_t number)
{
    struct queue_element *element = &queue->elements[number % QUEUE_ELEMENTS];
    if (element->number > number) return NULL;
    if (element->number < number) *element = (struct queue_element){ .number = number };
    return element;
}

void queue_pushed(struct queue *queue, uint32_t number, uint64_t tick)
{
    struct queue_element *element = remember(queue, number);
    if (element != NULL) element->pushed = tick;
}

void queue_pop_sent(struct queue *queue)
{
    queue->popping++;
}

const char *queue_popped(struct queue *queue, uint32_t number, uint64_t tick)
{
    queue->popping--;
    queue->last_pop = tick;
    struct queue_element *element = number == 0 ? NULL : remember(queue, number);
    if (element == NULL) return NULL;
    if (element->taken != 0) return "an element that was handed to two clients";
    element->taken = tick;
    return NULL;
}

const char *queue_found(struct queue *queue, uint32_t number, uint64_t sent)
{
    struct queue_element *element = remember(queue, number);
    if (element == NULL) return NULL;
    element->seen = sent;
    return element->taken != 0 && element->taken < sent ? "an element that is still there and was taken"
                                                        : NULL;
}

const char *queue_looked(const struct queue *queue, uint64_t sent)
{
    if (queue->popping > 0 || queue->last_pop >= sent) return NULL;
    for (size_t i = 0; i < QUEUE_ELEMENTS; i++) {
        const struct queue_element *element = &queue->elements[i];
        bool there = element->pushed != 0 && element->pushed < sent && element->taken == 0;
        if (there && element->seen != sent) return "an element that is nowhere and was handed to nobody";
    }
    return NULL;
}
