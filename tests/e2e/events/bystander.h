/*
 * bystander.h - a server, a client that does what nobody should, and one who must not notice.
 *
 * Threads: the test's.
 */
#ifndef TESTS_E2E_EVENTS_BYSTANDER_H
#define TESTS_E2E_EVENTS_BYSTANDER_H

#include "tests/support/client/client.h"
#include "tests/support/process/instance.h"

extern struct instance server;
extern struct client client, bystander;

/* Start the server with these options (NULL: none), and connect both. */
void bystander_open(const char *const *options);
void bystander_close(void);

#endif
