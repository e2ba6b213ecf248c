/*
 * request.h - from bytes to the arguments of a command, without copying one.
 *
 * Understands the multi-bulk form (`*2\r\n$3\r\nGET\r\n$1\r\nk\r\n`) and inline commands
 * (`GET k\r\n`, with Redis's quoting). The arguments of a request are slices into the caller's input, so
 * nothing is copied or allocated for a request that arrived whole. Only those of an inline line with quotes
 * stand in memory of the arguments': the input stays as it came, since whoever does not run a request now
 * parses the same bytes again.
 *
 * A request may arrive in any number of pieces. After REQUEST_MORE the caller keeps the bytes (anywhere, they
 * may move), appends what comes and calls again with the same start; the parser remembers how far it got, so
 * that the work is linear in the bytes whatever the pieces.
 *
 * Lengths are held against the limits before anything is reserved for them: a header that announces a billion
 * arguments costs nothing.
 *
 * Where Redis is lenient, so is this: the two bytes that end a header and an argument are skipped, not
 * compared, once the CR of a header is found. Where Redis stalls, this does not: a NUL in a line is a byte
 * like any other.
 *
 * Threads: one owner per parser. Errors: REQUEST_BROKEN with Redis's text in `error`; the stream cannot be
 * resynchronised, so the caller replies and closes.
 */
#ifndef PROTO_REQUEST_H
#define PROTO_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"

enum request_status {
    REQUEST_READY,  /* one request is complete */
    REQUEST_EMPTY,  /* `consumed` bytes held no command (an empty line, `*0\r\n`, `*-1\r\n`): go on */
    REQUEST_MORE,   /* the request is not all there yet; nothing is consumed */
    REQUEST_BROKEN, /* a protocol error */
};

struct request_limits {
    int64_t bulk_bytes;   /* proto-max-bulk-len: the longest argument */
    int64_t inline_bytes; /* the longest inline line, and the longest header line: 64 KiB in Redis */
    int64_t arguments;    /* the most arguments of one request: INT32_MAX in Redis */
    bool unauthenticated; /* hold 10 arguments and 16 KiB a piece, as Redis does before AUTH */
};

/* Arguments of many requests, one after the other; all zero is empty. Owned by a batch and reused. */
struct request_args {
    struct slice *items;
    size_t len;
    size_t cap;
    struct unquoted_line *unquoted; /* what arguments with quotes are slices of, until they are done with */
};
void request_args_clear(struct request_args *args);
/* They are all done with: forget them, and give memory back if one request took uncommonly much. */
void request_args_reset(struct request_args *args);

/* All zero is ready for the first byte. It owns no memory: arguments of an unfinished request are only passed
 * over, and found again, by their headers, when all are there. */
struct request_parser {
    size_t position;   /* bytes of the current request already understood */
    size_t scanned;    /* bytes behind them known to hold no end of line */
    int64_t missing;   /* arguments still to come; 0 between requests */
    size_t passed;     /* arguments of the current request that are there */
    int64_t bulk;      /* length of the argument being waited for, -1: its header is next */
    size_t wanted;     /* after REQUEST_MORE: calling again with fewer bytes than this is useless, and an
                          argument under way will end here, so that its space can be reserved at once */
    const char *error; /* after REQUEST_BROKEN: the text behind "-ERR ", a terminated string */
    char error_text[64];
};

/* Parse the request at the start of `input`. On REQUEST_READY its arguments have been appended to `args`,
 * `*argc` says how many, and `*consumed` how many bytes they took; the slices point into `input`, or into
 * memory of `args` that lasts until these are reset or cleared. */
enum request_status request_parse(struct request_parser *parser, const char *input, size_t len,
                                  const struct request_limits *limits, struct request_args *args,
                                  size_t *argc, size_t *consumed);

/* Forget an unfinished request and be ready for a first byte. */
void request_parser_clear(struct request_parser *parser);

#endif
