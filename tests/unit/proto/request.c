#include "proto/request.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "proto/base/alloc.h"
#include "proto/base/buffer.h"

static const struct request_limits usual = { .bulk_bytes = 512LL << 20,
                                             .inline_bytes = 64 << 10,
                                             .arguments = INT32_MAX };

/* A connection in small: what has arrived and is not consumed, and a transcript of what was understood:
 * "[GET] [k];" for a request, "!text" for an error. */
struct peer {
    struct request_parser parser;
    struct request_args args;
    struct request_limits limits;
    struct buffer kept;
    struct buffer transcript;
    bool broken;
};

static void note(struct peer *peer, enum request_status status, size_t argc)
{
    if (status == REQUEST_BROKEN) {
        buffer_printf(&peer->transcript, "!%s", peer->parser.error);
        peer->broken = true;
        return;
    }
    cr_assert_eq(peer->args.len, status == REQUEST_READY ? argc : 0);
    for (size_t i = 0; i < peer->args.len; i++) {
        buffer_append(&peer->transcript, "[", 1);
        buffer_append(&peer->transcript, peer->args.items[i].data, peer->args.items[i].len);
        buffer_append(&peer->transcript, "]", 1);
    }
    buffer_append(&peer->transcript, ";", 1);
    request_args_reset(&peer->args);
}

/* Parses what is kept, and leaves it as it is. */
static enum request_status parse(struct peer *peer, const char *input, size_t *argc, size_t *consumed)
{
    enum request_status status =
        request_parse(&peer->parser, input, peer->kept.len, &peer->limits, &peer->args, argc, consumed);
    cr_assert_arr_eq(input, peer->kept.data, peer->kept.len);
    return status;
}

/* Bytes arrive. They are parsed from a block of exactly their size, another one each time, so that whoever
 * reads too far or keeps a pointer is caught by the sanitizer. */
static void receive(struct peer *peer, const char *data, size_t len)
{
    buffer_append(&peer->kept, data, len);
    while (peer->kept.len > 0 && !peer->broken) {
        size_t argc = 0, consumed = 0;
        char *copy = alloc_bytes(peer->kept.len);
        memcpy(copy, peer->kept.data, peer->kept.len);
        enum request_status status = parse(peer, copy, &argc, &consumed);
        if (status != REQUEST_MORE) note(peer, status, argc);
        alloc_free(copy);
        if (status == REQUEST_MORE) {
            cr_assert_gt(peer->parser.wanted, peer->kept.len, "waits for what is there already");
            return;
        }
        buffer_consume(&peer->kept, consumed);
    }
}

static void clear(struct peer *peer)
{
    request_parser_clear(&peer->parser);
    request_args_clear(&peer->args);
    buffer_clear(&peer->kept);
    buffer_clear(&peer->transcript);
}

static void expect_transcript(const struct peer *peer, struct slice expected, size_t cut)
{
    cr_assert(slice_equal(buffer_slice(&peer->transcript), expected), "cut at %zu: %.*s\ninstead of %.*s",
              cut, (int)peer->transcript.len, peer->transcript.data, (int)expected.len, expected.data);
}

/* Whole, in two pieces cut everywhere, and byte by byte: always the same. */
static void expect_at_every_split(const struct request_limits *limits, struct slice stream,
                                  struct slice expected)
{
    for (size_t cut = 0; cut <= stream.len; cut++) {
        struct peer peer = { .limits = *limits };
        receive(&peer, stream.data, cut);
        receive(&peer, stream.data + cut, stream.len - cut);
        expect_transcript(&peer, expected, cut);
        clear(&peer);
    }
    struct peer peer = { .limits = *limits };
    for (size_t i = 0; i < stream.len; i++) receive(&peer, stream.data + i, 1);
    expect_transcript(&peer, expected, SIZE_MAX);
    clear(&peer);
}

#define UNDERSTANDS(stream, expected) expect_at_every_split(&usual, SLICE(stream), SLICE(expected))

Test(request, one_in_the_multibulk_form)
{
    UNDERSTANDS("*1\r\n$4\r\nPING\r\n", "[PING];");
    UNDERSTANDS("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$12\r\nhello\r\nworld\r\n", "[SET][k][hello\r\nworld];");
}

Test(request, many_in_a_row_of_both_forms)
{
    UNDERSTANDS("*2\r\n$3\r\nGET\r\n$1\r\na\r\nGET b\r\n*2\r\n$3\r\nGET\r\n$1\r\nc\r\n",
                "[GET][a];[GET][b];[GET][c];");
}

