#include "server/config/text/words.h"

#include <criterion/criterion.h>

/* The words of `line`, each in brackets. */
static void expect_words(const char *line, const char *expected)
{
    struct words words = { 0 };
    struct buffer text = { 0 };
    if (words_split(&words, slice_of_cstr(line))) {
        for (size_t i = 0; i < words.count; i++) {
            buffer_printf(&text, "[%.*s]", (int)words.list[i].len, words.list[i].data);
        }
    } else {
        buffer_printf(&text, "unbalanced");
    }
    buffer_append(&text, "", 1);
    cr_expect_str_eq(text.data, expected, "%s: %s", line, text.data);
    buffer_clear(&text);
    words_clear(&words);
}

Test(words, are_separated_by_white_space)
{
    expect_words("maxmemory 100mb", "[maxmemory][100mb]");
    expect_words(" \t save  900 1 \r\n", "[save][900][1]");
    expect_words("", "");
    expect_words("   ", "");
}

Test(words, may_be_quoted)
{
    expect_words("requirepass \"a b\"", "[requirepass][a b]");
    expect_words("save \"\"", "[save][]");
    expect_words("x 'it\\'s' \"\\x41\\n\"", "[x][it's][A\n]");
    expect_words("x \"open", "unbalanced");
    expect_words("x \"closed\"early", "unbalanced");
}

Test(words, are_cut_only_at_spaces_when_plain)
{
    struct words words = { 0 };
    words_split_plain(&words, SLICE(" 900  \"1\" "));
    cr_assert_eq(words.count, 5);
    cr_expect_eq(words.list[0].len, 0);
    cr_expect(slice_equal(words.list[1], SLICE("900")));
    cr_expect_eq(words.list[2].len, 0);
    cr_expect(slice_equal(words.list[3], SLICE("\"1\"")));
    cr_expect_eq(words.list[4].len, 0);
    words_split_plain(&words, SLICE(""));
    cr_expect_eq(words.count, 0);
    words_clear(&words);
}

Test(words, read_back_what_was_quoted)
{
    char bytes[256];
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (char)i;
    struct slice all = slice_of(bytes, sizeof bytes);

    struct buffer quoted = { 0 };
    words_quote(&quoted, all);
    struct words words = { 0 };
    cr_assert(words_split(&words, buffer_slice(&quoted)));
    cr_assert_eq(words.count, 1);
    cr_expect(slice_equal(words.list[0], all));
    words_clear(&words);
    buffer_clear(&quoted);
}

Test(words, are_quoted_only_where_it_is_needed)
{
    struct buffer out = { 0 };
    words_quote_if_needed(&out, SLICE("/var/run/n.pid"));
    words_quote_if_needed(&out, SLICE(""));
    words_quote_if_needed(&out, SLICE("a b"));
    words_quote_if_needed(&out, SLICE("#x"));
    cr_expect(slice_equal(buffer_slice(&out), SLICE("/var/run/n.pid\"\"\"a b\"\"#x\"")));
    buffer_clear(&out);
}
