#include "server/exec/effects.h"

#include "server/core/loop.h"

void effects_of_change(struct loop *loop, unsigned db, struct slice key, const char *event)
{
    (void)db;
    (void)key;
    (void)event;
    counter_add(&loop->counters.changes, 1);
}

void effects_of_flush(struct loop *loop, size_t keys)
{
    counter_add(&loop->counters.changes, keys > 0 ? keys : 1);
}
