#include "proto/inline_words.h"

#include <criterion/criterion.h>

#include "proto/base/alloc.h"
#include "proto/base/buffer.h"

/* The words of `line`, each behind a bar; "!" at the end when the quotes are unbalanced. */
static struct buffer words_of(struct slice line, char *room)
{
    struct buffer out = { 0 };
    struct inline_words words = inline_words_of(line, room);
    struct slice word;
    enum inline_word found;
    while ((found = inline_words_next(&words, &word)) == INLINE_WORD) {
        buffer_append(&out, "|", 1);
        buffer_append(&out, word.data, word.len);
    }
    if (found == INLINE_UNBALANCED) buffer_append(&out, "!", 1);
    return out;
}

/* In memory of its own, twice, which leaves the line as it is; then in place. */
static void expect_words(struct slice line, struct slice expected)
{
    char *copy = alloc_cstr(line.data, line.len);
    char *room = inline_words_have_quotes(line) ? alloc_bytes(line.len) : NULL;
    char *rooms[] = { room, room, copy };
    for (int i = 0; i < 3; i++) {
        struct buffer found = words_of(slice_of(copy, line.len), rooms[i]);
        cr_expect(slice_equal(buffer_slice(&found), expected), "%s gives %.*s", line.data, (int)found.len,
                  found.data);
        buffer_clear(&found);
    }
    alloc_free(room);
    alloc_free(copy);
}

#define SPLITS(line, expected) expect_words(SLICE(line), SLICE(expected))

Test(inline_words, white_space_separates)
{
    SPLITS("", "");
    SPLITS("  \t\r ", "");
    SPLITS("PING", "|PING");
    SPLITS(" SET  k\tv \r", "|SET|k|v");
    SPLITS("a\rb", "|a|b");
    SPLITS("\v\fa\vb \vc", "|a\vb|c");
}

Test(inline_words, a_nul_is_a_byte_like_any_other)
{
    SPLITS("a\0b c", "|a\0b|c");
}

Test(inline_words, double_quotes_keep_space_and_understand_escapes)
{
    SPLITS("\"a b\"", "|a b");
    SPLITS("\"\" x", "||x");
    SPLITS("\"\\n\\r\\t\\b\\a\\\\\\\"\\q\"", "|\n\r\t\b\a\\\"q");
    SPLITS("\"\\x41\\xfF\\x00\"", "|A\xff\0");
    SPLITS("\"\\x4z\\x\"", "|x4zx");
}

Test(inline_words, single_quotes_escape_only_themselves)
{
    SPLITS("'a b'", "|a b");
    SPLITS("'it\\'s'", "|it's");
    SPLITS("'\\n\\x41\"'", "|\\n\\x41\"");
}

Test(inline_words, without_quotes_a_backslash_is_plain)
{
    SPLITS("a\\nb", "|a\\nb");
}

Test(inline_words, quotes_may_begin_within_a_word_but_end_it)
{
    SPLITS("a\"b c\" d", "|ab c|d");
    SPLITS("\"a\"b", "!");
    SPLITS("x 'a'\"b\"", "|x!");
    SPLITS("\"a\"\v", "|a");
}

Test(inline_words, an_open_quote_is_unbalanced)
{
    SPLITS("\"a", "!");
    SPLITS("'a", "!");
    SPLITS("\"a\\\"", "!");
    SPLITS("\"a\\", "!");
    SPLITS("\"\\x4", "!");
    SPLITS("k '", "|k!");
}
