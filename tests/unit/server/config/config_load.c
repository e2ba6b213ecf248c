#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

#include "server/config/config.h"
#include "tests/support/scratch.h"
#include "tests/unit/server/config/fixture.h"

#define LOAD(config, ...)                                                                                    \
    load_arguments(config, (char *[]){ "nuthatch", __VA_ARGS__, NULL }, &(struct buffer){ 0 })

static enum config_start load_arguments(struct config *config, char *argv[], struct buffer *report)
{
    int argc = 0;
    while (argv[argc] != NULL) argc++;
    enum config_start start = config_load(config, argc, argv, report);
    buffer_append(report, "", 1);
    if (start == CONFIG_BAD) fprintf(stderr, "%s", report->data);
    buffer_clear(report);
    return start;
}

static void expect_report(char *argv[], const char *expected)
{
    struct config *config = config_create();
    struct buffer report = { 0 };
    int argc = 0;
    while (argv[argc] != NULL) argc++;
    cr_expect_eq(config_load(config, argc, argv, &report), CONFIG_BAD);
    cr_expect(slice_equal(buffer_slice(&report), slice_of_cstr(expected)), "%.*s", (int)report.len,
              report.data);
    buffer_clear(&report);
    config_destroy(&config);
}

Test(config_load, takes_names_and_values_from_the_command_line)
{
    struct config *config = config_create();
    cr_assert_eq(LOAD(config, "--port", "7000", "--BIND", "127.0.0.1", "::1", "--timeout 5", "--save", ""),
                 CONFIG_RUN);
    expect_get(config, "port", "port 7000\n");
    expect_get(config, "bind", "bind 127.0.0.1 ::1\n");
    expect_get(config, "timeout", "timeout 5\n");
    expect_get(config, "save", "save \n");
    cr_expect_str_eq(config_path(config), "");
    config_destroy(&config);
}

Test(config_load, lets_a_value_start_with_dashes)
{
    struct config *config = config_create();
    cr_assert_eq(LOAD(config, "--requirepass", "--secret", "--save", "--port", "7000"), CONFIG_RUN);
    expect_get(config, "requirepass", "requirepass --secret\n");
    expect_get(config, "save", "save \n");
    expect_get(config, "port", "port 7000\n");
    config_destroy(&config);
}

Test(config_load, shows_help_and_version)
{
    struct config *config = config_create();
    cr_expect_eq(LOAD(config, "-h"), CONFIG_SHOW_HELP);
    cr_expect_eq(LOAD(config, "--help"), CONFIG_SHOW_HELP);
    cr_expect_eq(LOAD(config, "-v"), CONFIG_SHOW_VERSION);
    cr_expect_eq(LOAD(config, "--version"), CONFIG_SHOW_VERSION);
    config_destroy(&config);
}

Test(config_load, reports_options_as_lines_behind_the_file)
{
    expect_report((char *[]){ "nuthatch", "--port", "abc", NULL },
                  "\n*** FATAL CONFIG FILE ERROR (Nuthatch " NUTHATCH_VERSION ") ***\n"
                  "Reading the configuration file, at line 2\n>>> 'port \"abc\"'\n"
                  "argument couldn't be parsed into an integer\n");
    expect_report((char *[]){ "nuthatch", "--nosuch", NULL },
                  "\n*** FATAL CONFIG FILE ERROR (Nuthatch " NUTHATCH_VERSION ") ***\n"
                  "Reading the configuration file, at line 2\n>>> 'nosuch'\n"
                  "Bad directive or wrong number of arguments\n");
}

Test(config_load, reports_a_file_that_cannot_be_read)
{
    expect_report((char *[]){ "nuthatch", "/nonexistent/n.conf", NULL },
                  "Fatal error, can't open config file '/nonexistent/n.conf': No such file or directory\n");
    expect_report((char *[]){ "nuthatch", "--logfile", "/nonexistent/log", NULL },
                  "\n*** FATAL CONFIG FILE ERROR (Nuthatch " NUTHATCH_VERSION ") ***\n"
                  "Can't open the log file: No such file or directory\n");
}

Test(config_load, lets_options_win_over_the_file)
{
    struct scratch scratch;
    scratch_init(&scratch);
    char path[SCRATCH_PATH_MAX];
    scratch_write(&scratch, "n.conf", "port 7000\ntimeout 3\n", path);

    struct config *config = config_create();
    cr_assert_eq(LOAD(config, path, "--port", "7001"), CONFIG_RUN);
    expect_get(config, "port", "port 7001\n");
    expect_get(config, "timeout", "timeout 3\n");
    cr_expect_str_eq(config_path(config), path);
    config_destroy(&config);
    scratch_clear(&scratch);
}

Test(config_load, includes_files_in_place)
{
    struct scratch scratch;
    scratch_init(&scratch);
    char path[SCRATCH_PATH_MAX], part[SCRATCH_PATH_MAX], text[3 * SCRATCH_PATH_MAX];
    scratch_write(&scratch, "1.part", "port 1\ntimeout 1\n", part);
    scratch_write(&scratch, "2.part", "port 2\n", part);
    snprintf(text, sizeof text, "include %s/*.part\ninclude %s/none*\ntimeout 9\n", scratch.path,
             scratch.path);
    scratch_write(&scratch, "n.conf", text, path);

    struct config *config = config_create();
    cr_assert_eq(LOAD(config, path), CONFIG_RUN);
    expect_get(config, "port", "port 2\n");
    expect_get(config, "timeout", "timeout 9\n");
    config_destroy(&config);
    scratch_clear(&scratch);
}

Test(config_load, ends_a_file_that_includes_itself)
{
    struct scratch scratch;
    scratch_init(&scratch);
    char path[SCRATCH_PATH_MAX], text[2 * SCRATCH_PATH_MAX];
    scratch_path(&scratch, "n.conf", path);
    snprintf(text, sizeof text, "include %s\n", path);
    scratch_write(&scratch, "n.conf", text, path);

    struct config *config = config_create();
    cr_expect_eq(LOAD(config, path), CONFIG_BAD);
    config_destroy(&config);
    scratch_clear(&scratch);
}

Test(config_load, goes_where_dir_says)
{
    struct scratch scratch;
    scratch_init(&scratch);
    char expected[2 * SCRATCH_PATH_MAX];
    snprintf(expected, sizeof expected, "dir %s\n", scratch.path);

    struct config *config = config_create();
    cr_assert_eq(LOAD(config, "--dir", scratch.path, "--dir", "."), CONFIG_RUN);
    expect_get(config, "dir", expected);
    config_destroy(&config);
    cr_expect_eq(chdir("/"), 0);
    scratch_clear(&scratch);
}
