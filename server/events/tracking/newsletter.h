/*
 * newsletter.h - a letter with what some clients of one loop are to be told.
 *
 * Its items share bytes: what several are told is in there once, as RESP3 has it.
 *
 * Ownership: whoever writes it, until it is posted; then the mailbox, and it frees itself when it was read.
 * Threads: the loop that writes, then the one that reads.
 */
#ifndef SERVER_EVENTS_TRACKING_NEWSLETTER_H
#define SERVER_EVENTS_TRACKING_NEWSLETTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/buffer.h"
#include "proto/base/slice.h"
#include "server/core/mailbox.h"

struct loop;
struct trackers;
struct tracking_source;

struct newsletter_item {
    uint64_t to;     /* a session's id */
    uint32_t number; /* the tracker's, in whose stead it may be */
    bool redirected;
    bool for_readers; /* only if it has read a value with one of the tags */
    size_t at;        /* what it is told, among the bytes */
    size_t len;
    size_t tag_bytes; /* at the end of that: not told, the hashes of tags */
};

struct newsletter {
    struct letter letter;
    struct loop *loop; /* that reads it */
    struct trackers *trackers;
    const struct tracking_source *source; /* NULL: there is no upstream */
    struct newsletter_item *items;
    size_t len;
    size_t cap;
    struct buffer bytes;
};

struct newsletter *newsletter_create(struct loop *to, struct trackers *trackers,
                                     const struct tracking_source *source);
void newsletter_destroy(struct newsletter **letter);

/* Append what clients are told to `out`: that these keys changed; that any key may have; that redirection to
 * a session failed. */
void newsletter_write_keys(struct buffer *out, const struct slice *keys, size_t count);
void newsletter_write_all(struct buffer *out);
void newsletter_write_broken(struct buffer *out, uint64_t redirect);

void newsletter_add(struct newsletter *letter, const struct newsletter_item *item);

/* The loop that reads it tells its clients, and frees it. */
void newsletter_post(struct newsletter *letter);
/* The same at once, on that loop. */
void newsletter_read(struct newsletter *letter);

#endif
