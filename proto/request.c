#include "proto/request.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "proto/base/number.h"
#include "proto/inline_words.h"

/* What Redis allows before AUTH, so that a stranger cannot make it hold much. */
enum { STRANGER_ARGUMENTS = 10, STRANGER_BULK = 16384 };

/* "$0\r\n\r\n": an argument takes no fewer bytes, so a count of them needs this many each. */
enum { LEAST_ARGUMENT_BYTES = 6 };

struct input {
    const char *data;
    size_t len;
};

struct unquoted_line {
    struct unquoted_line *next;
    char bytes[];
};

/* Room for the words of a line so long. */
static char *add_unquoted(struct request_args *args, size_t len)
{
    struct unquoted_line *line = alloc_bytes(sizeof *line + len);
    line->next = args->unquoted;
    args->unquoted = line;
    return line->bytes;
}

static void drop_unquoted(struct request_args *args)
{
    while (args->unquoted != NULL) {
        struct unquoted_line *line = args->unquoted;
        args->unquoted = line->next;
        alloc_free(line);
    }
}

void request_args_clear(struct request_args *args)
{
    drop_unquoted(args);
    alloc_free(args->items);
    *args = (struct request_args){ 0 };
}

/* A megabyte: some thousand requests, or one with more arguments than most. */
enum { ARGS_KEPT = 1 << 16 };

void request_args_reset(struct request_args *args)
{
    args->len = 0;
    drop_unquoted(args);
    if (args->cap > ARGS_KEPT) request_args_clear(args);
}

static void grow_args(struct request_args *args, size_t more)
{
    size_t cap = args->cap < 64 ? 64 : args->cap * 2;
    if (cap < args->len + more) cap = args->len + more;
    args->items = alloc_resize(args->items, cap * sizeof(*args->items));
    args->cap = cap;
}

static inline struct slice *reserve_args(struct request_args *args, size_t more)
{
    if (args->cap - args->len < more) grow_args(args, more);
    return args->items + args->len;
}

/* Reads a length and its line end; NULL for whatever is not plainly a length of at most nine digits that is
 * all there. */
static inline const char *read_length(const char *at, const char *end, uint32_t *length)
{
    if (end - at < 3) return NULL;
    uint32_t value = (unsigned char)*at++ - (uint32_t)'0';
    if (value > 9) return NULL;
    if (*at != '\r') {
        if (value == 0) return NULL;
        const char *limit = end - at > 8 ? at + 8 : end;
        for (; at < limit; at++) {
            uint32_t digit = (unsigned char)*at - (uint32_t)'0';
            if (digit > 9) break;
            value = value * 10 + digit;
        }
        if (end - at < 2 || *at != '\r') return NULL;
    }
    *length = value;
    return at + 2;
}

/* Reads the header of nearly every array and argument: `type`, one digit or two, and a line end. NULL for any
 * other, and within the last bytes of the input. */
static inline const char *read_short_header(const char *at, const char *end, char type, uint32_t *number)
{
    if (end - at < 5 || *at != type) return NULL;
    uint32_t first = (unsigned char)at[1] - (uint32_t)'0';
    if (first > 9) return NULL;
    if (at[2] == '\r') {
        *number = first;
        return at + 4;
    }
    uint32_t second = (unsigned char)at[2] - (uint32_t)'0';
    if (second > 9 || first == 0 || at[3] != '\r') return NULL;
    *number = first * 10 + second;
    return at + 5;
}

static inline const char *read_header_at(const char *at, const char *end, char type, uint32_t *number)
{
    const char *behind = read_short_header(at, end, type, number);
    if (__builtin_expect(behind != NULL, 1)) return behind;
    return at < end && *at == type ? read_length(at + 1, end, number) : NULL;
}

/* The common case, without state: bytes consumed, or 0 for anything unusual, which parse_pieces() then looks
 * at from the start. */
static size_t parse_whole(struct input input, const struct request_limits *limits, struct request_args *args,
                          size_t *argc)
{
    const char *end = input.data + input.len;
    uint32_t count;
    const char *at = read_header_at(input.data, end, '*', &count);
    if (at == NULL || count == 0) return 0;
    if (count > 99 && count > (size_t)(end - at) / LEAST_ARGUMENT_BYTES) return 0;
    if (count > limits->arguments || limits->unauthenticated) return 0;

    struct slice *items = reserve_args(args, count);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t length;
        at = read_header_at(at, end, '$', &length);
        if (at == NULL || (size_t)(end - at) < (size_t)length + 2 || length > limits->bulk_bytes) return 0;
        items[i] = (struct slice){ at, length };
        at += length + 2;
    }
    args->len += count;
    *argc = count;
    return (size_t)(at - input.data);
}

