/*
 * engines.h - the Lua of each loop and that of functions: made when first needed, ended with their owner.
 *
 * Threads: each function says; of an engine that is made, that of its owner.
 */
#ifndef SERVER_SCRIPT_ENGINES_H
#define SERVER_SCRIPT_ENGINES_H

#include <stddef.h>

#include "server/script/engine.h"

struct server;

struct engine *engines_create(struct loop *loop, enum engine_kind kind);
void engines_destroy(struct engine *engine);

/* Of the loop, made if there is none. The loop. */
struct engine *engines_get(struct loop *loop);
void engines_clear(struct loop *loop);
/* What the Lua of all loops takes, that of functions apart. Any thread, while the loops are there. */
size_t engines_bytes(const struct server *server);

#endif
