#include "proto/inline_words.h"

#include <string.h>

/* What separates words. */
static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* What ends an unquoted word: vertical tab and form feed do not, though they are skipped before one. */
static bool ends_bare(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

static char escaped(char c)
{
    switch (c) {
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'b': return '\b';
    case 'a': return '\a';
    default: return c;
    }
}

/* The byte that the escape at `at`, a backslash, stands for; moves `*at` past it. */
static char read_escape(const char **at, const char *end)
{
    const char *p = *at + 1;
    if (end - p >= 3 && *p == 'x' && hex_digit(p[1]) >= 0 && hex_digit(p[2]) >= 0) {
        *at = p + 3;
        return (char)(hex_digit(p[1]) * 16 + hex_digit(p[2]));
    }
    *at = p + 1;
    return escaped(*p);
}

/* Copies what stands between quotes from behind the opening one to `to`, which it moves; false when the
 * closing one is missing or does not end the word. */
static bool read_quoted(struct inline_words *words, char quote, char **to)
{
    const char *at = words->at;
    while (at < words->end && *at != quote) {
        bool more = at + 1 < words->end;
        if (*at == '\\' && more && quote == '"') {
            *(*to)++ = read_escape(&at, words->end);
        } else if (*at == '\\' && more && at[1] == '\'') {
            *(*to)++ = '\'';
            at += 2;
        } else {
            *(*to)++ = *at++;
        }
    }
    if (at == words->end) return false;
    words->at = at + 1;
    return words->at == words->end || is_space(*words->at);
}

struct inline_words inline_words_of(struct slice line, char *room)
{
    return (struct inline_words){ line.data, line.data, line.data + line.len, room };
}

bool inline_words_have_quotes(struct slice line)
{
    return memchr(line.data, '"', line.len) != NULL || memchr(line.data, '\'', line.len) != NULL;
}

/* The word that began at `start` and has come to a quote. */
static enum inline_word next_quoted(struct inline_words *words, const char *start, struct slice *word)
{
    char *into = words->room + (start - words->line);
    char *to = into + (words->at - start);
    memmove(into, start, (size_t)(words->at - start));
    char quote = *words->at++;
    if (!read_quoted(words, quote, &to)) return INLINE_UNBALANCED;
    *word = slice_of(into, (size_t)(to - into));
    return INLINE_WORD;
}

enum inline_word inline_words_next(struct inline_words *words, struct slice *word)
{
    while (words->at < words->end && is_space(*words->at)) words->at++;
    if (words->at == words->end) return INLINE_END;

    const char *start = words->at;
    for (; words->at < words->end && !ends_bare(*words->at); words->at++) {
        if (*words->at == '"' || *words->at == '\'') return next_quoted(words, start, word);
    }
    *word = slice_of(start, (size_t)(words->at - start));
    return INLINE_WORD;
}
