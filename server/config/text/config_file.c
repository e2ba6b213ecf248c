#include "server/config/text/config_file.h"

#include "server/config/text/words.h"

#define TITLE "\n*** FATAL CONFIG FILE ERROR (Nuthatch " NUTHATCH_VERSION ") ***\n"

void config_file_report(struct buffer *report, size_t line, struct slice text, const char *complaint)
{
    buffer_printf(report, TITLE "Reading the configuration file, at line %zu\n>>> '%.*s'\n%s\n", line,
                  (int)text.len, text.data, complaint);
}

void config_file_report_whole(struct buffer *report, const char *complaint)
{
    buffer_printf(report, TITLE "%s\n", complaint);
}

bool config_file_next_line(struct slice *rest, struct slice *line)
{
    if (rest->data == NULL) return false;
    const char *newline = rest->len == 0 ? NULL : memchr(rest->data, '\n', rest->len);
    if (newline == NULL) {
        *line = *rest;
        *rest = slice_of(NULL, 0);
        return true;
    }
    *line = slice_of(rest->data, (size_t)(newline - rest->data));
    *rest = slice_of(newline + 1, rest->len - line->len - 1);
    return true;
}

struct parser {
    directive_visit visit;
    void *context;
    struct words words;
    struct buffer complaint;
};

static bool parse_line(struct parser *parser, struct slice text, size_t line)
{
    if (text.len == 0 || text.data[0] == '#') return true;
    if (!words_split(&parser->words, text)) {
        buffer_printf(&parser->complaint, "Unbalanced quotes in configuration line");
        return false;
    }
    if (parser->words.count == 0) return true;
    struct directive directive = { .name = parser->words.list[0],
                                   .words = parser->words.list + 1,
                                   .count = parser->words.count - 1,
                                   .line = line,
                                   .text = text };
    return parser->visit(parser->context, &directive, &parser->complaint);
}

bool config_file_parse(struct slice text, directive_visit visit, void *context, struct buffer *report)
{
    struct parser parser = { .visit = visit, .context = context };
    struct slice rest = text, line;
    bool good = true;
    for (size_t number = 1; good && config_file_next_line(&rest, &line); number++) {
        line = words_trim(line);
        good = parse_line(&parser, line, number);
        if (good || parser.complaint.len == 0) continue;
        buffer_append(&parser.complaint, "", 1);
        config_file_report(report, number, line, parser.complaint.data);
    }
    words_clear(&parser.words);
    buffer_clear(&parser.complaint);
    return good;
}