static enum request_status more(struct request_parser *parser, size_t wanted)
{
    parser->wanted = wanted;
    return REQUEST_MORE;
}

static enum request_status broken(struct request_parser *parser, const char *text)
{
    parser->error = text;
    return REQUEST_BROKEN;
}

/* The request is over: its `*consumed` bytes are the caller's. */
static enum request_status done(struct request_parser *parser, enum request_status status, size_t end,
                                size_t *consumed)
{
    *consumed = end;
    request_parser_clear(parser);
    return status;
}

/* Looks for `mark`, which ends the line at `position`, never twice at the same byte. REQUEST_READY with its
 * offset in `*found`; REQUEST_BROKEN when the line is longer than any line may be. */
static enum request_status find_mark(struct request_parser *parser, struct input input, char mark,
                                     const struct request_limits *limits, size_t *found)
{
    size_t start = parser->position + parser->scanned;
    const char *at = start < input.len ? memchr(input.data + start, mark, input.len - start) : NULL;
    if (at != NULL) {
        *found = (size_t)(at - input.data);
        return REQUEST_READY;
    }
    parser->scanned = input.len - parser->position;
    if (parser->scanned > (size_t)limits->inline_bytes) return REQUEST_BROKEN;
    return more(parser, input.len + 1);
}

/* The line of a header at `position`, from its first byte to its CR. On REQUEST_READY its LF has arrived too
 * and `position` is behind it. */
static enum request_status read_header(struct request_parser *parser, struct input input,
                                       const struct request_limits *limits, struct slice *line)
{
    size_t found;
    enum request_status status = find_mark(parser, input, '\r', limits, &found);
    if (status != REQUEST_READY) return status;
    if (found + 2 > input.len) return more(parser, found + 2);

    *line = slice_of(input.data + parser->position, found - parser->position);
    parser->position = found + 2;
    parser->scanned = 0;
    return REQUEST_READY;
}

static bool parse_length(struct slice line, int64_t *length)
{
    return line.len > 0 && number_parse_i64(slice_of(line.data + 1, line.len - 1), length);
}

/* REQUEST_READY: arguments follow. */
static enum request_status read_count(struct request_parser *parser, struct input input,
                                      const struct request_limits *limits)
{
    struct slice line;
    enum request_status status = read_header(parser, input, limits, &line);
    if (status == REQUEST_BROKEN) return broken(parser, "Protocol error: too big mbulk count string");
    if (status != REQUEST_READY) return status;

    int64_t count;
    if (!parse_length(line, &count) || count > limits->arguments)
        return broken(parser, "Protocol error: invalid multibulk length");
    if (limits->unauthenticated && count > STRANGER_ARGUMENTS)
        return broken(parser, "Protocol error: unauthenticated multibulk length");
    if (count <= 0) return REQUEST_EMPTY;

    parser->missing = count;
    parser->bulk = -1;
    return REQUEST_READY;
}

static enum request_status broken_dollar(struct request_parser *parser, char found)
{
    snprintf(parser->error_text, sizeof(parser->error_text), "Protocol error: expected '$', got '%c'", found);
    return broken(parser, parser->error_text);
}

static enum request_status read_bulk_header(struct request_parser *parser, struct input input,
                                            const struct request_limits *limits)
{
    size_t start = parser->position;
    struct slice line;
    enum request_status status = read_header(parser, input, limits, &line);
    if (status == REQUEST_BROKEN) return broken(parser, "Protocol error: too big bulk count string");
    if (status != REQUEST_READY) return status;

    int64_t length;
    if (input.data[start] != '$') return broken_dollar(parser, input.data[start]);
    if (!parse_length(line, &length) || length < 0 || length > limits->bulk_bytes)
        return broken(parser, "Protocol error: invalid bulk length");
    if (limits->unauthenticated && length > STRANGER_BULK)
        return broken(parser, "Protocol error: unauthenticated bulk length");
    parser->bulk = length;
    return REQUEST_READY;
}

