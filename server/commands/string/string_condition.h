/*
 * string_condition.h - what a write may want of the string that is there: SET IFEQ, DELIFEQ, DELEX.
 *
 * Strings are compared byte by byte, however they are kept, and never as numbers. A digest is what DIGEST
 * tells: XXH3-64 without a seed, in sixteen hexadecimal digits; in a condition they may be of either case. Of
 * a key that does not exist nothing is equal, so what wants a difference holds.
 *
 * Threads: as handlers.
 */
#ifndef SERVER_COMMANDS_STRING_STRING_CONDITION_H
#define SERVER_COMMANDS_STRING_STRING_CONDITION_H

#include <stdbool.h>

#include "proto/base/slice.h"

struct call;
struct entry;

enum string_condition {
    STRING_ALWAYS,
    STRING_IF_ABSENT,
    STRING_IF_PRESENT,
    /* These compare with an argument: */
    STRING_IF_EQUAL,
    STRING_IF_DIFFERENT,
    STRING_IF_DIGEST,
    STRING_IF_OTHER_DIGEST,
};

#define DIGEST_TEXT_LEN 16

/* The condition that IFEQ, IFNE, IFDEQ or IFDNE stands for; STRING_ALWAYS: it is none of them. */
enum string_condition string_condition_named(struct slice word);

/* False: replied. argv[arg], which is to be a digest, has not the length of one. */
bool string_condition_is_good(struct call *call, enum string_condition condition, int arg);

/* `entry` is a string or NULL. */
bool string_condition_holds(enum string_condition condition, struct slice wanted, const struct entry *entry);

/* In lower case, without a terminator. */
void string_digest(const struct entry *entry, char text[DIGEST_TEXT_LEN]);

#endif
