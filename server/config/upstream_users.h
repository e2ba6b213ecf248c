/*
 * upstream_users.h - the value of `upstream-user`: names of users here, each with its name and password at
 * the upstream.
 *
 * Threads: plain values. A text that holds a password is shown with stars in its place.
 */
#ifndef SERVER_CONFIG_UPSTREAM_USERS_H
#define SERVER_CONFIG_UPSTREAM_USERS_H

#include "proto/base/buffer.h"
#include "proto/base/slice.h"
#include "server/config/option.h"

extern const struct option_format format_upstream_users;

/* The text with its passwords hidden. */
void upstream_users_show(struct slice text, struct buffer *out);

#endif
