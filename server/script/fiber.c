#include "server/script/fiber.h"

#include <stdint.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "proto/base/alloc.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

/* Lua nests calls of C, values and patterns on it; what is not touched takes no memory. */
#define STACK_BYTES ((size_t)8 << 20)

/* One of two sides between which is switched. The sanitizer of threads is not told of it: to it both are the
 * one thread that they are, which may lock on one side and unlock on the other. */
struct side {
    ucontext_t place;
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
    swapcontext(&from->place, &to->place);
    arrive(from, to);
}

/* The bottom of the fiber's stack: it waits for work, for ever. */
static void begin(unsigned high, unsigned low)
{
    struct fiber *fiber = (struct fiber *)(uintptr_t)((uint64_t)high << 32 | low);
    arrive(&fiber->inside, &fiber->outside);
    for (;;) {
        switch_sides(&fiber->inside, &fiber->outside);
        fiber->run(fiber->context);
        fiber->running = false;
    }
}

static void prepare(struct fiber *fiber)
{
    ucontext_t *context = &fiber->inside.place;
    uint64_t address = (uint64_t)(uintptr_t)fiber;
    getcontext(context);
    context->uc_stack.ss_sp = fiber->memory + fiber->guard_bytes;
    context->uc_stack.ss_size = STACK_BYTES;
    context->uc_link = NULL;
    fiber->inside.stack = context->uc_stack.ss_sp;
    fiber->inside.stack_bytes = STACK_BYTES;
    makecontext(context, (void (*)(void))begin, 2, (unsigned)(address >> 32), (unsigned)address);
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
