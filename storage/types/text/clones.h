/*
 * clones.h - one plain loop, compiled for several processors.
 *
 * CLONES before a function has the compiler make a copy of it for each of the processors below; which one is
 * called is decided when the program is loaded. It pays where the same loop takes a fraction of the time in
 * wider registers, or with an instruction that the oldest processors lack (POPCNT). The last copy is what any
 * compiler makes of the function: without the means, or under a sanitizer, whose runtime is not there yet
 * when the choice is made, it is the only one.
 */
#ifndef STORAGE_TYPES_TEXT_CLONES_H
#define STORAGE_TYPES_TEXT_CLONES_H

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) &&     \
    !defined(__SANITIZE_THREAD__)
#define CLONES __attribute__((target_clones("arch=icelake-server", "avx2", "popcnt", "default")))
#else
#define CLONES
#endif

#endif
