#include "server/script/fiber.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "proto/base/alloc.h"
#include "server/script/place.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

/* Lua nests calls of C, values and patterns on it; what is not touched takes no memory. */
#define STACK_BYTES ((size_t)8 << 20)

/* One of two sides between which is switched. The sanitizer of threads is not told of it: to it both are the
 * one thread that they are, which may lock on one side and unlock on the other. */
struct side {
    struct place place;
    const void *stack;
    size_t stack_bytes;
    void *shadow; /* a sanitizer's */
};

struct fiber {
    struct side outside, inside;
    char *memory; /* a guard page first */
    size_t guard_bytes;
    void (*run)(void *context);
    void *context;
    bool running;
};

static void leave(struct side *from, struct side *to)
{
    (void)from;
    (void)to;
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_start_switch_fiber(&from->shadow, to->stack, to->stack_bytes);
#endif
}

/* `from` is the side that was left for `side`. */
static void arrive(struct side *side, struct side *from)
{
    (void)side;
    (void)from;
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(side->shadow, &from->stack, &from->stack_bytes);
#endif
}

static void switch_sides(struct side *from, struct side *to)
{
    leave(from, to);
    place_leave(&from->place, &to->place);
    arrive(from, to);
}

/* That is begun, by this thread. */
static _Thread_local struct fiber *begun;

/* The bottom of the fiber's stack: it waits for work, for ever. */
static void begin(void)
{
    struct fiber *fiber = begun;
    arrive(&fiber->inside, &fiber->outside);
    for (;;) {
        switch_sides(&fiber->inside, &fiber->outside);
        fiber->run(fiber->context);
        fiber->running = false;
    }
}

static void prepare(struct fiber *fiber)
{
    char *stack = fiber->memory + fiber->guard_bytes;
    fiber->inside.stack = stack;
    fiber->inside.stack_bytes = STACK_BYTES;
    place_make(&fiber->inside.place, stack, STACK_BYTES, begin);
    begun = fiber;
    switch_sides(&fiber->outside, &fiber->inside);
}

struct fiber *fiber_create(void)
{
    size_t guard_bytes = (size_t)sysconf(_SC_PAGESIZE);
    char *memory = mmap(NULL, guard_bytes + STACK_BYTES, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (memory == MAP_FAILED) return NULL;
    mprotect(memory, guard_bytes, PROT_NONE);
    struct fiber *fiber = ALLOC_NEW(struct fiber);
    fiber->memory = memory;
    fiber->guard_bytes = guard_bytes;
    prepare(fiber);
    return fiber;
}

void fiber_destroy(struct fiber **fiber)
{
    struct fiber *left = *fiber;
    *fiber = NULL;
    if (left == NULL) return;
    munmap(left->memory, left->guard_bytes + STACK_BYTES);
    alloc_free(left);
}

bool fiber_start(struct fiber *fiber, void (*run)(void *context), void *context)
{
    fiber->run = run;
    fiber->context = context;
    fiber->running = true;
    return fiber_resume(fiber);
}

bool fiber_resume(struct fiber *fiber)
{
    switch_sides(&fiber->outside, &fiber->inside);
    return !fiber->running;
}

void fiber_yield(struct fiber *fiber)
{
    switch_sides(&fiber->inside, &fiber->outside);
}
