/*
 * Scripts against Redis: small programs drawn at random, whose replies are equal byte for byte, and what they
 * leave in the keyspace is asked by those that follow.
 *
 * NUTHATCH_DIFF_SEED and NUTHATCH_DIFF_STREAMS choose other rounds than the usual ones.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "proto/base/alloc.h"
#include "proto/base/random.h"
#include "server/commands/catalog/families.h"
#include "server/exec/command/table.h"
#include "tests/differential/compare/divergences.h"
#include "tests/differential/generate/catalogue.h"
#include "tests/differential/generate/lua_program.h"
#include "tests/differential/generate/table_source.h"
#include "tests/support/client/client.h"
#include "tests/support/client/reply_text.h"
#include "tests/support/process/instance.h"

#define USUAL_SEED   7000
#define USUAL_ROUNDS 60
#define PROGRAMS     40

static struct instance ours, redis;
static struct client client, oracle;
static struct random draws;

static unsigned long long from_environment(const char *name, unsigned long long otherwise)
{
    const char *text = getenv(name);
    return text == NULL || *text == '\0' ? otherwise : strtoull(text, NULL, 0);
}

static void explain(const struct slice *words, struct slice mine, struct slice other)
{
    struct buffer text = { 0 };
    buffer_printf(&text, "%.*s:\n%.*s\n-- is\n", (int)words[0].len, words[0].data, (int)words[1].len,
                  words[1].data);
    reply_text(&text, mine);
    buffer_printf(&text, "\n-- but of Redis\n");
    reply_text(&text, other);
    buffer_append(&text, "", 1);
    cr_assert(false, "%s", text.data);
}

static void play(const struct slice *words, size_t count)
{
    struct slice mine, other;
    cr_assert(client_send_argv(&client, count, words) && client_read(&client, &mine), "%.*s",
              (int)words[1].len, words[1].data);
    cr_assert(client_send_argv(&oracle, count, words) && client_read(&oracle, &other), "%.*s",
              (int)words[1].len, words[1].data);
    if (!slice_equal(mine, other)) explain(words, mine, other);
}

static void play_program(struct slice program)
{
    static const char *const names[] = { "EVAL", "EVAL", "EVAL", "EVAL", "EVAL_RO" };
    const char *name = names[random_below(&draws, 5)];
    const struct slice words[] = {
        slice_of_cstr(name), program, SLICE("2"), SLICE("k"), SLICE("user:1"), SLICE("arg"), SLICE("7"),
    };
    play(words, random_chance(&draws, 90) ? 7 : 5);
}

/* What the program does as the body of a function, whose arguments are called as a script's. */
static void play_function(struct slice program)
{
    static const char *const flags[] = { "", "", "flags={'no-writes'},", "flags={'allow-oom'}," };
    struct buffer library = { 0 };
    buffer_printf(
        &library,
        "#!lua name=lib\nredis.register_function{function_name='fn', %s callback=function(KEYS, ARGV)\n"
        "%.*s\nend}",
        flags[random_below(&draws, 4)], (int)program.len, program.data);
    const struct slice load[] = { SLICE("FUNCTION"), SLICE("LOAD"), SLICE("REPLACE"),
                                  buffer_slice(&library) };
    play(load, 4);
    const char *name = random_chance(&draws, 80) ? "FCALL" : "FCALL_RO";
    const struct slice words[] = {
        slice_of_cstr(name), SLICE("fn"), SLICE("2"), SLICE("k"), SLICE("user:1"), SLICE("arg"), SLICE("7"),
    };
    play(words, random_chance(&draws, 90) ? 7 : 5);
    buffer_clear(&library);
}

static void play_round(const struct catalogue *catalogue, const struct divergences *divergences)
{
    struct buffer program = { 0 };
    const char *hello = random_chance(&draws, 50) ? "HELLO 3" : "HELLO 2";
    client_ask(&client, hello);
    client_ask(&oracle, hello);
    client_ask(&client, "FLUSHALL");
    client_ask(&oracle, "FLUSHALL");
    for (int i = 0; i < PROGRAMS; i++) {
        program.len = 0;
        if (random_chance(&draws, 70)) {
            lua_program_draw(&program, catalogue, divergences, &draws);
            play_program(buffer_slice(&program));
        } else {
            lua_program_draw_body(&program, catalogue, divergences, &draws);
            play_function(buffer_slice(&program));
        }
    }
    buffer_clear(&program);
}

static void play_all(const char *loops)
{
    struct divergences divergences;
    divergences_read(&divergences);
    struct command_table *table = command_table_create(command_families, NULL, NULL);
    size_t len;
    struct catalogue_source *sources = table_source_create(table, &len);
    struct catalogue *catalogue = catalogue_create(sources, len, &divergences);
    unsigned long long seed = from_environment("NUTHATCH_DIFF_SEED", USUAL_SEED);
    unsigned long long rounds = from_environment("NUTHATCH_DIFF_STREAMS", USUAL_ROUNDS);
    instance_start(&ours, INSTANCE_NUTHATCH,
                   OPTIONS("--io-threads", loops, "--proto-max-bulk-len", "1mb",
                           "--zset-max-listpack-entries", "100000", "--zset-max-listpack-value", "100000"));
    instance_start(&redis, INSTANCE_REDIS,
                   OPTIONS("--proto-max-bulk-len", "1mb", "--zset-max-listpack-entries", "100000",
                           "--zset-max-listpack-value", "100000"));
    cr_assert(client_open_tcp(&client, ours.port) && client_open_tcp(&oracle, redis.port));
    for (unsigned long long round = 0; round < rounds; round++) {
        draws = (struct random){ seed + round };
        play_round(catalogue, &divergences);
    }
    client_close(&client);
    client_close(&oracle);
    instance_stop(&ours);
    instance_stop(&redis);
    catalogue_destroy(&catalogue);
    alloc_free(sources);
    command_table_destroy(&table);
    divergences_clear(&divergences);
}

Test(differential, programs_of_lua_do_what_they_do_in_redis_with_one_loop, .timeout = 300)
{
    play_all("1");
}

Test(differential, programs_of_lua_do_what_they_do_in_redis_with_several_loops, .timeout = 300)
{
    play_all("3");
}
