/*
 * Whatever takes the whole keyspace, several shards or all loops, in transactions and alone, while others
 * wait, subscribe, track, leave and are evicted. Nothing is looked at but that everybody is answered.
 */
#include <stdio.h>
#include <string.h>

#include "proto/base/contract.h"
#include "tests/concurrency/exercises.h"
#include "tests/support/pace.h"

#define KEYS    32
#define POPPERS 4

/* `$` is a key. */
static const char *const lines[] = {
    "SET $ v",
    "MSET $ 1 $ 2 $ 3 $ 4",
    "MGET $ $ $ $ $",
    "DEL $ $ $",
    "GET $",
    "INCR $",
    "RENAME $ $",
    "RENAMENX $ $",
    "COPY $ $ REPLACE",
    "MOVE $ 1",
    "SWAPDB 0 1",
    "RPUSH l$ 1 2 3",
    "LMOVE l$ l$ LEFT RIGHT",
    "BLMOVE l$ l$ LEFT RIGHT 0.002",
    "BLPOP l$ l$ 0.002",
    "SORT l$ BY w* GET $* STORE l$",
    "SADD s$ 1 2 3",
    "SUNIONSTORE s$ s$ s$",
    "SINTERCARD 2 s$ s$",
    "ZADD z$ 1 a",
    "ZUNIONSTORE z$ 2 z$ s$",
    "BZPOPMIN z$ z$ 0.002",
    "PFADD p$ x",
    "PFMERGE p$ p$ p$",
    "KEYS *",
    "SCAN 0 COUNT 100",
    "DBSIZE",
    "RANDOMKEY",
    "FLUSHALL",
    "FLUSHDB ASYNC",
    "FLUSHALL ASYNC",
    "INFO",
    "INFO everything",
    "CLIENT LIST",
    "CLIENT INFO",
    "MEMORY STATS",
    "MEMORY USAGE $",
    "CONFIG RESETSTAT",
    "CLIENT KILL TYPE pubsub",
    "CLIENT NO-EVICT ON",
    "CONFIG SET notify-keyspace-events KEA",
    "CONFIG SET notify-keyspace-events \"\"",
    "PUBLISH c x",
    "PUBSUB CHANNELS",
    "EXPIRE $ 0",
    "PEXPIRE $ 3",
    "WATCH $ $",
    "UNWATCH",
    "SLOWLOG GET 3",
    "LATENCY LATEST",
    "SET $ 1 PX 1",
    "DEBUG POPULATE 100 many 10",
    "SETRANGE big$ 20000 x",
    "CLIENT PAUSE 1 WRITE",
    "CLIENT UNPAUSE",
    "SELECT 0",
    "SELECT 1",
    "CLIENT TRACKING ON BCAST NOLOOP",
    "CLIENT TRACKING OFF",
};
#define LINES (sizeof lines / sizeof *lines)

static void write_line(struct worker *worker, char *out, size_t size)
{
    const char *line = lines[random_below(&worker->random, LINES)];
    size_t len = 0;
    for (; *line != '\0' && len + 8 < size; line++) {
        if (*line != '$')
            out[len++] = *line;
        else
            len += (size_t)snprintf(out + len, size - len, "k%zu", random_below(&worker->random, KEYS));
    }
    out[len] = '\0';
}

static bool is_push(struct slice frame)
{
    return frame.data[0] == '>';
}

/* One reply for each command, and pushes among them. */
static void read_replies(struct worker *worker, size_t count, const char *last)
{
    while (count > 0 && !worker->crew->failed) {
        struct slice frame;
        if (!client_read(&worker->client, &frame)) {
            crew_fail(worker->crew, "mixer %zu: no reply to %s: the connection is %s", worker->number, last,
                      client_trouble_name(worker->client.trouble));
            return;
        }
        if (is_push(frame)) continue;
        atomic_fetch_add_explicit(&worker->crew->done, 1, memory_order_relaxed);
        count--;
    }
}

static void mix(struct worker *worker)
{
    char line[512];
    bool transaction = random_chance(&worker->random, 40);
    size_t count = 1 + random_below(&worker->random, transaction ? 6 : 4);
    if (transaction) worker_send(worker, "MULTI");
    for (size_t i = 0; i < count; i++) {
        write_line(worker, line, sizeof line);
        worker_send(worker, "%s", line);
    }
    if (transaction) worker_send(worker, random_chance(&worker->random, 95) ? "EXEC" : "DISCARD");
    read_replies(worker, count + (transaction ? 2 : 0), line);
}

static void mix_on(struct worker *worker)
{
    worker->client.timeout_ms *= 2;
    worker_ask(worker, "HELLO 3");
    while (!crew_is_over(worker->crew)) mix(worker);
}

/* Comes, waits or listens for a moment, and goes without a word. */
static void come_and_go(struct worker *worker)
{
    static const char *const reasons[] = { "BLPOP lk1 lk2 lk3 0", "PSUBSCRIBE __key*__:*",
                                           "BZPOPMAX zk1 zk2 0",  "BLMOVE lk4 lk5 LEFT LEFT 0",
                                           "SUBSCRIBE c",         "MULTI" };
    struct slice frame;
    client_send_line(&worker->client, reasons[random_below(&worker->random, 6)]);
    worker->client.timeout_ms = (int)random_below(&worker->random, 10);
    for (int i = 0; i < 20 && client_read(&worker->client, &frame); i++) continue;
    worker_reconnect(worker);
}

static void come_and_go_on(struct worker *worker)
{
    while (!crew_is_over(worker->crew)) come_and_go(worker);
}

const struct exercise exercise_everything = {
    .name = "everything",
    .options = OPTIONS("--maxmemory", "40mb", "--maxmemory-policy", "allkeys-lru", "--enable-debug-command",
                       "yes", "--client-output-buffer-limit", "pubsub 1mb 0 0"),
    .parts = { { "mixer", 10, mix_on }, { "visitor", POPPERS, come_and_go_on } },
};

const struct exercise *const exercises[] = {
    &exercise_queues,
    &exercise_groups,
    &exercise_counters,
    &exercise_halves,
    &exercise_channels,
    &exercise_invalidations,
    &exercise_leases,
    &exercise_ledgers,
    &exercise_programs,
    &exercise_everything,
    NULL,
};
