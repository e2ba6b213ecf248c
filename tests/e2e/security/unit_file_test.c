/*
 * The systemd unit of examples/: tests/e2e/security/unit_file.py.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/support/pace.h"
#include "tests/support/process/capture.h"
#include "tests/support/process/instance.h"

Test(unit_file, the_server_lives_under_the_systemd_unit, .timeout = 300)
{
    struct capture out;
    if (PACE_SANITIZED) cr_skip_test("sanitizers have system calls of their own");
    capture_run(&out,
                ARGV(NUTHATCH_PYTHON, NUTHATCH_SOURCE_DIR "/tests/e2e/security/unit_file.py",
                     instance_program(INSTANCE_NUTHATCH), NUTHATCH_SOURCE_DIR "/examples/nuthatch.service"),
                SLICE(""), 120000);
    cr_assert(out.code == 0 && capture_contains(&out, "all well"), "%s", out.text);
    capture_clear(&out);
}
