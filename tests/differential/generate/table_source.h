/*
 * table_source.h - the command table as the source of a catalogue.
 */
#ifndef TESTS_DIFFERENTIAL_GENERATE_TABLE_SOURCE_H
#define TESTS_DIFFERENTIAL_GENERATE_TABLE_SOURCE_H

#include <stddef.h>

#include "tests/differential/generate/catalogue.h"

struct command_table;

/* Every command and subcommand that runs, containers left out. Free with alloc_free(); the names and texts
 * belong to the table. */
struct catalogue_source *table_source_create(const struct command_table *table, size_t *len);

#endif