Test(request, arguments_may_be_empty_or_hold_any_byte)
{
    UNDERSTANDS("*2\r\n$0\r\n\r\n$4\r\n\0\r\n*\r\n", "[][\0\r\n*];");
}

Test(request, lengths_of_several_digits)
{
    struct buffer stream = { 0 }, expected = { 0 };
    buffer_printf(&stream, "*11\r\n$120\r\n%0120d\r\n", 7);
    buffer_printf(&expected, "[%0120d]", 7);
    for (int i = 0; i < 10; i++) buffer_printf(&stream, "$1\r\n%d\r\n", i);
    for (int i = 0; i < 10; i++) buffer_printf(&expected, "[%d]", i);
    buffer_append(&expected, ";", 1);
    expect_at_every_split(&usual, buffer_slice(&stream), buffer_slice(&expected));
    buffer_clear(&stream);
    buffer_clear(&expected);
}

Test(request, what_ends_an_argument_is_skipped_not_compared)
{
    UNDERSTANDS("*2\rX$4\rYECHOab$2\r\nhixyPING\r\n", "[ECHO][hi];[PING];");
}

Test(request, an_empty_one_is_passed_over)
{
    UNDERSTANDS("*0\r\n*-1\r\n*-99\r\nPING\r\n", ";;;[PING];");
    UNDERSTANDS("\r\n\n  \t \r\nPING\n", ";;;[PING];");
}

Test(request, an_inline_line_is_cut_into_words)
{
    UNDERSTANDS("SET k \"a b\\x41\\n\"\r\n", "[SET][k][a bA\n];");
    UNDERSTANDS("ECHO 'a\\'b' \nPING\r\n", "[ECHO][a'b];[PING];");
    UNDERSTANDS("ECHO \"\"\r\n", "[ECHO][];");
}

Test(request, what_was_not_run_is_parsed_again_with_the_same_outcome)
{
    struct slice stream = SLICE("SET k \"a \\\"b\\x41\" 'it\\'s' \"\"\r\n");
    struct request_parser parser = { 0 };
    struct request_args args = { 0 };
    char *input = alloc_cstr(stream.data, stream.len);
    size_t argc = 0, consumed = 0;
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(request_parse(&parser, input, stream.len, &usual, &args, &argc, &consumed),
                     REQUEST_READY);
        cr_assert_eq(argc, 5);
    }
    for (size_t i = 0; i < args.len; i += argc) {
        cr_expect(slice_equal(args.items[i + 2], SLICE("a \"bA")));
        cr_expect(slice_equal(args.items[i + 3], SLICE("it's")));
        cr_expect(slice_equal(args.items[i + 4], SLICE("")));
    }
    request_args_clear(&args);
    alloc_free(input);
}

Test(request, unbalanced_quotes_are_an_error)
{
    UNDERSTANDS("PING\r\nECHO \"a\r\n", "[PING];!Protocol error: unbalanced quotes in request");
    UNDERSTANDS("ECHO 'a'b\r\n", "!Protocol error: unbalanced quotes in request");
}

Test(request, a_count_is_a_canonical_number_within_the_limit)
{
    UNDERSTANDS("*x\r\n", "!Protocol error: invalid multibulk length");
    UNDERSTANDS("*\r\n", "!Protocol error: invalid multibulk length");
    UNDERSTANDS("*+1\r\n", "!Protocol error: invalid multibulk length");
    UNDERSTANDS("*01\r\n", "!Protocol error: invalid multibulk length");
    UNDERSTANDS("*-0\r\n", "!Protocol error: invalid multibulk length");
    UNDERSTANDS("*2147483648\r\n", "!Protocol error: invalid multibulk length");
    UNDERSTANDS("*99999999999999999999\r\n", "!Protocol error: invalid multibulk length");
}

Test(request, a_bulk_length_is_a_canonical_number_within_the_limit)
{
    UNDERSTANDS("*1\r\n$x\r\n", "!Protocol error: invalid bulk length");
    UNDERSTANDS("*1\r\n$\r\n", "!Protocol error: invalid bulk length");
    UNDERSTANDS("*1\r\n$-1\r\n", "!Protocol error: invalid bulk length");
    UNDERSTANDS("*1\r\n$04\r\nPING\r\n", "!Protocol error: invalid bulk length");
    UNDERSTANDS("*1\r\n$536870913\r\n", "!Protocol error: invalid bulk length");
    UNDERSTANDS("*2\r\n$4\r\nECHO\r\n$9223372036854775808\r\n", "!Protocol error: invalid bulk length");
    UNDERSTANDS("*1\r\n$536870912\r\n", "");
}

