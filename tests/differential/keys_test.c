/*
 * COMMAND GETKEYS where the keys stand behind options that come in any order, with values that look like
 * options themselves. What Redis tells wrongly of such calls (docs/divergences.md) is not asked for: a STORE
 * whose value looks like an option, and in GEORADIUS, of which it knows only the first, a second STORE.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "proto/base/buffer.h"
#include "proto/base/random.h"
#include "tests/support/client/client.h"
#include "tests/support/client/reply_text.h"
#include "tests/support/process/instance.h"

#define CALLS       2000
#define OPTIONS_MAX 6
#define WORDS_MAX   32

struct option {
    const char *word;
    int values;
    bool stores; /* its value is a key */
    bool once;
};

struct form {
    const char *start; /* words with a space behind each */
    struct option options[OPTIONS_MAX];
    size_t count;
};

static const struct form forms[] = {
    { "SORT a ",
      { { "BY", 1, .stores = false },
        { "get", 1, .stores = false },
        { "Limit", 2, .stores = false },
        { "STORE", 1, .stores = true },
        { "ALPHA", 0, .stores = false } },
      5 },
    { "GEORADIUS a 1 1 1 m ",
      { { "COUNT", 1, .stores = false },
        { "STORE", 1, .stores = true, .once = true },
        { "storedist", 1, .stores = true, .once = true },
        { "WITHDIST", 0, .stores = false } },
      4 },
};

static const char *const looks_like_an_option[] = { "by", "GET", "LIMIT", "store", "STOREDIST", "x" };

/* A value that Redis takes for a word if the option does not skip it, as GEORADIUS's COUNT does not, is
 * plain.
 */
static void append_value(struct buffer *call, const struct form *form, const struct option *option,
                         struct random *random)
{
    bool plain = option->stores || form != &forms[0];
    const char *value =
        plain ? "k"
              : looks_like_an_option[random_below(random, sizeof looks_like_an_option / sizeof(char *))];
    buffer_printf(call, " %s%s", value,
                  plain ? (const char *[]){ "1", "2", "3" }[random_below(random, 3)] : "");
}

static void make_call(struct buffer *call, const struct form *form, struct random *random)
{
    bool given[OPTIONS_MAX] = { false };
    call->len = 0;
    buffer_printf(call, "COMMAND GETKEYS %.*s", (int)strlen(form->start) - 1, form->start);
    for (uint64_t left = random_below(random, OPTIONS_MAX); left > 0; left--) {
        size_t at = random_below(random, form->count);
        const struct option *option = &form->options[at];
        if (option->once && given[at]) continue;
        given[at] = true;
        buffer_printf(call, " %s", option->word);
        for (int i = 0; i < option->values; i++) append_value(call, form, option, random);
    }
    buffer_append(call, "", 1);
}

static void compare(struct client *ours, struct client *redis, const char *call)
{
    struct buffer mine = { 0 }, other = { 0 };
    reply_text(&mine, client_ask(ours, call));
    reply_text(&other, client_ask(redis, call));
    cr_expect(slice_equal(buffer_slice(&mine), buffer_slice(&other)), "%s\n%.*s\nbut Redis:\n%.*s", call,
              (int)mine.len, mine.data, (int)other.len, other.data);
    buffer_clear(&mine);
    buffer_clear(&other);
}

Test(command_keys, keys_behind_options_are_found_in_any_order, .timeout = 120)
{
    struct instance ours, redis;
    struct client client, oracle;
    struct random random = { 1 };
    struct buffer call = { 0 };
    instance_start(&ours, INSTANCE_NUTHATCH, NULL);
    instance_start(&redis, INSTANCE_REDIS, NULL);
    cr_assert(client_open_tcp(&client, ours.port));
    cr_assert(client_open_tcp(&oracle, redis.port));
    for (size_t i = 0; i < CALLS; i++) {
        make_call(&call, &forms[i % 2], &random);
        compare(&client, &oracle, call.data);
    }
    buffer_clear(&call);
    client_close(&client);
    client_close(&oracle);
    instance_stop(&ours);
    instance_stop(&redis);
}
