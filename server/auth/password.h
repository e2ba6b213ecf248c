/*
 * password.h - who may in: the one user there is, and requirepass.
 *
 * Threads: any.
 */
#ifndef SERVER_AUTH_PASSWORD_H
#define SERVER_AUTH_PASSWORD_H

#include <stdbool.h>

#include "proto/base/slice.h"

struct settings;

/* Without a password set any will do for the user "default". Comparing takes as long whatever was given. */
bool password_admits(struct settings *settings, struct slice user, struct slice password);

/* No password is set: everybody is in. */
bool password_is_unset(struct settings *settings);

#endif
