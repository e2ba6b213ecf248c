/*
 * example.h - a server of ours with one client, for tests that are conversations.
 *
 * Threads: one owner.
 */
#ifndef TESTS_E2E_EXAMPLE_H
#define TESTS_E2E_EXAMPLE_H

#include <criterion/criterion.h>

#include "tests/support/client/client.h"
#include "tests/support/process/instance.h"

struct example {
    struct instance server;
    struct client client;
};

static inline struct client *example_open(struct example *example)
{
    instance_start(&example->server, INSTANCE_NUTHATCH, NULL);
    cr_assert(client_open_tcp(&example->client, example->server.port));
    return &example->client;
}

static inline void example_close(struct example *example)
{
    client_close(&example->client);
    instance_stop(&example->server);
}

#endif
