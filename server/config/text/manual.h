/*
 * manual.h - the configuration as people read it, derived from the rows.
 */
#ifndef SERVER_CONFIG_TEXT_MANUAL_H
#define SERVER_CONFIG_TEXT_MANUAL_H

#include <stdio.h>

/* The text of docs/configuration.md. */
void config_write_docs(FILE *out);

/* The text of the manual page nuthatch.conf(5). */
void config_write_manual_page(FILE *out);

/* The text of --help. */
void config_print_help(FILE *out);

#endif
