#include "proto/reply_reader.h"

#include <string.h>

#include "proto/base/number.h"

#define BULK_LIMIT (512LL * 1024 * 1024)

/* No peer has a reason for more, and twice as many fit any counter. */
#define AGGREGATE_LIMIT (INT64_MAX / 4)

/* One element on its way: what of it is read and where the reading stands. */
struct scan {
    struct reply_reader *reader;
    struct reply_element *element;
    struct slice input;
    size_t end; /* bytes of the element, as far as they are known */
};

static enum reader_status more(struct scan *scan, size_t wanted)
{
    scan->reader->wanted = wanted;
    return READER_MORE;
}

/* The line behind the type byte, without its CR LF. */
static enum reader_status read_line(struct scan *scan, struct slice *line)
{
    struct slice input = scan->input;
    size_t start = scan->reader->scanned > 1 ? scan->reader->scanned : 1;
    const char *cr = start < input.len ? memchr(input.data + start, '\r', input.len - start) : NULL;
    if (cr == NULL) {
        scan->reader->scanned = input.len;
        return more(scan, input.len + 1);
    }
    size_t at = (size_t)(cr - input.data);
    if (at + 2 > input.len) return more(scan, at + 2);
    if (cr[1] != '\n') return READER_BROKEN;

    *line = slice_of(input.data + 1, at - 1);
    scan->end = at + 2;
    return READER_READY;
}

static enum reader_status read_null(struct scan *scan)
{
    scan->element->type = REPLY_NULL;
    scan->element->integer = (unsigned char)scan->input.data[0];
    return READER_READY;
}

/* A string behind its length. */
static enum reader_status read_blob(struct scan *scan, struct slice line)
{
    int64_t limit = scan->reader->bulk_limit > 0 ? scan->reader->bulk_limit : BULK_LIMIT;
    int64_t len;
    if (!number_parse_i64(line, &len)) return READER_BROKEN;
    if (len == -1 && scan->input.data[0] == '$') return read_null(scan);
    if (len < 0 || len > limit) return READER_BROKEN;

    size_t end = scan->end + (size_t)len + 2;
    if (scan->input.len < end) return more(scan, end);
    const char *text = scan->input.data + scan->end;
    if (text[len] != '\r' || text[len + 1] != '\n') return READER_BROKEN;
    scan->element->text = slice_of(text, (size_t)len);
    scan->end = end;
    return READER_READY;
}

static enum reader_status read_verbatim(struct scan *scan, struct slice line)
{
    enum reader_status status = read_blob(scan, line);
    struct slice *text = &scan->element->text;
    if (status != READER_READY) return status;
    if (text->len < 4 || text->data[3] != ':') return READER_BROKEN;
    memcpy(scan->element->format, text->data, sizeof(scan->element->format));
    *text = slice_of(text->data + 4, text->len - 4);
    return READER_READY;
}

static enum reader_status read_int(struct scan *scan, struct slice line)
{
    scan->element->text = line;
    return number_parse_i64(line, &scan->element->integer) ? READER_READY : READER_BROKEN;
}

static enum reader_status read_double(struct scan *scan, struct slice line)
{
    scan->element->text = line;
    if (slice_equal_nocase(line, SLICE("nan")) || slice_equal_nocase(line, SLICE("-nan"))) {
        scan->element->real = __builtin_nan("");
        return READER_READY;
    }
    return number_parse_double(line, &scan->element->real) ? READER_READY : READER_BROKEN;
}

static enum reader_status read_bool(struct scan *scan, struct slice line)
{
    if (line.len != 1 || (line.data[0] != 't' && line.data[0] != 'f')) return READER_BROKEN;
    scan->element->text = line;
    scan->element->integer = line.data[0] == 't';
    return READER_READY;
}

static enum reader_status read_big_number(struct scan *scan, struct slice line)
{
    size_t first = line.len > 0 && (line.data[0] == '-' || line.data[0] == '+');
    if (line.len == first) return READER_BROKEN;
    for (size_t i = first; i < line.len; i++)
        if (line.data[i] < '0' || line.data[i] > '9') return READER_BROKEN;
    scan->element->text = line;
    return READER_READY;
}

static enum reader_status read_text(struct scan *scan, struct slice line)
{
    scan->element->text = line;
    return READER_READY;
}

static enum reader_status read_aggregate(struct scan *scan, struct slice line)
{
    int64_t len;
    if (!number_parse_i64(line, &len)) return READER_BROKEN;
    if (len == -1 && scan->input.data[0] == '*') return read_null(scan);
    if (len < 0 || len > AGGREGATE_LIMIT) return READER_BROKEN;
    scan->element->len = len;
    return READER_READY;
}

static enum reader_status read_null_line(struct scan *scan, struct slice line)
{
    return line.len == 0 ? read_null(scan) : READER_BROKEN;
}

