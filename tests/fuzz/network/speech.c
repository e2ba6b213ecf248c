#include "tests/fuzz/network/speech.h"

#include <string.h>

#include "proto/base/buffer.h"
#include "proto/base/contract.h"
#include "tests/differential/catalogue.h"
#include "tests/differential/stream.h"
#include "tests/support/client.h"
#include "tests/support/command_line.h"
#include "tests/support/random.h"

#define COMMANDS_MAX    60
#define SPOILED_PERCENT 30
#define WOUNDS_MAX      4
#define FILLING_MAX     60000

/* What changes the connection it is said on; the heavier, the more often. */
static const struct {
    unsigned weight;
    const char *line;
} turns[] = {
    { 9, "MULTI" },
    { 9, "EXEC" },
    { 3, "DISCARD" },
    { 4, "WATCH k k2 counter" },
    { 2, "UNWATCH" },
    { 5, "HELLO 3" },
    { 4, "HELLO 2" },
    { 2, "HELLO 3 AUTH default pw SETNAME n" },
    { 2, "HELLO 4" },
    { 1, "HELLO 2 AUTH default wrong" },
    { 4, "AUTH pw" },
    { 2, "AUTH wrong" },
    { 5, "RESET" },
    { 3, "CLIENT REPLY OFF" },
    { 4, "CLIENT REPLY ON" },
    { 3, "CLIENT REPLY SKIP" },
    { 4, "SELECT 1" },
    { 4, "SELECT 0" },
    { 2, "SELECT 99" },
    { 5, "SUBSCRIBE c d" },
    { 3, "PSUBSCRIBE *" },
    { 4, "UNSUBSCRIBE" },
    { 3, "PUNSUBSCRIBE" },
    { 2, "SSUBSCRIBE c" },
    { 5, "PUBLISH c message" },
    { 2, "MONITOR" },
    { 1, "QUIT" },
    { 2, "CLIENT TRACKING ON" },
    { 2, "CLIENT TRACKING ON BCAST PREFIX k" },
    { 2, "CLIENT TRACKING OFF" },
    { 2, "CLIENT NO-EVICT ON" },
    { 2, "CLIENT SETNAME some-name" },
    { 2, "CLIENT KILL TYPE normal" },
    { 2, "CLIENT KILL TYPE pubsub SKIPME no" },
    { 1, "CLIENT KILL TYPE normal SKIPME no" },
    { 2, "CLIENT KILL ID 12" },
    { 2, "CLIENT LIST" },
    { 1, "CLIENT PAUSE 3 ALL" },
    { 1, "CLIENT PAUSE 3 WRITE" },
    { 1, "CLIENT UNPAUSE" },
    { 2, "BLPOP q 0" },
    { 2, "BLMOVE q r LEFT LEFT 0" },
    { 2, "RPUSH q a b" },
    { 1, "CLIENT UNBLOCK 12 ERROR" },
    { 2, "WAIT 1 0" },
    { 2, "COMMAND DOCS" },
    { 2, "INFO all" },
    { 1, "FLUSHALL" },
    { 1, "SWAPDB 0 1" },
    { 1, "SCRIPT DEBUG YES" },
    { 1, "EVAL \"return redis.call('set', KEYS[1], string.rep('x', 100000))\" 1 k" },
    { 2, "GET k" },
    { 2, "MGET k k k k k k k k k k k k k k k k k k k k" },
    { 1, "POST / HTTP/1.1" },
    { 1, "CONFIG SET maxclients 150" },
    { 1, "CONFIG SET maxclients 10000" },
    { 1, "CONFIG SET timeout 1" },
    { 1, "CONFIG SET timeout 0" },
    { 1, "CONFIG SET maxmemory 8mb" },
    { 1, "CONFIG SET maxmemory 64mb" },
    { 1, "CONFIG SET maxmemory-policy noeviction" },
    { 1, "CONFIG SET maxmemory-policy allkeys-lru" },
    { 1, "CONFIG SET maxmemory-clients 8mb" },
    { 1, "CONFIG SET maxmemory-clients 64mb" },
    { 1, "CONFIG SET client-query-buffer-limit 1mb" },
    { 1, "CONFIG SET client-query-buffer-limit 64mb" },
    { 1, "CONFIG SET client-output-buffer-limit \"normal 100kb 50kb 1 pubsub 100kb 50kb 1\"" },
    { 1, "CONFIG SET client-output-buffer-limit \"normal 16mb 4mb 5 pubsub 16mb 4mb 5\"" },
    { 1, "CONFIG SET proto-max-bulk-len 1mb" },
    { 1, "CONFIG SET proto-max-bulk-len 32mb" },
    { 1, "CONFIG SET slowlog-log-slower-than 0" },
    { 1, "CONFIG SET notify-keyspace-events KEA" },
    { 1, "CONFIG SET upstream-max-inflight 64" },
    { 1, "CONFIG SET upstream-max-inflight 16384" },
    { 1, "CONFIG SET upstream-pool-size 3" },
    { 1, "CONFIG SET upstream-pool-size 1000" },
    { 1, "NEARCACHE FLUSH" },
};

