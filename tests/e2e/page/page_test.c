/*
 * The page in a browser: tests/e2e/page/page_client.py with Debian's chromium. What it looked like is left in
 * build/page. Where there is no chromium it is skipped.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "tests/support/process/capture.h"
#include "tests/support/process/instance.h"

#define PICTURES NUTHATCH_SOURCE_DIR "/build/page"

Test(page, a_browser_shows_it, .timeout = 300)
{
    struct capture out;
    if (system("command -v chromium >/dev/null") != 0) cr_skip_test("there is no chromium here");
    if (instance_encrypts()) cr_skip_test("its client does not speak TLS");
    mkdir(NUTHATCH_SOURCE_DIR "/build", 0755);
    setenv("PYTHONDONTWRITEBYTECODE", "1", 1);
    capture_run(&out,
                ARGV(NUTHATCH_PYTHON, NUTHATCH_SOURCE_DIR "/tests/e2e/page/page_client.py",
                     instance_program(INSTANCE_NUTHATCH), PICTURES),
                SLICE(""), 150000);
    cr_assert(out.code == 0 && capture_contains(&out, "all well"), "%s", out.text);
    capture_clear(&out);
}
