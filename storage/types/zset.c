#include "storage/types/zset.h"

#include "proto/base/contract.h"
#include "storage/types/small.h"
#include "storage/types/zset_record.h"

/* What the head of a small sorted set's block says of its name. */
enum { LISTPACK, SKIPLIST };

static const char *block_of(const struct value *zset)
{
    return small_block(zset, PACKED_TAGGED);
}

static size_t len(const struct value *zset)
{
    return packed_count(block_of(zset));
}

static const char *encoding(const struct value *zset)
{
    return packed_name(block_of(zset)) == SKIPLIST ? "skiplist" : "listpack";
}

/* --- one member ------------------------------------------------------------------------------------------
 */

static void name_grown(struct value *zset, size_t members, size_t longest)
{
    if (packed_name(block_of(zset)) == SKIPLIST) return;
    if (members > zset->limits->zset_entries || longest > zset->limits->zset_value)
        small_set_name(zset, PACKED_TAGGED, SKIPLIST);
}

void zset_reserve(struct value *zset, size_t members)
{
    name_grown(zset, members, 0);
}

static void add(struct value *zset, size_t at, const struct member *member, double score)
{
    struct zset_form form;
    zset_form_of(&form, member, score);
    struct packed_edit edit = packed_insert(block_of(zset), at, &form.record);
    small_apply(zset, &edit);
}

/* The record at `from` gets another score, which places it before the one that is at `to`. */
static void move(struct value *zset, size_t from, size_t to, const struct member *member, double score)
{
    if (to != from && to != from + 1) {
        struct packed_edit removal = packed_remove(zset->packed, from, 1);
        small_apply_first(zset, &removal);
        add(zset, to > from ? to - 1 : to, member, score);
        return;
    }
    struct zset_form form;
    zset_form_of(&form, member, score);
    struct packed_edit edit = packed_replace(zset->packed, from, &form.record);
    small_apply(zset, &edit);
}

enum zset_put zset_put(struct value *zset, const struct member *member, double score)
{
    struct packed_record record;
    size_t count = len(zset), at = zset_find(block_of(zset), member, &record);
    if (at < count && zset_record_score(&record) == score) return ZSET_SAME;

    struct zset_bound bound = zset_bound(score, member->text, false);
    size_t place = zset_count_before(block_of(zset), &bound);
    if (at < count) {
        move(zset, at, place, member, score);
        return ZSET_MOVED;
    }
    name_grown(zset, count + 1, member->text.len);
    add(zset, place, member, score);
    return ZSET_ADDED;
}

bool zset_score(const struct value *zset, const struct member *member, double *score)
{
    size_t rank;
    return zset_rank(zset, member, &rank, score);
}

bool zset_rank(const struct value *zset, const struct member *member, size_t *rank, double *score)
{
    struct packed_record record;
    *rank = zset_find(block_of(zset), member, &record);
    if (*rank == len(zset)) return false;
    *score = zset_record_score(&record);
    return true;
}

void zset_remove_ranks(struct value *zset, size_t rank, size_t count)
{
    struct packed_edit edit = packed_remove(block_of(zset), rank, count);
    small_apply(zset, &edit);
}

bool zset_remove(struct value *zset, const struct member *member)
{
    size_t rank;
    double score;
    if (!zset_rank(zset, member, &rank, &score)) return false;
    zset_remove_ranks(zset, rank, 1);
    return true;
}

/* --- ranges ----------------------------------------------------------------------------------------------
 */

static size_t count_before(const struct value *zset, const struct zset_bound *bound)
{
    return zset_count_before(block_of(zset), bound);
}

/* What has this score stands before the least member of the next one. */
size_t zset_rank_of_score(const struct value *zset, double score, bool or_equal)
{
    struct zset_bound bound = zset_bound(score, SLICE(""), false);
    if (or_equal) bound.order++;
    return count_before(zset, &bound);
}

size_t zset_rank_of_member(const struct value *zset, struct slice text, bool or_equal)
{
    struct atom first;
    double score;
    struct zset_walk walk = zset_walk(zset, 0, ZSET_UP);
    if (!zset_next(&walk, &first, &score)) return 0;
    struct zset_bound bound = zset_bound(score, text, or_equal);
    return count_before(zset, &bound);
}

struct zset_walk zset_walk(const struct value *zset, size_t rank, enum zset_direction direction)
{
    size_t count = len(zset);
    size_t at = rank >= count ? (direction == ZSET_UP ? count : 0) : direction == ZSET_UP ? rank : rank + 1;
    return (
        struct zset_walk){ .zset = zset, .direction = direction, .block = packed_walk(block_of(zset), at) };
}

bool zset_next(struct zset_walk *walk, struct atom *member, double *score)
{
    struct packed_record record;
    bool found =
        walk->direction == ZSET_UP ? packed_next(&walk->block, &record) : packed_back(&walk->block, &record);
    if (!found) return false;
    *member = zset_record_member(&record);
    *score = zset_record_score(&record);
    return true;
}

uint64_t zset_scan(const struct value *zset, uint64_t cursor,
                   void (*visit)(void *context, const struct atom *member, double score), void *context)
{
    (void)cursor;
    struct atom member;
    double score;
    struct zset_walk walk = zset_walk(zset, 0, ZSET_UP);
    while (zset_next(&walk, &member, &score)) visit(context, &member, score);
    return 0;
}

/* --- what every type has ---------------------------------------------------------------------------------
 */

static void check(const struct value *zset)
{
    INVARIANT(zset->root == NULL);
    if (zset->packed_len > 0) packed_check(zset->packed, zset->packed_len);
}

const struct value_type zset_type = {
    .name = "zset",
    .len = len,
    .encoding = encoding,
    .check = check,
};
