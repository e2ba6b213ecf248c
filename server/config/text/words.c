#include "server/config/text/words.h"

#include "proto/base/alloc.h"
#include "proto/base/array.h"
#include "proto/inline_words.h"

#define WHITE " \t\r\n\v\f"

static bool is_white(char c)
{
    return c != '\0' && strchr(WHITE, c) != NULL;
}

static void add_word(struct words *words, struct slice word)
{
    ARRAY_RESERVE(words->list, words->count, words->cap, 8);
    words->list[words->count++] = word;
}

/* The words are unquoted in place, so they need a copy of the line, which does not move any more. */
static void start(struct words *words, struct slice line)
{
    words->count = 0;
    words->bytes.len = 0;
    buffer_append(&words->bytes, line.data, line.len);
}

bool words_split(struct words *words, struct slice line)
{
    start(words, line);
    struct inline_words rest = inline_words_of(buffer_slice(&words->bytes), words->bytes.data);
    for (struct slice word;;) {
        switch (inline_words_next(&rest, &word)) {
        case INLINE_WORD: add_word(words, word); break;
        case INLINE_END: return true;
        case INLINE_UNBALANCED: words->count = 0; return false;
        }
    }
}

void words_split_plain(struct words *words, struct slice line)
{
    start(words, line);
    struct slice bytes = buffer_slice(&words->bytes);
    if (bytes.len == 0) return;
    for (const char *at = bytes.data, *end = bytes.data + bytes.len;;) {
        const char *blank = memchr(at, ' ', (size_t)(end - at));
        add_word(words, slice_of(at, (size_t)((blank == NULL ? end : blank) - at)));
        if (blank == NULL) return;
        at = blank + 1;
    }
}

void words_clear(struct words *words)
{
    alloc_free(words->list);
    buffer_clear(&words->bytes);
    *words = (struct words){ 0 };
}

static void quote_byte(struct buffer *out, unsigned char c)
{
    switch (c) {
    case '\\':
    case '"': buffer_printf(out, "\\%c", c); return;
    case '\n': buffer_printf(out, "\\n"); return;
    case '\r': buffer_printf(out, "\\r"); return;
    case '\t': buffer_printf(out, "\\t"); return;
    case '\a': buffer_printf(out, "\\a"); return;
    case '\b': buffer_printf(out, "\\b"); return;
    default: break;
    }
    buffer_printf(out, c >= ' ' && c <= '~' ? "%c" : "\\x%02x", c);
}

void words_quote(struct buffer *out, struct slice text)
{
    buffer_append(out, "\"", 1);
    for (size_t i = 0; i < text.len; i++) quote_byte(out, (unsigned char)text.data[i]);
    buffer_append(out, "\"", 1);
}

void words_quote_if_needed(struct buffer *out, struct slice text)
{
    bool plain = text.len > 0 && text.data[0] != '#';
    for (size_t i = 0; i < text.len && plain; i++) {
        plain = text.data[i] > ' ' && text.data[i] <= '~' && strchr("\"'\\", text.data[i]) == NULL;
    }
    if (plain) {
        buffer_append(out, text.data, text.len);
    } else {
        words_quote(out, text);
    }
}

struct slice words_trim(struct slice text)
{
    while (text.len > 0 && is_white(text.data[text.len - 1])) text.len--;
    while (text.len > 0 && is_white(text.data[0])) text = slice_of(text.data + 1, text.len - 1);
    return text;
}
