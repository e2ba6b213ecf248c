/*
 * Scripts and functions beside transactions, plain commands, KEYS and FLUSHALL, while the functions come,
 * change and go.
 *
 * Eight keys always hold the same number, or none of them is there. A library has two functions, of which
 * each tells the number that the library was loaded with: within one transaction or script it is the same.
 */
#include <stdio.h>
#include <string.h>

#include "tests/concurrency/exercises.h"
#include "tests/support/client/reply_parts.h"

#define KEYS     8
#define ALL_KEYS "p0 p1 p2 p3 p4 p5 p6 p7"
#define SET_EACH "for i = 0, 7 do redis.call('set', 'p' .. i, "
#define LIBRARY                                                                                              \
    "#!lua name=lib\\nlocal version = %u "                                                                   \
    "redis.register_function{function_name='one', callback=function() return version end, "                  \
    "flags={'no-writes'}} "                                                                                  \
    "redis.register_function{function_name='two', callback=function() return version end, "                  \
    "flags={'no-writes'}} "                                                                                  \
    "redis.register_function('fill', function(keys, args) " SET_EACH "args[1]) end return version end) "     \
    "redis.register_function{function_name='look', callback=function() local t = {} "                        \
    "for i = 0, 7 do t[#t + 1] = redis.call('get', 'p' .. i) end return t end, flags={'no-writes'}}"

enum { FUNCTIONS_CALLED, FLUSHES, PROGRAMS };

static void count(struct worker *worker, size_t what)
{
    atomic_fetch_add_explicit(&worker->crew->counts[what], 1, memory_order_relaxed);
}

static void load(struct worker *worker)
{
    unsigned version = (unsigned)random_below(&worker->random, 1000000);
    worker_ask(worker, "FUNCTION LOAD REPLACE \"" LIBRARY "\"", version);
}

static void write_by_transaction(struct worker *worker, unsigned value)
{
    worker_ask(worker, "MULTI");
    for (int i = 0; i < KEYS; i++) worker_ask(worker, "SET p%d %u", i, value);
    worker_ask(worker, "EXEC");
}

/* A script among plain commands: the transaction rests as the script does. */
static void write_by_both(struct worker *worker, unsigned value)
{
    worker_ask(worker, "MULTI");
    worker_ask(worker, "DEL " ALL_KEYS);
    worker_ask(worker, "EVAL \"" SET_EACH "ARGV[1]) end\" 2 p0 p5 %u", value);
    worker_ask(worker, "EXEC");
}

static void write_once(struct worker *worker)
{
    unsigned value = (unsigned)random_below(&worker->random, 1000000);
    switch (random_below(&worker->random, 8)) {
    case 0: write_by_transaction(worker, value); break;
    case 1: write_by_both(worker, value); break;
    case 2: worker_ask(worker, "EVAL \"" SET_EACH "ARGV[1]) end\" 0 %u", value); break;
    case 3: worker_ask(worker, "EVAL \"" SET_EACH "ARGV[1]) end\" 1 p3 %u", value); break;
    case 4: worker_ask(worker, "EVAL \"" SET_EACH "%u) end return %u\" 0", value, value); break;
    case 5: worker_ask(worker, "DEL " ALL_KEYS); break;
    case 6:
        worker_ask(worker, "MSET p7 %u p6 %u p5 %u p4 %u p3 %u p2 %u p1 %u p0 %u", value, value, value, value,
                   value, value, value, value);
        break;
    default: worker_ask(worker, "FCALL fill 0 %u", value); break;
    }
    count(worker, PROGRAMS);
}

static void write_on(struct worker *worker)
{
    while (!crew_is_over(worker->crew)) write_once(worker);
}

static void disturb(struct worker *worker)
{
    static const char *const lines[] = { "FLUSHALL",
                                         "FLUSHALL ASYNC",
                                         "FLUSHDB",
                                         "SCRIPT FLUSH",
                                         "FUNCTION DELETE lib",
                                         "FUNCTION FLUSH",
                                         "FUNCTION STATS",
                                         "FUNCTION LIST",
                                         "KEYS *",
                                         "FUNCTION DUMP",
                                         "INFO",
                                         "EVAL \"return #redis.call('keys', '*')\" 0" };
    size_t which = random_below(&worker->random, sizeof lines / sizeof *lines);
    worker_ask(worker, "%s", lines[which]);
    if (which < 3) count(worker, FLUSHES);
    load(worker);
}

