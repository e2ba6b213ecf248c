/*
 * client_line.h - one client in the words of CLIENT LIST and CLIENT INFO.
 *
 * Threads: the loop that owns the session.
 */
#ifndef SERVER_COMMANDS_CLIENT_CLIENT_LINE_H
#define SERVER_COMMANDS_CLIENT_CLIENT_LINE_H

#include "proto/base/buffer.h"

struct session;

/* The letters that the field `flags` may have, here or in a Redis, and those of CLIENT CAPA. */
#define CLIENT_LINE_FLAGS        "ABEIMNOPRSTUbcdeitrux"
#define CLIENT_LINE_CAPABILITIES "r"

/* Appends the letters of the field `flags`. */
void client_line_write_flags(const struct session *session, struct buffer *out);

/* Appends the fields and a line feed. */
void client_line_write(const struct session *session, struct buffer *out);

#endif
