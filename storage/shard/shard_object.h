/*
 * shard_object.h - a value that was read from a payload or a file becomes that of a key.
 *
 * Threads: under the shard's lock.
 */
#ifndef STORAGE_SHARD_SHARD_OBJECT_H
#define STORAGE_SHARD_SHARD_OBJECT_H

#include <stdint.h>

struct dump_object;
struct entry;
struct shard_place;

/* What is known of a key's use besides its value; -1 each: nothing. */
struct shard_uses {
    int64_t idle_s; /* since it was used last */
    int64_t count;
};

/* Store the object under a key that is absent. Takes the root of a collection; what is left is the caller's
 * to clear. */
struct entry *shard_put_object(const struct shard_place *place, struct dump_object *object,
                               int64_t deadline_ms);
/* As shard_learn_value(), of any type. */
struct entry *shard_learn_object(const struct shard_place *place, struct dump_object *object,
                                 int64_t deadline_ms);
void shard_set_uses(const struct shard_place *place, struct entry *entry, struct shard_uses uses,
                    int64_t now_ms);

#endif