Test(request, an_argument_begins_with_a_dollar)
{
    UNDERSTANDS("*1\r\nx\r\n", "!Protocol error: expected '$', got 'x'");
    UNDERSTANDS("*1\r\n\r\n", "!Protocol error: expected '$', got '\r'");
    UNDERSTANDS("*1\r\n\xff\r\n", "!Protocol error: expected '$', got '\xff'");
    UNDERSTANDS("*2\r\n$4\r\nECHO\r\n:1\r\n", "!Protocol error: expected '$', got ':'");
    UNDERSTANDS("*1\r\nx", "");
    UNDERSTANDS("*1\r\nx\r", "");
}

Test(request, limits_may_be_set)
{
    struct request_limits tight = { .bulk_bytes = 4, .inline_bytes = 64, .arguments = 2 };
    expect_at_every_split(&tight, SLICE("*2\r\n$4\r\nECHO\r\n$1\r\na\r\n"), SLICE("[ECHO][a];"));
    expect_at_every_split(&tight, SLICE("*2\r\n$4\r\nECHO\r\n$5\r\nabcde\r\n"),
                          SLICE("!Protocol error: invalid bulk length"));
    expect_at_every_split(&tight, SLICE("*3\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n"),
                          SLICE("!Protocol error: invalid multibulk length"));
}

Test(request, a_stranger_may_send_little)
{
    struct request_limits stranger = usual;
    stranger.unauthenticated = true;
    expect_at_every_split(&stranger, SLICE("*2\r\n$4\r\nAUTH\r\n$2\r\npw\r\n"), SLICE("[AUTH][pw];"));
    expect_at_every_split(&stranger, SLICE("*10\r\n"), SLICE(""));
    expect_at_every_split(&stranger, SLICE("*11\r\n"),
                          SLICE("!Protocol error: unauthenticated multibulk length"));
    expect_at_every_split(&stranger, SLICE("*1\r\n$16384\r\n"), SLICE(""));
    expect_at_every_split(&stranger, SLICE("*1\r\n$16385\r\n"),
                          SLICE("!Protocol error: unauthenticated bulk length"));
    expect_at_every_split(&stranger, SLICE("*1\r\n$600000000\r\n"),
                          SLICE("!Protocol error: invalid bulk length"));
}

/* A line without end: `prefix`, then digits, `len` bytes in all. */
static void expect_endless(const char *prefix, size_t len, const char *expected)
{
    struct peer peer = { .limits = usual };
    size_t prefix_len = strlen(prefix);
    char *stream = alloc_bytes(len);
    memset(stream, '1', len);
    memcpy(stream, prefix, prefix_len);
    for (size_t at = 0; at < len; at += 16384)
        receive(&peer, stream + at, len - at < 16384 ? len - at : 16384);
    expect_transcript(&peer, slice_of_cstr(expected), len);
    clear(&peer);
    alloc_free(stream);
}

Test(request, a_line_without_end_is_refused_after_64_kib)
{
    expect_endless("", 65536, "");
    expect_endless("", 65537, "!Protocol error: too big inline request");
    expect_endless("*", 65536, "");
    expect_endless("*", 65537, "!Protocol error: too big mbulk count string");
    expect_endless("*1\r\n$", 4 + 65536, "");
    expect_endless("*1\r\n$", 4 + 65537, "!Protocol error: too big bulk count string");
}

Test(request, wanted_says_where_an_argument_under_way_will_end)
{
    char stream[] = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100000\r\nabc";
    struct request_parser parser = { 0 };
    struct request_args args = { 0 };
    size_t argc, consumed;

    size_t len = sizeof(stream) - 1;
    cr_expect_eq(request_parse(&parser, stream, len, &usual, &args, &argc, &consumed), REQUEST_MORE);
    cr_expect_eq(parser.wanted, len - 3 + 100000 + 2);
    request_parser_clear(&parser);
    request_args_clear(&args);
}

Test(request, a_header_that_announces_billions_costs_nothing)
{
    char stream[] = "*2147483647\r\n$536870912\r\n";
    struct request_parser parser = { 0 };
    struct request_args args = { 0 };
    size_t argc, consumed;

    cr_expect_eq(request_parse(&parser, stream, sizeof(stream) - 1, &usual, &args, &argc, &consumed),
                 REQUEST_MORE);
    cr_expect_eq(args.cap, 0);
    request_parser_clear(&parser);
}

