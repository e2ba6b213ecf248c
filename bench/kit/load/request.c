#include "bench/kit/load/request.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/kit/load/resp.h"
#include "bench/kit/program.h"
#include "proto/base/alloc.h"
#include "proto/base/random.h"
#include "proto/base/slice.h"

#define HOLES_MAX 64
#define WORD_MAX  256

struct hole {
    size_t at; /* in the text */
    uint64_t below;
    uint64_t next; /* of those that count */
    size_t digits;
    bool counts;
};

struct request {
    struct buffer text;
    struct hole holes[HOLES_MAX];
    size_t hole_count;
    struct random random;
};

/* A word as it is sent, with zeros where its holes are. */
struct word {
    char text[WORD_MAX];
    size_t len;
    struct hole holes[HOLES_MAX];
    size_t hole_count;
};

static void add_letters(struct word *word, uint64_t count)
{
    if (count > WORD_MAX - word->len) program_fail("request: a word is too long");
    for (uint64_t i = 0; i < count; i++) word->text[word->len++] = (char)('a' + i % 26);
}

static void add_hole(struct word *word, char kind, uint64_t below)
{
    size_t digits = REQUEST_DIGITS;
    if (kind == '#') digits = (size_t)snprintf(NULL, 0, "%llu", (unsigned long long)below - 1);
    if (word->hole_count == HOLES_MAX || below == 0 || WORD_MAX - word->len < digits)
        program_fail("request: a hole is wrong, or one too many");
    word->holes[word->hole_count++] =
        (struct hole){ .at = word->len, .below = below, .digits = digits, .counts = kind == '+' };
    memset(word->text + word->len, '0', digits);
    word->len += digits;
}

/* "{...}". Returns what follows it. */
static const char *read_braces(struct word *word, const char *at)
{
    char kind = at[1];
    bool is_marked = kind == '+' || kind == '=' || kind == '#';
    char *end;
    uint64_t number = strtoull(at + 1 + is_marked, &end, 10);
    if (*end != '}') program_fail("request: %s", at);
    if (kind == '=')
        add_letters(word, number);
    else
        add_hole(word, kind, number);
    return end + 1;
}

static const char *read_word(struct word *word, const char *at)
{
    *word = (struct word){ 0 };
    while (*at != ' ' && *at != '\0') {
        if (*at == '{') {
            at = read_braces(word, at);
        } else {
            if (word->len == WORD_MAX) program_fail("request: a word is too long");
            word->text[word->len++] = *at++;
        }
    }
    return *at == ' ' ? at + 1 : at;
}

static void add_word(struct request *request, const struct word *word)
{
    resp_argument(&request->text, word->text, word->len);
    size_t start = request->text.len - strlen("\r\n") - word->len;
    for (size_t i = 0; i < word->hole_count; i++) {
        if (request->hole_count == HOLES_MAX) program_fail("request: too many holes");
        struct hole *hole = &request->holes[request->hole_count++];
        *hole = word->holes[i];
        hole->at += start;
    }
}

struct request *request_create(const char *text, uint64_t seed)
{
    struct request *request = ALLOC_NEW(struct request);
    struct word word;
    size_t words = 1;
    for (const char *at = text; *at != '\0'; at++) words += *at == ' ';
    request->random.state = seed;
    resp_begin(&request->text, words);
    for (size_t i = 0; i < words; i++) {
        text = read_word(&word, text);
        add_word(request, &word);
    }
    return request;
}

void request_destroy(struct request **request)
{
    buffer_clear(&(*request)->text);
    alloc_free(*request);
    *request = NULL;
}

static void put_digits(char *out, size_t digits, uint64_t number)
{
    for (; digits > 0; number /= 10) out[--digits] = (char)('0' + number % 10);
}

static uint64_t draw(struct request *request, struct hole *hole)
{
    if (!hole->counts) return random_below(&request->random, hole->below);
    uint64_t number = hole->next++;
    if (hole->next == hole->below) hole->next = 0;
    return number;
}

void request_append(struct request *request, struct buffer *out)
{
    char *text = buffer_reserve(out, request->text.len);
    memcpy(text, request->text.data, request->text.len);
    for (size_t i = 0; i < request->hole_count; i++) {
        struct hole *hole = &request->holes[i];
        put_digits(text + hole->at, hole->digits, draw(request, hole));
    }
    buffer_commit(out, request->text.len);
}
