/* cjson, against lua-cjson itself: random texts that are read, and random values that are written. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/random.h"
#include "tests/support/seed.h"
#include "tests/support/two_luas.h"

static const char *const reads[] = {
    "return cjson.decode((...))",
    "return cjson.decode((...))",
    ("cjson.decode_invalid_numbers(false) local r = {pcall(cjson.decode, (...))} "
     "cjson.decode_invalid_numbers(true) return r"),
    "cjson.decode_max_depth(2) local r = {pcall(cjson.decode, (...))} cjson.decode_max_depth(1000) return r",
    "return cjson.encode(cjson.decode((...)))",
    "return cjson.encode((...))",
    "return cjson.encode({(...), [(...)] = 1})",
};

static const char *const words[] = {
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "{\"a\":",
    "[1,",
    "]",
    "}",
    "null",
    "true",
    "false",
    "nul",
    "1",
    "-1",
    "01",
    "-01",
    "1.5",
    "1e3",
    "1E-3",
    "-",
    "+1",
    "0x1F",
    "-0x1",
    "inf",
    "-Inf",
    "NaN",
    "nan",
    "infinity",
    ".5",
    "1.",
    "1e",
    "-0",
    "1e400",
    "123456789012345678",
    "\"\"",
    "\"a\"",
    "\"k\":",
    "\"\\n\\/\\\\\\\"\"",
    "\"\\u0041\"",
    "\"\\ud83d\\ude00\"",
    "\"\\ud83d\"",
    "\"\\ude00\"",
    "\"\\ud83d\\u0041\"",
    "\"\\u00e9\\u20ac\"",
    "\"\\u00zz\"",
    "\"\\x\"",
    "\"\\",
    "\"",
    "\"abc",
    "\"\x01\x7f\xff\"",
    " ",
    "\t",
    "\n",
    "\r",
    "\v",
    "\f",
    ",",
    ",",
    "[]",
    "{}",
    "'a'",
    "//",
    "truer",
    "null1",
    "\\",
};

static const char *const writes[] = {
    "return cjson.encode(loadstring('return ' .. (...))())",
    "cjson.encode_sparse_array(true) local r = {pcall(cjson.encode, loadstring('return ' .. (...))())} "
    "cjson.encode_sparse_array(false) return r",
    "cjson.encode_invalid_numbers('null') local r = {pcall(cjson.encode, loadstring('return ' .. (...))())} "
    "cjson.encode_invalid_numbers(true) local s = {pcall(cjson.encode, loadstring('return ' .. (...))())} "
    "cjson.encode_invalid_numbers(false) return r, s",
    "cjson.encode_number_precision(3) local r = {pcall(cjson.encode, loadstring('return ' .. (...))())} "
    "cjson.encode_number_precision(14) return r",
    "cjson.encode_max_depth(2) local r = {pcall(cjson.encode, loadstring('return ' .. (...))())} "
    "cjson.encode_max_depth(1000) return r",
};

static const char *const parts[] = {
    "{",
    "}",
    "{",
    "}",
    "{1, 2}",
    "{},",
    "1,",
    "'a',",
    "nil,",
    "true,",
    "false,",
    "x = 1,",
    "[2] = 2,",
    "[12] = 3,",
    "[30] = 4,",
    "[0] = 6,",
    "[-1] = 7,",
    "[1.5] = 8,",
    "[true] = 9,",
    "1/0,",
    "-1/0,",
    "0/0,",
    "1e15,",
    "123456.789,",
    "0.1,",
    "-0,",
    "1e14,",
    "99999999999999,",
    "1e300,",
    "cjson.null,",
    "type,",
    "'\\n/\\0\\127\"',",
    "coroutine.create(type),",
#ifdef __x86_64__ /* lua-cjson makes an int of such a key, which is another one on each processor */
    "[1e10] = 5,",
    "[1/0] = 1,",
#endif
    "['\\n'] = {1},",
    "1.5,",
    "-12,",
    "100000,",
};

