/*
 * reply_reader.h - reads replies, RESP2 and RESP3, as a stream of elements.
 *
 * Used by the tests, the benchmarks and whatever speaks to an upstream. It is a flat reader: an aggregate
 * is one element that says how many follow, so that nothing is allocated for depth and a whole reply is
 * the elements up to where reply_reader_at_end() holds.
 *
 * Input may arrive in any pieces: READER_MORE consumes nothing of the element that is incomplete, and the
 * caller calls again with the rest and what came. Slices of an element point into the input.
 *
 * Threads: one owner. Errors: READER_BROKEN for bytes that are no RESP; the connection is of no further use.
 */
#ifndef PROTO_REPLY_READER_H
#define PROTO_REPLY_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"

enum reply_type {
    REPLY_STATUS,
    REPLY_ERROR, /* also a RESP3 blob error */
    REPLY_INT,
    REPLY_BULK,
    REPLY_NULL, /* $-1, *-1 or _ : `integer` is the byte that said so */
    REPLY_DOUBLE,
    REPLY_BOOL,
    REPLY_BIG_NUMBER,
    REPLY_VERBATIM, /* `text` without the format, which is in `format` */
    REPLY_ARRAY,
    REPLY_SET,
    REPLY_MAP, /* `len` counts pairs */
    REPLY_PUSH,
    REPLY_ATTRIBUTE, /* `len` counts pairs; precedes the element it describes */
};

enum reader_status { READER_READY, READER_MORE, READER_BROKEN };

struct reply_element {
    enum reply_type type;
    struct slice text; /* strings, errors, numbers as they were written */
    int64_t integer;   /* REPLY_INT; REPLY_BOOL as 0 or 1 */
    double real;       /* REPLY_DOUBLE */
    char format[3];    /* REPLY_VERBATIM */
    int64_t len;       /* aggregates */
};

/* Of what reply_reader_next() reads; deeper is READER_BROKEN. */
#define REPLY_READER_DEPTH 128

/* All zero is ready for a reply. */
struct reply_reader {
    int64_t bulk_limit;               /* longest string accepted; 0: 512 MB */
    int depth;                        /* aggregates being filled */
    int64_t left[REPLY_READER_DEPTH]; /* elements each still lacks */
    size_t scanned;                   /* bytes of the incomplete element known to hold no line end */
    int64_t lacking;                  /* elements that the reply reply_reader_skip() is in still lacks */
    size_t skipped;                   /* bytes of the incomplete reply that reply_reader_skip() has read */
    size_t wanted;                    /* after READER_MORE: bytes below which calling again is useless */
};

/* As good as zeroing it, and cheaper: `left` is written before it is read. */
static inline void reply_reader_clear(struct reply_reader *reader)
{
    reader->bulk_limit = 0;
    reader->depth = 0;
    reader->scanned = reader->skipped = reader->wanted = 0;
}

/* The next element at the start of `input`; `*consumed` bytes are its own. */
enum reader_status reply_reader_next(struct reply_reader *reader, struct slice input,
                                     struct reply_element *element, size_t *consumed);

/* After READER_READY: the element completed a whole reply. Attributes are part of the reply they precede. */
static inline bool reply_reader_at_end(const struct reply_reader *reader)
{
    return reader->depth == 0;
}

/* The first element of a whole reply, which is all of it unless it is an aggregate. What cannot be read is an
 * error without a text. */
struct reply_element reply_reader_first(struct slice reply);

/* Finds the end of the reply at the start of `input`, aggregates with all they hold: READER_READY with its
 * bytes in `*consumed`. After READER_MORE call again with the same bytes and what came behind them; `reader`
 * keeps the place, so that the work is linear in the bytes. Nesting has no limit here. A reader that skips is
 * used for nothing else until a reply is complete. */
enum reader_status reply_reader_skip(struct reply_reader *reader, struct slice input, size_t *consumed);

#endif
