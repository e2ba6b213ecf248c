/*
 * users.h - all users of the server, by name.
 *
 * There is always one called "default", which clients are until they say otherwise. Whoever takes a user from
 * here holds it, and drops it.
 *
 * Threads: any; a lock of its own, under which nothing else is taken.
 */
#ifndef SERVER_EXEC_ACL_USERS_H
#define SERVER_EXEC_ACL_USERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/buffer.h"
#include "proto/base/slice.h"
#include "server/exec/acl/selector.h"

struct command_table;
struct session;
struct settings;
struct user;
struct users;

/* With the default user alone, on, without a password and boundless. */
struct users *users_create(const struct command_table *commands, struct settings *settings);
void users_destroy(struct users **users);

/* NULL: there is none of that name. */
struct user *users_find(struct users *users, struct slice name);
/* The default user needs no password. */
bool users_are_open(struct users *users);
/* Whom `name` and `password` admit; NULL: nobody. */
struct user *users_admit(struct users *users, struct slice name, struct slice password);

/* Change the user of that name, or make one: all rules or none. `fault_at` is the rule that is none. */
enum rule_fault users_set(struct users *users, struct slice name, const struct slice *rules, size_t count,
                          size_t *fault_at);
/* False: there is none. The default user is not asked for. */
bool users_remove(struct users *users, struct slice name);
/* requirepass; empty: none is needed. */
void users_set_default_password(struct users *users, struct slice password);

/* Rises with every change of a user: who has seen it knows that nothing has changed since. */
uint64_t users_version(const struct users *users);

/* In the order of their names. */
void users_each(struct users *users, void (*visit)(const struct user *user, void *context), void *context);

/* Users as lines of a file, in the place of all that there are. False, and nothing has changed, with every
 * complaint, Redis's. `source` is what it is called in them. */
bool users_load(struct users *users, struct slice text, const char *source, struct buffer *complaint);

/* It is `user` from now on, which is held for it; NULL: nobody yet. */
void users_seat(struct session *session, struct user *user);
/* It is the user of that name from now on, of whom it has shown a certificate. False: there is none, or it is
 * off. */
bool users_seat_certified(struct users *users, struct session *session, struct slice name);
/* The default user, as whom every client begins. */
void users_seat_default(struct users *users, struct session *session);

#endif
