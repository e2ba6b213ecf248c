#include "server/report/metrics/exposition.h"

#include <criterion/criterion.h>

static void write_one(struct exposition *exposition, const char *name, enum metric_type type)
{
    exposition_family(exposition, name, type, "Help.");
    exposition_begin(exposition, name, "");
    exposition_u64(exposition, 1);
}

#define expect_text(out, text)                                                                               \
    do {                                                                                                     \
        cr_expect(slice_equal(buffer_slice(out), SLICE(text)), "%.*s", (int)(out)->len, (out)->data);        \
        buffer_clear(out);                                                                                   \
    } while (0)

Test(exposition, the_text_format_has_names_as_they_are)
{
    struct buffer out = { 0 };
    struct exposition exposition = { .out = &out };
    write_one(&exposition, "a_total", METRIC_COUNTER);
    write_one(&exposition, "b", METRIC_COUNTER);
    exposition_end(&exposition);
    expect_text(&out, "# HELP a_total Help.\n# TYPE a_total counter\na_total 1\n"
                      "# HELP b Help.\n# TYPE b counter\nb 1\n");
}

Test(exposition, openmetrics_has_counters_that_end_in_total_and_an_end)
{
    struct buffer out = { 0 };
    struct exposition exposition = { .out = &out, .is_openmetrics = true };
    write_one(&exposition, "a_total", METRIC_COUNTER);
    write_one(&exposition, "b", METRIC_COUNTER);
    write_one(&exposition, "c_total", METRIC_GAUGE);
    write_one(&exposition, "d", METRIC_GAUGE);
    exposition_end(&exposition);
    expect_text(&out, "# HELP a Help.\n# TYPE a counter\na_total 1\n"
                      "# HELP b Help.\n# TYPE b unknown\nb 1\n"
                      "# HELP c_total Help.\n# TYPE c_total unknown\nc_total 1\n"
                      "# HELP d Help.\n# TYPE d gauge\nd 1\n# EOF\n");
}

Test(exposition, labels_are_escaped_and_utf8)
{
    struct buffer out = { 0 };
    struct exposition exposition = { .out = &out };
    exposition_begin(&exposition, "m", "_sum");
    exposition_label(&exposition, "a", SLICE("q\"b\\n\n"));
    exposition_label(&exposition, "b", SLICE("\xc3\xa4\xff\x01"));
    exposition_double(&exposition, 0.25);
    expect_text(&out, "m_sum{a=\"q\\\"b\\\\n\\n\",b=\"\xc3\xa4\\\\xff\\\\x01\"} 0.25\n");
}
