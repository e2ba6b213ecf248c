/*
 * category.h - the ACL categories of a command, which follow from its row.
 *
 * Threads: constant.
 */
#ifndef SERVER_EXEC_COMMAND_CATEGORY_H
#define SERVER_EXEC_COMMAND_CATEGORY_H

#include <stdint.h>

#include "proto/base/slice.h"
#include "server/exec/command/command.h"

/* Of the bits of command_categories(), with their @, in Redis's order; NULL ends them. */
extern const char *const category_names[];

/* Every category of a row: those it names and those its flags imply. */
uint32_t command_categories(const struct command *row);
/* The bit of a category by its name, without @, in any case; 0: there is none. */
uint32_t category_find(struct slice name);

#endif
