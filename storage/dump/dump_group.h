/*
 * dump_group.h - the groups of a stream in a payload.
 *
 *     name, last id delivered, entries read, pending: id, time, deliveries each
 *     consumers: name, time it was seen, (since 7.2) time it was active, the ids that it has pending
 *
 * Threads: as the value (value.h).
 */
#ifndef STORAGE_DUMP_DUMP_GROUP_H
#define STORAGE_DUMP_DUMP_GROUP_H

#include <stdbool.h>

#include "storage/dump/encodings/dump_text.h"
#include "storage/dump/encodings/source.h"
#include "storage/types/streams/stream_id.h"

struct buffer;
struct stream_root;

/* The oldest servers that write it so. */
enum dump_stream_age { DUMP_STREAM_5_0, DUMP_STREAM_7_0, DUMP_STREAM_7_2 };

/* False: the source has failed, be it because a name comes twice or nobody has what is pending. */
bool dump_groups_read(struct source *source, enum dump_stream_age age, struct stream_root *root);
/* As DUMP_STREAM_7_0. */
void dump_groups_write(struct buffer *out, const struct stream_root *root, enum dump_texts how);

/* As two lengths, and as 16 bytes. */
struct stream_id dump_id_read(struct source *source);
void dump_id_write(struct buffer *out, struct stream_id id);
struct stream_id dump_id_read_raw(struct source *source);
void dump_id_write_raw(struct buffer *out, struct stream_id id);

#endif
