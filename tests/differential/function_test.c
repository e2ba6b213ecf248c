/*
 * Libraries of functions against Redis: some are loaded, replaced, deleted, dumped and restored at random,
 * payloads of either server by both, and what can be called is the same.
 *
 * NUTHATCH_DIFF_SEED and NUTHATCH_DIFF_STREAMS choose other rounds than the usual ones.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "proto/base/buffer.h"
#include "proto/base/random.h"
#include "tests/support/client/client.h"
#include "tests/support/process/instance.h"

#define USUAL_SEED   9000
#define USUAL_ROUNDS 20
#define STEPS        60

static struct instance ours, redis;
static struct client client, oracle;
static struct random draws;

#define PICK(from) from[random_below(&draws, sizeof from / sizeof *from)]

static unsigned long long from_environment(const char *name, unsigned long long otherwise)
{
    const char *text = getenv(name);
    return text == NULL || *text == '\0' ? otherwise : strtoull(text, NULL, 0);
}

/* Both are asked, and answer the same in their first `len` bytes. */
static void play_up_to(const struct slice *words, size_t count, size_t len)
{
    struct slice mine, other;
    cr_assert(client_send_argv(&client, count, words) && client_read(&client, &mine));
    cr_assert(client_send_argv(&oracle, count, words) && client_read(&oracle, &other));
    if (mine.len > len) mine.len = len;
    if (other.len > len) other.len = len;
    cr_assert(slice_equal(mine, other), "%.*s %.*s:\n%.*s\nis by Redis\n%.*s", (int)words[1].len,
              words[1].data, (int)words[count - 1].len, words[count - 1].data, (int)mine.len, mine.data,
              (int)other.len, other.data);
}

static void play(const struct slice *words, size_t count)
{
    play_up_to(words, count, SIZE_MAX);
}

static const char *const libraries[] = { "a", "A", "b", "long_name_1", "b-c" };
static const char *const functions[] = { "f", "F", "g", "h", "only_here", "not here", "" };

/* At most one of its functions can have another's name, so that there is no choice which is told. */
static void load(void)
{
    static const char *const heads[] = { "#!lua name=%s\n",        "#!lua name=%s\n",
                                         "#!lua name=%s\n",        "#!Lua  name=\"%s\"\n",
                                         "#!lua name=%s name=x\n", "#!js name=%s\n",
                                         "#!lua name=%s ",         "name=%s\n" };
    static const char *const bodies[] = {
        "local n = 0 redis.register_function('%s', function(k, a) n = n + 1 return {n, k, a} end)",
        "redis.register_function{function_name='%s', callback=function() return redis.call('INCR', 'n') end}",
        ("redis.register_function{function_name='%s', flags={'no-writes'}, description='of a reader', "
         "callback=function() return redis.call('INCR', 'n') end}"),
        "redis.register_function{function_name='%s', flags={'nosuch'}, callback=function() end}",
        "redis.register_function('%s', function() return redis.call('GET', 'n') end) x = 1",
        "redis.register_function('%s')",
        "redis.register_function('%s', function() return redis.register_function end) local x = 1 + nil",
        "local f = '%s'",
    };
    struct buffer text = { 0 };
    static const char *const *names = libraries;
    buffer_printf(&text, PICK(heads), names[random_below(&draws, 5)]);
    buffer_printf(&text, random_chance(&draws, 70) ? bodies[random_below(&draws, 3)] : PICK(bodies),
                  PICK(functions));
    struct slice words[] = { SLICE("FUNCTION"), SLICE("LOAD"), SLICE("REPLACE"), buffer_slice(&text) };
    bool replaces = random_chance(&draws, 50);
    if (!replaces) words[2] = words[3];
    play(words, replaces ? 4 : 3);
    buffer_clear(&text);
}

static void call(void)
{
    struct slice words[] = { slice_of_cstr(random_chance(&draws, 70) ? "FCALL" : "FCALL_RO"),
                             slice_of_cstr(PICK(functions)), SLICE("1"), SLICE("k"), SLICE("x") };
    play(words, 3 + random_below(&draws, 3));
}

