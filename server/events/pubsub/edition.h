/*
 * edition.h - a message on its way to other loops, and the box that each loop finds its copies in.
 *
 * An edition is one block of memory: the channel, the message, and for each loop that has receivers a copy,
 * which is no more than the list of their audiences. It is freed with the last copy.
 *
 * Threads: any puts a copy into a box, under the locks of the registry; the loop that owns the box takes
 * them.
 */
#ifndef SERVER_EVENTS_PUBSUB_EDITION_H
#define SERVER_EVENTS_PUBSUB_EDITION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "proto/base/slice.h"
#include "server/events/pubsub/topic.h"

struct audience;
struct edition;

struct edition_copy {
    struct edition_copy *next;
    struct edition *edition;
    struct audience **audiences;
    size_t len;
};

struct edition {
    _Atomic unsigned unread; /* copies that are not dropped */
    size_t bytes;            /* of the block */
    struct slice channel;
    struct slice message;
    struct edition_copy copies[]; /* by loop; then the lists, then the texts */
};

/* For all loops but `from` that have an audience of one of the topics. NULL: none has. It is held until the
 * copy of `from`, which has no audience, is dropped as well: the others may be read while it is still being
 * mailed. */
struct edition *edition_create(struct topic *const *topics, size_t count, unsigned loops, unsigned from,
                               struct slice channel, struct slice message);
/* One copy is read. */
void edition_drop(struct edition_copy *copy);

/* All zero is empty. */
struct edition_box {
    _Atomic(struct edition_copy *) newest;
    _Atomic size_t bytes; /* of what is in it, and of what was taken and is not handed out yet */
};

void edition_box_put(struct edition_box *box, struct edition_copy *copy);
/* All there are, oldest first, linked by `next`. */
struct edition_copy *edition_box_take(struct edition_box *box);
/* So many bytes of what was taken have been handed out. */
void edition_box_settle(struct edition_box *box, size_t bytes);
/* It holds more than should wait there. */
bool edition_box_is_full(const struct edition_box *box);

#endif
