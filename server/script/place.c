#include "server/script/place.h"

#include <stdint.h>

#if PLACE_IS_BARE

/* As behind a call: the stack is misaligned by the address to return to, which is none. */
void place_make(struct place *place, char *stack, size_t bytes, void (*begin)(void))
{
    uintptr_t top = ((uintptr_t)stack + bytes) & ~(uintptr_t)15;
    void **return_to = (void **)top - 1;
    *return_to = NULL;
    *place = (struct place){ .resume = (void *)(uintptr_t)begin, .stack = return_to };
}

#if defined(__has_attribute)
#if __has_attribute(noipa)
#define UNKNOWN __attribute__((noinline, noipa))
#endif
#endif
#ifndef UNKNOWN
#define UNKNOWN __attribute__((noinline))
#endif

/* All registers are lost on the way but those two that are kept here. Nothing is pushed, since the compiler
 * may use what is below the stack. To the analysis between functions it is an unknown one. */
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
