/*
 * repertoire.h - the scripts that a loop has compiled.
 *
 * A script is looked up by its digest, or by its text, which saves reckoning the digest of what was sent
 * before. One that has left the server's table (texts.h) is dropped when it is met.
 *
 * Threads: the engine's loop.
 */
#ifndef SERVER_SCRIPT_REPERTOIRE_H
#define SERVER_SCRIPT_REPERTOIRE_H

#include "proto/base/chains.h"
#include "proto/base/slice.h"
#include "server/script/texts.h"

struct engine;
struct reply;

struct piece {
    struct chain by_sha1; /* first */
    struct chain by_text;
    struct script *script; /* a reference */
    int function;          /* place in Lua's registry */
};

/* What EVAL runs: compiled, and added to what the server knows, if need be. NULL: it is none, and an error
 * was replied. Good until the next call of these. */
const struct piece *repertoire_of_text(struct engine *engine, struct slice text, struct reply *reply);
/* What EVALSHA runs. NULL: nothing is known by that digest. */
const struct piece *repertoire_of_sha1(struct engine *engine, struct slice hex, struct reply *reply);
void repertoire_clear(struct engine *engine);

#endif
