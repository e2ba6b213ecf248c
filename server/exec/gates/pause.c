#include "server/exec/gates/pause.h"

/* What the pause is kept in: beside the place that says it while commands are refused. */
static _Atomic int64_t *place_of(struct pause *pause)
{
    return pause_refuses(pause) ? &pause->asked_ms : &pause->until_ms;
}

void pause_begin(struct pause *pause, int64_t until_ms, bool writes_only, int64_t now_ms)
{
    _Atomic int64_t *place = place_of(pause);
    int64_t current_ms = atomic_load(place);
    bool going_on = current_ms > now_ms;
    if (going_on && !pause_is_of_writes(pause)) writes_only = false;
    atomic_store(&pause->writes_only, writes_only);
    if (!going_on || until_ms > current_ms) atomic_store(place, until_ms);
}

void pause_end(struct pause *pause)
{
    atomic_store(place_of(pause), 0);
}

static void begin_to_refuse(struct pause *pause, _Atomic bool *why)
{
    atomic_store(&pause->asked_ms, atomic_load(&pause->until_ms));
    atomic_store(why, true);
    atomic_store(&pause->until_ms, INT64_MAX);
}

static void end_to_refuse(struct pause *pause, _Atomic bool *why)
{
    atomic_store(&pause->until_ms, atomic_load(&pause->asked_ms));
    atomic_store(why, false);
}

void pause_begin_loading(struct pause *pause)
{
    begin_to_refuse(pause, &pause->loading);
}

void pause_end_loading(struct pause *pause)
{
    end_to_refuse(pause, &pause->loading);
}

void pause_begin_busy(struct pause *pause, bool of_function)
{
    atomic_store(&pause->of_function, of_function);
    begin_to_refuse(pause, &pause->busy);
}

void pause_end_busy(struct pause *pause)
{
    end_to_refuse(pause, &pause->busy);
}
