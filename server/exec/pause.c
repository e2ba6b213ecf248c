#include "server/exec/pause.h"

void pause_begin(struct pause *pause, int64_t until_ms, bool writes_only, int64_t now_ms)
{
    int64_t current_ms = pause_until_ms(pause);
    bool going_on = current_ms > now_ms;
    if (going_on && !pause_is_of_writes(pause)) writes_only = false;
    atomic_store(&pause->writes_only, writes_only);
    if (!going_on || until_ms > current_ms) atomic_store(&pause->until_ms, until_ms);
}

void pause_end(struct pause *pause)
{
    atomic_store(&pause->until_ms, 0);
}
