/*
 * fetch_family.h - by which commands values are asked for that DUMP does not bring.
 *
 * Threads: immutable.
 */
#ifndef SERVER_UPSTREAM_TYPED_FETCH_FAMILY_H
#define SERVER_UPSTREAM_TYPED_FETCH_FAMILY_H

#include <stdbool.h>

#include "proto/base/slice.h"
#include "server/exec/command/command.h"

struct dump_object;

#define FETCH_WORDS_MAX 5

struct fetch_family {
    enum command_category category;     /* of the commands that read such values */
    const char *length;                 /* tells how many elements, or bytes, there are */
    const char *whole[FETCH_WORDS_MAX]; /* tells all; "" stands for the key. Without words: nothing does */
    bool (*read)(struct dump_object *object, struct slice reply);
    bool hides_ends; /* parts of it may have deadlines, of which `whole` does not tell */
};

/* Never NULL, for a row that is TIER_TYPED. */
const struct fetch_family *fetch_family_of(const struct command *row);
/* The value told by the reply to `whole`, in either protocol, into an object whose limits and seed are given.
 * False: it is no such reply, or there is nothing in it. The text of a string stands in the reply. */
static inline bool fetch_family_read(const struct fetch_family *family, struct dump_object *object,
                                     struct slice reply)
{
    return family->read != NULL && family->read(object, reply);
}

#endif
