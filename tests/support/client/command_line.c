#include "tests/support/client/command_line.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* Append the character that the escape behind a backslash stands for; where the text goes on. */
static const char *unescape(const char *at, struct buffer *out)
{
    static const char letters[] = "nrtab", meanings[] = "\n\r\t\a\b";
    if (at[0] == 'x' && hex_digit(at[1]) >= 0 && hex_digit(at[2]) >= 0) {
        char byte = (char)(hex_digit(at[1]) * 16 + hex_digit(at[2]));
        buffer_append(out, &byte, 1);
        return at + 3;
    }
    const char *letter = *at == '\0' ? NULL : strchr(letters, *at);
    buffer_append(out, letter != NULL ? &meanings[letter - letters] : at, 1);
    return at + 1;
}

/* Read a quoted part; NULL when its quote does not end. */
static const char *read_quoted(const char *at, char quote, struct buffer *out)
{
    while (*at != '\0' && *at != quote) {
        bool escape = *at == '\\' && at[1] != '\0' && (quote == '"' || at[1] == '\'');
        if (escape && quote == '"') {
            at = unescape(at + 1, out);
        } else {
            at += escape;
            buffer_append(out, at++, 1);
        }
    }
    return *at == quote ? at + 1 : NULL;
}

static const char *read_word(const char *at, struct buffer *out)
{
    while (at != NULL && *at != '\0' && !isspace((unsigned char)*at)) {
        if (*at == '"' || *at == '\'') {
            at = read_quoted(at + 1, *at, out);
        } else {
            buffer_append(out, at++, 1);
        }
    }
    return at;
}

bool command_line_init(struct command_line *words, const char *line)
{
    *words = (struct command_line){ 0 };
    size_t lengths[COMMAND_LINE_WORDS];
    for (const char *at = line;;) {
        while (isspace((unsigned char)*at)) at++;
        if (*at == '\0') break;
        size_t before = words->text.len;
        at = words->argc < COMMAND_LINE_WORDS ? read_word(at, &words->text) : NULL;
        if (at == NULL) {
            command_line_clear(words);
            return false;
        }
        lengths[words->argc++] = words->text.len - before;
    }
    /* The text has stopped moving: now the words can point into it. */
    size_t offset = 0;
    for (size_t i = 0; i < words->argc; offset += lengths[i++]) {
        words->argv[i] = slice_of(lengths[i] == 0 ? "" : words->text.data + offset, lengths[i]);
    }
    return true;
}

void command_line_clear(struct command_line *words)
{
    buffer_clear(&words->text);
    words->argc = 0;
}

static void quote_byte(struct buffer *out, unsigned char byte)
{
    static const char plain[] = "\n\r\t\a\b", letters[] = "nrtab";
    const char *special = byte == '\0' ? NULL : strchr(plain, byte);
    if (special != NULL) {
        buffer_printf(out, "\\%c", letters[special - plain]);
    } else if (byte == '"' || byte == '\\') {
        buffer_printf(out, "\\%c", byte);
    } else if (byte >= 32 && byte < 127) {
        buffer_append(out, &byte, 1);
    } else {
        buffer_printf(out, "\\x%02x", byte);
    }
}

void command_line_quote(struct buffer *out, struct slice bytes)
{
    buffer_append(out, "\"", 1);
    for (size_t i = 0; i < bytes.len; i++) quote_byte(out, (unsigned char)bytes.data[i]);
    buffer_append(out, "\"", 1);
}

void command_line_write(struct buffer *out, struct slice argument)
{
    bool plain = argument.len > 0;
    for (size_t i = 0; i < argument.len; i++) {
        unsigned char byte = (unsigned char)argument.data[i];
        plain = plain && byte > 32 && byte < 127 && byte != '"' && byte != '\'' && byte != '\\';
    }
    if (plain) {
        buffer_append(out, argument.data, argument.len);
    } else {
        command_line_quote(out, argument);
    }
}