/* What a first byte announces, and who reads it. */
static const struct kind {
    enum reply_type type;
    enum reader_status (*read)(struct scan *scan, struct slice line);
} kinds[256] = {
    ['+'] = { REPLY_STATUS, read_text },
    ['-'] = { REPLY_ERROR, read_text },
    ['!'] = { REPLY_ERROR, read_blob },
    [':'] = { REPLY_INT, read_int },
    ['$'] = { REPLY_BULK, read_blob },
    ['_'] = { REPLY_NULL, read_null_line },
    [','] = { REPLY_DOUBLE, read_double },
    ['#'] = { REPLY_BOOL, read_bool },
    ['('] = { REPLY_BIG_NUMBER, read_big_number },
    ['='] = { REPLY_VERBATIM, read_verbatim },
    ['*'] = { REPLY_ARRAY, read_aggregate },
    ['~'] = { REPLY_SET, read_aggregate },
    ['%'] = { REPLY_MAP, read_aggregate },
    ['>'] = { REPLY_PUSH, read_aggregate },
    ['|'] = { REPLY_ATTRIBUTE, read_aggregate },
};

static bool open_aggregate(struct reply_reader *reader, int64_t elements)
{
    if (reader->depth == REPLY_READER_DEPTH) return false;
    reader->left[reader->depth++] = elements;
    return true;
}

/* An element is complete, and with it every aggregate whose last one it was. */
static void close_element(struct reply_reader *reader)
{
    while (reader->depth > 0 && --reader->left[reader->depth - 1] == 0) reader->depth--;
}

/* An attribute takes no place of its own: whatever it stands in waits for one element more. At the top
 * there is nothing to stand in, so the element it describes is given an aggregate of one. */
static bool open_attribute(struct reply_reader *reader, int64_t elements)
{
    if (reader->depth == 0 && !open_aggregate(reader, 1)) return false;
    if (elements == 0) return true;
    reader->left[reader->depth - 1]++;
    return open_aggregate(reader, elements);
}

/* Keeps count of what the aggregates still lack; false when they are nested too deeply. */
static bool account(struct reply_reader *reader, const struct reply_element *element)
{
    switch (element->type) {
    case REPLY_ATTRIBUTE: return open_attribute(reader, element->len * 2);
    case REPLY_MAP:
        if (element->len > 0) return open_aggregate(reader, element->len * 2);
        break;
    case REPLY_ARRAY:
    case REPLY_SET:
    case REPLY_PUSH:
        if (element->len > 0) return open_aggregate(reader, element->len);
        break;
    default: break;
    }
    close_element(reader);
    return true;
}

static enum reader_status read_element(struct reply_reader *reader, struct slice input,
                                       struct reply_element *element, size_t *consumed)
{
    struct scan scan = { .reader = reader, .element = element, .input = input };
    if (input.len == 0) return more(&scan, 1);
    const struct kind *kind = &kinds[(unsigned char)input.data[0]];
    if (kind->read == NULL) return READER_BROKEN;

    struct slice line;
    enum reader_status status = read_line(&scan, &line);
    if (status != READER_READY) return status;
    *element = (struct reply_element){ .type = kind->type };
    status = kind->read(&scan, line);
    if (status != READER_READY) return status;

    reader->scanned = 0;
    *consumed = scan.end;
    return READER_READY;
}

enum reader_status reply_reader_next(struct reply_reader *reader, struct slice input,
                                     struct reply_element *element, size_t *consumed)
{
    enum reader_status status = read_element(reader, input, element, consumed);
    if (status != READER_READY) return status;
    return account(reader, element) ? READER_READY : READER_BROKEN;
}

struct reply_element reply_reader_first(struct slice reply)
{
    struct reply_reader reader;
    struct reply_element element = { .type = REPLY_ERROR };
    size_t len;
    reply_reader_clear(&reader);
    reply_reader_next(&reader, reply, &element, &len);
    return element;
}

/* To find the end it is enough to know how many elements are still to come, however deep they lie. False:
 * more than anybody sends. */
static bool count_lacking(struct reply_reader *reader, const struct reply_element *element)
{
    bool pairs = element->type == REPLY_MAP || element->type == REPLY_ATTRIBUTE;
    reader->lacking += pairs ? element->len * 2 : element->len;
    if (element->type != REPLY_ATTRIBUTE) reader->lacking--;
    return reader->lacking <= AGGREGATE_LIMIT;
}

enum reader_status reply_reader_skip(struct reply_reader *reader, struct slice input, size_t *consumed)
{
    struct reply_element element;
    if (reader->skipped == 0) reader->lacking = 1;
    do {
        struct slice rest = slice_of(input.data + reader->skipped, input.len - reader->skipped);
        size_t taken;
        enum reader_status status = read_element(reader, rest, &element, &taken);
        if (status == READER_MORE) reader->wanted += reader->skipped;
        if (status != READER_READY) return status;
        if (!count_lacking(reader, &element)) return READER_BROKEN;
        reader->skipped += taken;
    } while (reader->lacking > 0);

    *consumed = reader->skipped;
    reader->skipped = 0;
    return READER_READY;
}
