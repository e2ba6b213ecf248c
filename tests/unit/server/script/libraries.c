/* Functions in the place of those of Lua's libraries, which give and fail as those do. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/random.h"
#include "tests/support/seed.h"
#include "tests/support/two_luas.h"

static const char *const examples[] = {
    "return string.rep('ab', 3), string.rep('', 1e6), string.rep('x', 0), string.rep('x', -1), "
    "('ab'):rep(700)",
    "return #string.rep('abc', 100000), string.rep('abc', 30000):sub(-4), string.rep(1, 3)",
    "return string.rep()",
    "return string.rep('x')",
    "return string.rep('x', 'y')",
    "return string.rep({}, 1)",
    "return ('aBc1\\0x'):upper(), ('aBc1\\0X'):lower(), ('abc'):reverse(), (''):reverse(), string.upper(12)",
    "return string.upper()",
    "return string.lower({})",
    "return string.reverse(nil)",
    "return ('x'):rep(200000):upper() == ('X'):rep(200000), #(('xy'):rep(200000):reverse())",
    "return string.find('a\\0b', '\\0'), ('a.b'):find('.', 1, true), ('abc'):find('', 10), ('abc'):find('', "
    "-1)",
    "return ('abc'):find('b', -2), ('abc'):find('b', 3), string.find(12, 2), string.find('x')",
    "return string.find('x')",
    "return string.gsub('x', 'x')",
    "return string.gsub('x', 'x', true)",
    "return string.gsub('abc', '', '-')",
    "return string.gsub('x', '(x', 'y')",
    "return string.gsub('x', 'x)', 'y')",
    "return string.gsub('abc', '%w', '%9')",
    "return string.gsub('abc', 'b', function() return {} end)",
    "return string.gsub('abc', 'b', function() error('no') end)",
    "return string.gsub('abc', 'b', '%')",
    "return string.gsub('a b c', '%w', {a = 1, b = true, c = false})",
    "return string.gsub('abc', '^a', 'x', 1.5)",
    "return string.find('x', string.rep('(x', 33))",
    "return string.match('ab', '((a)(b))'), string.match('k', '()')",
    "local t = {} for w in string.gfind('one two', '%a+') do t[#t + 1] = w end return t",
    "return string.gmatch()",
    "return string.gmatch('x')",
    "return string.gmatch('x', 'x')('y')",
    "local t = {1, 2, 3} table.insert(t, 4) table.insert(t, 1, 0) table.insert(t, 9, 9) return t, #t",
    "local t = {1, 2, 3} table.insert(t, -2, 0) return t",
    "return table.insert({})",
    "return table.insert({}, 1, 2, 3)",
    "return table.insert(1, 2)",
    "return table.insert({}, 'x', 2)",
    "return table.insert(nil)",
    "local t = {1, 2, 3} return table.remove(t), table.remove(t, 1), table.remove(t, 5), table.remove({}), t",
    "return table.remove()",
    "return table.remove({1}, 'x')",
    "return table.concat({1, 'b', 3}, ', '), table.concat({}), table.concat({1, 2, 3}, '', 2, 2), "
    "table.concat({1}, '', 2)",
    "return table.concat({1, {}, 3})",
    "return table.concat({1}, ',', 1, 2)",
    "return table.concat({}, {})",
    "return table.concat()",
    "return table.concat({1}, ',', 'x')",
    "return table.concat({[2147483647] = 'x'}, ',', 2147483647, 2147483647)",
    "return table.maxn({1, 2, [7.5] = 1, x = 2}), table.maxn({})",
    "return table.maxn()",
    "return table.foreach({1, 2, x = 3}, function(k, v) if k == 'x' then return v end end)",
    "return table.foreach({1})",
    "local s = 0 table.foreach({1, 2, x = 3}, function(k, v) s = s + v end) return s",
    "return table.foreachi({4, 5, 6}, function(i, v) if i == 2 then return v end end)",
    "return table.foreachi({1}, 2)",
    "return table.sort()",
    "return table.sort({1, 'x'})",
    "return table.sort({1, 2}, 3)",
    "return table.sort({{}, {}})",
    "return table.sort({3, 2, 1, 5, 4}, function(a, b) return true end)",
    "return table.sort({3, 2, 1, 5, 4}, function(a, b) error('no', 0) end)",
    "local t = {'b', 'a', 'c'} table.sort(t) return t, table.sort({}), table.sort({1})",
    "local c = coroutine.create(function(a, b) local d = coroutine.yield(a + b) return d, 2 end) "
    "return coroutine.resume(c, 1, 2), coroutine.resume(c, 5)",
    "local c = coroutine.create(function() end) coroutine.resume(c) return coroutine.resume(c)",
    "local c c = coroutine.create(function() return coroutine.resume(c) end) return coroutine.resume(c)",
    "return coroutine.resume(1)",
    "return coroutine.wrap(1)",
    "return coroutine.wrap(type)",
    "return coroutine.wrap(function() error('x') end)()",
    "return coroutine.wrap(function() error({}) end)()",
    "local f = coroutine.wrap(function(...) coroutine.yield(...) end) return f(1, 2, 3), f(), pcall(f)",
    "local outer outer = coroutine.create(function() local i = coroutine.create(function() "
    "return coroutine.resume(outer) end) return coroutine.resume(i) end) return coroutine.resume(outer)",
    "local function f(n) if n == 0 then return 0 end return 1 + coroutine.wrap(f)(n - 1) end return f(50)",
    "local function f(n) return 1 + coroutine.wrap(f)(n - 1) end return (pcall(f, 3))",
    "return collectgarbage(), collectgarbage('restart'), collectgarbage('setpause', 200), "
    "type(collectgarbage('count'))",
    "return collectgarbage('nosuch')",
    "return collectgarbage('step', 'x')",
    "return collectgarbage('setstepmul', 200)",
    "return unpack({1, 2, nil, 4}, 1, 4)",
    "return unpack()",
    "return (pcall(unpack, {}, 1, 1e6))",
};

Test(libraries, give_what_those_of_lua_give)
{
    struct two_luas luas;
    two_luas_open(&luas);
    for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++)
        cr_expect(two_luas_agree(&luas, examples[i], NULL, 0), "%s\nours:   %.*s\ntheirs: %.*s", examples[i],
                  (int)luas.our_words.len, luas.our_words.data, (int)luas.their_words.len,
                  luas.their_words.data);
    two_luas_close(&luas);
}

/* The table is made of the bytes of a text; the orders are told apart by what they compare, and when. */
static const char *const sorts[] = {
    "local t = {(...):byte(1, -1)} table.sort(t) return t",
    "local t = {} for c in (...):gmatch('.') do t[#t + 1] = c end table.sort(t, function(a, b) return a > b "
    "end) return t",
    "local t, seen = {(...):byte(1, -1)}, {} table.sort(t, function(a, b) seen[#seen + 1] = a * 256 + b "
    "return a % 8 < b % 8 end) "
    "return t, seen",
    "local t = {(...):byte(1, -1)} table.sort(t, function(a, b) return (a * 7 + b) % 3 == 0 end) return t",
    "local t = {(...):byte(1, -1)} table.sort(t, rawequal) return t",
    "local t = {(...):byte(1, -1)} t[#t + 1] = 'x' return table.sort(t)",
};

Test(libraries, tables_are_sorted_in_the_same_steps, .timeout = 300)
{
    struct two_luas luas;
    char text[200];
    struct random random = { seed_draw() };
    two_luas_open(&luas);
    for (int left = 20000; left > 0; left--) {
        const char *code = sorts[random_below(&random, sizeof(sorts) / sizeof(*sorts))];
        size_t len = random_below(&random, random_below(&random, 8) == 0 ? sizeof(text) : 12);
        uint64_t range = random_below(&random, 2) == 0 ? 4 : 255;
        for (size_t i = 0; i < len; i++) text[i] = (char)random_below(&random, range);
        struct slice argument = slice_of(text, len);
        cr_assert(two_luas_agree(&luas, code, &argument, 1), "%s\nours:   %.*s\ntheirs: %.*s", code,
                  (int)luas.our_words.len, luas.our_words.data, (int)luas.their_words.len,
                  luas.their_words.data);
    }
    two_luas_close(&luas);
}
