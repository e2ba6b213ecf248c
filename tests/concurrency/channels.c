/*
 * Publishers and subscribers. A message is `P.N`, the Nth of publisher P, on any of the channels; a
 * subscriber of all of them is told each, in the order in which P said them.
 */
#include <stdio.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "tests/concurrency/exercises.h"
#include "tests/support/client/reply_parts.h"
#include "tests/support/pace.h"

#define CHANNELS    3
#define PUBLISHERS  4
#define SUBSCRIBERS 8

/* What a subscriber has been told last by each, and the crew's: what each has said last. */
struct heard {
    _Atomic uint64_t last[PUBLISHERS];
    _Atomic unsigned ready, ended;
};

static void prepare(struct crew *crew, struct client *client)
{
    (void)client;
    crew->notes = ALLOC_NEW(struct heard);
}

static void publish(struct worker *worker, uint64_t number)
{
    size_t channel = random_below(&worker->random, CHANNELS);
    unsigned long long n = number;
    worker_ask(worker, "MULTI");
    worker_ask(worker, "PUBLISH c%zu %zu.%llu", channel, worker->number, n);
    worker_ask(worker, "SPUBLISH c%zu %zu.%llu", channel, worker->number, n);
    worker_ask(worker, "EXEC");
}

static void publish_on(struct worker *worker)
{
    struct heard *all = worker->crew->notes;
    while (all->ready < SUBSCRIBERS && !crew_is_over(worker->crew)) pace_sleep_ms(1);
    uint64_t number = 0;
    while (!crew_is_over(worker->crew)) publish(worker, ++number);
    all->last[worker->number] = number;
    all->ended++;
}

static void note_message(struct worker *worker, struct slice frame)
{
    struct heard *heard = worker->notes;
    struct reply_parts parts;
    if (!reply_parts_init(&parts, frame) || parts.count < 3) return;
    char text[64];
    unsigned publisher;
    unsigned long long number;
    slice_to_cstr(reply_part_text(reply_part(frame, parts.count - 1)), text, sizeof text);
    if (sscanf(text, "%u.%llu", &publisher, &number) != 2) return;
    if (heard->last[publisher] + 1 != number)
        crew_fail(worker->crew, "subscriber %zu is told %s behind %llu", worker->number, text,
                  (unsigned long long)heard->last[publisher]);
    heard->last[publisher] = number;
}

static bool is_pong(struct slice frame)
{
    return memmem(frame.data, frame.len, "the end", 7) != NULL;
}

static void listen_to_the_end(struct worker *worker)
{
    worker_send(worker, "PING \"the end\"");
    for (struct slice frame; (frame = worker_read(worker)).len > 0 && !is_pong(frame);)
        note_message(worker, frame);
    struct heard *heard = worker->notes, *all = worker->crew->notes;
    for (int i = 0; i < PUBLISHERS; i++)
        if (heard->last[i] != all->last[i])
            crew_fail(worker->crew,
                      "subscriber %zu was told %llu of %llu messages of %d before its PING was answered",
                      worker->number, (unsigned long long)heard->last[i], (unsigned long long)all->last[i],
                      i);
}

static void subscribe(struct worker *worker)
{
    static const char *const words[] = { "SUBSCRIBE c0 c1 c2", "PSUBSCRIBE c*", "SSUBSCRIBE c0 c1 c2" };
    size_t kind = worker->number % 3;
    if (worker->number % 2 == 1) worker_ask(worker, "HELLO 3");
    worker_ask(worker, "%s", words[kind]);
    for (int i = kind == 1 ? 1 : CHANNELS; i > 1; i--) worker_read(worker);
}

static void listen_on(struct worker *worker)
{
    struct heard *all = worker->crew->notes;
    worker->notes = ALLOC_NEW(struct heard);
    subscribe(worker);
    all->ready++;
    int patience_ms = worker->client.timeout_ms;
    worker->client.timeout_ms = 20;
    while (all->ended < PUBLISHERS && !worker->crew->failed) {
        struct slice frame;
        if (client_read(&worker->client, &frame))
            note_message(worker, frame);
        else if (worker->client.trouble != CLIENT_SILENT)
            crew_fail(worker->crew, "subscriber %zu: the connection is %s", worker->number,
                      client_trouble_name(worker->client.trouble));
    }
    worker->client.timeout_ms = patience_ms;
    if (!worker->crew->failed) listen_to_the_end(worker);
}

const struct exercise exercise_channels = {
    .name = "channels",
    .options = OPTIONS("--client-output-buffer-limit", "pubsub 0 0 0"),
    .parts = { { "publisher", PUBLISHERS, publish_on }, { "subscriber", SUBSCRIBERS, listen_on } },
    .prepare = prepare,
};
