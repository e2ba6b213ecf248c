/*
 * Lists and sorted sets as queues. An element is `eP.N`, the Nth of pusher P; it is popped once.
 *
 * Who leaves closes its side of the connection only, and reads on: what it had been given by then it gets.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "proto/base/alloc.h"
#include "proto/reply_reader.h"
#include "tests/concurrency/exercises.h"
#include "tests/support/pace.h"

#define QUEUES  4
#define PUSHERS 6
#define POPPERS 12
#define MOST    400000 /* elements of a pusher */
#define FULL    2000   /* a queue that nobody has to push to */

struct ledger {
    _Atomic uint32_t pushed[PUSHERS];
    _Atomic uint8_t popped[PUSHERS][MOST];
    _Atomic int64_t ids[POPPERS]; /* of the clients that wait */
};

static struct ledger *ledger_of(struct crew *crew)
{
    return crew->notes;
}

static void prepare(struct crew *crew, struct client *client)
{
    (void)client;
    crew->notes = ALLOC_NEW(struct ledger);
}

static void note_element(struct crew *crew, struct slice text)
{
    unsigned pusher, number;
    char copy[64];
    slice_to_cstr(text, copy, sizeof copy);
    if (sscanf(copy, "e%u.%u", &pusher, &number) != 2) return;
    if (atomic_fetch_add(&ledger_of(crew)->popped[pusher][number], 1) != 0)
        crew_fail(crew, "%s is popped twice", copy);
}

/* Whatever of a reply is an element; keys and numbers are none. */
static void note_popped(struct crew *crew, struct slice reply)
{
    struct reply_reader reader = { 0 };
    struct reply_element element;
    size_t used;
    while (reply.len > 0 && reply_reader_next(&reader, reply, &element, &used) == READER_READY) {
        if (element.type == REPLY_BULK) note_element(crew, element.text);
        reply = slice_of(reply.data + used, reply.len - used);
    }
}

static unsigned next_number(struct worker *worker)
{
    return atomic_fetch_add(&ledger_of(worker->crew)->pushed[worker->number], 1);
}

static void push_two_in_a_transaction(struct worker *worker, size_t queue)
{
    size_t pusher = worker->number;
    worker_ask(worker, "MULTI");
    worker_ask(worker, "LPUSH q%zu e%zu.%u", queue, pusher, next_number(worker));
    worker_ask(worker, "RPUSH q%zu e%zu.%u", (queue + 1) % QUEUES, pusher, next_number(worker));
    worker_ask(worker, "EXEC");
}

/* What is pushed and popped by the same transaction, or what was there before it. */
static void push_and_pop_in_a_transaction(struct worker *worker, size_t queue)
{
    worker_ask(worker, "MULTI");
    worker_ask(worker, "RPUSH q%zu e%zu.%u", queue, worker->number, next_number(worker));
    worker_ask(worker, "BLPOP q%zu 0", queue);
    note_popped(worker->crew, worker_ask(worker, "EXEC"));
}

static void push_by_another_name(struct worker *worker, size_t queue)
{
    size_t pusher = worker->number;
    worker_ask(worker, "RPUSH made%zu e%zu.%u e%zu.%u", pusher, pusher, next_number(worker), pusher,
               next_number(worker));
    if (worker_number(worker_ask(worker, "RENAMENX made%zu q%zu", pusher, queue)) == 1) return;
    for (int i = 0; i < 2; i++) worker_ask(worker, "LMOVE made%zu q%zu LEFT RIGHT", pusher, queue);
}

static void push(struct worker *worker)
{
    size_t queue = random_below(&worker->random, QUEUES), pusher = worker->number;
    switch (random_below(&worker->random, 8)) {
    case 0: push_two_in_a_transaction(worker, queue); break;
    case 1: push_and_pop_in_a_transaction(worker, queue); break;
    case 2: push_by_another_name(worker, queue); break;
    case 3: {
        unsigned first = next_number(worker), second = next_number(worker);
        worker_ask(worker, "RPUSH q%zu e%zu.%u e%zu.%u", queue, pusher, first, pusher, second);
        break;
    }
    case 4: worker_ask(worker, "ZADD z%zu 1 e%zu.%u", queue, pusher, next_number(worker)); break;
    default: worker_ask(worker, "LPUSH q%zu e%zu.%u", queue, pusher, next_number(worker)); break;
    }
}

