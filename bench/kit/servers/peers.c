#include "bench/kit/servers/peers.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/kit/load/memcached.h"
#include "bench/kit/program.h"

#define REDIS_ARGS    "--bind,127.0.0.1,--save,,--appendonly,no"
#define NUTHATCH_ARGS "--bind,127.0.0.1,--threads,1"
/* Room for the million entries and values of megabytes, connections for the rows that have thousands; as root
 * it wants to be told so. */
#define MEMCACHED_ARGS "-l,127.0.0.1,-p,{port},-U,0,-t,1,-m,4096,-I,8m,-c,8192,-u,root"

static struct server *next(struct peers *peers)
{
    if (peers->len == PEERS_MAX) program_fail("too many servers");
    return &peers->items[peers->len++];
}

static bool is_installed(const char *program)
{
    char test[128];
    snprintf(test, sizeof test, "command -v %s >/dev/null 2>&1", program);
    return system(test) == 0;
}

static bool is_named(const struct peers_options *options, const char *name)
{
    for (size_t i = 0; i < options->more.len; i++)
        if (strncmp(options->more.items[i], name, strcspn(name, "=")) == 0) return true;
    return false;
}

void peers_add_installed(struct peers_options *options)
{
    static const struct {
        const char *program, *spec;
    } known[] = {
        { "valkey-server", "valkey=valkey-server,--bind,127.0.0.1,--save,,--appendonly,no" },
        { "keydb-server", "keydb=keydb-server,--bind,127.0.0.1,--save,,--appendonly,no,--server-threads,1" },
        { "pogocache", "pogocache=pogocache,-h,127.0.0.1,-p,{port},--threads,1" },
        { "memcached", "memcached=memcached" },
        { "dragonfly", "dragonfly=dragonfly,--bind,127.0.0.1,--proactor_threads,1,--dbfilename," },
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (options->more.len == OPTION_TEXTS_MAX) return;
        if (is_installed(known[i].program) && !is_named(options, known[i].spec))
            options->more.items[options->more.len++] = known[i].spec;
    }
}

static void init_further(struct server *server, const char *spec)
{
    bool memcached = strncmp(spec, "memcached", strlen("memcached")) == 0;
    server_init(server, "", spec, memcached ? MEMCACHED_ARGS : "");
    if (memcached) server->protocol = &memcached_protocol;
}

bool peer_is_floor(const struct server *server)
{
    return strcmp(server->name, "floor") == 0;
}

void peers_init(struct peers *peers, const struct peers_options *options)
{
    char neighbour[PATH_MAX];
    peers->len = 0;
    server_init(next(peers), "redis", options->redis != NULL ? options->redis : "redis-server", REDIS_ARGS);

    program_neighbour("../nuthatch", neighbour, sizeof neighbour);
    server_init(next(peers), "nuthatch", options->nuthatch != NULL ? options->nuthatch : neighbour,
                NUTHATCH_ARGS);
    if (options->floor) {
        program_neighbour("floor", neighbour, sizeof neighbour);
        server_init(next(peers), "floor", neighbour, "");
    }
    for (size_t i = 0; i < options->more.len; i++) {
        if (strchr(options->more.items[i], '=') == NULL)
            program_fail("--server takes name=path, not %s", options->more.items[i]);
        init_further(next(peers), options->more.items[i]);
    }
}

enum { SERVER_CORE, CLIENT_CORE };

void peers_start(struct peers *peers, const struct peers_options *options)
{
    bool alone = sysconf(_SC_NPROCESSORS_ONLN) > CLIENT_CORE;
    if (alone && !program_pin(CLIENT_CORE)) program_fail("no core for the load");
    peers_init(peers, options);
    for (size_t i = 0; i < peers->len; i++) {
        server_start(&peers->items[i], alone ? SERVER_CORE : SERVER_ANY_CORE);
        server_pause(&peers->items[i]);
    }
}
