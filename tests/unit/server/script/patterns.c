/* string.find() and its like, against those of Lua itself: random patterns on random subjects. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/random.h"
#include "tests/support/seed.h"
#include "tests/support/two_luas.h"

static const char *const calls[] = {
    "local s, p = ... return string.find(s, p)",
    "local s, p, i = ... return string.find(s, p, tonumber(i))",
    "local s, p, i = ... return s:find(p, i, true)",
    "local s, p = ... return string.match(s, p)",
    "local s, p, i = ... return string.match(s, p, tonumber(i) or 2)",
    "local s, p = ... local t = {} for a, b, c in string.gmatch(s, p) do t[#t + 1] = {a, b, c} end return t",
    "local s, p, r = ... return string.gsub(s, p, r)",
    "local s, p, r = ... return string.gsub(s, p, r, 2)",
    "local s, p = ... return string.gsub(s, p, function(a, b) return b or a == 'a' and 'x' end)",
    "local s, p = ... return string.gsub(s, p, {a = 1, b = false, ab = 'x', c = {}})",
    "local s, p = ... return string.gsub(s, p, 12)",
};

static const char *const items[] = {
    "a",     "b",     "c",    "1",    ".",     "%a", "%D", "%s",   "%w",   "%z", "%(",    "[ab]",   "[^a]",
    "[a-c]", "[%a_]", "[]a]", "[a-]", "[^%s]", "[",  "]",  "%b()", "%bab", "%b", "%f[a]", "%f[%W]", "%f",
    "(",     ")",     "()",   "(a",   ".)",    "%1", "%2", "%0",   "%",    "*",  "+",     "-",      "?",
    "*",     "+",     "-",    "?",    "^",     "$",  ".-", ".*",   "(.-)", "%",  "%%",
};

static const char *const replacements[] = { "", "x", "%0%0", "%1", "<%1%2>", "%", "%%", "%3", "a%", "%z" };

static struct slice draw_pattern(struct random *random, char *out)
{
    size_t len = 0;
    for (uint64_t left = random_below(random, 7); left > 0; left--) {
        const char *item = items[random_below(random, sizeof(items) / sizeof(*items))];
        memcpy(out + len, item, strlen(item));
        len += strlen(item);
    }
    if (random_below(random, 40) == 0) out[len++] = '\0';
    if (random_below(random, 40) == 0) out[len++] = 'a';
    return slice_of(out, len);
}

static struct slice draw_subject(struct random *random, char *out)
{
    static const char letters[] = "aaabbbc1 (()).%_\xe9";
    size_t len = random_below(random, 14);
    for (size_t i = 0; i < len; i++) out[i] = letters[random_below(random, sizeof(letters))];
    return slice_of(out, len);
}

static struct slice draw_last(struct random *random)
{
    static const char *const places[] = { "1", "3", "-1", "-3", "0", "100", "-100", "no" };
    if (random_below(random, 2) == 0) return slice_of_cstr(places[random_below(random, 8)]);
    return slice_of_cstr(replacements[random_below(random, sizeof(replacements) / sizeof(*replacements))]);
}

/* The sanitizer of threads keeps the frames that errors of Lua's leave, and has no room for many. */
#ifdef __SANITIZE_THREAD__
#define CASES 4000
#else
#define CASES 100000
#endif

Test(patterns, match_what_those_of_lua_match_and_fail_with_the_same_words, .timeout = 600)
{
    struct two_luas luas;
    char subject[16], pattern[64];
    uint64_t seed = seed_draw();
    const char *wanted = getenv("NUTHATCH_PATTERNS");
    struct random random = { seed };
    two_luas_open(&luas);
    for (long left = wanted != NULL ? atol(wanted) : CASES; left > 0; left--) {
        const char *code = calls[random_below(&random, sizeof(calls) / sizeof(*calls))];
        struct slice arguments[] = { draw_subject(&random, subject), draw_pattern(&random, pattern),
                                     draw_last(&random) };
        cr_assert(two_luas_agree(&luas, code, arguments, 3),
                  "seed %lu: %s\nsubject <%.*s>\npattern <%.*s>\n%.*s\n%.*s", (unsigned long)seed, code,
                  (int)arguments[0].len, arguments[0].data, (int)arguments[1].len, arguments[1].data,
                  (int)luas.our_words.len, luas.our_words.data, (int)luas.their_words.len,
                  luas.their_words.data);
    }
    two_luas_close(&luas);
}

static struct slice repeat(const char *text, size_t count, const char *last)
{
    size_t len = strlen(text);
    char *out = malloc(len * count + strlen(last) + 1);
    for (size_t i = 0; i < count; i++) memcpy(out + i * len, text, len);
    strcpy(out + len * count, last);
    return slice_of_cstr(out);
}

Test(patterns, of_too_many_items_are_refused_before_the_stack_ends)
{
    struct two_luas luas;
    two_luas_open(&luas);
    static const char *const deep[] = { "a?", "a-", "a*", "[a]?" };
    for (size_t i = 0; i < sizeof(deep) / sizeof(*deep); i++) {
        struct slice arguments[] = { repeat("a", 100000, ""), repeat(deep[i], 100000, "b") };
        two_luas_tell(luas.ours, calls[0], arguments, 2, &luas.our_words);
        cr_assert(memmem(luas.our_words.data, luas.our_words.len, "pattern too complex", 19) != NULL);
        free((char *)arguments[0].data);
        free((char *)arguments[1].data);
    }
    struct slice arguments[] = { repeat("a", 3000, ""), repeat("a?", 3000, "$") };
    cr_assert(two_luas_agree(&luas, calls[0], arguments, 2));
    free((char *)arguments[0].data);
    free((char *)arguments[1].data);
    two_luas_close(&luas);
}
