/*
 * place.h - where a thread stands on one of its stacks, so that it can leave it for another and come back.
 *
 * Only what a function must keep for its caller is kept: the compiler puts it on the stack before, since the
 * switch is said to destroy it. So nothing is asked of the kernel, as swapcontext() does for the signals that
 * are blocked. Where that is not written down for the processor, or a shadow stack may be on, swapcontext()
 * it is.
 *
 * Threads: one that has both stacks.
 */
#ifndef SERVER_SCRIPT_PLACE_H
#define SERVER_SCRIPT_PLACE_H

#include <stddef.h>

#if defined(__x86_64__) && !(defined(__CET__) && __CET__ & 2)
#define PLACE_IS_BARE 1
#elif defined(__aarch64__) && defined(__LP64__) && !defined(__ARM_FEATURE_GCS_DEFAULT)
#define PLACE_IS_BARE 1
#else
#define PLACE_IS_BARE 0
#endif

#if PLACE_IS_BARE
struct place {
    void *resume; /* the next instruction */
    void *stack;
    void *frame;
};
#else
#include <ucontext.h>
struct place {
    ucontext_t context;
};
#endif

/* On a new stack, of `bytes`: what comes first there is `begin`, which never returns. */
void place_make(struct place *place, char *stack, size_t bytes, void (*begin)(void));
/* Leave for `to`, which is then no place any more; return when somebody comes back to `from`. */
void place_leave(struct place *from, struct place *to);

#endif
