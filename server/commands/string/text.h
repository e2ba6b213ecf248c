/*
 * text.h - the string in an entry, as commands show it and let it grow.
 *
 * Threads: as call.h says.
 */
#ifndef SERVER_COMMANDS_STRING_TEXT_H
#define SERVER_COMMANDS_STRING_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/base/slice.h"

struct call;
struct entry;

/* Reply the string of `entry`, which is one; null when `entry` is NULL. */
void text_reply(struct call *call, const struct entry *entry);

struct reply_frame;

/* The same of one that is there, within a frame. */
void text_reply_framed(struct call *call, const struct entry *entry, const struct reply_frame *frame);

/* Reply `part` of the text of `entry`, which may be NULL for a part of anything else. */
void text_reply_part(struct call *call, const struct entry *entry, struct slice part);

/* May a string of `len` bytes become `more` bytes longer? False: replied, it would exceed
 * proto-max-bulk-len, or all the memory there is for keys. */
bool text_may_grow(struct call *call, size_t len, size_t more);

#endif
