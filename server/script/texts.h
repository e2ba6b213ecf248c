/*
 * texts.h - the scripts that the server knows, by their digest.
 *
 * One table for all loops, each of which compiles what it runs for itself (engine.h). What SCRIPT LOAD has
 * brought stays until SCRIPT FLUSH. Of what only EVAL has brought, a limited number is kept, those that were
 * used last: a client that sends a new text with each call takes no more memory than that.
 *
 * Threads: any. A lock of its own, a leaf, guards the table; texts are immutable but for their atomic words.
 * Ownership: counted references. One that has left the table is `gone`, and its holders drop it when they
 * see it.
 */
#ifndef SERVER_SCRIPT_TEXTS_H
#define SERVER_SCRIPT_TEXTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/chains.h"
#include "proto/base/slice.h"
#include "server/script/sha1.h"

/* What the first line of a script may say of it, and what follows from that. */
enum script_flag {
    SCRIPT_NO_WRITES = 1 << 0,
    SCRIPT_ALLOW_OOM = 1 << 1,
    SCRIPT_ALLOW_STALE = 1 << 2,
    SCRIPT_NO_CLUSTER = 1 << 3,
    SCRIPT_CROSS_SLOT = 1 << 4,
    SCRIPT_PLAIN = 1 << 5, /* it has no such line: nothing is known of it */
};

struct script {
    struct chain by_sha1; /* first */
    struct sha1 sha1;
    char name[SHA1_HEX + 1];
    uint32_t flags;
    _Atomic uint32_t holders;
    _Atomic bool gone;
    _Atomic bool loaded;   /* by SCRIPT LOAD: it stays */
    _Atomic uint64_t used; /* when, as the table counts */
    size_t code;           /* where its code begins, behind the first line's words */
    size_t len;
    char text[];
};

struct json_options;
struct texts;

struct texts *texts_create(void);
void texts_destroy(struct texts **texts);

/* A reference, or NULL. */
struct script *texts_find(struct texts *texts, const struct sha1 *sha1);
/* What is added to the table, or was there before. A reference. */
struct script *texts_add(struct texts *texts, struct slice text, const struct sha1 *sha1, uint32_t flags,
                         size_t code);
/* It stays from now on. */
void texts_keep(struct texts *texts, struct script *script);
/* Drop a reference, and clear it. */
void texts_release(struct script **script);
void texts_use(struct texts *texts, struct script *script);
bool texts_know(struct texts *texts, const struct sha1 *sha1);
void texts_flush(struct texts *texts);

/* What scripts have set of cjson, on whichever loop they ran. Whoever has the token. */
struct json_options *texts_json(struct texts *texts);

/* Rises when one has gone. */
uint64_t texts_departures(const struct texts *texts);

struct texts_figures {
    size_t count;
    size_t bytes;
    uint64_t evicted;
};
struct texts_figures texts_figures(const struct texts *texts);

static inline bool script_is_gone(const struct script *script)
{
    return atomic_load_explicit(&script->gone, memory_order_relaxed);
}

static inline uint64_t sha1_hash(const struct sha1 *sha1)
{
    uint64_t hash;
    __builtin_memcpy(&hash, sha1->bytes, sizeof(hash));
    return hash;
}

#endif
