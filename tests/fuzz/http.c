/*
 * http.c - any bytes, as requests of HTTP: what is understood must not depend on the pieces they arrive in,
 * and a body in chunks must be the same to llhttp, whose reading of bodies the server does not use.
 *
 * Besides, every text of a request that is understood goes through what reads texts of its kind.
 */
#include <stdio.h>

#include <llhttp/llhttp.h>

#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "proto/base/contract.h"
#include "proto/http/fields/http_cache_control.h"
#include "proto/http/fields/http_chars.h"
#include "proto/http/fields/http_coding.h"
#include "proto/http/fields/http_etag.h"
#include "proto/http/fields/http_list.h"
#include "proto/http/fields/http_range.h"
#include "proto/http/http_json.h"
#include "proto/http/http_path.h"
#include "proto/http/http_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BODY_MAX = 4096 };

static void note_text(struct buffer *transcript, struct slice text)
{
    buffer_printf(transcript, "[%zu:", text.len);
    buffer_append(transcript, text.data, text.len);
}

static void note(struct buffer *transcript, const struct http_reader *reader, const char *request)
{
    const struct http_head *head = &reader->head;
    buffer_printf(transcript, ";%d %u %d %d", head->method, head->minor, head->keeps_alive,
                  head->expects_continue);
    note_text(transcript, http_text_slice(head->target, request));
    for (unsigned i = 0; i < head->fields_len; i++) {
        buffer_printf(transcript, "%d", head->fields[i].name);
        note_text(transcript, http_text_slice(head->fields[i].value, request));
    }
    note_text(transcript, http_reader_body(reader, request));
}

/* Nothing that could be read otherwise by the next server is let through. */
static void check_head(const struct http_reader *reader, const char *request)
{
    struct slice head = slice_of(request, reader->head_len);
    for (size_t i = 0; i < head.len; i++) {
        INVARIANT(head.data[i] != '\n' || (i > 0 && head.data[i - 1] == '\r'));
        INVARIANT(head.data[i] != '\r' || (i + 1 < head.len && head.data[i + 1] == '\n'));
        INVARIANT(i < 2 || head.data[i - 1] != '\n' || !http_is_blank(head.data[i]));
    }
    for (unsigned i = 0; i < reader->head.fields_len; i++)
        INVARIANT(http_is_value(http_text_slice(reader->head.fields[i].value, request)));
    INVARIANT(!(reader->head.chunked && reader->head.content_length >= 0));
}

struct other {
    struct buffer body;
    bool whole;
};

static int on_body(llhttp_t *parser, const char *at, size_t len)
{
    buffer_append(&((struct other *)parser->data)->body, at, len);
    return 0;
}

static int on_message_complete(llhttp_t *parser)
{
    ((struct other *)parser->data)->whole = true;
    return HPE_PAUSED;
}

static void check_with_llhttp(const struct http_reader *reader, const char *request)
{
    static const llhttp_settings_t callbacks = { .on_body = on_body,
                                                 .on_message_complete = on_message_complete };
    struct other other = { 0 };
    llhttp_t parser;
    llhttp_init(&parser, HTTP_REQUEST, &callbacks);
    parser.data = &other;
    llhttp_execute(&parser, request, reader->length);
    /* It knows fewer extensions of chunks. */
    if (other.whole) INVARIANT(slice_equal(buffer_slice(&other.body), http_reader_body(reader, request)));
    buffer_clear(&other.body);
}

static void read_value(struct slice value)
{
    struct http_freshness freshness = HTTP_FRESHNESS_UNSAID;
    struct slice rest = value, element, name, text;
    size_t first = 0, last = 0;
    http_freshness_add(&freshness, value);
    while (http_list_next(&rest, &element)) http_list_split(element, &name, &text);
    rest = value;
    while (http_list_next_word(&rest, &element)) INVARIANT(element.len > 0);
    http_etag_matches(value, SLICE("\"a\""), HTTP_COMPARE_WEAK);
    http_coding_is_accepted(value, SLICE("gzip"));
    if (http_range_read(value, 100, &first, &last) == HTTP_RANGE_PART) INVARIANT(first <= last && last < 100);
}

static void read_body(struct slice body)
{
    struct http_json json = { .text = body };
    struct buffer out = { 0 };
    size_t at, len;
    while (!json.broken && json.at < body.len)
        if (http_json_peek(&json) == '"')
            http_json_string(&json, &out, &at, &len);
        else
            json.at++;
    buffer_clear(&out);
}

static void read_texts(const struct http_reader *reader, const char *request)
{
    struct slice target = http_text_slice(reader->head.target, request), path, query;
    http_path_split(target, &path, &query);
    char *decoded = alloc_bytes(path.len);
    size_t len = 0;
    if (http_path_decode(path, decoded, &len)) INVARIANT(len <= path.len);
    alloc_free(decoded);
    for (unsigned i = 0; i < reader->head.fields_len; i++)
        read_value(http_text_slice(reader->head.fields[i].value, request));
    read_body(http_reader_body(reader, request));
}

/* One call on bytes of their own, so that reading outside of them is noticed. */
static enum http_read read_copy(struct http_reader *reader, struct slice input, struct buffer *transcript)
{
    char *copy = alloc_bytes(input.len);
    if (input.len > 0) memcpy(copy, input.data, input.len);
    enum http_read read = http_read(reader, slice_of(copy, input.len), BODY_MAX);
    if (read == HTTP_READ_READY) {
        INVARIANT(reader->length <= input.len && reader->length > 0);
        check_head(reader, copy);
        check_with_llhttp(reader, copy);
        read_texts(reader, copy);
        note(transcript, reader, copy);
    }
    if (read == HTTP_READ_REFUSED) buffer_append(transcript, "!", 1);
    alloc_free(copy);
    return read;
}

static struct buffer understand(struct slice stream, size_t piece)
{
    struct http_reader reader = { 0 };
    struct buffer transcript = { 0 };
    size_t start = 0, end = stream.len < piece ? stream.len : piece;
    for (;;) {
        enum http_read read = read_copy(&reader, slice_of(stream.data + start, end - start), &transcript);
        if (read == HTTP_READ_REFUSED) break;
        if (read == HTTP_READ_READY) {
            start += reader.length;
            http_reader_next(&reader);
            continue;
        }
        if (end == stream.len) break;
        end = stream.len - end < piece ? stream.len : end + piece;
    }
    http_reader_clear(&reader);
    return transcript;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    struct slice stream = { (const char *)data + 1, size - 1 };
    struct buffer whole = understand(stream, stream.len > 0 ? stream.len : 1);
    struct buffer pieces = understand(stream, 1 + data[0] % 64);
    INVARIANT(slice_equal(buffer_slice(&whole), buffer_slice(&pieces)));
    buffer_clear(&whole);
    buffer_clear(&pieces);
    return 0;
}
