#include "proto/http/http_head.h"

#include <llhttp/llhttp.h>

#include "proto/http/fields/http_chars.h"

/* A head that llhttp is reading. */
struct reading {
    llhttp_t parser;
    const char *text;
    struct http_head *head;
    struct http_text name, value;
    bool whole;
};

/* It tells a text in pieces where it pleases; they follow each other. */
static void extend(struct http_text *text, const struct reading *reading, const char *at, size_t len)
{
    if (text->len == 0) text->at = (uint32_t)(at - reading->text);
    text->len += (uint32_t)len;
}

static int on_url(llhttp_t *parser, const char *at, size_t len)
{
    struct reading *reading = parser->data;
    extend(&reading->head->target, reading, at, len);
    return 0;
}

static int on_name(llhttp_t *parser, const char *at, size_t len)
{
    struct reading *reading = parser->data;
    extend(&reading->name, reading, at, len);
    return 0;
}

static int on_value(llhttp_t *parser, const char *at, size_t len)
{
    struct reading *reading = parser->data;
    extend(&reading->value, reading, at, len);
    return 0;
}

static struct http_text trimmed(struct http_text text, const char *request)
{
    struct slice value = http_trim(http_text_slice(text, request));
    return (struct http_text){ .at = (uint32_t)(value.data - request), .len = (uint32_t)value.len };
}

/* A second one of what may only be there once ends the reading. */
static int on_value_complete(llhttp_t *parser)
{
    struct reading *reading = parser->data;
    struct http_head *head = reading->head;
    enum http_field_name name = http_field_find(http_text_slice(reading->name, reading->text));
    struct http_text value = trimmed(reading->value, reading->text);
    reading->name = reading->value = (struct http_text){ 0 };
    if (name == HTTP_OTHER) return 0;
    if (http_head_has(head, name) && !http_field_is_list(name)) return HPE_USER;
    if (head->fields_len == HTTP_FIELDS_MAX) return HPE_USER;
    head->seen |= UINT64_C(1) << name;
    head->fields[head->fields_len++] = (struct http_header){ .name = name, .value = value };
    return 0;
}

/* All that it is asked about has been read: where the request ends is reckoned by http_reader.h. */
static int on_headers_complete(llhttp_t *parser)
{
    struct reading *reading = parser->data;
    reading->whole = true;
    return HPE_PAUSED;
}

static const llhttp_settings_t callbacks = {
    .on_url = on_url,
    .on_header_field = on_name,
    .on_header_value = on_value,
    .on_header_value_complete = on_value_complete,
    .on_headers_complete = on_headers_complete,
};

static enum http_method method_of(const llhttp_t *parser)
{
    switch ((llhttp_method_t)parser->method) {
    case HTTP_GET: return METHOD_GET;
    case HTTP_HEAD: return METHOD_HEAD;
    case HTTP_PUT: return METHOD_PUT;
    case HTTP_POST: return METHOD_POST;
    case HTTP_DELETE: return METHOD_DELETE;
    case HTTP_PURGE: return METHOD_PURGE;
    case HTTP_OPTIONS: return METHOD_OPTIONS;
    default: return METHOD_OTHER;
    }
}

static int status_of_fault(const llhttp_t *parser)
{
    switch (llhttp_get_errno(parser)) {
    case HPE_INVALID_METHOD:
    case HPE_INVALID_TRANSFER_ENCODING: return 501;
    case HPE_INVALID_VERSION:
    case HPE_PAUSED_H2_UPGRADE: return 505;
    default: return 400;
    }
}

struct slice http_head_value(const struct http_head *head, const char *request, enum http_field_name name)
{
    struct slice value = { 0 };
    unsigned at = 0;
    if (http_head_has(head, name)) http_head_each(head, request, name, &at, &value);
    return value;
}

bool http_head_each(const struct http_head *head, const char *request, enum http_field_name name,
                    unsigned *at, struct slice *value)
{
    while (*at < head->fields_len) {
        const struct http_header *field = &head->fields[(*at)++];
        if (field->name != name) continue;
        *value = http_text_slice(field->value, request);
        return true;
    }
    return false;
}

/* At most eighteen digits, so that nothing overflows. */
static bool read_length(struct slice text, int64_t *length)
{
    if (text.len == 0 || text.len > 18) return false;
    *length = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (!http_is_digit(text.data[i])) return false;
        *length = *length * 10 + (text.data[i] - '0');
    }
    return true;
}

/* Two ways to say where a body ends are the means of smuggling: there is one, or none. */
static int read_framing(struct http_head *head, const char *text)
{
    struct slice coding = http_head_value(head, text, HTTP_TRANSFER_ENCODING);
    bool has_length = http_head_has(head, HTTP_CONTENT_LENGTH);
    if (coding.data != NULL && (has_length || head->minor == 0)) return 400;
    if (coding.data != NULL && !slice_equal_nocase(coding, SLICE("chunked"))) return 501;
    head->chunked = coding.data != NULL;
    if (has_length && !read_length(http_head_value(head, text, HTTP_CONTENT_LENGTH), &head->content_length))
        return 400;
    return 0;
}

/* What llhttp takes from it must be the same. */
static bool frames_alike(const struct http_head *head, const llhttp_t *parser)
{
    bool chunked = parser->flags & F_CHUNKED;
    int64_t length = parser->flags & F_CONTENT_LENGTH ? (int64_t)parser->content_length : -1;
    return chunked == head->chunked && length == head->content_length;
}

static int read_expectation(struct http_head *head, const char *text)
{
    struct slice expected = http_head_value(head, text, HTTP_EXPECT);
    if (expected.data == NULL) return 0;
    if (!slice_equal_nocase(expected, SLICE("100-continue"))) return 417;
    head->expects_continue = head->minor > 0;
    return 0;
}

static int read_target(const struct http_head *head, const char *text)
{
    struct slice target = http_text_slice(head->target, text);
    if (target.len == 0) return 400;
    bool is_origin_form = target.data[0] == '/';
    bool is_asterisk = head->method == METHOD_OPTIONS && slice_equal(target, SLICE("*"));
    if (!is_origin_form && !is_asterisk) return 400;
    return memchr(target.data, '#', target.len) == NULL ? 0 : 400;
}

static int read_rest(struct http_head *head, const llhttp_t *parser, const char *text)
{
    if (parser->http_major != 1 || parser->http_minor > 1) return 505;
    head->minor = parser->http_minor;
    head->method = method_of(parser);
    int status = read_target(head, text);
    if (status == 0) status = read_framing(head, text);
    if (status == 0 && !frames_alike(head, parser)) status = 400;
    if (status == 0) status = read_expectation(head, text);
    if (status == 0 && head->minor > 0 && !http_head_has(head, HTTP_HOST)) status = 400;
    head->keeps_alive = llhttp_should_keep_alive(parser);
    return status;
}

int http_head_read(struct http_head *head, struct slice text)
{
    struct reading reading = { .text = text.data, .head = head };
    head->target = (struct http_text){ 0 };
    head->fields_len = 0;
    head->seen = 0;
    head->content_length = -1;
    head->chunked = head->expects_continue = false;
    llhttp_init(&reading.parser, HTTP_REQUEST, &callbacks);
    reading.parser.data = &reading;
    llhttp_execute(&reading.parser, text.data, text.len);
    if (!reading.whole) return status_of_fault(&reading.parser);
    return read_rest(head, &reading.parser, text.data);
}
