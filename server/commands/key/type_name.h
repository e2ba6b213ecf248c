/*
 * type_name.h - what TYPE and SCAN call the types of values.
 *
 * Threads: no state.
 */
#ifndef SERVER_COMMANDS_KEY_TYPE_NAME_H
#define SERVER_COMMANDS_KEY_TYPE_NAME_H

#include "storage/entry/entry.h"

const char *type_name(enum entry_type type);

#endif
