/*
 * collection.h - the collection of a key, as commands open, change and store it.
 *
 * A handler opens a key with the type it is about, works on `value` with the functions of that type
 * (storage/types/), and commits. It sees no form, no entry and no charge.
 *
 *     struct collection hash;
 *     if (!collection_edit(call, 1, &hash_type, &hash)) return;
 *     struct member field = collection_member(call, 2);
 *     bool added = hash_put(hash.value, &field, call->argv[3]);
 *     collection_commit(call, &hash, EVENT_HSET);
 *     reply_int(call->reply, added);
 *
 * Two may be open at once if their keys differ; where they may be the same, commit one before the other is
 * opened. What a value hands out is good until it is written to or committed.
 *
 * Threads: as handlers.
 */
#ifndef SERVER_COMMANDS_COLLECTION_COLLECTION_H
#define SERVER_COMMANDS_COLLECTION_COLLECTION_H

#include <stdbool.h>

#include "proto/base/number.h"
#include "proto/reply.h"
#include "server/exec/call.h"
#include "storage/shard/change.h"
#include "storage/shard/shard_edit.h"
#include "storage/types/blocks/atom.h"
#include "storage/types/blocks/member.h"
#include "storage/types/blocks/value.h"

struct call;

struct collection {
    struct shard_edit edit;
    struct value *value; /* in `edit` */
    int arg;
};

/* To be read; a use of the key, a hit or a miss. An absent key is an empty value. False: WRONGTYPE was
 * replied. */
bool collection_read(struct call *call, int arg, const struct value_type *type, struct value *value);

/* To be read, of a key that no argument names, in a shard that is open. False: it is absent or of another
 * type, and nothing was replied. */
bool collection_find(struct call *call, struct slice name, const struct value_type *type,
                     struct value *value);

/* The value of `entry`, a collection, which was just found as argv[arg]. */
struct value collection_of(const struct call *call, int arg, const struct entry *entry);

/* May a text that is no argument become an element? False: replied, it is longer than 1 GiB. */
bool collection_takes(const struct call *call, struct slice text);
/* To be written. False: WRONGTYPE was replied, or that an argument is longer than 1 GiB. Every one that is
 * opened must be committed, also when nothing was written. */
bool collection_edit(struct call *call, int arg, const struct value_type *type,
                     struct collection *collection);
/* The same for a command that reads first: a hit or a miss as well. */
bool collection_read_to_edit(struct call *call, int arg, const struct value_type *type,
                             struct collection *collection);
/* After the last write. `event` is EVENT_NONE when nothing has changed. A key whose value ran
 * empty is removed, and "del" announced after `event`. */
void collection_commit(struct call *call, struct collection *collection, enum change_event event);
/* The same with up to two events, which are announced in this order. */
void collection_commit_both(struct call *call, struct collection *collection, enum change_event first,
                            enum change_event second);

/* An empty value in memory of its own, to be filled and stored. */
struct value collection_make(const struct call *call, const struct value_type *type);
/* The key argv[arg], whatever it was, becomes `result`, which is taken. An empty one removes it, and then
 * "del" is announced if there was something; otherwise `event`. */
void collection_store(struct call *call, int arg, struct value *result, enum change_event event);

/* argv[arg], and any text, as a member. */
struct member collection_member(const struct call *call, int arg);
struct member collection_member_of(const struct call *call, struct slice text);
/* Something as a bulk string, whatever it is. Inline: it is called for everything that is told. */
static inline __attribute__((always_inline)) void collection_reply(const struct call *call,
                                                                   const struct atom *atom)
{
    char scratch[NUMBER_I64_MAX];
    reply_bulk(call->reply, atom_text(atom, scratch));
}

#endif
