#include "server/config/text/manual.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static void expect_in(void (*write)(FILE *out), const char *expected)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    write(out);
    fclose(out);
    cr_expect_not_null(strstr(text, expected), "no \"%s\" in\n%s", expected, text);
    free(text);
}

Test(manual, documents_every_setting_with_all_its_names)
{
    expect_in(config_write_docs, "| `port` | number | `6379` | yes | TCP port to listen on");
    expect_in(config_write_docs, "| `threads`, `io-threads` | number | 0: one per core, at most 8 | no |");
    expect_in(config_write_docs, "## Accepted without effect");
    expect_in(config_write_docs, "`appendonly`");
}

Test(manual, helps_with_options_by_group)
{
    expect_in(config_print_help, "Usage: nuthatch [/path/to/nuthatch.conf] [options] [-]\n");
    expect_in(config_print_help, "\nNetwork:\n  --port ");
    expect_in(config_print_help, "(debug, verbose, notice, warning) [notice]\n");
}
