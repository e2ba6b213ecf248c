/*
 * reply.h - writes replies, in RESP2 or RESP3, into a buffer.
 *
 * One writer for both versions: a handler says what it means (a map, a set, a double, null) and the
 * writer chooses the bytes. What RESP2 lacks takes the shape Redis gives it there: a map is a flat array, a
 * set an array, a double a bulk string, a boolean 0 or 1, null a null bulk, a verbatim string a bulk, a push
 * an array, a big number a bulk; an attribute is left out.
 *
 * Aggregates are announced with their count of elements and followed by them. When the count is known only at
 * the end, open one with reply_open() and close it with reply_close().
 *
 * Where `out` has a limit, what is written to it when it is full is dropped.
 *
 * Ownership: `out` and `values` are borrowed. Threads: one owner. Errors: none; the buffer grows.
 */
#ifndef PROTO_REPLY_H
#define PROTO_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/buffer.h"
#include "proto/base/slice.h"

/* A value that is to be sent from where it stands, between what was written before `at` and behind it. */
struct reply_value {
    size_t at;
    struct slice text;
    void *holder; /* whoever keeps it there; the writer's owner knows what that is */
};

struct reply_values {
    struct reply_value *items;
    size_t len;
    size_t cap;
    size_t bytes; /* of all of them */
};

struct reply {
    struct buffer *out;
    struct reply_values *values; /* NULL: all values are copied */
    int protocol;                /* 2 or 3 */
    uint32_t errors;             /* error replies written since the owner last set it to 0 */
    size_t error_at;             /* offset in `out` of the latest error reply */
    bool seventeen;              /* doubles are written as Redis before 7.2 writes them */
    bool opened;      /* an aggregate of unknown length was written since the owner last set it to false */
    uint32_t counted; /* of the errors, those that the server has counted already; who counts sets it to 0 */
};

/* "+OK" and other fixed status lines; `text` holds no CR or LF. */
void reply_ok(struct reply *reply);
void reply_status(struct reply *reply, struct slice text);

/* `-` and the text with CR and LF made spaces, so that no argument can forge a line. The text brings its code
 * ("ERR ...", "WRONGTYPE ..."). */
void reply_error(struct reply *reply, struct slice text);
void reply_errorf(struct reply *reply, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Part of a reply, as it stands: the rest is written by the other functions. */
void reply_begun(struct reply *reply, struct slice bytes);

/* What stands around a value in a reply that is mostly the same: up to 16 and 8 bytes. */
struct reply_frame {
    char before[16], behind[8];
    size_t before_len, behind_len;
};
#define REPLY_FRAME(begin, end)                                                                              \
    {                                                                                                        \
        .before = (begin), .behind = (end), .before_len = sizeof(begin) - 1, .behind_len = sizeof(end) - 1   \
    }
/* A bulk string within it, written at once. */
void reply_bulk_framed(struct reply *reply, const struct reply_frame *frame, struct slice value);

void reply_int(struct reply *reply, int64_t value);
void reply_bulk(struct reply *reply, struct slice value);
void reply_bulk_int(struct reply *reply, int64_t value); /* an integer as a bulk string */
void reply_bulk_cstr(struct reply *reply, const char *text);
void reply_bulkf(struct reply *reply, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* `len` bytes of a bulk string for the caller to fill before its next call. */
char *reply_bulk_space(struct reply *reply, size_t len);

/* One whose bytes are not copied. They belong to `values` from then on, with their holder. False, with
 * nothing written: no more are taken, `out` being full or about to be. */
bool reply_bulk_in_place(struct reply *reply, struct slice value, void *holder);

void reply_null(struct reply *reply);       /* $-1 or _ */
void reply_null_array(struct reply *reply); /* *-1 or _ */
void reply_bool(struct reply *reply, bool value);
void reply_double(struct reply *reply, double value);
/* The same, written as number_format_long_double() does. */
void reply_long_double(struct reply *reply, long double value);
void reply_big_number(struct reply *reply, struct slice digits);
/* `format` is three letters: txt, mkd. */
void reply_verbatim(struct reply *reply, const char format[3], struct slice text);

void reply_array(struct reply *reply, size_t len);
void reply_set(struct reply *reply, size_t len);
void reply_map(struct reply *reply, size_t pairs);
void reply_push(struct reply *reply, size_t len);
/* False in RESP2, which has no attributes: then write none of the pairs. */
bool reply_attribute(struct reply *reply, size_t pairs);

/* An aggregate whose length follows. `mark` belongs to the caller until reply_close(); they nest. */
struct reply_mark {
    size_t at;
};
struct reply_mark reply_open(struct reply *reply);
/* The same where Redis counts before it writes: its clients are allowed more of such a reply (`opened`). */
struct reply_mark reply_open_counted(struct reply *reply);
void reply_close_array(struct reply *reply, struct reply_mark mark, size_t len);
void reply_close_set(struct reply *reply, struct reply_mark mark, size_t len);
void reply_close_map(struct reply *reply, struct reply_mark mark, size_t pairs);

#endif
