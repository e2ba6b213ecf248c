/*
 * stream_group_find.h - the consumer group that a command names, and its consumers.
 *
 * Threads: as handlers.
 */
#ifndef SERVER_COMMANDS_STREAM_STREAM_GROUP_FIND_H
#define SERVER_COMMANDS_STREAM_STREAM_GROUP_FIND_H

#include <stdbool.h>

#include "server/commands/collection/collection.h"
#include "storage/types/stream.h"

struct call;

/* NULL: there is no such group, or no stream. Nothing is replied. */
struct stream_group *stream_group_named(const struct call *call, const struct value *stream, int name);
/* The same to be changed: the key argv[key] is open then, and to be committed. NULL: nothing is open, and
 * WRONGTYPE or NOGROUP was replied. */
struct stream_group *stream_group_edit(struct call *call, int key, int name, struct collection *stream);
/* NOGROUP, with two texts as far as they go. */
void stream_group_refuse(struct call *call, const char *format, int first, int second);

/* Somebody whose name the command gives has been seen; who is new comes to be, which is to be announced when
 * the stream is committed. */
struct stream_consumer *stream_consumer_see(struct call *call, struct stream_group *group, int name,
                                            bool *is_new);

#endif