static void disturb_on(struct worker *worker)
{
    while (!crew_is_over(worker->crew)) disturb(worker);
}

/* All the same, also all null. */
static void expect_equal(struct worker *worker, struct slice reply)
{
    struct reply_parts parts;
    struct slice part, first = reply_part(reply, 0);
    if (!reply_parts_init(&parts, reply) || first.len == 0) {
        crew_fail(worker->crew, "no values but %.*s", (int)reply.len, reply.data);
        return;
    }
    while (reply_parts_next(&parts, &part))
        if (!slice_equal(first, part))
            crew_fail(worker->crew, "half of a change is seen: %.*s", (int)reply.len, reply.data);
}

static void look_by_transaction(struct worker *worker)
{
    worker_ask(worker, "MULTI");
    for (int i = KEYS - 1; i >= 0; i--) worker_ask(worker, "GET p%d", i);
    expect_equal(worker, worker_ask(worker, "EXEC"));
}

static bool is_error(struct slice reply)
{
    return reply.len > 0 && reply.data[0] == '-';
}

/* Errors, where the library has gone, are the same for both. */
static void compare_versions(struct worker *worker)
{
    worker_ask(worker, "MULTI");
    worker_ask(worker, "FCALL one 0");
    worker_ask(worker, "GET p0");
    worker_ask(worker, "FCALL_RO two 0");
    struct slice reply = worker_ask(worker, "EXEC");
    struct slice one = reply_part(reply, 0), two = reply_part(reply, 2);
    if (!slice_equal(one, two))
        crew_fail(worker->crew, "a library changes within a transaction: %.*s", (int)reply.len, reply.data);
    if (!is_error(one)) count(worker, FUNCTIONS_CALLED);
}

static void look_by_function(struct worker *worker)
{
    struct slice reply = worker_ask(worker, "FCALL_RO look 0");
    if (is_error(reply)) return;
    count(worker, FUNCTIONS_CALLED);
    expect_equal(worker, reply);
}

static void look_by_keys(struct worker *worker)
{
    struct slice keys = worker_ask(worker, "KEYS p?");
    if (keys.len < 2 || (memcmp(keys.data, "*8", 2) != 0 && memcmp(keys.data, "*0", 2) != 0))
        crew_fail(worker->crew, "neither all keys nor none: %.*s", (int)keys.len, keys.data);
}

static void look_by_script(struct worker *worker, const char *declared)
{
    expect_equal(worker, worker_ask(worker,
                                    "EVAL \"local t = {} for i = 7, 0, -1 do "
                                    "t[#t + 1] = redis.call('get', 'p' .. i) end return t\" %s",
                                    declared));
}

static void look_on(struct worker *worker)
{
    while (!crew_is_over(worker->crew)) {
        switch (random_below(&worker->random, 7)) {
        case 0: look_by_transaction(worker); break;
        case 1: compare_versions(worker); break;
        case 2: look_by_function(worker); break;
        case 3: look_by_keys(worker); break;
        case 4: look_by_script(worker, "0"); break;
        case 5: look_by_script(worker, "2 p7 p2"); break;
        default: expect_equal(worker, worker_ask(worker, "MGET p3 p1 p0 p7 p5 p4 p2 p6")); break;
        }
    }
}

static void finish(struct crew *crew, struct client *client)
{
    (void)client;
    for (size_t i = 0; i <= PROGRAMS; i++)
        if (atomic_load(&crew->counts[i]) == 0) crew_fail(crew, "nothing of kind %zu has happened", i);
}

const struct exercise exercise_programs = {
    .name = "programs",
    .parts = { { "writer", 4, write_on }, { "disturber", 2, disturb_on }, { "observer", 6, look_on } },
    .finish = finish,
};
