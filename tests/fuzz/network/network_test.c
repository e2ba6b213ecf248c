/*
 * The storm tested: what is planted it finds, and a server in good order it leaves in peace.
 */
#include <criterion/criterion.h>

#include "tests/fuzz/network/storm.h"
#include "tests/support/pace.h"

static void expect_found(enum storm_plant plant, const char *what)
{
    const struct storm_plan plan = { .seed = 8, .guests = 20, .duration_ms = 1000, .plant = plant };
    struct storm_outcome outcome;
    storm_play(&plan, &outcome);
    buffer_append(&outcome.report, "", 1);
    cr_expect(outcome.failed);
    cr_expect(strstr(outcome.report.data, what) != NULL, "%s", outcome.report.data);
    storm_outcome_clear(&outcome);
}

Test(network_fuzzer, notices_that_the_server_has_ended, .timeout = 240)
{
    expect_found(PLANT_DEATH, "the server has ended");
}

Test(network_fuzzer, notices_that_the_server_is_silent, .timeout = 240)
{
    expect_found(PLANT_SILENCE, "a PING is not answered");
}

Test(network_fuzzer, notices_clients_that_are_left, .timeout = 240)
{
    expect_found(PLANT_KEEPING, "clients are left");
}
