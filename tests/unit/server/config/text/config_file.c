#include "server/config/text/config_file.h"

#include <criterion/criterion.h>

/* Writes down what it sees, and refuses the directive "bad". */
static bool note(void *context, const struct directive *directive, struct buffer *complaint)
{
    struct buffer *notes = context;
    buffer_printf(notes, "%zu:%.*s", directive->line, (int)directive->name.len, directive->name.data);
    for (size_t i = 0; i < directive->count; i++) {
        buffer_printf(notes, ",%.*s", (int)directive->words[i].len, directive->words[i].data);
    }
    buffer_append(notes, ";", 1);
    if (!slice_equal(directive->name, SLICE("bad"))) return true;
    buffer_printf(complaint, "is bad");
    return false;
}

static void expect_directives(const char *text, const char *expected)
{
    struct buffer notes = { 0 }, report = { 0 };
    cr_expect(config_file_parse(slice_of_cstr(text), note, &notes, &report), "%s", text);
    cr_expect(slice_equal(buffer_slice(&notes), slice_of_cstr(expected)), "%.*s", (int)notes.len, notes.data);
    cr_expect_eq(report.len, 0);
    buffer_clear(&notes);
    buffer_clear(&report);
}

static void expect_report(const char *text, const char *expected)
{
    struct buffer notes = { 0 }, report = { 0 };
    cr_expect_not(config_file_parse(slice_of_cstr(text), note, &notes, &report), "%s", text);
    cr_expect(slice_equal(buffer_slice(&report), slice_of_cstr(expected)), "%.*s", (int)report.len,
              report.data);
    buffer_clear(&notes);
    buffer_clear(&report);
}

Test(config_file, has_a_directive_per_line_and_comments)
{
    expect_directives("# comment\nport 1\n\n  save \"900 1\"  \r\n  # another", "2:port,1;4:save,900 1;");
    expect_directives("", "");
    expect_directives("port 1", "1:port,1;");
}

Test(config_file, keeps_a_hash_that_is_not_at_the_start)
{
    expect_directives("port 1 # one", "1:port,1,#,one;");
}

Test(config_file, reports_the_line_that_is_refused)
{
    expect_report("\n  bad  thing \nport 1\n",
                  "\n*** FATAL CONFIG FILE ERROR (Nuthatch " NUTHATCH_VERSION ") ***\n"
                  "Reading the configuration file, at line 2\n>>> 'bad  thing'\nis bad\n");
}

Test(config_file, reports_quotes_that_are_not_closed)
{
    expect_report("bind \"127.0.0.1\n", "\n*** FATAL CONFIG FILE ERROR (Nuthatch " NUTHATCH_VERSION ") ***\n"
                                        "Reading the configuration file, at line 1\n>>> 'bind \"127.0.0.1'\n"
                                        "Unbalanced quotes in configuration line\n");
}
