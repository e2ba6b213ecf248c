/*
 * What one EXEC does is done at once, to whatever shards its keys belong, and so is what one command does.
 *
 * Six keys always hold the same number; two lists have a hundred elements together; of two names one is
 * taken; and who finds that a tag was invalidated by an EXEC finds what else that has done.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/concurrency/exercises.h"
#include "tests/support/client/reply_parts.h"

#define KEYS     6
#define ELEMENTS 100

static void set_all(struct client *client, unsigned value)
{
    char line[256];
    int len = snprintf(line, sizeof line, "MSET");
    for (int i = 0; i < KEYS; i++)
        len += snprintf(line + len, sizeof line - (size_t)len, " h%d %u", i, value);
    client_ask(client, line);
}

static void prepare(struct crew *crew, struct client *client)
{
    (void)crew;
    set_all(client, 1);
    for (int i = 0; i < ELEMENTS; i++) client_ask(client, "RPUSH left e");
    client_ask(client, "SET here v");
}

static void set_each(struct worker *worker, unsigned value)
{
    worker_ask(worker, "MULTI");
    for (int i = 0; i < KEYS; i++) worker_ask(worker, "SET h%d %u", i, value);
    worker_ask(worker, "EXEC");
}

/* Gone and there again. */
static void renew(struct worker *worker, unsigned value)
{
    worker_ask(worker, "MULTI");
    worker_ask(worker, "DEL h0 h1 h2 h3 h4 h5");
    set_all(&worker->client, value);
    worker_ask(worker, "EXEC");
}

static void set_half_by_half(struct worker *worker, unsigned value)
{
    worker_ask(worker, "MULTI");
    worker_ask(worker, "MSET h0 %u h1 %u h2 %u", value, value, value);
    worker_ask(worker, "SET made %u", value);
    worker_ask(worker, "RENAME made h3");
    worker_ask(worker, "COPY h3 h4 REPLACE");
    worker_ask(worker, "COPY h4 h5 REPLACE");
    worker_ask(worker, "EXEC");
}

static void write_on(struct worker *worker)
{
    while (!crew_is_over(worker->crew)) {
        unsigned value = (unsigned)random_below(&worker->random, 1000000);
        switch (random_below(&worker->random, 4)) {
        case 0: set_each(worker, value); break;
        case 1: renew(worker, value); break;
        case 2: set_half_by_half(worker, value); break;
        default: set_all(&worker->client, value); break;
        }
    }
}

static void move_on(struct worker *worker)
{
    while (!crew_is_over(worker->crew)) {
        bool back = random_chance(&worker->random, 50);
        worker_ask(worker, "LMOVE %s %s LEFT RIGHT", back ? "right" : "left", back ? "left" : "right");
        worker_ask(worker, "RENAME here there");
        worker_ask(worker, "RENAME there here");
    }
}

/* A value that depends on a tag holds the number of the round. The next begins with an EXEC, or a script,
 * that first invalidates the tag, then does much else, and in the end notes its own number. */
static void invalidate_by(struct worker *worker, bool by_script, unsigned round)
{
    static const char script[] = "redis.call('CACHE','INVALIDATE','TAGS','round') "
                                 "for i=1,50 do redis.call('SET','filling'..i,i) end "
                                 "redis.call('SET','round:noted',ARGV[1])";
    if (by_script) {
        worker_ask(worker, "EVAL \"%s\" 0 %u", script, round);
        return;
    }
    worker_ask(worker, "MULTI");
    worker_ask(worker, "CACHE INVALIDATE TAGS round");
    for (int i = 0; i < 50; i++) worker_ask(worker, "SET filling%d %u", i, round);
    worker_ask(worker, "SET round:noted %u", round);
    worker_ask(worker, "EXEC");
}

static void go_round(struct worker *worker)
{
    for (unsigned round = 1; !crew_is_over(worker->crew); round++) {
        worker_ask(worker, "CACHE SET round:value %u EX 3600 TAGS 1 round", round - 1);
        invalidate_by(worker, round % 4 == 0, round);
    }
}

/* False: there is none. */
static bool read_round(struct worker *worker, int64_t *round)
{
    char text[64];
    if (!worker_text(worker_read(worker), text, sizeof text)) return false;
    *round = strtoll(text, NULL, 10);
    return true;
}

/* All three questions may be in one turn of a loop. */
static void watch_rounds(struct worker *worker)
{
    static const char questions[] = "GET round:value\r\nGET round:noted\r\nGET round:value\r\n";
    for (int64_t value = 0; !crew_is_over(worker->crew);) {
        client_send(&worker->client, slice_of_cstr(questions));
        bool is_there = read_round(worker, &value);
        int64_t noted = 0, then = 0;
        bool is_noted = read_round(worker, &noted);
        if (!is_there && is_noted && noted <= value)
            crew_fail(worker->crew, "round %lld is no more, and only %lld was noted", (long long)value,
                      (long long)noted);
        if (read_round(worker, &then) && then < noted)
            crew_fail(worker->crew, "round %lld is told, and %lld was noted", (long long)then,
                      (long long)noted);
    }
}

static void expect_equal(struct worker *worker, struct slice reply)
{
    struct reply_parts parts;
    struct slice part, first = reply_part(reply, 0);
    if (!reply_parts_init(&parts, reply) || first.len == 0 || first.data[1] == '-')
        crew_fail(worker->crew, "no six values but %.*s", (int)reply.len, reply.data);
    while (reply_parts_next(&parts, &part))
        if (!slice_equal(first, part))
            crew_fail(worker->crew, "half of an EXEC is seen: %.*s", (int)reply.len, reply.data);
}

static void look_in_a_transaction(struct worker *worker)
{
    worker_ask(worker, "MULTI");
    for (int i = KEYS - 1; i >= 0; i--) worker_ask(worker, "GET h%d", i);
    expect_equal(worker, worker_ask(worker, "EXEC"));
}

static void look_at_lists(struct worker *worker)
{
    worker_ask(worker, "MULTI");
    worker_ask(worker, "LLEN right");
    worker_ask(worker, "LLEN left");
    struct slice reply = worker_ask(worker, "EXEC");
    int64_t sum = worker_number(reply_part(reply, 0)) + worker_number(reply_part(reply, 1));
    if (sum != ELEMENTS) crew_fail(worker->crew, "there are %lld elements", (long long)sum);
}

static void look_at_names(struct worker *worker)
{
    int64_t taken = worker_number(worker_ask(worker, "EXISTS here there"));
    if (taken < 1) crew_fail(worker->crew, "a key is nowhere while it is renamed");
}

static void look_at_all_keys(struct worker *worker)
{
    struct slice keys = worker_ask(worker, "KEYS h?");
    if (keys.len < 2 || memcmp(keys.data, "*6", 2) != 0)
        crew_fail(worker->crew, "not six keys: %.*s", (int)keys.len, keys.data);
}

static void look_on(struct worker *worker)
{
    while (!crew_is_over(worker->crew)) {
        switch (random_below(&worker->random, 8)) {
        case 0: look_at_lists(worker); break;
        case 1: look_at_names(worker); break;
        case 2: look_at_all_keys(worker); break;
        case 3:
        case 4: look_in_a_transaction(worker); break;
        default: expect_equal(worker, worker_ask(worker, "MGET h3 h1 h0 h5 h4 h2")); break;
        }
    }
}

const struct exercise exercise_halves = {
    .name = "halves",
    .parts = { { "writer", 4, write_on },
               { "mover", 1, move_on },
               { "observer", 6, look_on },
               { "rounds", 1, go_round },
               { "watcher of rounds", 3, watch_rounds } },
    .prepare = prepare,
};
