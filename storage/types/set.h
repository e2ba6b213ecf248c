/*
 * set.h - distinct members: sorted integers, a packed block, or linear hashing of packed blocks.
 *
 * OBJECT ENCODING: intset while all are integers and at most `set_ints` (then they come in rising order),
 * listpack up to `set_entries` members of `set_value` bytes (then they come in the order of insertion),
 * hashtable beyond, and never back. Threads: the owner's lock.
 */
#ifndef STORAGE_TYPES_SET_H
#define STORAGE_TYPES_SET_H

#include "storage/types/blocks/atom.h"
#include "storage/types/blocks/member.h"
#include "storage/types/blocks/value.h"
#include "storage/types/bulk/buckets_fill.h"
#include "storage/types/large/buckets.h"
#include "storage/types/large/keyed_walk.h"

extern const struct value_type set_type;

/* False: it was there. The text must not lie in the value. */
bool set_add(struct value *set, const struct member *member);
/* Every member of another set. Into an empty one of the heap a large one is copied block by block. */
void set_add_all(struct value *set, const struct value *from);
/* By its name, that is. */
bool set_is_intset(const struct value *set);
/* Whether a new set of so many members is a hashtable, whatever they are and in whatever order they come. */
bool set_is_spread_at(const struct value_limits *limits, size_t members);

/* What an empty set is that is to be filled with the members of others: an intset, even where an integer by
 * itself would be none. */
void set_begin_ints(struct value *set);
/* Or, as Redis makes an intersection, a list: between the two calls it takes integers as it takes text, and
 * in the end it becomes an intset if it has only integers, and few enough. */
void set_begin_list(struct value *set);
void set_end_list(struct value *set);
/* False: it was not there. */
bool set_remove(struct value *set, const struct member *member);
bool set_has(const struct value *set, const struct member *member);
/* So many members are to come: no growth in steps on the way. */
void set_reserve(struct value *set, size_t members);

/* The same of those that one command adds, the first of which is told: as Redis does, it takes them to be new
 * when it decides whether the set is still compact. */
void set_expect(struct value *set, const struct member *first, size_t members);

/* Many members at once, as hash_fill_init() and behind. */
struct set_fill {
    struct value *set;
    struct buckets_fill buckets;
};
bool set_is_filled_at(const struct value_limits *limits, size_t members);
void set_fill_init(struct set_fill *fill, struct value *set, size_t members, size_t bytes);
void set_fill_add(struct set_fill *fill, const struct atom *member);
bool set_fill_end(struct set_fill *fill);

/* Every member once; the set must not be written to meanwhile. */
struct set_walk {
    struct keyed_walk records; /* its own */
};
struct set_walk set_walk(const struct value *set);
bool set_next(struct set_walk *walk, struct atom *member);

/* A member chosen with equal chances, of a set that is not empty. */
struct set_place {
    struct atom member;
    struct buckets_place place; /* set.c's; of an integer its index */
};
struct set_place set_at_random(const struct value *set, uint64_t (*random)(void *state), void *state);
/* Remove it, without looking for it. The set was not written to meanwhile. */
void set_remove_at(struct value *set, const struct set_place *place);

/* Some members, and the cursor to go on with; 0 ends. With Redis's guarantee: what is there throughout is
 * shown, through growth and shrinking between calls. A compact set is shown whole. */
uint64_t set_scan(const struct value *set, uint64_t cursor,
                  void (*visit)(void *context, const struct atom *member), void *context);

#endif
