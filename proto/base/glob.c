#include "proto/base/glob.h"

/*
 * A pattern is a run of tokens, and how many bytes a token takes never depends on the text. So after a
 * mismatch only the latest star needs another try, one byte further on: what earlier stars swallowed cannot
 * help. That bounds the time by the product of the two lengths, which for long ones is still too much: when
 * far more has been looked at than the two are long, it is given up.
 */

struct cursor {
    const char *at;
    const char *end;
};

static signed char fold(char c, bool nocase)
{
    return (signed char)(nocase && c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

static bool in_range(char from, char to, char c, bool nocase)
{
    /* Which end is the lower is decided before the case is folded, and bytes are signed: as Redis does it. */
    if ((signed char)from > (signed char)to) {
        char other = from;
        from = to;
        to = other;
    }
    signed char folded = fold(c, nocase);
    return folded >= fold(from, nocase) && folded <= fold(to, nocase);
}

/* Past the class whose '[' has just been read. One that is never closed ends with the pattern. */
static bool match_class(struct cursor *pattern, char c, bool nocase)
{
    const char *p = pattern->at;
    const char *end = pattern->end;
    bool inverted = p < end && *p == '^';
    bool found = false;
    if (inverted) p++;

    while (p < end && *p != ']') {
        if (*p == '\\' && end - p >= 2) {
            found |= p[1] == c; /* an escaped letter keeps its case even where case is ignored */
            p += 2;
        } else if (end - p >= 3 && p[1] == '-') {
            found |= in_range(p[0], p[2], c, nocase);
            p += 3;
        } else {
            found |= fold(*p, nocase) == fold(c, nocase);
            p++;
        }
    }
    pattern->at = p < end ? p + 1 : end;
    return found != inverted;
}

/* Whether the next token, which is no star, matches `c`; `pattern` is moved past it. */
static bool match_one(struct cursor *pattern, char c, bool nocase)
{
    char token = *pattern->at++;
    if (token == '?') return true;
    if (token == '[') return match_class(pattern, c, nocase);
    if (token == '\\' && pattern->at < pattern->end) token = *pattern->at++;
    return fold(token, nocase) == fold(c, nocase);
}

static void skip_stars(struct cursor *pattern)
{
    while (pattern->at < pattern->end && *pattern->at == '*') pattern->at++;
}

/* What follows the last star has a place in the text, counted from its end. Of a long text that is told
 * first: there a star would have it tried everywhere. */
#define LONG_TEXT 1024

/* The last star, NULL without one, and how many bytes of the text the tokens behind it take. */
static const char *find_last_star(struct slice pattern_text, size_t *behind)
{
    struct cursor pattern = { pattern_text.data, pattern_text.data + pattern_text.len };
    const char *star = NULL;
    for (*behind = 0; pattern.at < pattern.end; (*behind)++) {
        if (*pattern.at == '*') {
            star = pattern.at;
            skip_stars(&pattern);
            *behind = 0;
            if (pattern.at == pattern.end) break;
        }
        match_one(&pattern, '\0', false);
    }
    return star;
}

/* Cuts off what stands behind the last star, from both. False: it does not match. */
static bool match_end(struct slice *pattern, struct slice *text, bool nocase)
{
    size_t behind;
    const char *star = find_last_star(*pattern, &behind);
    if (star == NULL) return behind == text->len;
    if (behind > text->len) return false;
    struct cursor tokens = { star, pattern->data + pattern->len };
    skip_stars(&tokens);
    for (const char *at = text->data + text->len - behind; tokens.at < tokens.end; at++)
        if (!match_one(&tokens, *at, nocase)) return false;
    pattern->len = (size_t)(star + 1 - pattern->data);
    text->len -= behind;
    return true;
}

/* Bytes of the pattern that may be looked at: enough for any pattern and text of 256 bytes. */
static size_t steps_for(struct slice pattern, struct slice text)
{
    return 65536 + 4 * (pattern.len + text.len);
}

static bool match_from_start(struct slice pattern_text, struct slice text_bytes, bool nocase)
{
    struct cursor pattern = { pattern_text.data, pattern_text.data + pattern_text.len };
    struct cursor text = { text_bytes.data, text_bytes.data + text_bytes.len };
    const char *star = NULL;    /* behind the latest star */
    const char *swallow = NULL; /* where its text ends, so far */
    size_t steps = steps_for(pattern_text, text_bytes);

    while (text.at < text.end) {
        const char *before = pattern.at;
        bool mismatch = false;
        if (pattern.at < pattern.end && *pattern.at == '*') {
            skip_stars(&pattern);
            if (pattern.at == pattern.end) return true;
            star = pattern.at;
            swallow = text.at;
        } else if (pattern.at < pattern.end && match_one(&pattern, *text.at, nocase)) {
            text.at++;
        } else if (star == NULL) {
            return false;
        } else {
            mismatch = true;
        }
        size_t looked_at = (size_t)(pattern.at - before) + 1;
        if (steps < looked_at) return false;
        steps -= looked_at;
        if (!mismatch) continue;
        pattern.at = star;
        text.at = ++swallow;
    }
    skip_stars(&pattern);
    return pattern.at == pattern.end;
}

static bool match(struct slice pattern, struct slice text, bool nocase)
{
    /* Redis lists an empty key for "*" but not for "**". */
    if (text.len == 0) return pattern.len == 0 || slice_equal(pattern, SLICE("*"));
    if (text.len > LONG_TEXT && !match_end(&pattern, &text, nocase)) return false;
    return match_from_start(pattern, text, nocase);
}

bool glob_match(struct slice pattern, struct slice text)
{
    return match(pattern, text, false);
}

bool glob_match_nocase(struct slice pattern, struct slice text)
{
    return match(pattern, text, true);
}
