/*
 * replies.h - counts the replies in a stream, as fast as a load generator needs.
 *
 * It does not keep what it reads: strings are passed over, errors and nulls are counted and the first error's
 * text is kept. Input comes in any pieces, all of which are consumed. It cuts the stream into lines and
 * strings; what they mean is the protocol's to say. RESP's pushes do not count as replies.
 *
 * Threads: one owner. All zero is ready for a first byte of RESP.
 */
#ifndef BENCH_KIT_LOAD_REPLIES_H
#define BENCH_KIT_LOAD_REPLIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"

#define REPLIES_LINE_MAX 512

struct protocol;

struct replies {
    const struct protocol *protocol; /* NULL: RESP */

    uint64_t done;         /* complete replies */
    uint64_t errors;       /* those that were an error */
    uint64_t nulls;        /* null elements: the misses of GET and MGET */
    uint64_t bulk_bytes;   /* in strings */
    char first_error[128]; /* "" while there was none */

    /* When set, the first byte of each reply is put here in turn ('_' for any null), at most `kinds_cap` of
     * them; the caller sets `kinds_len` to 0 to start again. */
    char *kinds;
    size_t kinds_len;
    size_t kinds_cap;

    int64_t open;    /* elements that the current reply still lacks, itself included; 0 between replies */
    char kind;       /* first byte of the current reply */
    bool first;      /* the header being read is the reply's own, not an element's */
    bool push;       /* the current reply is a push */
    size_t body;     /* bytes of a string still to pass over, its CR LF included */
    size_t line_len; /* of a line cut off by the end of the input */
    char line[REPLIES_LINE_MAX];
};

/* False when the bytes are not of this protocol: the connection is of no further use. */
bool replies_feed(struct replies *replies, const char *data, size_t len);

/* The reply whose `kind` was set is complete. */
void replies_end(struct replies *replies);
/* The text of an error, kept if it is the first. */
void replies_keep_error(struct replies *replies, struct slice text);

#endif
