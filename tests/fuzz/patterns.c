/*
 * patterns.c - any pattern of Lua's on any text: what is found, replaced or complained of is what Lua's own
 * functions find, replace and complain of.
 *
 * The first byte says which function, the second how long the pattern is, the third how long the replacement.
 * Both texts are short, since Lua's own matcher may take for ever.
 */
#include <stdint.h>

#include "proto/base/contract.h"
#include "tests/fuzz/lua_target.h"

#define PATTERN_MAX 20
#define TEXT_MAX    24

static const char *const calls[] = {
    "local s, p = ... return string.find(s, p)",
    "local s, p, i = ... return string.find(s, p, #i - 3)",
    "local s, p = ... return string.find(s, p, 1, true)",
    "local s, p = ... return string.match(s, p)",
    "local s, p, i = ... return string.match(s, p, #i)",
    "local s, p = ... local t = {} for a, b in string.gmatch(s, p) do t[#t + 1] = {a, b} end return t",
    "local s, p, r = ... return string.gsub(s, p, r)",
    "local s, p, r = ... return string.gsub(s, p, function(a, b) return b or a ~= r and r end, 3)",
};

static struct slice take(struct slice *rest, size_t len)
{
    if (len > rest->len) len = rest->len;
    struct slice taken = slice_of(rest->data, len);
    *rest = slice_of(rest->data + len, rest->len - len);
    return taken;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3) return 0;
    struct slice rest = slice_of((const char *)data + 3, size - 3);
    struct slice pattern = take(&rest, data[1] % (PATTERN_MAX + 1));
    struct slice replacement = take(&rest, data[2] % 8);
    const struct slice arguments[] = { take(&rest, TEXT_MAX), pattern, replacement };
    INVARIANT(two_luas_agree(&luas, calls[data[0] % (sizeof(calls) / sizeof(*calls))], arguments, 3));
    return 0;
}
