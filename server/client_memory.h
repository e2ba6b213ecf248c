/*
 * client_memory.h - what connections take, and that together they take no more than maxmemory-clients.
 *
 * Counted apart from the keyspace: clients that do not read, or send half of something large, cost other
 * clients their connection at worst, never anybody's keys.
 *
 * Threads: client_memory_total() anywhere; the rest on the loop that owns the connection.
 */
#ifndef SERVER_CLIENT_MEMORY_H
#define SERVER_CLIENT_MEMORY_H

#include <stddef.h>

struct connection;
struct loop;
struct server;

/* Bytes of one connection: itself, what it has sent so far of a request, replies it has not read. */
size_t client_memory_of(const struct connection *connection);
/* The same of all connections of the server. */
size_t client_memory_total(const struct server *server);

/* Close the largest of this loop's connections until the total is within the limit. Clients under NO-EVICT
 * are spared. */
void client_memory_bound(struct loop *loop);

#endif