static void change(void)
{
    bool deletes = random_chance(&draws, 70);
    struct slice words[] = { SLICE("FUNCTION"), deletes ? SLICE("DELETE") : SLICE("FLUSH"),
                             slice_of_cstr(PICK(libraries)), SLICE("x") };
    static const char *const ways[] = { "SYNC", "async", "nosuch" };
    if (!deletes) words[2] = slice_of_cstr(PICK(ways));
    play(words, 2 + random_below(&draws, 3));
}

static void list(void)
{
    struct slice words[] = { SLICE("FUNCTION"), SLICE("LIST"), SLICE("LIBRARYNAME"), SLICE("[b-z]*"),
                             SLICE("WITHCODE") };
    static const char *const patterns[] = { "b", "l*", "nosuch", "?o*" };
    words[3] = slice_of_cstr(PICK(patterns));
    play(words, 3 + random_below(&draws, 3));
    words[1] = SLICE("STATS");
    play(words, 2);
}

/* Which of several libraries that are there already is told is a matter of order. */
#define KIND_OF_REPLY 12

static void exchange(void)
{
    struct client *from = random_chance(&draws, 50) ? &client : &oracle;
    struct slice dump[] = { SLICE("FUNCTION"), SLICE("DUMP") }, reply;
    static const char *const policies[] = { "FLUSH", "APPEND", "REPLACE", "replace", "nosuch" };
    struct buffer payload = { 0 };
    cr_assert(client_send_argv(from, 2, dump) && client_read(from, &reply));
    const char *start = memchr(reply.data, '\n', reply.len);
    buffer_append(&payload, start + 1, reply.len - (size_t)(start + 1 - reply.data) - 2);
    if (random_chance(&draws, 10)) payload.data[random_below(&draws, payload.len)] ^= 1;
    for (int i = 0; random_chance(&draws, 60) && i < 3; i++) load();
    struct slice words[] = { SLICE("FUNCTION"), SLICE("RESTORE"), buffer_slice(&payload),
                             slice_of_cstr(PICK(policies)) };
    play_up_to(words, random_chance(&draws, 80) ? 4 : 3, KIND_OF_REPLY);
    buffer_clear(&payload);
}

static void step(void)
{
    uint64_t drawn = random_below(&draws, 100);
    if (drawn < 35)
        load();
    else if (drawn < 75)
        call();
    else if (drawn < 82)
        change();
    else if (drawn < 90)
        list();
    else
        exchange();
}

static void play_all(const char *loops)
{
    unsigned long long seed = from_environment("NUTHATCH_DIFF_SEED", USUAL_SEED);
    unsigned long long rounds = from_environment("NUTHATCH_DIFF_STREAMS", USUAL_ROUNDS);
    instance_start(&ours, INSTANCE_NUTHATCH, OPTIONS("--io-threads", loops));
    instance_start(&redis, INSTANCE_REDIS, OPTIONS("--proto-max-bulk-len", "1mb"));
    cr_assert(client_open_tcp(&client, ours.port) && client_open_tcp(&oracle, redis.port));
    for (unsigned long long round = 0; round < rounds; round++) {
        draws = (struct random){ seed + round };
        const char *hello = random_chance(&draws, 50) ? "HELLO 3" : "HELLO 2";
        struct client *both[] = { &client, &oracle };
        for (int i = 0; i < 2; i++) {
            client_ask(both[i], hello);
            client_ask(both[i], "FLUSHALL");
            client_ask(both[i], "FUNCTION FLUSH");
        }
        for (int i = 0; i < STEPS; i++) step();
    }
    client_close(&client);
    client_close(&oracle);
    instance_stop(&ours);
    instance_stop(&redis);
}

Test(differential, libraries_come_and_go_as_in_redis_with_one_loop, .timeout = 300)
{
    play_all("1");
}

Test(differential, libraries_come_and_go_as_in_redis_with_several_loops, .timeout = 300)
{
    play_all("3");
}
