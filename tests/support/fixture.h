/*
 * fixture.h - a server in the test's own process, its clock stopped.
 *
 *     struct fixture *f = fixture_open(NULL);
 *     expect(&f->client, "SET k v PX 100", "OK");
 *     fixture_advance(f, 100);
 *     expect(&f->client, "GET k", "(nil)");
 *     fixture_close(&f);
 *
 * It is the whole server, on threads of its own, behind a unix socket and without a port; time is that of
 * clock/moved_time.h, which the test's process shares with it. Whatever ends the server ends the test.
 *
 * Threads: one owner. One fixture at a time in a process.
 */
#ifndef TESTS_SUPPORT_FIXTURE_H
#define TESTS_SUPPORT_FIXTURE_H

#include <stdint.h>

#include <uv.h>

#include "tests/support/client/client.h"
#include "tests/support/scratch.h"

struct config;
struct server;

struct fixture {
    struct client client; /* one that is connected */
    struct server *server;
    struct config *config;
    uv_thread_t thread; /* loop 0's */
    struct scratch scratch;
    char socket_path[SCRATCH_PATH_MAX];
    char log_path[SCRATCH_PATH_MAX];
};

/* `options` as instance_start() takes them, one loop unless they say otherwise; NULL for none. Failure ends
 * the test. */
struct fixture *fixture_open(const char *const *options);
void fixture_close(struct fixture **fixture);

/* Another client, who has been let in: it was answered once. */
void fixture_connect(struct fixture *fixture, struct client *client);

/* Let `ms` milliseconds pass. All timers of all loops that are due then have run when it returns, each once:
 * what they began, such as a long sweep, may go on. */
void fixture_advance(struct fixture *fixture, int64_t ms);

#endif
