#include "server/script/place.h"

#include <stdint.h>

#if PLACE_IS_BARE

/* Where a call leaves the address to return to: on the stack, which it misaligns, or in a register. */
#if defined(__x86_64__)
#define RETURN_BYTES sizeof(void *)
#else
#define RETURN_BYTES 0
#endif

/* As behind a call from nowhere. */
void place_make(struct place *place, char *stack, size_t bytes, void (*begin)(void))
{
    uintptr_t top = (((uintptr_t)stack + bytes) & ~(uintptr_t)15) - 16;
    void **rest = (void **)(top - RETURN_BYTES);
    *rest = NULL;
    *place = (struct place){ .resume = (void *)(uintptr_t)begin, .stack = rest };
}

#if defined(__has_attribute)
#if __has_attribute(noipa)
#define UNKNOWN __attribute__((noinline, noipa))
#endif
#endif
#ifndef UNKNOWN
#define UNKNOWN __attribute__((noinline))
#endif

/* All registers are lost on the way but those that are kept here: stack and frame. Nothing is pushed, since
 * the compiler may use what is below the stack. To the analysis between functions it is an unknown one. */
#if defined(__x86_64__)

UNKNOWN void place_leave(struct place *from, struct place *to)
{
    __asm__ volatile("leaq 1f(%%rip), %%rax\n\t"
                     "movq %%rax, (%%rdi)\n\t"
                     "movq %%rsp, 8(%%rdi)\n\t"
                     "movq %%rbp, 16(%%rdi)\n\t"
                     "movq (%%rsi), %%rax\n\t"
                     "movq 8(%%rsi), %%rsp\n\t"
                     "movq 16(%%rsi), %%rbp\n\t"
                     "jmpq *%%rax\n"
                     "1:\n\t"
                     "endbr64"
                     : "+D"(from), "+S"(to)
                     :
                     : "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
                       "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
                       "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "memory", "cc");
}

#else

/* What comes first on a new stack is called from nowhere, too. */
UNKNOWN void place_leave(struct place *leaving, struct place *entering)
{
    register struct place *from __asm__("x0") = leaving;
    register struct place *to __asm__("x1") = entering;
    __asm__ volatile("adr x9, 1f\n\t"
                     "mov x10, sp\n\t"
                     "stp x9, x10, [x0]\n\t"
                     "str x29, [x0, #16]\n\t"
                     "ldp x16, x10, [x1]\n\t"
                     "ldr x29, [x1, #16]\n\t"
                     "mov sp, x10\n\t"
                     "mov x30, xzr\n\t"
                     "br x16\n"
                     "1:\n\t"
                     "hint #36" /* a branch may end here: `bti j` */
                     : "+r"(from), "+r"(to)
                     :
                     : "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14",
                       "x15", "x16", "x17", "x18", "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26",
                       "x27", "x28", "x30", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10",
                       "v11", "v12", "v13", "v14", "v15", "v16", "v17", "v18", "v19", "v20", "v21", "v22",
                       "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31", "memory", "cc");
}
#endif

#else

void place_make(struct place *place, char *stack, size_t bytes, void (*begin)(void))
{
    getcontext(&place->context);
    place->context.uc_stack.ss_sp = stack;
    place->context.uc_stack.ss_size = bytes;
    place->context.uc_link = NULL;
    makecontext(&place->context, begin, 0);
}

void place_leave(struct place *from, struct place *to)
{
    swapcontext(&from->context, &to->context);
}

#endif
