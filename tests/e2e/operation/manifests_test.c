/*
 * What orchestrators read of examples/: tests/e2e/operation/manifests.py.
 */
#include <criterion/criterion.h>

#include "tests/support/process/capture.h"

Test(manifests, they_agree_with_the_image_and_with_each_other, .timeout = 60)
{
    struct capture out;
    capture_run(
        &out,
        ARGV(NUTHATCH_PYTHON, NUTHATCH_SOURCE_DIR "/tests/e2e/operation/manifests.py", NUTHATCH_SOURCE_DIR),
        SLICE(""), 30000);
    cr_assert(out.code == 0 && capture_contains(&out, "all well"), "%s", out.text);
    capture_clear(&out);
}