/* The beginnings of requests that never come to their end. */
static const char *const announcements[] = {
    "*1048576\r\n",
    "*2147483647\r\n",
    "*-1\r\n",
    "*0\r\n",
    "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$33554432\r\n",
    "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1000000\r\n",
    "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$536870912\r\n",
    "*2\r\n$3\r\nGET\r\n$9223372036854775807\r\n",
    "*2\r\n$3\r\nGET\r\n$-1\r\n",
    "*1000000\r\n$4\r\nMGET\r\n",
    "$5\r\nhello\r\n",
    "\"unbalanced 'quotes\r\n",
};

static void write_line(struct buffer *out, const char *line)
{
    struct command_line words;
    REQUIRE(command_line_init(&words, line));
    client_format_argv(out, words.argc, words.argv);
    command_line_clear(&words);
}

static void write_turn(struct buffer *out, struct random *random)
{
    for (;;) {
        size_t i = random_below(random, sizeof turns / sizeof *turns);
        if (random_below(random, 9) >= turns[i].weight) continue;
        if (random_chance(random, 15)) {
            buffer_printf(out, "%s\r\n", turns[i].line);
        } else {
            write_line(out, turns[i].line);
        }
        return;
    }
}

/* Some bytes of what was announced, none that ends a line. */
static void write_announcement(struct buffer *out, struct random *random)
{
    const char *text = announcements[random_below(random, sizeof announcements / sizeof *announcements)];
    size_t filling = random_chance(random, 50) ? random_below(random, FILLING_MAX) : 0;
    buffer_append(out, text, strlen(text));
    memset(buffer_reserve(out, filling), 'f', filling);
    buffer_commit(out, filling);
}

static void write_commands(struct buffer *out, const struct catalogue *catalogue, struct random *random)
{
    struct stream stream;
    stream_init(&stream, catalogue, random_next(random), 2);
    size_t count = 1 + random_below(random, random_chance(random, 50) ? 5 : COMMANDS_MAX);
    for (size_t i = 0; i < count && i < stream.len; i++) {
        if (random_chance(random, 30)) write_turn(out, random);
        if (random_chance(random, 2)) write_announcement(out, random);
        client_format_argv(out, stream.steps[i].argc, stream.steps[i].argv);
    }
    stream_clear(&stream);
}

/* One byte or a few become others, are said twice or left out. */
static void wound(struct buffer *out, struct random *random)
{
    static const char telling[] = "*$\r\n-0123456789:+\"' \0\xff";
    size_t at = random_below(random, out->len), len = 1 + random_below(random, 40);
    if (len > out->len - at) len = out->len - at;
    switch (random_below(random, 4)) {
    case 0: out->data[at] = telling[random_below(random, sizeof telling - 1)]; break;
    case 1: out->data[at] = (char)random_next(random); break;
    case 2:
        memmove(out->data + at, out->data + at + len, out->len - at - len);
        out->len -= len;
        break;
    default: {
        buffer_reserve(out, len);
        memmove(out->data + at + len, out->data + at, out->len - at);
        out->len += len;
    }
    }
}

void speech_write(struct buffer *out, const struct catalogue *catalogue, uint64_t seed)
{
    struct random random = { seed };
    if (random_chance(&random, 85)) write_line(out, "AUTH " SPEECH_PASSWORD);
    if (random_chance(&random, 30)) write_line(out, "HELLO 3");
    write_commands(out, catalogue, &random);
    if (!random_chance(&random, SPOILED_PERCENT)) return;
    for (size_t i = 1 + random_below(&random, WOUNDS_MAX); i > 0 && out->len > 0; i--) wound(out, &random);
}
