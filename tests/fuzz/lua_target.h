/*
 * lua_target.h - what fuzz targets begin with that ask a Lua: it is there before the first input, and stays.
 *
 * Included once, by the target itself, since the fuzzer looks for these functions by their names.
 *
 * Threads: the fuzzer's one.
 */
#ifndef TESTS_FUZZ_LUA_TARGET_H
#define TESTS_FUZZ_LUA_TARGET_H

#include <stddef.h>
#include <stdint.h>

#include "tests/support/two_luas.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);
const char *__asan_default_options(void);

/* What Lua keeps from one input to the next would be looked at as leaks each time. */
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

static struct two_luas luas;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    two_luas_open(&luas);
    return 0;
}

#endif
