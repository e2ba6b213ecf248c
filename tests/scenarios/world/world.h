/*
 * world.h - the processes of a run: one upstream, one or two subjects in front of it, a bad network between.
 *
 * In a chain the subjects' upstream is one more instance, the relay, in front of the upstream proper.
 *
 * The upstream is a redis-server that writes every command to a file before it answers, so that killing it
 * loses nothing that was acknowledged.
 *
 * Threads: one owner.
 */
#ifndef TESTS_SCENARIOS_WORLD_WORLD_H
#define TESTS_SCENARIOS_WORLD_WORLD_H

#include "tests/scenarios/history/history.h"
#include "tests/scenarios/plan.h"
#include "tests/support/process/instance.h"
#include "tests/support/tcp_proxy.h"

#define WORLD_INSTANCES 2
#define WORLD_OPTIONS   32

struct forgetful_cache;

/* A redis-server, or what the plan names in its place. */
struct redis {
    struct child child;
    struct scratch scratch;
    int port;
};

struct world {
    const struct plan *plan;
    struct redis upstream;
    struct redis former; /* during a failover */
    int ports[PLACES];   /* where the clients of each place connect */
    struct tcp_proxy *networks[WORLD_INSTANCES];
    struct forgetful_cache *caches[WORLD_INSTANCES];
    struct instance instances[WORLD_INSTANCES];
    const char *options[WORLD_INSTANCES + 1][WORLD_OPTIONS];
    char texts[WORLD_INSTANCES + 1][8][64];
    struct tcp_proxy
        *relay_network; /* of a chain: between the upstream and the one that the others have for it */
    struct instance relay;
};

/* `plan` is borrowed. Ends the process when a server does not start. */
void world_init(struct world *world, const struct plan *plan);
/* False, and its log printed: an instance of ours did not end as it should, a sanitizer has found something
 * say. */
bool world_clear(struct world *world);
/* An instance has ended by itself. */
bool world_lost_instance(struct world *world);

/* Where the clients of a place connect. */
int world_port(const struct world *world, int place);

/* Hand all keys and the address over to another server, in such a way that no write that was acknowledged is
 * lost; the one before becomes its replica and keeps its connections. Then end that one. */
void world_begin_failover(struct world *world);
void world_end_failover(struct world *world);

/* Kill the upstream as a loss of power would; start it again, with its data or without. Returns when it
 * answers. */
void world_kill_upstream(struct world *world);
void world_start_upstream(struct world *world, bool empty);

/* Send lines, ended by \n but for the last, to a place over a connection of its own: the first bytes of the
 * reply to the last, terminated. False: there was none. */
bool world_ask(const struct world *world, int place, int db, const char *lines, char *reply, size_t cap);
/* A number of INFO nearcache of a place; 0: it has none of that name, or does not answer. */
uint64_t world_count(const struct world *world, int place, const char *field);

#endif
