/*
 * group.h - consumer groups of a stream: how far each has come, who is in it, what is pending.
 *
 * Consumers are told from each other by numbers, which stand in the pending entries; a number is given
 * again when its consumer has gone. Groups and consumers are kept in the order of their names, as Redis tells
 * them. What a consumer has pending is counted beside its name; which entries those are only a walk tells.
 *
 * Threads: the owner's lock. Ownership: groups belong to the root of their stream; pointers to groups and
 * consumers are good until they are removed.
 */
#ifndef STORAGE_TYPES_STREAMS_GROUP_H
#define STORAGE_TYPES_STREAMS_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"
#include "storage/types/streams/pending.h"
#include "storage/types/streams/stream_id.h"

#define STREAM_NEVER_ACTIVE (-1)

struct stream_consumer {
    struct slice name; /* behind it */
    int64_t seen_ms;   /* when it last asked */
    int64_t active_ms; /* when it was last given something to acknowledge, or STREAM_NEVER_ACTIVE */
    size_t pending;
    uint32_t number;
};

#define STREAM_READ_UNKNOWN (-1)

/* Where in the stream's blocks its reading has come to, as long as they have that shape (stream_root.h). */
struct stream_bookmark {
    uint64_t shape;
    struct stream_id behind; /* the last entry that was read; 0-0: none */
    uint32_t at;             /* behind it, in its block */
};

struct stream_group {
    struct slice name;          /* behind it */
    struct stream_id delivered; /* the last one */
    int64_t read;               /* entries that were read in all, or STREAM_READ_UNKNOWN */
    struct pending pending;
    struct stream_consumer **consumers; /* by name */
    struct stream_consumer **numbers;   /* by number; NULL: free */
    size_t consumer_count, consumer_room;
    size_t own_bytes; /* real sizes of all but `pending` */
    size_t told;      /* bytes that `account` knows of */
    size_t *account;  /* of all groups of the stream; NULL: nobody wants to know */
    struct stream_bookmark bookmark;
};

struct stream_group *stream_group_create(struct slice name);
/* From now on `*account` has the bytes of the group as well. */
void stream_group_account(struct stream_group *group, size_t *account);
/* Free some; *blocks is what is left of them. False: all is freed. */
bool stream_group_drain(struct stream_group *group, size_t *blocks);
struct stream_group *stream_group_copy(const struct stream_group *from);
size_t stream_group_bytes(const struct stream_group *group);
void stream_group_check(const struct stream_group *group);

/* NULL: it is not there. */
struct stream_consumer *stream_group_find(const struct stream_group *group, struct slice name);
struct stream_consumer *stream_group_numbered(const struct stream_group *group, uint32_t number);
/* Of a name that is not there. */
struct stream_consumer *stream_group_join(struct stream_group *group, struct slice name, int64_t now_ms);
/* With all that it has pending, of which it returns how much that was. */
size_t stream_group_leave(struct stream_group *group, struct stream_consumer *consumer);

/* Delivered to the consumer: whoever had it before has it no more. An entry that is pending already keeps its
 * place, so that a walk over what is pending goes on. */
void stream_group_deliver(struct stream_group *group, const struct pending_entry *entry);
/* False: it was not pending. */
bool stream_group_ack(struct stream_group *group, struct stream_id id);

#endif
