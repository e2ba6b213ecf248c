#include "proto/base/glob.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static bool matches(const char *pattern, const char *text)
{
    return glob_match(slice_of_cstr(pattern), slice_of_cstr(text));
}

static bool matches_nocase(const char *pattern, const char *text)
{
    return glob_match_nocase(slice_of_cstr(pattern), slice_of_cstr(text));
}

Test(glob, a_star_matches_any_bytes_and_none)
{
    cr_expect(matches("*", "anything"));
    cr_expect(matches("a*", "a"));
    cr_expect(matches("a*c", "abbbc"));
    cr_expect(matches("a*c", "ac"));
    cr_expect(matches("*a*b*", "xxaxxbxx"));
    cr_expect(matches("a**", "ab"));
    cr_expect_not(matches("a*c", "abcd"));
    cr_expect_not(matches("*a*b*", "xxbxxaxx"));
}

Test(glob, a_question_mark_matches_one_byte)
{
    cr_expect(matches("h?llo", "hello"));
    cr_expect_not(matches("h?llo", "hllo"));
    cr_expect_not(matches("?", ""));
    cr_expect(glob_match(SLICE("a?b"), SLICE("a\0b")), "also a NUL");
}

Test(glob, a_class_matches_its_bytes_and_ranges)
{
    cr_expect(matches("h[ae]llo", "hallo"));
    cr_expect_not(matches("h[ae]llo", "hillo"));
    cr_expect(matches("[a-c]", "b"));
    cr_expect(matches("[c-a]", "b"), "in either order");
    cr_expect(matches("[^a-c]", "d"));
    cr_expect_not(matches("[^a-c]", "b"));
    cr_expect(matches("[\\]]", "]"));
    cr_expect(matches("[\\^a]", "^"));
    cr_expect(matches("[a-]", "a"), "an unfinished range takes the bracket for its end");
    cr_expect_not(matches("[]", "a"));
    cr_expect(matches("[^]", "a"));
}

Test(glob, a_class_that_is_never_closed_ends_with_the_pattern)
{
    cr_expect(matches("[abc", "b"));
    cr_expect_not(matches("[abc", "d"));
    cr_expect_not(matches("[", "["));
    cr_expect(matches("[^", "x"));
    cr_expect(matches("[a\\", "\\"));
}

Test(glob, a_backslash_makes_the_next_byte_plain)
{
    cr_expect(matches("\\*", "*"));
    cr_expect_not(matches("\\*", "x"));
    cr_expect(matches("a\\?b", "a?b"));
    cr_expect(matches("a\\", "a\\"), "at the end it stands for itself");
}

Test(glob, an_empty_text_is_matched_by_an_empty_pattern_and_one_star)
{
    cr_expect(matches("", ""));
    cr_expect(matches("*", ""));
    cr_expect_not(matches("**", ""));
    cr_expect_not(matches("", "a"));
}

Test(glob, case_is_told_apart_unless_asked)
{
    cr_expect_not(matches("maxmemory", "MaxMemory"));
    cr_expect(matches_nocase("max*", "MAXMEMORY"));
    cr_expect(matches_nocase("[A-C]", "b"));
    cr_expect(matches_nocase("[xyz]", "Y"));
    cr_expect_not(matches_nocase("[\\x]", "X"), "an escaped letter in a class keeps its case");
}

/* The matcher that anybody would write first: it tries everything. */
static bool naive(const char *p, const char *p_end, const char *t, const char *t_end)
{
    if (p == p_end) return t == t_end;
    if (*p == '*') return naive(p + 1, p_end, t, t_end) || (t < t_end && naive(p, p_end, t + 1, t_end));
    if (t == t_end) return false;
    if (*p == '?') return naive(p + 1, p_end, t + 1, t_end);
    if (*p == '\\' && p + 1 < p_end) return p[1] == *t && naive(p + 2, p_end, t + 1, t_end);
    if (*p != '[') return *p == *t && naive(p + 1, p_end, t + 1, t_end);

    bool inverted = ++p < p_end && *p == '^';
    bool found = false;
    if (inverted) p++;
    while (p < p_end && *p != ']') {
        if (*p == '\\' && p + 1 < p_end) {
            found = found || p[1] == *t;
            p += 2;
        } else if (p + 2 < p_end && p[1] == '-') {
            found = found || (*t >= p[0] && *t <= p[2]) || (*t >= p[2] && *t <= p[0]);
            p += 3;
        } else {
            found = found || *p == *t;
            p++;
        }
    }
    if (p < p_end) p++;
    return found != inverted && naive(p, p_end, t + 1, t_end);
}

