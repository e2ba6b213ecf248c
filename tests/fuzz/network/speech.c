#include "tests/fuzz/network/speech.h"

#include <string.h>

#include "proto/base/buffer.h"
#include "proto/base/contract.h"
#include "proto/base/random.h"
#include "tests/differential/generate/catalogue.h"
#include "tests/differential/generate/stream.h"
#include "tests/support/client/client.h"
#include "tests/support/client/command_line.h"

#define COMMANDS_MAX    60
#define SPOILED_PERCENT 30
#define WOUNDS_MAX      4
#define FILLING_MAX     60000
#define LARGE_MAX       400000

#define HEAVIEST 90

/* What changes the connection it is said on, or the server; the heavier, the more often. What hits everybody
 * is light: nobody would come to anything. */
static const struct {
    unsigned weight;
    const char *line;
} turns[] = {
    { 90, "MULTI" },
    { 90, "EXEC" },
    { 30, "DISCARD" },
    { 40, "WATCH k k2 counter" },
    { 20, "UNWATCH" },
    { 50, "HELLO 3" },
    { 40, "HELLO 2" },
    { 20, "HELLO 3 AUTH default pw SETNAME n" },
    { 20, "HELLO 4" },
    { 10, "HELLO 2 AUTH default wrong" },
    { 40, "AUTH pw" },
    { 20, "AUTH wrong" },
    { 50, "RESET" },
    { 8, "CLIENT REPLY OFF" },
    { 40, "CLIENT REPLY ON" },
    { 30, "CLIENT REPLY SKIP" },
    { 40, "SELECT 1" },
    { 40, "SELECT 0" },
    { 20, "SELECT 99" },
    { 50, "SUBSCRIBE c d" },
    { 30, "PSUBSCRIBE *" },
    { 40, "UNSUBSCRIBE" },
    { 30, "PUNSUBSCRIBE" },
    { 20, "SSUBSCRIBE c" },
    { 50, "PUBLISH c message" },
    { 20, "MONITOR" },
    { 8, "QUIT" },
    { 20, "CLIENT TRACKING ON" },
    { 20, "CLIENT TRACKING ON BCAST PREFIX k" },
    { 20, "CLIENT TRACKING OFF" },
    { 20, "CLIENT NO-EVICT ON" },
    { 20, "CLIENT SETNAME some-name" },
    { 1, "CLIENT KILL TYPE normal" },
    { 1, "CLIENT KILL TYPE pubsub SKIPME no" },
    { 1, "CLIENT KILL TYPE normal SKIPME no" },
    { 5, "CLIENT KILL ID 12" },
    { 20, "CLIENT LIST" },
    { 2, "CLIENT PAUSE 3 ALL" },
    { 2, "CLIENT PAUSE 3 WRITE" },
    { 10, "CLIENT UNPAUSE" },
    { 5, "BLPOP q 0" },
    { 5, "BLMOVE q r LEFT LEFT 0" },
    { 20, "RPUSH q a b" },
    { 10, "CLIENT UNBLOCK 12 ERROR" },
    { 3, "WAIT 1 0" },
    { 20, "COMMAND DOCS" },
    { 20, "INFO all" },
    { 3, "FLUSHALL" },
    { 10, "SWAPDB 0 1" },
    { 10, "SCRIPT DEBUG YES" },
    { 10, "EVAL \"return redis.call('set', KEYS[1], string.rep('x', 100000))\" 1 k" },
    { 20, "GET k" },
    { 20, "MGET k k k k k k k k k k k k k k k k k k k k" },
    { 20, "MGET big big big big big big big big big big big big big big big big big big" },
    { 8, "POST / HTTP/1.1" },
    { 2, "CONFIG SET maxclients 150" },
    { 10, "CONFIG SET maxclients 10000" },
    { 2, "CONFIG SET timeout 1" },
    { 10, "CONFIG SET timeout 0" },
    { 10, "CONFIG SET maxmemory 8mb" },
    { 10, "CONFIG SET maxmemory 64mb" },
    { 10, "CONFIG SET maxmemory-policy noeviction" },
    { 10, "CONFIG SET maxmemory-policy allkeys-lru" },
    { 10, "CONFIG SET maxmemory-clients 8mb" },
    { 10, "CONFIG SET maxmemory-clients 64mb" },
    { 10, "CONFIG SET client-query-buffer-limit 1mb" },
    { 10, "CONFIG SET client-query-buffer-limit 64mb" },
    { 3, "CONFIG SET client-output-buffer-limit \"normal 100kb 50kb 1 pubsub 100kb 50kb 1\"" },
    { 10, "CONFIG SET client-output-buffer-limit \"normal 16mb 4mb 5 pubsub 16mb 4mb 5\"" },
    { 10, "CONFIG SET proto-max-bulk-len 1mb" },
    { 10, "CONFIG SET proto-max-bulk-len 32mb" },
    { 10, "CONFIG SET slowlog-log-slower-than 0" },
    { 10, "CONFIG SET notify-keyspace-events KEA" },
    { 10, "CONFIG SET upstream-max-inflight 64" },
    { 10, "CONFIG SET upstream-max-inflight 16384" },
    { 10, "CONFIG SET upstream-pool-size 3" },
    { 10, "CONFIG SET upstream-pool-size 1000" },
    { 10, "NEARCACHE FLUSH" },
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
        if (random_below(random, HEAVIEST) >= turns[i].weight) continue;
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

/* Something large, and many who ask for it without reading what they asked for. */
static void write_large(struct buffer *out, struct random *random)
{
    static const char *const heads[] = { "*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n",
                                         "*3\r\n$7\r\nPUBLISH\r\n$1\r\nc\r\n" };
    const char *head = heads[random_below(random, sizeof heads / sizeof *heads)];
    size_t len = random_below(random, LARGE_MAX);
    buffer_printf(out, "%s$%zu\r\n", head, len);
    memset(buffer_reserve(out, len), 'l', len);
    buffer_commit(out, len);
    buffer_append(out, "\r\n", 2);
    for (size_t i = random_below(random, 60); i > 0; i--) write_line(out, "GET big");
}

static void write_commands(struct buffer *out, const struct catalogue *catalogue, struct random *random)
{
    struct stream stream;
    stream_init(&stream, catalogue, random_next(random), 2);
    size_t count = 1 + random_below(random, random_chance(random, 50) ? 5 : COMMANDS_MAX);
    for (size_t i = 0; i < count && i < stream.len; i++) {
        if (random_chance(random, 30)) write_turn(out, random);
        if (random_chance(random, 2)) write_announcement(out, random);
        if (random_chance(random, 1)) write_large(out, random);
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
