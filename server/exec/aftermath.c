#include "server/exec/aftermath.h"

#include <stddef.h>

#include "server/core/loop.h"

void aftermath_leave(struct loop *loop, struct aftermath *aftermath)
{
    struct aftermath **end = &loop->aftermath;
    while (*end != NULL) end = &(*end)->next;
    aftermath->next = NULL;
    *end = aftermath;
    loop->unfinished = true;
}

void aftermath_run(struct loop *loop)
{
    while (loop->aftermath != NULL) {
        struct aftermath *first = loop->aftermath;
        loop->aftermath = first->next;
        first->run(loop, first);
    }
    loop->unfinished = loop->unserved;
}
