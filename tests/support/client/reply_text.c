#include "tests/support/client/reply_text.h"

#include <stdio.h>

#include "proto/reply_reader.h"
#include "tests/support/client/command_line.h"

struct printer {
    struct reply_reader reader;
    struct slice left;
    struct buffer *out;
    bool broken;
};

static void print_element(struct printer *printer, int indent);

static void print_scalar(struct buffer *out, const struct reply_element *element)
{
    int len = (int)element->text.len;
    const char *text = element->text.data;
    switch (element->type) {
    case REPLY_STATUS: buffer_printf(out, "%.*s", len, text); break;
    case REPLY_ERROR: buffer_printf(out, "(error) %.*s", len, text); break;
    case REPLY_INT: buffer_printf(out, "(integer) %lld", (long long)element->integer); break;
    case REPLY_NULL: buffer_printf(out, "(nil)"); break;
    case REPLY_DOUBLE: buffer_printf(out, "(double) %.*s", len, text); break;
    case REPLY_BOOL: buffer_printf(out, element->integer ? "(true)" : "(false)"); break;
    case REPLY_BIG_NUMBER: buffer_printf(out, "(big number) %.*s", len, text); break;
    default: command_line_quote(out, element->text); break;
    }
}

static const char *empty_name(enum reply_type type)
{
    switch (type) {
    case REPLY_SET: return "(empty set)";
    case REPLY_MAP: return "(empty hash)";
    case REPLY_PUSH: return "(empty push)";
    case REPLY_ATTRIBUTE: return "(empty attribute)";
    default: return "(empty array)";
    }
}

static char mark_of(enum reply_type type)
{
    switch (type) {
    case REPLY_SET: return '~';
    case REPLY_MAP: return '#';
    case REPLY_PUSH: return '>';
    case REPLY_ATTRIBUTE: return '|';
    default: return ')';
    }
}

static void print_aggregate(struct printer *printer, const struct reply_element *element, int indent)
{
    bool pairs = element->type == REPLY_MAP || element->type == REPLY_ATTRIBUTE;
    if (element->len == 0) buffer_printf(printer->out, "%s", empty_name(element->type));
    int width = snprintf(NULL, 0, "%lld", (long long)element->len);
    for (int64_t i = 0; i < element->len && !printer->broken; i++) {
        if (i > 0) buffer_printf(printer->out, "\n%*s", indent, "");
        buffer_printf(printer->out, "%*lld%c ", width, (long long)i + 1, mark_of(element->type));
        print_element(printer, indent + width + 2);
        if (pairs) {
            buffer_printf(printer->out, " => ");
            print_element(printer, indent + width + 2);
        }
    }
}

static void print_element(struct printer *printer, int indent)
{
    struct reply_element element;
    size_t consumed = 0;
    if (reply_reader_next(&printer->reader, printer->left, &element, &consumed) != READER_READY) {
        printer->broken = true;
        return;
    }
    printer->left = slice_of(printer->left.data + consumed, printer->left.len - consumed);
    if (element.type < REPLY_ARRAY) {
        print_scalar(printer->out, &element);
        return;
    }
    print_aggregate(printer, &element, indent);
    if (element.type == REPLY_ATTRIBUTE) {
        buffer_printf(printer->out, "\n%*s", indent, "");
        print_element(printer, indent);
    }
}

void reply_text(struct buffer *out, struct slice reply)
{
    size_t start = out->len;
    struct printer printer = { .left = reply, .out = out };
    print_element(&printer, 0);
    if (!printer.broken && printer.left.len == 0) return;
    out->len = start;
    buffer_printf(out, "garbage ");
    command_line_quote(out, reply);
}
