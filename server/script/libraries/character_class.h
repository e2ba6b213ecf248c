/*
 * character_class.h - which characters an item of a pattern stands for: `%a` and its like, and sets.
 *
 * Threads: any.
 */
#ifndef SERVER_SCRIPT_CHARACTER_CLASS_H
#define SERVER_SCRIPT_CHARACTER_CLASS_H

#include <stdbool.h>

/* `%letter`; what is no letter of a class stands for itself. */
bool character_class_has(int letter, int character);

/* `set` begins at its bracket, and `last` is the one that closes it. */
bool character_set_has(const char *set, const char *last, int character);

#endif
