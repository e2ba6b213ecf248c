/*
 * The instructions that a request costs, against those recorded in bench/instructions.txt.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/process/capture.h"

#define SKIPPED 77

Test(instructions, no_request_costs_a_tenth_more_than_recorded, .timeout = 300)
{
    char program[512];
    struct capture out;
    int folder_len = (int)(strrchr(NUTHATCH_BINARY, '/') - NUTHATCH_BINARY);
    snprintf(program, sizeof program, "%.*s/bench/instructions", folder_len, NUTHATCH_BINARY);
    if (access(program, X_OK) != 0) cr_skip_test("this build has no bench/instructions");

    capture_run(&out, ARGV(program, "--check"), SLICE(""), 240000);
    if (out.code == SKIPPED) {
        fprintf(stderr, "instructions: %s", out.text);
        cr_skip_test("%s", out.text);
    }
    cr_assert_eq(out.code, 0, "%s", out.text);
    capture_clear(&out);
}
