/*
 * criterion_arena.c - lets Criterion run under ThreadSanitizer.
 *
 * Criterion runs each test in a process of its own and hands it an arena, mapped at an address drawn with
 * rand_r(): the 16 MiB step from 2^45 on. ThreadSanitizer refuses mappings outside three ranges, which all
 * but one in forty of these addresses are. So this binary brings its own rand_r(), which draws only steps
 * between 0x550000000000 and 0x568000000000, the range that ThreadSanitizer leaves to executables.
 */
#if defined(__SANITIZE_THREAD__)

#include <stdlib.h>

#define FIRST_STEP 0x350000
#define STEP_COUNT 0x018000

int rand_r(unsigned int *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (int)(FIRST_STEP + (*seed >> 8) % STEP_COUNT);
}

#endif
