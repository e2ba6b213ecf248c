/*
 * client_line.h - one client in the words of CLIENT LIST and CLIENT INFO.
 *
 * Threads: the loop that owns the session.
 */
#ifndef SERVER_COMMANDS_CLIENT_CLIENT_LINE_H
#define SERVER_COMMANDS_CLIENT_CLIENT_LINE_H

#include "proto/base/buffer.h"

struct session;

/* Appends the fields and a line feed. */
void client_line_write(const struct session *session, struct buffer *out);

#endif
