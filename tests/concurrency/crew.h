/*
 * crew.h - many clients at once, each on a thread of its own, and what they promise each other.
 *
 * An exercise has several parts to play; the crew has a worker for each, who plays it until time is up. What
 * has to hold is looked at by the workers while they play, and once more when all have ended. The first
 * failure ends the exercise and is what is told.
 *
 * Threads: a worker is its thread's own. crew_fail() and the counters of a crew any; everything else the
 * caller.
 */
#ifndef TESTS_CONCURRENCY_CREW_H
#define TESTS_CONCURRENCY_CREW_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/random.h"
#include "tests/support/client/client.h"
#include "tests/support/process/instance.h"

#define CREW_MAX 64

struct crew;

struct worker {
    struct crew *crew;
    size_t index;  /* among all workers */
    size_t number; /* among those of its part */
    struct random random;
    struct client client;
    pthread_t thread;
    void *notes; /* the exercise's; freed with the crew */
};

struct part {
    const char *name;
    size_t workers;
    void (*play)(struct worker *worker); /* until crew_is_over() */
};

#define PARTS_MAX 6

struct exercise {
    const char *name;
    const char *const *options; /* of the server; NULL: none */
    struct part parts[PARTS_MAX];
    void (*prepare)(struct crew *crew, struct client *client); /* NULL: nothing */
    void (*finish)(struct crew *crew, struct client *client);  /* when all have ended; NULL: nothing */
};

struct crew {
    const struct exercise *exercise;
    const struct instance *server;
    struct worker workers[CREW_MAX];
    size_t len;
    int64_t deadline_ms;
    _Atomic bool over;
    _Atomic uint64_t done;      /* commands that were answered */
    _Atomic uint64_t counts[8]; /* what the exercise counts */
    pthread_mutex_t lock;       /* of what follows */
    bool failed;
    char failure[2048];
    void *notes; /* the exercise's; freed at the end */
};

struct crew_result {
    bool failed;
    uint64_t done;
    char failure[2048];
};

/* Play for `ms` on a server of `loops` loops (a number as text). Failure to start it ends the test. */
struct crew_result crew_run(const struct exercise *exercise, const char *loops, uint64_t seed, int64_t ms);

bool crew_is_over(struct crew *crew);
/* The first one counts. */
void crew_fail(struct crew *crew, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Send a line as in redis-cli and read its reply, an empty slice where none comes, which is a failure. */
struct slice worker_ask(struct worker *worker, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same for something that may be left unanswered: send only, read only. */
void worker_send(struct worker *worker, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct slice worker_read(struct worker *worker);
/* Leave and come back as a new client. */
void worker_reconnect(struct worker *worker);
/* Text of a bulk string or status into `out`, terminated; false: it is none, a null say. */
bool worker_text(struct slice reply, char *out, size_t size);
/* The number that a reply is, or whose text reads as one; 0 where it is none. */
int64_t worker_number(struct slice reply);

#endif
