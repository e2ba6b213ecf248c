/*
 * Counters under WATCH. Who succeeds writes it down; in the end the counters say the same.
 */
#include <stdio.h>

#include "tests/concurrency/exercises.h"

#define COUNTERS 4

static void write_down(struct worker *worker, size_t counter)
{
    atomic_fetch_add(&worker->crew->counts[counter], 1);
}

static bool is_success(struct slice exec)
{
    return exec.len > 2 && exec.data[0] == '*' && exec.data[1] != '-';
}

static void count_one(struct worker *worker, size_t counter)
{
    worker_ask(worker, "WATCH c%zu", counter);
    int64_t value = worker_number(worker_ask(worker, "GET c%zu", counter));
    worker_ask(worker, "MULTI");
    worker_ask(worker, "SET c%zu %lld", counter, (long long)value + 1);
    if (is_success(worker_ask(worker, "EXEC"))) write_down(worker, counter);
}

/* Both or none. */
static void count_two(struct worker *worker, size_t a, size_t b)
{
    worker_ask(worker, "WATCH c%zu c%zu", a, b);
    int64_t first = worker_number(worker_ask(worker, "GET c%zu", a));
    int64_t second = worker_number(worker_ask(worker, "GET c%zu", b));
    worker_ask(worker, "MULTI");
    worker_ask(worker, "MSET c%zu %lld c%zu %lld", a, (long long)first + 1, b, (long long)second + 1);
    if (!is_success(worker_ask(worker, "EXEC"))) return;
    write_down(worker, a);
    write_down(worker, b);
}

static void watch_on(struct worker *worker)
{
    while (!crew_is_over(worker->crew)) {
        size_t a = random_below(&worker->random, COUNTERS), b = random_below(&worker->random, COUNTERS);
        if (a == b)
            count_one(worker, a);
        else
            count_two(worker, a, b);
    }
}

static void increment_on(struct worker *worker)
{
    while (!crew_is_over(worker->crew)) {
        size_t counter = random_below(&worker->random, COUNTERS);
        worker_ask(worker, "INCR c%zu", counter);
        write_down(worker, counter);
    }
}

static void finish(struct crew *crew, struct client *client)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < COUNTERS; i++) {
        char line[32];
        snprintf(line, sizeof line, "GET c%zu", i);
        int64_t value = worker_number(client_ask(client, line));
        sum += crew->counts[i];
        if ((uint64_t)value != crew->counts[i])
            crew_fail(crew, "c%zu is %lld, and %llu have counted", i, (long long)value,
                      (unsigned long long)crew->counts[i]);
    }
    if (sum == 0) crew_fail(crew, "nobody has counted");
}

const struct exercise exercise_counters = {
    .name = "counters",
    .parts = { { "watcher", 12, watch_on }, { "incrementer", 2, increment_on } },
    .finish = finish,
};
