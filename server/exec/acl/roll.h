/*
 * roll.h - users in the order of their names.
 *
 * Threads: the owner's. Ownership: it holds each of them.
 */
#ifndef SERVER_EXEC_ACL_ROLL_H
#define SERVER_EXEC_ACL_ROLL_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/base/slice.h"

struct user;

/* All zero is an empty one. */
struct roll {
    struct user **items;
    size_t len, cap;
};

/* NULL: there is none of that name. */
struct user *roll_find(const struct roll *roll, struct slice name);
/* In the place of the one of that name. Takes over who holds it. */
void roll_put(struct roll *roll, struct user *user);
bool roll_remove(struct roll *roll, struct slice name);
void roll_clear(struct roll *roll);

#endif
