/*
 * client_eviction.h - together clients hold no more than maxmemory-clients: the largest of them are closed.
 *
 * The largest of all loops go first, by powers of two, as in Redis. One loop at a time looks; when the
 * largest clients are another loop's, that loop is told and goes on.
 *
 * Threads: the loop's.
 */
#ifndef SERVER_NET_CLIENT_EVICTION_H
#define SERVER_NET_CLIENT_EVICTION_H

struct loop;

/* Outside of a batch, when accounts have grown: before the requests that made them grow are run. Clients
 * under NO-EVICT are spared. */
void client_eviction_run(struct loop *loop);

#endif
