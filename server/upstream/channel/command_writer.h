/*
 * command_writer.h - commands in the form in which they travel.
 *
 * Threads: no state.
 */
#ifndef SERVER_UPSTREAM_CHANNEL_COMMAND_WRITER_H
#define SERVER_UPSTREAM_CHANNEL_COMMAND_WRITER_H

#include <stddef.h>

#include "proto/base/buffer.h"
#include "proto/base/slice.h"

/* Bytes that command_write() appends. */
size_t command_size(const struct slice *words, size_t count);
void command_write(struct buffer *out, const struct slice *words, size_t count);
/* Into `space`, which has room for command_size(); `placed`, of the same count, become the words there. */
void command_place(char *space, const struct slice *words, size_t count, struct slice *placed);

#endif
