/*
 * pause.h - CLIENT PAUSE: until when clients are not served, and which of their commands.
 *
 * While a file is loaded at the start, or a script takes very long, commands are refused (gates.h). So that
 * this costs nothing otherwise, it looks like a pause to who only asks whether there is one.
 *
 * Threads: any. `until_ms` is stored last and read first, so who sees a pause may see it for one moment with
 * the kind of the one before.
 */
#ifndef SERVER_EXEC_GATES_PAUSE_H
#define SERVER_EXEC_GATES_PAUSE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct pause {
    _Atomic int64_t until_ms; /* Unix time; 0: none */
    _Atomic bool writes_only;
    _Atomic bool loading;     /* a file is: until that ends there is a pause of another kind, for good */
    _Atomic bool busy;        /* the same, a script takes very long */
    _Atomic bool of_function; /* or a function does */
    _Atomic int64_t asked_ms; /* and what CLIENT PAUSE has asked for meanwhile */
};

static inline bool pause_is_loading(const struct pause *pause)
{
    return atomic_load_explicit(&pause->loading, memory_order_relaxed);
}

static inline bool pause_is_busy(const struct pause *pause)
{
    return atomic_load_explicit(&pause->busy, memory_order_relaxed);
}

/* Of one that is busy. */
static inline bool pause_is_of_function(const struct pause *pause)
{
    return atomic_load_explicit(&pause->of_function, memory_order_relaxed);
}

/* It is none of CLIENT PAUSE: commands are refused, not held. */
static inline bool pause_refuses(const struct pause *pause)
{
    return pause_is_loading(pause) || pause_is_busy(pause);
}

static inline int64_t pause_until_ms(const struct pause *pause)
{
    return atomic_load_explicit(&pause->until_ms, memory_order_relaxed);
}

static inline bool pause_is_on(const struct pause *pause, int64_t now_ms)
{
    return pause_until_ms(pause) > now_ms;
}

static inline bool pause_is_of_writes(const struct pause *pause)
{
    return atomic_load_explicit(&pause->writes_only, memory_order_relaxed);
}

/* Never shortens or softens one that goes on. */
void pause_begin(struct pause *pause, int64_t until_ms, bool writes_only, int64_t now_ms);
void pause_end(struct pause *pause);

/* Loop 0's, while it is loading. */
void pause_begin_loading(struct pause *pause);
void pause_end_loading(struct pause *pause);

/* The loop's that runs the script, or the function. Nothing is loading. */
void pause_begin_busy(struct pause *pause, bool of_function);
void pause_end_busy(struct pause *pause);

#endif
