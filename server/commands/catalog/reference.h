/*
 * reference.h - docs/commands.md, written from the rows.
 *
 * Threads: none; for the program that writes documentation.
 */
#ifndef SERVER_COMMANDS_CATALOG_REFERENCE_H
#define SERVER_COMMANDS_CATALOG_REFERENCE_H

#include <stdio.h>

/* The whole page. Whether writing failed, `out` knows. */
void commands_write_docs(FILE *out);

#endif
