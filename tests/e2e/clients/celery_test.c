/*
 * Celery with its Redis transport and its results here: tests/e2e/clients/celery_client.py.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/e2e/tier/tier.h"
#include "tests/support/process/capture.h"

TestSuite(celery, .timeout = 400);

static void expect_all_well(int server_port)
{
    struct capture out;
    char port[16];
    snprintf(port, sizeof port, "%d", server_port);
    capture_run(&out, ARGV(NUTHATCH_PYTHON, NUTHATCH_SOURCE_DIR "/tests/e2e/clients/celery_client.py", port),
                SLICE(""), 300000);
    cr_assert(out.code == 0 && capture_contains(&out, "all well"), "%s", out.text);
    capture_clear(&out);
}

Test(celery, workers_do_its_tasks)
{
    struct instance server;
    instance_start(&server, INSTANCE_NUTHATCH, NULL);
    expect_all_well(server.port);
    instance_stop(&server);
}

Test(celery, workers_do_its_tasks_through_a_near_cache)
{
    struct tier_example tier;
    tier_open(&tier, NULL);
    expect_all_well(tier.server.port);
    tier_close(&tier);
}
