/*
 * A worker writes over one connection and reads, tracked, over another. When its write was acknowledged and
 * its reader asks something, the reader finds the invalidation before the answer.
 *
 * One in four tracks for a third connection, which subscribes in RESP2; one in four by prefix; and some of
 * the keys have a deadline that is over at once.
 */
#include <stdio.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "tests/concurrency/exercises.h"

#define PAIRS 12
#define KEYS  8

struct pair {
    struct client reader, listener; /* the listener is the reader, but for the third kind */
    bool redirects;
};

static struct client *open_client(struct worker *worker, struct client *client)
{
    if (!client_open_unix(client, worker->crew->server->socket_path))
        crew_fail(worker->crew, "no connection");
    return client;
}

static struct slice ask(struct worker *worker, struct client *client, const char *line)
{
    struct slice reply = client_ask(client, line);
    if (reply.len == 0)
        crew_fail(worker->crew, "no reply to %s: the connection is %s", line,
                  client_trouble_name(client->trouble));
    return reply;
}

static void track(struct worker *worker, struct pair *pair)
{
    char line[128];
    open_client(worker, &pair->reader);
    pair->redirects = worker->number % 4 == 1;
    if (!pair->redirects) ask(worker, &pair->reader, "HELLO 3");
    snprintf(line, sizeof line, "CLIENT TRACKING ON");
    if (worker->number % 4 == 2)
        snprintf(line, sizeof line, "CLIENT TRACKING ON BCAST PREFIX k%zu.", worker->number);
    if (pair->redirects) {
        open_client(worker, &pair->listener);
        long long id = (long long)worker_number(ask(worker, &pair->listener, "CLIENT ID"));
        ask(worker, &pair->listener, "SUBSCRIBE __redis__:invalidate");
        snprintf(line, sizeof line, "CLIENT TRACKING ON REDIRECT %lld", id);
    }
    ask(worker, &pair->reader, line);
}

static void write_one(struct worker *worker, const char *key)
{
    switch (random_below(&worker->random, 8)) {
    case 0: worker_ask(worker, "DEL %s", key); break;
    case 1: worker_ask(worker, "PEXPIRE %s 0", key); break;
    case 2:
        worker_ask(worker, "MULTI");
        worker_ask(worker, "APPEND %s x", key);
        worker_ask(worker, "EXEC");
        break;
    case 3: worker_ask(worker, "RENAME %s other%zu", key, worker->number); break;
    case 4: worker_ask(worker, "MSET %s 1 mine%zu 2", key, worker->number); break;
    default: worker_ask(worker, "SET %s %d", key, 7); break;
    }
}

static bool is_pong(struct slice frame)
{
    return frame.len > 0 && memmem(frame.data, frame.len, "asked", 5) != NULL;
}

/* Everything up to the answer; false: `key` is not in it. */
static bool hears_of(struct worker *worker, struct client *listener, const char *key)
{
    bool heard = false;
    struct slice frame;
    client_send_line(listener, "PING asked");
    do {
        if (!client_read(listener, &frame)) {
            crew_fail(worker->crew, "no reply to PING: %s", client_trouble_name(listener->trouble));
            return true;
        }
        heard |= memmem(frame.data, frame.len, key, strlen(key)) != NULL;
    } while (!is_pong(frame));
    return heard;
}

static void write_and_hear(struct worker *worker, struct pair *pair)
{
    char key[32], line[64];
    snprintf(key, sizeof key, "k%zu.%zu", worker->number, random_below(&worker->random, KEYS));
    worker_ask(worker, "SET %s v", key);
    snprintf(line, sizeof line, "GET %s", key);
    struct client *listener = pair->redirects ? &pair->listener : &pair->reader;
    hears_of(worker, listener, key);
    ask(worker, &pair->reader, line);
    write_one(worker, key);
    if (!hears_of(worker, listener, key))
        crew_fail(worker->crew, "%s was written and acknowledged, and pair %zu is told PONG first", key,
                  worker->number);
    atomic_fetch_add(&worker->crew->counts[0], 1);
}

static void write_on(struct worker *worker)
{
    struct pair *pair = ALLOC_NEW(struct pair);
    pair->reader.fd = pair->listener.fd = -1;
    track(worker, pair);
    while (!crew_is_over(worker->crew)) write_and_hear(worker, pair);
    client_close(&pair->reader);
    if (pair->redirects) client_close(&pair->listener);
    alloc_free(pair);
}

const struct exercise exercise_invalidations = {
    .name = "invalidations",
    .parts = { { "pair", PAIRS, write_on } },
};