static void push_on(struct worker *worker)
{
    const struct ledger *ledger = ledger_of(worker->crew);
    while (!crew_is_over(worker->crew) && ledger->pushed[worker->number] < MOST - 4) {
        bool full =
            worker_number(worker_ask(worker, "LLEN q%zu", random_below(&worker->random, QUEUES))) > FULL;
        for (int i = 0; i < 20 && !full; i++) push(worker);
        if (full) pace_sleep_ms(1);
    }
}

static void note_id(struct worker *worker)
{
    ledger_of(worker->crew)->ids[worker->number] = worker_number(worker_ask(worker, "CLIENT ID"));
}

static void pop(struct worker *worker)
{
    size_t first = random_below(&worker->random, QUEUES), second = random_below(&worker->random, QUEUES);
    const char *patience = random_chance(&worker->random, 50) ? "0.003" : "0.1";
    struct slice reply;
    switch (random_below(&worker->random, 6)) {
    case 0: reply = worker_ask(worker, "BRPOP q%zu q%zu %s", first, second, patience); break;
    case 1: reply = worker_ask(worker, "BLMPOP %s 2 q%zu q%zu LEFT COUNT 3", patience, first, second); break;
    case 2: reply = worker_ask(worker, "BZPOPMIN z%zu z%zu %s", first, second, patience); break;
    case 3: reply = worker_ask(worker, "LPOP q%zu", first); break;
    default: reply = worker_ask(worker, "BLPOP q%zu q%zu %s", first, second, patience); break;
    }
    note_popped(worker->crew, reply);
}

static void pop_on(struct worker *worker)
{
    note_id(worker);
    while (!crew_is_over(worker->crew)) pop(worker);
}

/* Elements go round, and nobody waits for longer than it likes. */
static void move_on(struct worker *worker)
{
    while (!crew_is_over(worker->crew)) {
        size_t from = random_below(&worker->random, QUEUES), to = random_below(&worker->random, QUEUES);
        worker_ask(worker, "BLMOVE q%zu q%zu RIGHT LEFT 0.01", from, to);
        size_t popper = random_below(&worker->random, POPPERS);
        worker_ask(worker, "CLIENT UNBLOCK %lld %s", (long long)ledger_of(worker->crew)->ids[popper],
                   random_chance(&worker->random, 50) ? "ERROR" : "TIMEOUT");
    }
}

static void leave_while_it_waits(struct worker *worker)
{
    struct slice reply;
    worker_send(worker, "BLPOP q%zu q%zu 0", random_below(&worker->random, QUEUES),
                random_below(&worker->random, QUEUES));
    if (random_chance(&worker->random, 50)) pace_sleep_ms((int64_t)random_below(&worker->random, 3));
    shutdown(worker->client.fd, SHUT_WR);
    while (client_read(&worker->client, &reply)) note_popped(worker->crew, reply);
    if (worker->client.trouble == CLIENT_SILENT) crew_fail(worker->crew, "who has left is not let go");
    worker_reconnect(worker);
}

/* A Redis loses what it had popped for who leaves in the same turn. */
static void leave_on(struct worker *worker)
{
    if (instance_is_redis(INSTANCE_NUTHATCH)) return;
    while (!crew_is_over(worker->crew)) leave_while_it_waits(worker);
}

static void drain(struct crew *crew, struct client *client, const char *command)
{
    char line[64];
    for (int queue = 0; queue < QUEUES; queue++) {
        struct slice reply;
        do {
            snprintf(line, sizeof line, command, queue);
            reply = client_ask(client, line);
            note_popped(crew, reply);
        } while (reply.len > 5);
    }
}

static void finish(struct crew *crew, struct client *client)
{
    struct ledger *ledger = ledger_of(crew);
    drain(crew, client, "LPOP q%d 100");
    drain(crew, client, "ZPOPMIN z%d 100");
    for (unsigned pusher = 0; pusher < PUSHERS; pusher++)
        for (unsigned i = 0; i < ledger->pushed[pusher]; i++)
            if (ledger->popped[pusher][i] == 0)
                crew_fail(crew, "e%u.%u was pushed and never popped", pusher, i);
}

const struct exercise exercise_queues = {
    .name = "queues",
    .parts = { { "pusher", PUSHERS, push_on },
               { "popper", POPPERS, pop_on },
               { "mover", 2, move_on },
               { "leaver", 4, leave_on } },
    .prepare = prepare,
    .finish = finish,
};
