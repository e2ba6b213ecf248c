/*
 * password.h - who may in: the one user there is, and requirepass.
 *
 * Threads: the loop of the call.
 */
#ifndef SERVER_AUTH_PASSWORD_H
#define SERVER_AUTH_PASSWORD_H

#include <stdbool.h>

#include "proto/base/slice.h"

struct call;
struct settings;

/* Authenticates the session of the call; false after Redis's error. Without a password set any will do for
 * the user "default". Comparing takes as long whatever was given. */
bool password_admit(struct call *call, struct slice user, struct slice password);

/* No password is set: everybody is in. */
bool password_is_unset(struct settings *settings);

#endif