static struct slice draw(struct random *random, const char *const *from, size_t count, bool in_braces,
                         char *out)
{
    size_t len = 0;
    if (in_braces) out[len++] = '{';
    for (uint64_t left = random_below(random, 9); left > 0; left--) {
        const char *word = from[random_below(random, count)];
        memcpy(out + len, word, strlen(word));
        len += strlen(word);
    }
    if (in_braces) out[len++] = '}';
    if (!in_braces && random_below(random, 60) == 0) out[len++] = '\0';
    return slice_of(out, len);
}

static void expect_same(struct two_luas *luas, const char *code, struct slice argument)
{
    cr_assert(two_luas_agree(luas, code, &argument, 1), "%s\n<%.*s>\nours:   %.*s\ntheirs: %.*s", code,
              (int)argument.len, argument.data, (int)luas->our_words.len, luas->our_words.data,
              (int)luas->their_words.len, luas->their_words.data);
}

/* The sanitizer of threads keeps the frames that errors of Lua's leave, and has no room for many. */
#ifdef __SANITIZE_THREAD__
#define CASES 4000
#else
#define CASES 50000
#endif

Test(json, is_read_and_written_as_by_lua_cjson, .timeout = 300)
{
    struct two_luas luas;
    char text[400];
    struct random random = { seed_draw() };
    const char *wanted = getenv("NUTHATCH_TEXTS");
    two_luas_open(&luas);
    for (long left = wanted != NULL ? atol(wanted) : CASES; left > 0; left--) {
        const char *read = reads[random_below(&random, sizeof(reads) / sizeof(*reads))];
        expect_same(&luas, read, draw(&random, words, sizeof(words) / sizeof(*words), false, text));
        const char *write = writes[random_below(&random, sizeof(writes) / sizeof(*writes))];
        expect_same(&luas, write, draw(&random, parts, sizeof(parts) / sizeof(*parts), true, text));
    }
    two_luas_close(&luas);
}

static const char *const examples[] = {
    "return cjson.encode()",
    "return cjson.encode(1, 2)",
    "return cjson.decode()",
    "return cjson.decode({})",
    "return cjson.decode('1', 2)",
    "return cjson.decode(12)",
    "return cjson.encode(nil)",
    "return cjson.encode(type)",
    "return cjson.encode_max_depth(), cjson.encode_max_depth(5), cjson.encode_max_depth(1000)",
    "return cjson.encode_max_depth(0)",
    "return cjson.encode_max_depth('x')",
    "return cjson.encode_max_depth(1, 2)",
    "return cjson.encode_sparse_array(true, 1, 2)",
    "return cjson.encode_sparse_array(false, 2, 10)",
    "return cjson.encode_sparse_array('on'), cjson.encode_sparse_array('off')",
    "return cjson.encode_sparse_array(1)",
    "return cjson.encode_sparse_array(nil, -1)",
    "return cjson.encode_number_precision(15)",
    "return cjson.encode_invalid_numbers('null'), cjson.encode_invalid_numbers('on'), "
    "cjson.encode_invalid_numbers('off')",
    "return cjson.encode_invalid_numbers('x')",
    "return cjson.decode_invalid_numbers('null')",
    "return cjson.decode_invalid_numbers('off'), cjson.decode_invalid_numbers(true)",
    "return cjson.encode_keep_buffer(false)",
    "return cjson._NAME, cjson._VERSION, type(cjson.null), cjson.null == cjson.decode('null')",
    "local c = cjson.new() c.encode_max_depth(1) return pcall(c.encode, {{}}), cjson.encode({{}}), "
    "c.decode('[1]')",
    "local t = {} t[1] = t return cjson.encode(t)",
    "local t = {} for i = 1, 999 do t = {t} end return cjson.encode(t)",
    "return cjson.decode(('['):rep(1000) .. (']'):rep(1000))",
    "return cjson.decode(('['):rep(1001))",
    "cjson.decode_max_depth(1e9) local r = {pcall(cjson.decode, ('['):rep(1e5))} "
    "cjson.decode_max_depth(1000) return r",
};

Test(json, has_the_functions_and_options_of_lua_cjson)
{
    struct two_luas luas;
    two_luas_open(&luas);
    for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++)
        expect_same(&luas, examples[i], SLICE(""));
    two_luas_close(&luas);
}
