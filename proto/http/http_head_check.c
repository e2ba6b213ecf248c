#include "proto/http/http_head_check.h"

#include "proto/http/fields/http_chars.h"

/* A method, a target without blanks, and the version, one blank between them. */
static bool is_request_line(struct slice line)
{
    const char *first = memchr(line.data, ' ', line.len);
    if (first == NULL || !http_is_token(slice_of(line.data, (size_t)(first - line.data)))) return false;
    struct slice rest = slice_of(first + 1, (size_t)(line.data + line.len - first - 1));
    const char *second = memchr(rest.data, ' ', rest.len);
    if (second == NULL || second == rest.data) return false;
    struct slice version = slice_of(second + 1, (size_t)(rest.data + rest.len - second - 1));
    return version.len == 8 && memcmp(version.data, "HTTP/", 5) == 0 && http_is_digit(version.data[5]) &&
           version.data[6] == '.' && http_is_digit(version.data[7]);
}

static bool is_field_line(struct slice line)
{
    const char *colon = memchr(line.data, ':', line.len);
    return colon != NULL && http_is_token(slice_of(line.data, (size_t)(colon - line.data)));
}

/* A line with CR LF; the last is empty, the first is not. */
static bool is_line(const struct http_head_check *check, struct slice line)
{
    if (line.len < 2 || line.data[line.len - 2] != '\r') return false;
    line.len -= 2;
    if (!http_is_value(line)) return false;
    if (check->lines == 0) return is_request_line(line);
    return line.len == 0 || is_field_line(line);
}

/* Of a line whose end has not come: a CR may be the last byte. */
static bool may_become_line(const struct http_head_check *check, struct slice part)
{
    if (part.len > 0 && part.data[part.len - 1] == '\r') part.len--;
    bool begins = part.len == 0 || http_is_token_char(part.data[0]);
    return begins &&
           http_is_value(slice_of(
               part.data + (check->scanned - check->line),
               part.len > check->scanned - check->line ? part.len - (check->scanned - check->line) : 0));
}

static enum http_head_state refuse(int *status, int with)
{
    *status = with;
    return HTTP_HEAD_WRONG;
}

static enum http_head_state wait_for_more(struct http_head_check *check, struct slice input, int *status)
{
    struct slice part = slice_of(input.data + check->line, input.len - check->line);
    if (!may_become_line(check, part)) return refuse(status, 400);
    if (check->lines == 0 && part.len > HTTP_LINE_MAX + 1) return refuse(status, 414);
    if (input.len >= HTTP_HEAD_MAX) return refuse(status, 431);
    bool ends_in_cr = part.len > 0 && part.data[part.len - 1] == '\r';
    check->scanned = input.len - ends_in_cr;
    return HTTP_HEAD_MORE;
}

/* Too much of it, or too many fields. */
static int excess(const struct http_head_check *check, size_t end)
{
    if (check->lines == 1 && end - check->line > HTTP_LINE_MAX + 2) return 414;
    if (end > HTTP_HEAD_MAX || check->lines > HTTP_FIELDS_MAX + 2) return 431;
    return 0;
}

enum http_head_state http_head_check(struct http_head_check *check, struct slice input, size_t *len,
                                     int *status)
{
    for (;;) {
        const char *from = input.data + check->scanned;
        size_t left = input.len - check->scanned;
        const char *lf = left > 0 ? memchr(from, '\n', left) : NULL;
        if (lf == NULL) return wait_for_more(check, input, status);
        size_t end = (size_t)(lf - input.data) + 1;
        struct slice line = slice_of(input.data + check->line, end - check->line);
        if (!is_line(check, line)) return refuse(status, 400);
        check->lines++;
        int too_much = excess(check, end);
        if (line.len == 2) check->lines--;
        if (too_much != 0) return refuse(status, too_much);
        check->line = check->scanned = end;
        if (line.len > 2) continue;
        *len = end;
        return HTTP_HEAD_WHOLE;
    }
}
