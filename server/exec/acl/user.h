/*
 * user.h - who may do what: a name, passwords, and selectors.
 *
 * A user is built by rules and then published (users.h): from there on it is immutable and counted, so that
 * sessions of every loop may read theirs without a lock. A change makes a copy, and the sessions get that.
 *
 * Passwords are kept as their SHA-256 in hexadecimal digits, as ACL LIST shows them.
 *
 * Threads: user_apply() is the owner's; the rest anybody's.
 */
#ifndef SERVER_EXEC_ACL_USER_H
#define SERVER_EXEC_ACL_USER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/buffer.h"
#include "proto/base/slice.h"
#include "server/auth/password.h"
#include "server/exec/acl/selector.h"

enum user_flag {
    USER_ON = 1 << 0,
    USER_NO_PASSWORD = 1 << 1, /* any will do */
    USER_SANITIZES = 1 << 2,   /* these two are remembered: what RESTORE is given is always looked at */
    USER_SANITIZES_NOT = 1 << 3,
};

struct user {
    atomic_uint holders;
    char *name; /* terminated */
    size_t name_len;
    uint64_t birth; /* another one where somebody of that name was removed before: users.c */
    unsigned flags;
    struct password_hash *passwords;
    size_t password_count, password_cap;
    struct selector *selectors; /* the root first */
    size_t selector_count, selector_cap;
    bool all_channels; /* what a new selector starts with: acl-pubsub-default */
};

static inline struct slice user_name(const struct user *user)
{
    return slice_of(user->name, user->name_len);
}

/* Of a session that nobody has asked: a test's, a script's. */
static inline const char *user_text(const struct user *user)
{
    return user != NULL ? user->name : "default";
}

/* A line of a file can say it: without blanks and NULs. */
bool user_name_is_writable(struct slice name);

/* One that may do nothing and is off. Held once, by the caller. */
struct user *user_create(const struct command_table *commands, struct slice name, bool all_channels);
struct user *user_copy(const struct user *user);
struct user *user_hold(const struct user *user);
/* NULL is nobody. */
void user_drop(struct user **user);

/* One rule, a selector in parentheses among them. */
enum rule_fault user_apply(struct user *user, struct slice rule);
/* Until one is none, which is at `*fault_at`. */
enum rule_fault user_apply_all(struct user *user, const struct slice *rules, size_t count, size_t *fault_at);

/* May everything, as the default user of a new server. */
bool user_is_boundless(const struct user *user);
/* Nobody needs a password to be this. */
bool user_is_open(const struct user *user);
/* It is on, and this is one of its passwords. Takes as long whatever was given. */
bool user_admits(const struct user *user, struct slice password);

/* "user alice on #... ~* resetchannels -@all +get", as ACL LIST and files have it. */
void user_write(const struct user *user, struct buffer *out);
/* The names of its flags as ACL GETUSER shows them; NULL ends them. */
void user_flags(const struct user *user, const char *names[4]);

#endif
