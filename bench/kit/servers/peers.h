/*
 * peers.h - the servers that a comparison is between: redis first, which the others are held against.
 *
 * All speak RESP but those whose name begins with `memcached`, which are asked by its meta commands and take
 * part only where that has the request (workload.h).
 *
 * Threads: one.
 */
#ifndef BENCH_KIT_SERVERS_PEERS_H
#define BENCH_KIT_SERVERS_PEERS_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/kit/options.h"
#include "bench/kit/servers/server.h"

#define PEERS_MAX (OPTION_TEXTS_MAX + 3)

struct peers {
    struct server items[PEERS_MAX];
    size_t len;
};

/* All that --help says of them; `spec` is `path[,argument...]`. */
struct peers_options {
    const char *redis;        /* NULL: redis-server, as PATH has it */
    const char *nuthatch;     /* NULL: the one of this build */
    bool floor;               /* also bench/floor of this build */
    struct option_texts more; /* `name=path[,argument...]` each */
};

#define PEERS_OPTIONS(options)                                                                               \
    { "redis", OPTION_TEXT, &(options)->redis, "SPEC", "path[,argument...] (redis-server)" },                \
        { "nuthatch", OPTION_TEXT, &(options)->nuthatch, "SPEC",                                             \
          "path[,argument...] (that of this build)" },                                                       \
        { "floor", OPTION_FLAG, &(options)->floor, NULL,                                                     \
          "also measure a libuv server that stores nothing" },                                               \
    {                                                                                                        \
        "server", OPTION_TEXTS, &(options)->more, "NAME=SPEC", "a further server; {port} in an argument"     \
    }

/* Servers that PATH has, unless `options` names them already: valkey-server, keydb-server, pogocache,
 * dragonfly, memcached. */
void peers_add_installed(struct peers_options *options);

/* The one of --floor. */
bool peer_is_floor(const struct server *server);

void peers_init(struct peers *peers, const struct peers_options *options);
/* The same, started and paused: the servers on the first core and this program on the second, where there
 * are two. */
void peers_start(struct peers *peers, const struct peers_options *options);

#endif
