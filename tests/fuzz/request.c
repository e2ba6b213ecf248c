/*
 * request.c - any bytes, as requests: what is understood must not depend on the pieces they arrive in.
 *
 * The first byte says how large the pieces are, and whether the limits of a stranger hold.
 */
#include "proto/request.h"

#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "proto/base/contract.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Below the longest line, whose end the parser may or may not have seen when it gives up on it. */
enum { LONGEST = 60000 };

static void note(struct buffer *transcript, enum request_status status, const struct request_parser *parser,
                 const struct request_args *args)
{
    if (status == REQUEST_BROKEN) buffer_printf(transcript, "!%s", parser->error);
    for (size_t i = 0; i < args->len; i++) {
        buffer_printf(transcript, "[%zu:", args->items[i].len);
        buffer_append(transcript, args->items[i].data, args->items[i].len);
    }
    buffer_append(transcript, ";", 1);
}

/* One call on bytes of their own, so that reading or writing outside of them is noticed. */
static enum request_status parse_copy(struct request_parser *parser, struct slice input,
                                      const struct request_limits *limits, struct buffer *transcript,
                                      size_t *consumed)
{
    struct request_args args = { 0 };
    size_t argc = 0;
    char *copy = alloc_bytes(input.len);
    if (input.len > 0) memcpy(copy, input.data, input.len);
    enum request_status status = request_parse(parser, copy, input.len, limits, &args, &argc, consumed);
    INVARIANT(input.len == 0 || memcmp(copy, input.data, input.len) == 0);
    INVARIANT(args.len == (status == REQUEST_READY ? argc : 0));
    INVARIANT(status != REQUEST_MORE || parser->wanted > input.len);
    INVARIANT(status == REQUEST_MORE || status == REQUEST_BROKEN ||
              (*consumed > 0 && *consumed <= input.len));
    if (status != REQUEST_MORE) note(transcript, status, parser, &args);
    request_args_clear(&args);
    alloc_free(copy);
    return status;
}

static struct buffer understand(struct slice stream, const struct request_limits *limits, size_t piece)
{
    struct request_parser parser = { 0 };
    struct buffer transcript = { 0 };
    size_t start = 0;
    size_t end = stream.len < piece ? stream.len : piece;
    for (;;) {
        size_t consumed = 0;
        struct slice input = { stream.data + start, end - start };
        enum request_status status = parse_copy(&parser, input, limits, &transcript, &consumed);
        start += consumed;
        if (status == REQUEST_BROKEN) break;
        if (status != REQUEST_MORE) continue;
        if (end == stream.len) break;
        end = stream.len - end < piece ? stream.len : end + piece;
    }
    request_parser_clear(&parser);
    return transcript;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > LONGEST) return 0;
    struct request_limits limits = { .bulk_bytes = 1 << 20,
                                     .inline_bytes = 64 << 10,
                                     .arguments = INT32_MAX,
                                     .unauthenticated = data[0] & 0x80 };
    struct slice stream = { (const char *)data + 1, size - 1 };
    struct buffer whole = understand(stream, &limits, SIZE_MAX);
    struct buffer pieces = understand(stream, &limits, 1 + (data[0] & 0x7f));
    INVARIANT(slice_equal(buffer_slice(&whole), buffer_slice(&pieces)));
    buffer_clear(&whole);
    buffer_clear(&pieces);
    return 0;
}
