#include "server/exec/command/key_walk.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* The places of the keys of a call, as "1 3", with "?" when a number of keys was wrong and "*" when there are
 * more. */
static const char *places(const struct command *row, int argc, const char *const *words)
{
    static char text[128];
    struct slice argv[16];
    size_t len = 0;
    for (int i = 0; i < argc; i++) argv[i] = slice_of_cstr(words[i]);
    struct key_walk walk = key_walk(row, argv, argc);
    text[0] = '\0';
    while (key_next(&walk))
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%d", len > 0 ? " " : "", walk.arg);
    snprintf(text + len, sizeof text - len, "%s%s", walk.broken ? "?" : "", walk.derived ? "*" : "");
    return text;
}

#define EXPECT(row, expected, ...)                                                                           \
    do {                                                                                                     \
        static const char *const words[] = { __VA_ARGS__ };                                                  \
        const char *found = places(&(row), sizeof words / sizeof *words, words);                             \
        cr_expect_str_eq(found, expected, "%s instead of %s", found, expected);                              \
    } while (0)

static const struct command get = { .keys = { KEY(1, KEY_RO) } };
static const struct command mset = { .keys = { KEYS(1, -1, 2, KEY_OW) } };
static const struct command blpop = { .keys = { KEYS(1, -2, 1, KEY_RW) } };
static const struct command smove = { .keys = { KEY(1, KEY_RW), KEY(2, KEY_RW) } };
static const struct command zunionstore = { .keys = { KEY(1, KEY_OW), KEYS_COUNTED(2, KEY_RO) } };
#define RADIUS_VALUES "COUNT+ STORE+ STOREDIST+"
static const struct command georadius = { .keys = {
                                              KEY(1, KEY_RO),
                                              KEY_AFTER("STORE", 6, KEY_OW, .values = RADIUS_VALUES),
                                              KEY_AFTER("STOREDIST", 6, KEY_OW, .values = RADIUS_VALUES),
                                          } };
#define SORT_VALUES "BY+ GET+ LIMIT++ STORE+"
static const struct command sort = { .keys = {
                                         KEY(1, KEY_RO),
                                         KEYS_FROM_VALUES("BY GET", 2, KEY_RO, .values = SORT_VALUES),
                                         KEY_HIDDEN("STORE", 2, KEY_OW, .values = SORT_VALUES),
                                     } };

Test(key_walk, finds_keys_in_fixed_places)
{
    EXPECT(get, "1", "get", "k");
    EXPECT(mset, "1 3", "mset", "k", "v", "k2", "v2");
    EXPECT(blpop, "1 2", "blpop", "a", "b", "0");
    EXPECT(smove, "1 2", "smove", "a", "b", "member");
}

Test(key_walk, sees_no_key_behind_the_last_argument)
{
    EXPECT(get, "", "get");
    EXPECT(smove, "1", "smove", "a");
    EXPECT(blpop, "", "blpop", "0");
}

Test(key_walk, finds_keys_behind_their_number)
{
    EXPECT(zunionstore, "1 3", "zunionstore", "to", "1", "a");
    EXPECT(zunionstore, "1 3 4", "zunionstore", "to", "2", "a", "b", "AGGREGATE", "MIN");
    EXPECT(zunionstore, "1 3 4", "zunionstore", "to", "2", "a", "b");
}

Test(key_walk, finds_no_keys_behind_a_wrong_number)
{
    EXPECT(zunionstore, "1?", "zunionstore", "to", "3", "a", "b");
    EXPECT(zunionstore, "1?", "zunionstore", "to", "0", "a");
    EXPECT(zunionstore, "1?", "zunionstore", "to", "-1", "a");
    EXPECT(zunionstore, "1?", "zunionstore", "to", "two", "a");
    EXPECT(zunionstore, "1?", "zunionstore", "to", "9223372036854775807", "a");
    EXPECT(zunionstore, "1?", "zunionstore", "to", "4294967297", "a");
    EXPECT(zunionstore, "1?", "zunionstore", "to");
}

Test(key_walk, finds_keys_behind_words_in_any_case)
{
    EXPECT(georadius, "1", "georadius", "k", "1", "2", "3", "m", "ASC");
    EXPECT(georadius, "1", "georadius", "k", "1", "2", "3", "m", "store");
    EXPECT(georadius, "1 7", "georadius", "k", "1", "2", "3", "m", "Store", "to");
    EXPECT(georadius, "1 9 7", "georadius", "k", "1", "2", "3", "m", "STOREDIST", "d", "STORE", "s");
    EXPECT(georadius, "1", "georadius", "k", "STORE", "STORE", "3", "m", "ASC", "x");
    EXPECT(georadius, "1", "georadius", "k", "1", "2", "3", "m", "STORES", "to");
}

Test(key_walk, finds_the_key_behind_the_last_of_equal_words)
{
    EXPECT(georadius, "1 9", "georadius", "k", "1", "2", "3", "m", "STORE", "a", "STORE", "b");
    EXPECT(georadius, "1 9 11", "georadius", "k", "1", "2", "3", "m", "STORE", "a", "STORE", "b", "STOREDIST",
           "c");
    EXPECT(sort, "1 5", "sort", "k", "STORE", "a", "store", "b");
    EXPECT(sort, "1 3", "sort", "k", "STORE", "a", "ALPHA", "STORE");
}

Test(key_walk, takes_the_value_of_an_option_for_no_word)
{
    EXPECT(sort, "1 5*", "sort", "k", "BY", "STORE", "STORE", "d");
    EXPECT(sort, "1*", "sort", "k", "GET", "STORE", "ALPHA");
    EXPECT(sort, "1 6", "sort", "k", "limit", "STORE", "BY", "STORE", "d");
    EXPECT(sort, "1 3", "sort", "k", "STORE", "store", "ALPHA");
    EXPECT(sort, "1 3", "sort", "k", "STORE", "BY", "ALPHA");
    EXPECT(georadius, "1 7", "georadius", "k", "1", "2", "3", "m", "STORE", "STOREDIST", "COUNT", "1");
    EXPECT(georadius, "1", "georadius", "k", "1", "2", "3", "m", "COUNT", "STORE", "1");
}

Test(key_walk, knows_when_values_name_further_keys)
{
    EXPECT(sort, "1", "sort", "k");
    EXPECT(sort, "1*", "sort", "k", "by", "w_*");
    EXPECT(sort, "1 6*", "sort", "k", "GET", "#", "ALPHA", "store", "to");
    EXPECT(sort, "1 3", "sort", "k", "STORE", "to");
}

Test(key_walk, tells_where_every_call_has_its_first_key)
{
    static const struct command sintercard = { .keys = { KEYS_COUNTED(1, KEY_RO) } };
    static const struct command ping = { .syntax = "" };
    cr_expect_eq(key_first(&get), 1);
    cr_expect_eq(key_first(&sintercard), 2);
    cr_expect_eq(key_first(&zunionstore), 1);
    cr_expect_eq(key_first(&ping), 0);
    cr_expect(!key_places_vary(&mset));
    cr_expect(key_places_vary(&sintercard));
    cr_expect(key_places_vary(&sort));
}