/* The argument at `position` is complete. */
static void pass_argument(struct request_parser *parser)
{
    parser->position += (size_t)parser->bulk + 2;
    parser->bulk = -1;
    parser->missing--;
    parser->passed++;
}

/* Behind the header at `at`, which has been read before; `number` is what it says. */
static const char *read_known_header(const char *at, const char *end, uint64_t *number)
{
    uint32_t plain;
    const char *behind = read_header_at(at, end, *at, &plain);
    if (__builtin_expect(behind != NULL, 1)) {
        *number = plain;
        return behind;
    }
    int64_t value;
    const char *mark = memchr(at, '\r', (size_t)(end - at));
    INVARIANT(mark != NULL && parse_length(slice_of(at, (size_t)(mark - at)), &value) && value >= 0);
    *number = (uint64_t)value;
    return mark + 2;
}

/* All arguments of the request, which ends at `position`, are there. */
static size_t hand_out(const struct request_parser *parser, const char *input, struct request_args *args)
{
    struct slice *items = reserve_args(args, parser->passed);
    const char *end = input + parser->position;
    uint64_t number;
    const char *at = read_known_header(input, end, &number);
    for (size_t i = 0; i < parser->passed; i++) {
        at = read_known_header(at, end, &number);
        items[i] = slice_of(at, number);
        at += number + 2;
    }
    args->len += parser->passed;
    return parser->passed;
}

static enum request_status parse_pieces(struct request_parser *parser, struct input input,
                                        const struct request_limits *limits, struct request_args *args,
                                        size_t *argc, size_t *consumed)
{
    if (parser->missing == 0) {
        enum request_status status = read_count(parser, input, limits);
        if (status == REQUEST_EMPTY) return done(parser, REQUEST_EMPTY, parser->position, consumed);
        if (status != REQUEST_READY) return status;
    }
    while (parser->missing > 0) {
        if (parser->bulk < 0) {
            enum request_status status = read_bulk_header(parser, input, limits);
            if (status != REQUEST_READY) return status;
        }
        size_t end = parser->position + (size_t)parser->bulk + 2;
        if (input.len < end) return more(parser, end);
        pass_argument(parser);
    }
    *argc = hand_out(parser, input.data, args);
    return done(parser, REQUEST_READY, parser->position, consumed);
}

static enum request_status parse_inline(struct request_parser *parser, struct input input,
                                        const struct request_limits *limits, struct request_args *args,
                                        size_t *argc, size_t *consumed)
{
    size_t newline;
    enum request_status status = find_mark(parser, input, '\n', limits, &newline);
    if (status == REQUEST_BROKEN) return broken(parser, "Protocol error: too big inline request");
    if (status != REQUEST_READY) return status;

    struct slice line = slice_of(input.data, newline);
    char *room = inline_words_have_quotes(line) ? add_unquoted(args, line.len) : NULL;
    struct inline_words words = inline_words_of(line, room);
    struct slice word;
    enum inline_word found;
    size_t count = 0;
    while ((found = inline_words_next(&words, &word)) == INLINE_WORD) {
        *reserve_args(args, 1) = word;
        args->len++;
        count++;
    }
    if (found == INLINE_UNBALANCED) {
        args->len -= count;
        return broken(parser, "Protocol error: unbalanced quotes in request");
    }
    *argc = count;
    return done(parser, count > 0 ? REQUEST_READY : REQUEST_EMPTY, newline + 1, consumed);
}

enum request_status request_parse(struct request_parser *parser, const char *input, size_t len,
                                  const struct request_limits *limits, struct request_args *args,
                                  size_t *argc, size_t *consumed)
{
    struct input bytes = { input, len };
    if (parser->position == 0) {
        size_t whole = parse_whole(bytes, limits, args, argc);
        if (__builtin_expect(whole > 0, 1)) {
            *consumed = whole;
            parser->scanned = 0;
            return REQUEST_READY;
        }
        if (len == 0) return more(parser, 1);
        if (input[0] != '*') return parse_inline(parser, bytes, limits, args, argc, consumed);
    }
    return parse_pieces(parser, bytes, limits, args, argc, consumed);
}

void request_parser_clear(struct request_parser *parser)
{
    *parser = (struct request_parser){ 0 };
}
