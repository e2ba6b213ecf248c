/*
 * copies.h - the local copies of what the upstream holds.
 *
 * They are ordinary entries of the keyspace, so that eviction, limits and statistics are the engine's. What
 * is not here is unknown, never absent; that a key is absent is an entry of its own kind
 * (shard_put_absent()). The upstream tells of changes by name alone, without the database, and databases may
 * be exchanged under another name: so a key is always dropped in all of them.
 *
 * Threads: any loop, outside an access, unless said otherwise.
 */
#ifndef SERVER_UPSTREAM_COPIES_COPIES_H
#define SERVER_UPSTREAM_COPIES_COPIES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "proto/base/slice.h"
#include "server/upstream/copies/prefixes.h"
#include "storage/shard/shard.h"
#include "storage/table/key.h"

struct call;
struct dump_object;
struct loop;
struct server;

struct copies {
    struct server *server;
    struct prefixes wanted; /* none: every key */
    struct prefixes strict;
    _Atomic unsigned databases; /* those from here on have never held a copy */
    _Atomic bool kept;          /* false: nothing is to be kept */
};

void copies_init(struct copies *copies, struct server *server);
void copies_clear(struct copies *copies);

/* May this key be kept at all? Strict keys are not. */
bool copies_want(const struct copies *copies, struct slice name);

/* The key is now `value`. Nothing happens when memory is full and may not be taken. */
void copies_put(struct copies *copies, struct loop *loop, unsigned db, struct key key, struct slice value,
                int64_t deadline_ms);
/* The same for a value of any type, of about so many bytes: what is in the object is taken where it can be,
 * the rest is the caller's to clear. */
struct copy {
    unsigned db;
    struct key key;
    struct dump_object *object;
    size_t bytes;
    int64_t deadline_ms;
};
void copies_put_object(struct copies *copies, struct loop *loop, const struct copy *copy);
void copies_put_absent(struct copies *copies, struct loop *loop, unsigned db, struct key key,
                       int64_t deadline_ms);
/* In all databases. True: there was one. */
bool copies_drop(struct copies *copies, struct key key);
bool copies_drop_in(struct copies *copies, unsigned db, struct key key);
/* Unless just `spared` is known of the key: that it exists, or that it does not. */
void copies_drop_unless(struct copies *copies, unsigned db, struct key key, enum shard_knowledge spared,
                        int64_t now_ms);
/* Unless MGET of the key would show this from here; NULL: that there is no string. */
void copies_drop_unless_text(struct copies *copies, unsigned db, struct key key, const struct slice *text,
                             int64_t now_ms);
/* All of them, in a time that does not depend on their number. */
void copies_flush(struct copies *copies);

/* Is anything known of the key, in any database, in this one? */
bool copies_know(struct copies *copies, struct key key, int64_t now_ms);
bool copies_know_in(struct copies *copies, unsigned db, struct key key, int64_t now_ms);

/* Can this call, a read inside its access, be answered from here? `*absent` counts keys known to be absent.
 */
bool copies_can_answer(struct copies *copies, struct call *call, unsigned *absent);

#endif
