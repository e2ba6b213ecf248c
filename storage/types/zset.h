/*
 * zset.h - members in the order of their scores, equal ones in the order of their bytes: a packed block, or a
 * counted tree of blocks with an index from member to block.
 *
 * Every range is one of ranks (from 0, lowest first): zset_rank_of_score() and zset_rank_of_member() turn
 * bounds into ranks in O(log n), so a count is a difference and an offset costs nothing.
 *
 * Scores are doubles, never NaN; -0 is kept as 0. OBJECT ENCODING: listpack up to `zset_entries` members of
 * `zset_value` bytes, skiplist beyond, and never back. Threads: the owner's lock.
 */
#ifndef STORAGE_TYPES_ZSET_H
#define STORAGE_TYPES_ZSET_H

#include "storage/types/blocks/atom.h"
#include "storage/types/blocks/member.h"
#include "storage/types/blocks/packed.h"
#include "storage/types/blocks/value.h"
#include "storage/types/bulk/zset_fill.h"
#include "storage/types/large/zset_record.h"
#include "storage/types/large/zset_root.h"

extern const struct value_type zset_type;

enum zset_put { ZSET_ADDED, ZSET_MOVED, ZSET_SAME };

/* The text must not lie in the value. */
enum zset_put zset_put(struct value *zset, const struct member *member, double score);
bool zset_score(const struct value *zset, const struct member *member, double *score);
bool zset_remove(struct value *zset, const struct member *member);
bool zset_rank(const struct value *zset, const struct member *member, size_t *rank, double *score);
/* `count` members from `rank` on. */
void zset_remove_ranks(struct value *zset, size_t rank, size_t count);
/* So many members are named by the command that is about to write them. With more than are compact the
 * encoding is named accordingly at once, as Redis does, whatever becomes of them. */
void zset_reserve(struct value *zset, size_t members);

/*
 * A set that is empty, made of many members at once. Those that come in its order or the opposite one, as
 * they do in payloads, are not looked for and make their leaves at once; others are put as by zset_put().
 *
 *     struct zset_load load;
 *     zset_load_init(&load, zset, members);
 *     for each member: distinct = distinct && zset_load_add(&load, &member, score);
 *     distinct = zset_load_end(&load) && distinct;
 *
 * Until the end nothing else may be asked of the set. One whose members were not distinct is to be cleared.
 */
struct zset_load {
    struct value *zset;
    struct zset_fill fill;
    bool is_filling;
    bool is_distinct;
    size_t longest; /* bytes of a member */
};
void zset_load_init(struct zset_load *load, struct value *zset, size_t members);
/* False: the member is there already. True where that is told at the end only. */
bool zset_load_add(struct zset_load *load, const struct member *member, double score);
/* To be called in any case. False: some member came twice. */
bool zset_load_end(struct zset_load *load);

/* How many members have a score below `score`, or, with `or_equal`, not above it. */
size_t zset_rank_of_score(const struct value *zset, double score, bool or_equal);
/* The same by the members' bytes, for a zset whose scores are all equal; with others, as a search that takes
 * them to be. */
size_t zset_rank_of_member(const struct value *zset, struct slice text, bool or_equal);

enum zset_direction { ZSET_UP, ZSET_DOWN };
struct zset_walk {
    const struct value *zset;
    enum zset_direction direction;
    struct packed_walk block; /* its own: where it is */
    size_t rank;              /* of the next block's first; downwards, behind its last */
    bool goes_on;             /* it has been through a block */
};
/* From `rank` on; one that does not exist shows nothing. */
struct zset_walk zset_walk(const struct value *zset, size_t rank, enum zset_direction direction);
/* The next record in the block where the walk is; in a block behind that. */
static inline bool zset_next_here(struct zset_walk *walk, struct packed_record *record)
{
    return walk->direction == ZSET_UP ? packed_next(&walk->block, record) : packed_back(&walk->block, record);
}
bool zset_next_elsewhere(struct zset_walk *walk, struct packed_record *record);

/* Inline: whole ranges are read so. `score` may be NULL, which spares reading it. */
static inline __attribute__((always_inline)) bool zset_next(struct zset_walk *walk, struct atom *member,
                                                            double *score)
{
    struct packed_record record;
    if (!zset_next_here(walk, &record) && !zset_next_elsewhere(walk, &record)) return false;
    *member = zset_record_member(&record);
    if (score != NULL) *score = zset_record_score(&record);
    return true;
}

/* The member at the end where a walk in this direction begins, of a set that is not empty. */
void zset_peek(const struct value *zset, enum zset_direction direction, struct zset_tip *tip,
               struct atom *member, double *score);
/* Remove it, before anything else is written to the set. */
void zset_remove_tip(struct value *zset, struct zset_tip *tip);

/* As set_scan(), whatever becomes of the scores. */
uint64_t zset_scan(const struct value *zset, uint64_t cursor,
                   void (*visit)(void *context, const struct atom *member, double score), void *context);

#endif
