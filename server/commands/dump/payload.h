/*
 * payload.h - the value of a key as a payload (storage/dump/dump_payload.h), for commands.
 *
 * Threads: as handlers.
 */
#ifndef SERVER_COMMANDS_DUMP_PAYLOAD_H
#define SERVER_COMMANDS_DUMP_PAYLOAD_H

#include "storage/dump/encodings/dump_text.h"

struct buffer;
struct call;
struct entry;

/* Append that of `entry`, which was just found as argv[arg]. */
void payload_write(struct buffer *out, const struct call *call, int arg, const struct entry *entry,
                   enum dump_texts how);

#endif
