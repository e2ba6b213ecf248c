#include "server/report/metrics/exposition.h"

#include <string.h>

#include "proto/base/number.h"
#include "proto/base/utf8.h"

static bool ends_with(struct slice name, struct slice suffix)
{
    return name.len > suffix.len && memcmp(name.data + name.len - suffix.len, suffix.data, suffix.len) == 0;
}

static bool has_foreign_suffix(struct slice name)
{
    static const struct slice suffixes[] = {
        { "_total", sizeof("_total") - 1 },     { "_info", sizeof("_info") - 1 },
        { "_count", sizeof("_count") - 1 },     { "_sum", sizeof("_sum") - 1 },
        { "_created", sizeof("_created") - 1 },
    };
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++)
        if (ends_with(name, suffixes[i])) return true;
    return false;
}

static const char *type_name(enum metric_type type)
{
    static const char *const names[] = { "gauge", "counter", "summary", "histogram", "untyped" };
    return names[type];
}

static void write_heading(struct exposition *exposition, struct slice name, const char *type,
                          const char *help)
{
    buffer_printf(exposition->out, "# HELP %.*s %s\n# TYPE %.*s %s\n", (int)name.len, name.data, help,
                  (int)name.len, name.data, type);
}

/* In OpenMetrics. */
static bool is_unknown(enum metric_type type, struct slice name)
{
    return type == METRIC_UNKNOWN || type == METRIC_COUNTER || has_foreign_suffix(name);
}

void exposition_family(struct exposition *exposition, const char *name, enum metric_type type,
                       const char *help)
{
    struct slice family = slice_of_cstr(name);
    const char *told = type_name(type);
    bool is_total = ends_with(family, SLICE("_total"));
    if (exposition->is_openmetrics && type == METRIC_COUNTER && is_total)
        family.len -= SLICE("_total").len;
    else if (exposition->is_openmetrics && is_unknown(type, family))
        told = "unknown";
    write_heading(exposition, family, told, help);
}

void exposition_begin(struct exposition *exposition, const char *name, const char *suffix)
{
    buffer_append(exposition->out, name, strlen(name));
    buffer_append(exposition->out, suffix, strlen(suffix));
    exposition->has_labels = false;
}

static void write_escaped(struct buffer *out, char c)
{
    if (c == '\\')
        buffer_append(out, "\\\\", 2);
    else if (c == '"')
        buffer_append(out, "\\\"", 2);
    else if (c == '\n')
        buffer_append(out, "\\n", 2);
    else if ((unsigned char)c >= 0x20 && (unsigned char)c < 0x7f)
        buffer_append(out, &c, 1);
    else
        buffer_printf(out, "\\\\x%02x", (unsigned char)c);
}

void exposition_label(struct exposition *exposition, const char *name, struct slice value)
{
    struct buffer *out = exposition->out;
    buffer_append(out, exposition->has_labels ? "," : "{", 1);
    exposition->has_labels = true;
    buffer_append(out, name, strlen(name));
    buffer_append(out, "=\"", 2);
    for (size_t at = 0; at < value.len;) {
        size_t len = utf8_character_len(value.data + at, value.len - at);
        if (len > 1)
            buffer_append(out, value.data + at, len);
        else
            write_escaped(out, value.data[at]);
        at += len > 1 ? len : 1;
    }
    buffer_append(out, "\"", 1);
}

void exposition_text(struct exposition *exposition, struct slice value)
{
    struct buffer *out = exposition->out;
    if (exposition->has_labels) buffer_append(out, "}", 1);
    buffer_append(out, " ", 1);
    buffer_append(out, value.data, value.len);
    buffer_append(out, "\n", 1);
}

void exposition_u64(struct exposition *exposition, uint64_t value)
{
    char digits[NUMBER_I64_MAX];
    exposition_text(exposition, slice_of(digits, number_format_u64(digits, value)));
}

void exposition_double(struct exposition *exposition, double value)
{
    char digits[NUMBER_DOUBLE_MAX];
    exposition_text(exposition, slice_of(digits, number_format_double(digits, value)));
}

void exposition_end(struct exposition *exposition)
{
    if (exposition->is_openmetrics) buffer_append(exposition->out, "# EOF\n", 6);
}
