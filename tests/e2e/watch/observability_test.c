/*
 * The rules and the board of examples/observability: tests/e2e/watch/observability_client.py.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/support/process/capture.h"
#include "tests/support/process/instance.h"

Test(observability, rules_and_board_ask_for_what_is_told, .timeout = 120)
{
    struct capture out;
    if (instance_encrypts()) cr_skip_test("its client does not speak TLS");
    setenv("PYTHONDONTWRITEBYTECODE", "1", 1);
    capture_run(&out,
                ARGV(NUTHATCH_PYTHON, NUTHATCH_SOURCE_DIR "/tests/e2e/watch/observability_client.py",
                     instance_program(INSTANCE_NUTHATCH), NUTHATCH_SOURCE_DIR "/examples/observability"),
                SLICE(""), 60000);
    cr_assert(out.code == 0 && capture_contains(&out, "all well"), "%s", out.text);
    capture_clear(&out);
}