Test(request, arguments_are_appended_to_those_of_requests_before)
{
    char stream[] = "GET a\r\n*2\r\n$3\r\nGET\r\n$1\r\nb\r\n";
    struct request_parser parser = { 0 };
    struct request_args args = { 0 };
    size_t argc, first, second;

    size_t len = sizeof(stream) - 1;
    cr_expect_eq(request_parse(&parser, stream, len, &usual, &args, &argc, &first), REQUEST_READY);
    cr_expect_eq(request_parse(&parser, stream + first, len - first, &usual, &args, &argc, &second),
                 REQUEST_READY);
    cr_expect_eq(args.len, 4);
    cr_expect(slice_equal(args.items[1], SLICE("a")));
    cr_expect(slice_equal(args.items[3], SLICE("b")));
    cr_expect_eq(args.items[3].data, stream + len - 3, "a slice of the input");
    request_args_clear(&args);
}

static struct buffer mset_of(size_t pairs)
{
    struct buffer stream = { 0 };
    buffer_printf(&stream, "*%zu\r\n$4\r\nMSET\r\n", pairs * 2 + 1);
    for (size_t i = 0; i < pairs; i++) buffer_append(&stream, "$1\r\nk\r\n$1\r\nv\r\n", 14);
    return stream;
}

static void expect_in_pieces(struct buffer *stream, size_t piece, size_t expected_args)
{
    struct request_parser parser = { 0 };
    struct request_args args = { 0 };
    size_t argc = 0, consumed = 0;
    enum request_status status = REQUEST_MORE;
    for (size_t len = 0; len < stream->len;) {
        cr_assert_eq(status, REQUEST_MORE);
        len = stream->len - len < piece ? stream->len : len + piece;
        status = request_parse(&parser, stream->data, len, &usual, &args, &argc, &consumed);
    }
    cr_expect_eq(status, REQUEST_READY);
    cr_expect_eq(argc, expected_args);
    cr_expect_eq(consumed, stream->len);
    request_args_clear(&args);
}

/* C4: one request with a great many arguments must not leave the loop with their array for good. */
Test(request, the_array_of_a_great_many_arguments_is_given_back)
{
    struct buffer stream = mset_of(500000);
    struct request_parser parser = { 0 };
    struct request_args args = { 0 };
    size_t argc = 0, consumed = 0;
    cr_expect_eq(request_parse(&parser, stream.data, stream.len / 2, &usual, &args, &argc, &consumed),
                 REQUEST_MORE);
    cr_expect_eq(args.cap, 0, "nothing is reserved before all are there");
    cr_expect_eq(request_parse(&parser, stream.data, stream.len, &usual, &args, &argc, &consumed),
                 REQUEST_READY);
    cr_expect_eq(argc, 1000001);
    request_args_reset(&args);
    cr_expect_eq(args.cap, 0);
    cr_expect_eq(request_parse(&parser, stream.data, 0, &usual, &args, &argc, &consumed), REQUEST_MORE);
    request_args_clear(&args);
    buffer_clear(&stream);
}

/* Headers that Redis takes though no client writes them so. */
Test(request, odd_headers_are_read_alike_whole_and_in_pieces)
{
    expect_at_every_split(&usual, SLICE("*2\rx$3\ryGETzz$10\r\n0123456789\r\n"), SLICE("[GET][0123456789];"));
}

/* Starting over at every piece would be some 10^13 steps. */
Test(request, the_work_is_linear_in_the_bytes_whatever_the_pieces, .timeout = 20)
{
    struct buffer stream = mset_of(500000);
    expect_in_pieces(&stream, 64 << 10, 1000001);
    expect_in_pieces(&stream, 1, 1000001);
    expect_in_pieces(&stream, stream.len, 1000001);
    buffer_clear(&stream);
}

Test(request, a_parser_that_is_cleared_midway_starts_afresh)
{
    struct peer peer = { .limits = usual };
    receive(&peer, "*3\r\n$3\r\nSET\r\n$1\r\nk", 19);
    request_parser_clear(&peer.parser);
    buffer_clear(&peer.kept);
    receive(&peer, "PING\r\n", 6);
    expect_transcript(&peer, SLICE("[PING];"), 0);
    clear(&peer);
}
