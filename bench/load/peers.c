#include "bench/load/peers.h"

#include <limits.h>
#include <string.h>

#include "bench/load/program.h"

#define REDIS_ARGS    "--bind,127.0.0.1,--save,,--appendonly,no"
#define NUTHATCH_ARGS "--bind,127.0.0.1,--threads,1"

static struct server *next(struct peers *peers)
{
    if (peers->len == PEERS_MAX) program_fail("too many servers");
    return &peers->items[peers->len++];
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
        server_init(next(peers), "", options->more.items[i], "");
    }
}
