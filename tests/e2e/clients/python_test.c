/*
 * redis-py against this server: tests/e2e/clients/python_client.py, and what stands in examples/.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/process/capture.h"
#include "tests/support/process/instance.h"

Test(python, an_application_uses_redis_py, .timeout = 300)
{
    struct instance server;
    struct capture out;
    char port[16];
    instance_start(&server, INSTANCE_NUTHATCH, NULL);
    snprintf(port, sizeof port, "%d", server.port);
    capture_run(&out,
                ARGV(NUTHATCH_PYTHON, NUTHATCH_SOURCE_DIR "/tests/e2e/clients/python_client.py", port,
                     server.socket_path),
                SLICE(""), 60000);
    cr_assert(out.code == 0 && capture_contains(&out, "all well"), "%s", out.text);
    capture_clear(&out);
    instance_stop(&server);
}

/* An example at work: its folder, and what uses it. */
static void run_example(const char *folder, const char *program)
{
    struct instance server;
    struct capture out;
    char port[16];
    instance_start(&server, INSTANCE_NUTHATCH, NULL);
    snprintf(port, sizeof port, "%d", server.port);
    capture_run(&out, ARGV(NUTHATCH_PYTHON, program, folder, port), SLICE(""), 60000);
    cr_assert(out.code == 0 && capture_contains(&out, "all well"), "%s", out.text);
    capture_clear(&out);
    instance_stop(&server);
}

Test(python, an_application_keeps_its_sessions, .timeout = 120)
{
    run_example(NUTHATCH_SOURCE_DIR "/examples/sessions",
                NUTHATCH_SOURCE_DIR "/tests/e2e/clients/sessions_client.py");
}

/* Tests of pytest in examples/fastapi/tests, which start the servers that they need: those named, or all but
 * those. They take seconds, and on a machine that does much else at the same time minutes. */
static void run_pytest(const char *const *arguments)
{
    const char *argv[16] = { NUTHATCH_PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider" };
    size_t count = 6;
    struct capture out;
    for (size_t i = 0; arguments[i] != NULL; i++) argv[count++] = arguments[i];
    setenv("NUTHATCH_SERVER", instance_program(INSTANCE_NUTHATCH), 1);
    setenv("PYTHONDONTWRITEBYTECODE", "1", 1);
    capture_run(&out, argv, SLICE(""), 300000);
    cr_assert_eq(out.code, 0, "%s", out.text);
    capture_clear(&out);
}

#define FASTAPI_TESTS NUTHATCH_SOURCE_DIR "/examples/fastapi/tests"

Test(python, the_package_for_web_applications_is_right, .timeout = 700)
{
    run_pytest(ARGV("--ignore-glob=*/test_crowd.py", "--ignore-glob=*/test_app.py",
                    "--ignore-glob=*/test_browser.py", FASTAPI_TESTS));
}

Test(python, of_a_thousand_clients_of_a_web_application_one_computes, .timeout = 700)
{
    run_pytest(ARGV(FASTAPI_TESTS "/test_crowd.py"));
}

Test(python, a_web_application_caches_in_every_way, .timeout = 700)
{
    run_pytest(ARGV(FASTAPI_TESTS "/test_app.py"));
}

Test(python, a_browser_is_told_what_it_may_keep, .timeout = 700)
{
    run_pytest(ARGV(FASTAPI_TESTS "/test_browser.py"));
}

Test(python, workers_share_a_queue_of_jobs, .timeout = 120)
{
    run_example(NUTHATCH_SOURCE_DIR "/examples/jobs",
                NUTHATCH_SOURCE_DIR "/tests/e2e/clients/jobs_client.py");
}

Test(python, groups_of_workers_read_a_log_of_events, .timeout = 120)
{
    run_example(NUTHATCH_SOURCE_DIR "/examples/events",
                NUTHATCH_SOURCE_DIR "/tests/e2e/clients/events_client.py");
}

Test(python, players_have_their_places, .timeout = 120)
{
    run_example(NUTHATCH_SOURCE_DIR "/examples/leaderboard",
                NUTHATCH_SOURCE_DIR "/tests/e2e/clients/leaderboard_client.py");
}
