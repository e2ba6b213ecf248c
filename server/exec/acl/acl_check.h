/*
 * acl_check.h - may this user run this command, with these keys and in these channels?
 *
 * Threads: no state.
 */
#ifndef SERVER_EXEC_ACL_ACL_CHECK_H
#define SERVER_EXEC_ACL_ACL_CHECK_H

#include <stdbool.h>

#include "proto/base/slice.h"

struct command_info;
struct user;

/* A tag of values is to a user's key patterns what a key of the name nuthatch:tag:TAG is: whoever gives one
 * to a value must be allowed to read that, whoever invalidates it to write it. A tag has so many bytes at
 * most. */
#define ACL_TAG_LEN_MAX 255

enum acl_denial { ACL_GRANTED, ACL_NO_COMMAND, ACL_NO_KEY, ACL_NO_LOGIN, ACL_NO_CHANNEL, ACL_NO_CERTIFIED };

/* How much was granted before something was not: of several selectors, the one that came furthest tells. */
struct acl_finding {
    enum acl_denial denial;
    int arg; /* the key, tag or channel that is not granted */
};

/* One selector must allow the command with all keys, tags and channels of it: rights of two are not put
 * together. */
struct acl_finding acl_check(const struct user *user, const struct command_info *command,
                             const struct slice *argv, int argc);

/* The short way, for every command: true if the user's root gives it and the one key that it has. False says
 * nothing: acl_check() finds out. */
bool acl_grants(const struct user *user, const struct command_info *command, const struct slice *argv,
                int argc);

/* A command that is not in the table, and where its keys are, which count as in a key_spec. */
struct acl_foreign {
    int first_key; /* 0: it has none */
    int last_key;
    int step;
    bool any_key; /* they cannot be told */
};

/* It takes a right to all commands, those to come as well. */
struct acl_finding acl_check_foreign(const struct user *user, const struct acl_foreign *foreign,
                                     const struct slice *argv, int argc);

/* For keys that the command's row does not tell, such as what SORT looks up beside its key. One selector must
 * allow the command with all that acl_check() looks at, and the key: rights (selector.h) of two are not put
 * together. */
struct acl_asked {
    const struct user *user;
    const struct command_info *command;
    const struct slice *argv;
    int argc;
};
bool acl_grants_key(const struct acl_asked *asked, struct slice key, unsigned rights);
bool acl_grants_tag(const struct acl_asked *asked, struct slice tag, unsigned rights);
bool acl_grants_every_key(const struct acl_asked *asked, unsigned rights);
/* May it subscribe to the channel, or pattern? */
bool acl_hears(const struct user *user, struct slice channel, bool is_pattern);
/* Is there any that it may? */
bool acl_hears_any(const struct user *user);

#endif
