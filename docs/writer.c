/*
 * Writes the generated pages of docs/ to standard output: docs_writer NAME.
 */
#include <stdio.h>
#include <string.h>

#include "server/commands/catalog/reference.h"
#include "server/config/text/manual.h"

static const struct {
    const char *name; /* of the file */
    void (*write)(FILE *out);
} pages[] = {
    { "commands.md", commands_write_docs },
    { "configuration.md", config_write_docs },
    { "nuthatch.conf.5", config_write_manual_page },
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc == 2 && i < sizeof(pages) / sizeof(pages[0]); i++) {
        if (strcmp(argv[1], pages[i].name) != 0) continue;
        pages[i].write(stdout);
        return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
    }
    fprintf(stderr, "usage: %s commands.md|configuration.md|nuthatch.conf.5\n", argv[0]);
    return 2;
}
