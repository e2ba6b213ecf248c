/*
 * redis-py against this server: tests/e2e/clients/python_client.py, and what stands in examples/.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/capture.h"
#include "tests/support/instance.h"

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

/* Its own tests, of pytest. The server is the one that they start. */
Test(python, the_package_for_web_applications_is_right, .timeout = 300)
{
    struct capture out;
    setenv("NUTHATCH_SERVER", instance_program(INSTANCE_NUTHATCH), 1);
    setenv("PYTHONDONTWRITEBYTECODE", "1", 1);
    capture_run(&out,
                ARGV(NUTHATCH_PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider",
                     NUTHATCH_SOURCE_DIR "/examples/fastapi/tests"),
                SLICE(""), 240000);
    cr_assert_eq(out.code, 0, "%s", out.text);
    capture_clear(&out);
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