static size_t random_text(char *out, size_t max, const char *alphabet, unsigned *seed)
{
    size_t len = (size_t)rand_r(seed) % (max + 1);
    for (size_t i = 0; i < len; i++) out[i] = alphabet[(size_t)rand_r(seed) % strlen(alphabet)];
    return len;
}

Test(glob, agrees_with_a_matcher_that_tries_everything)
{
    unsigned seed = (unsigned)time(NULL);
    printf("seed %u\n", seed);
    for (int i = 0; i < 300000; i++) {
        char pattern[12], text[10];
        size_t pattern_len = random_text(pattern, sizeof(pattern), "ab*?[]^-\\*", &seed);
        size_t text_len = 1 + random_text(text, sizeof(text) - 1, "ab]^-\\", &seed);
        text[text_len - 1] = 'a';
        cr_assert_eq(glob_match(slice_of(pattern, pattern_len), slice_of(text, text_len)),
                     naive(pattern, pattern + pattern_len, text, text + text_len), "'%.*s' on '%.*s'",
                     (int)pattern_len, pattern, (int)text_len, text);
    }
}

/* C12: at each of the first half of the bytes the pattern would match up to its end. */
Test(glob, a_long_pattern_that_nearly_fits_everywhere_is_told_at_once, .timeout = 10)
{
    enum { LEN = 300000 };
    char *pattern = malloc(LEN), *text = malloc(LEN);
    memset(text, 'a', LEN);
    memset(pattern, 'a', LEN);
    pattern[0] = '*';
    pattern[LEN / 2] = 'b';
    for (int i = 0; i < 10; i++)
        cr_assert_not(glob_match(slice_of(pattern, LEN / 2 + 1), slice_of(text, LEN)));
    cr_assert(glob_match(slice_of(pattern, LEN / 2), slice_of(text, LEN)), "without the b it is found");
    pattern[LEN / 2 + 1] = '*';
    for (int i = 0; i < 10; i++)
        cr_assert_not(glob_match(slice_of(pattern, LEN / 2 + 2), slice_of(text, LEN)));
    memset(pattern, '[', 2);
    memset(pattern + LEN / 2, 'b', LEN / 2);
    pattern[0] = '*';
    for (int i = 0; i < 10; i++)
        cr_assert_not(glob_match(slice_of(pattern + 1, LEN - 1), slice_of(text, LEN)));
    free(pattern);
    free(text);
}

/* C12 */
Test(glob, what_is_long_is_matched_as_what_is_short)
{
    enum { LEN = 5000 };
    char text[LEN];
    memset(text, 'x', LEN);
    memcpy(text + LEN - 6, "abc*de", 6);
    struct slice all = slice_of(text, LEN);
    static const char *const good[] = { "*",         "**",           "*e",     "*?",      "x*de",
                                        "*abc\\*de", "x*[a-c]bc?de", "*xa*c*", "xx*x*de", "*x**e" };
    static const char *const bad[] = { "",   "x",        "*x",          "*abc", "*d",
                                       "y*", "*abc\\*d", "x*[^a]bc?de", "*f*",  "?" };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        cr_expect(glob_match(slice_of_cstr(good[i]), all), "%s", good[i]);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        cr_expect_not(glob_match(slice_of_cstr(bad[i]), all), "%s", bad[i]);
}

/* Trying everything would take longer than the universe has. */
Test(glob, many_stars_do_not_multiply, .timeout = 10)
{
    static char pattern[2001], text[20000];
    for (size_t i = 0; i + 1 < sizeof(pattern); i += 2) memcpy(pattern + i, "a*", 2);
    pattern[2000] = 'b';
    memset(text, 'a', sizeof(text));
    cr_expect_not(glob_match(slice_of(pattern, sizeof(pattern)), slice_of(text, sizeof(text))));
    cr_expect_not(glob_match_nocase(slice_of(pattern, sizeof(pattern)), slice_of(text, sizeof(text))));
    cr_expect(glob_match(slice_of(pattern, 2000), slice_of(text, sizeof(text))));
}
