/*
 * fields.h - hashes whose fields have deadlines of their own: each field of such a hash is a history.
 *
 * A field's value is what a string's is: tokens of the writes of that field. A part of a request is a field.
 *
 * Threads: one owner.
 */
#ifndef TESTS_SCENARIOS_COLLECTIONS_FIELDS_H
#define TESTS_SCENARIOS_COLLECTIONS_FIELDS_H

#include "tests/scenarios/collections/content.h"
#include "tests/scenarios/operations/operation.h"

#define FIELDS_ALL ((1u << FAMILY_WIDTH) - 1)

/* Some of the fields, as bits: at least one. */
unsigned fields_draw(struct draft *draft);
/* Say their names; the count before them, where it is wanted behind the word FIELDS. */
void fields_add_names(struct words *words, struct draft *draft, unsigned fields);
void fields_add_counted(struct words *words, struct draft *draft, unsigned fields);
/* Begin with a command and the hash. */
struct words fields_command(struct draft *draft, const char *command);

#endif
