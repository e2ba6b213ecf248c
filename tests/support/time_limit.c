/*
 * time_limit.c - makes Criterion's option --timeout true.
 *
 * Criterion 2.4 reads the option and then forgets it, so a test that hangs would hang the whole run. Every
 * test that brings no limit of its own gets that of the command line before the first one starts.
 */
#include <criterion/criterion.h>
#include <criterion/hooks.h>
#include <criterion/options.h>

static bool is_limited(const struct criterion_suite_set *suite, const struct criterion_test *test)
{
    return test->data->timeout > 0 || (suite->suite.data != NULL && suite->suite.data->timeout > 0);
}

ReportHook(PRE_ALL)(struct criterion_test_set *tests)
{
    FOREACH_SET (struct criterion_suite_set *suite, tests->suites) {
        FOREACH_SET (struct criterion_test *test, suite->tests) {
            if (!is_limited(suite, test)) test->data->timeout = criterion_options.timeout;
        }
    }
}
