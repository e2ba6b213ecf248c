#include "storage/types/zset.h"

#include "proto/base/contract.h"
#include "storage/memory/fetch.h"
#include "storage/types/blocks/small.h"
#include "storage/types/large/zset_record.h"
#include "storage/types/large/zset_root.h"

/* A block within both is small. */
#define SMALL_MAX   4096
#define SMALL_COUNT 512

static const char *block_of(const struct value *zset)
{
    return small_block(zset, PACKED_TAGGED);
}

static size_t len(const struct value *zset)
{
    return zset->root != NULL ? zset_root_len(zset->root) : packed_count(block_of(zset));
}

/* Of a small one the head of the block says it. */
static bool is_skiplist(const struct value *zset)
{
    if (zset->root != NULL) return ((const struct zset_root *)zset->root)->is_skiplist;
    return packed_name(block_of(zset));
}

static const char *encoding(const struct value *zset)
{
    return is_skiplist(zset) ? "skiplist" : "listpack";
}

static void name_grown(struct value *zset, size_t members, size_t longest)
{
    if (members <= zset->limits->zset_entries && longest <= zset->limits->zset_value) return;
    if (zset->root != NULL)
        ((struct zset_root *)zset->root)->is_skiplist = true;
    else
        small_set_name(zset, PACKED_TAGGED, true);
}

static bool find_small(const struct value *zset, const struct member *member, struct zset_place *place)
{
    struct packed_record record;
    const char *block = block_of(zset);
    place->at = zset_find(block, member, &record);
    if (place->at == packed_count(block)) return false;
    place->score = zset_record_score(&record);
    return true;
}

static void make_large(struct value *zset)
{
    struct zset_root *root = zset_root_make(block_of(zset), zset->seed);
    root->is_skiplist = is_skiplist(zset);
    zset->root = root;
}

/* False: it has become large instead, and the edit is still to be made. */
static bool apply_small(struct value *zset, const struct packed_edit *edit)
{
    if (edit->size > SMALL_MAX || packed_count(block_of(zset)) >= SMALL_COUNT) {
        make_large(zset);
        return false;
    }
    small_apply(zset, edit);
    return true;
}

static bool add_small(struct value *zset, const struct member *member, double score)
{
    struct zset_bound bound = zset_bound(score, member->text, false);
    struct zset_form form;
    zset_form_of(&form, member, score);
    const char *block = block_of(zset);
    struct packed_edit edit = packed_insert(block, zset_count_before(block, &bound), &form.record);
    return apply_small(zset, &edit);
}

static void move_small(struct value *zset, const struct zset_place *place, const struct member *member,
                       double score)
{
    struct zset_bound bound = zset_bound(score, member->text, false);
    struct zset_form form;
    zset_form_of(&form, member, score);
    size_t from = place->at, to = zset_count_before(zset->packed, &bound);
    struct packed_edit edit = packed_replace(zset->packed, from, &form.record);
    if (to != from && to != from + 1) {
        struct packed_edit removal = packed_remove(zset->packed, from, 1);
        small_apply_first(zset, &removal);
        edit = packed_insert(zset->packed, to > from ? to - 1 : to, &form.record);
    }
    small_apply(zset, &edit);
}

static bool find(const struct value *zset, const struct member *member, struct zset_place *place)
{
    return zset->root != NULL ? zset_root_find(zset->root, member, place) : find_small(zset, member, place);
}

static void add(struct value *zset, const struct member *member, double score)
{
    if (zset->root == NULL && add_small(zset, member, score)) return;
    zset_root_add(zset->root, member, score);
}

enum zset_put zset_put(struct value *zset, const struct member *member, double score)
{
    struct zset_place place;
    if (!find(zset, member, &place)) {
        name_grown(zset, len(zset) + 1, member->text.len);
        add(zset, member, score);
        return ZSET_ADDED;
    }
    if (place.score == score) return ZSET_SAME;
    if (zset->root != NULL)
        zset_root_move(zset->root, &place, member, score);
    else
        move_small(zset, &place, member, score);
    return ZSET_MOVED;
}

void zset_reserve(struct value *zset, size_t members)
{
    name_grown(zset, members, 0);
    if (members <= SMALL_COUNT) return;
    if (zset->root == NULL && len(zset) == 0) make_large(zset);
    if (zset->root != NULL) zset_root_reserve(zset->root, members);
}

void zset_load_init(struct zset_load *load, struct value *zset, size_t members)
{
    REQUIRE(len(zset) == 0);
    *load = (struct zset_load){ .zset = zset, .is_distinct = true };
    name_grown(zset, members, 0);
    if (members <= SMALL_COUNT) return;
    if (zset->root == NULL) make_large(zset);
    zset_fill_init(&load->fill, zset->root, members);
    load->is_filling = true;
}

static void stop_filling(struct zset_load *load)
{
    if (!load->is_filling) return;
    load->is_filling = false;
    load->is_distinct = zset_fill_end(&load->fill);
    name_grown(load->zset, 0, load->longest);
}

bool zset_load_add(struct zset_load *load, const struct member *member, double score)
{
    if (__builtin_expect(load->is_filling, 1) && zset_fill_add(&load->fill, member, score)) {
        if (load->longest < member->text.len) load->longest = member->text.len;
        return true;
    }
    stop_filling(load);
    return load->is_distinct && zset_put(load->zset, member, score) == ZSET_ADDED;
}

bool zset_load_end(struct zset_load *load)
{
    stop_filling(load);
    return load->is_distinct;
}

bool zset_score(const struct value *zset, const struct member *member, double *score)
{
    struct zset_place place;
    if (!find(zset, member, &place)) return false;
    *score = place.score;
    return true;
}

bool zset_rank(const struct value *zset, const struct member *member, size_t *rank, double *score)
{
    struct zset_place place;
    if (!find(zset, member, &place)) return false;
    *score = place.score;
    *rank = zset->root != NULL ? zset_root_rank(zset->root, member, &place) : place.at;
    return true;
}

void zset_remove_ranks(struct value *zset, size_t rank, size_t count)
{
    if (zset->root != NULL) {
        zset_root_remove_ranks(zset->root, rank, count);
        return;
    }
    struct packed_edit edit = packed_remove(block_of(zset), rank, count);
    small_apply(zset, &edit);
}

bool zset_remove(struct value *zset, const struct member *member)
{
    struct zset_place place;
    if (!find(zset, member, &place)) return false;
    if (zset->root != NULL)
        zset_root_remove(zset->root, &place, member);
    else
        zset_remove_ranks(zset, place.at, 1);
    return true;
}

static size_t count_before(const struct value *zset, const struct zset_bound *bound)
{
    return zset->root != NULL ? zset_root_count_before(zset->root, bound)
                              : zset_count_before(block_of(zset), bound);
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

/* The block with the member of `rank`, which is less than the length. */
static const char *locate(const struct value *zset, size_t rank, size_t *within)
{
    if (zset->root != NULL) return zset_root_at(zset->root, rank, within);
    *within = rank;
    return block_of(zset);
}

struct zset_walk zset_walk(const struct value *zset, size_t rank, enum zset_direction direction)
{
    struct zset_walk walk = { .zset = zset, .direction = direction };
    walk.block = packed_walk(packed_empty(PACKED_TAGGED), 0);
    walk.rank = direction == ZSET_UP ? rank : rank < len(zset) ? rank + 1 : 0;
    return walk;
}

/* Who has been through one block will most likely go through the next but one, too. */
static void prefetch_next_block(struct zset_walk *walk)
{
    size_t within, next = walk->direction == ZSET_UP ? walk->rank : walk->rank - 1;
    if (walk->goes_on && walk->zset->root != NULL && next < len(walk->zset))
        fetch_lines(zset_root_at(walk->zset->root, next, &within), ZSET_LEAF_MAX);
    walk->goes_on = true;
}

/* The walk is at the end of its block. */
static bool enter_next_block(struct zset_walk *walk)
{
    size_t within;
    if (walk->direction == ZSET_UP) {
        if (walk->rank >= len(walk->zset)) return false;
        const char *block = locate(walk->zset, walk->rank, &within);
        walk->block = packed_walk(block, within);
        walk->rank += packed_count(block) - within;
        prefetch_next_block(walk);
        return true;
    }
    if (walk->rank == 0) return false;
    const char *block = locate(walk->zset, walk->rank - 1, &within);
    walk->block = packed_walk(block, within + 1);
    walk->rank -= within + 1;
    prefetch_next_block(walk);
    return true;
}

__attribute__((noinline)) bool zset_next_elsewhere(struct zset_walk *walk, struct packed_record *record)
{
    while (!zset_next_here(walk, record))
        if (!enter_next_block(walk)) return false;
    return true;
}

static void peek_small(const struct value *zset, bool last, struct zset_tip *tip)
{
    tip->last = last;
    tip->at = last ? packed_count(zset->packed) - 1 : 0;
    tip->record = packed_at(zset->packed, tip->at);
}

void zset_peek(const struct value *zset, enum zset_direction direction, struct zset_tip *tip,
               struct atom *member, double *score)
{
    bool last = direction == ZSET_DOWN;
    if (zset->root != NULL)
        zset_root_tip(zset->root, last, tip);
    else
        peek_small(zset, last, tip);
    *member = zset_record_member(&tip->record);
    *score = zset_record_score(&tip->record);
}

void zset_remove_tip(struct value *zset, struct zset_tip *tip)
{
    if (zset->root != NULL) {
        zset_root_remove_tip(zset->root, tip);
        return;
    }
    struct packed_edit edit = packed_remove_record(zset->packed, tip->at, &tip->record);
    small_apply(zset, &edit);
}

/* What Redis would keep in a listpack it shows whole. */
uint64_t zset_scan(const struct value *zset, uint64_t cursor,
                   void (*visit)(void *context, const struct atom *member, double score), void *context)
{
    if (zset->root != NULL && is_skiplist(zset)) return zset_root_scan(zset->root, cursor, visit, context);
    struct atom member;
    double score;
    struct zset_walk walk = zset_walk(zset, 0, ZSET_UP);
    while (zset_next(&walk, &member, &score)) visit(context, &member, score);
    return 0;
}

static void check(const struct value *zset)
{
    if (zset->root != NULL)
        zset_root_check(zset->root);
    else if (zset->packed_len > 0)
        packed_check(zset->packed, zset->packed_len);
}

const struct value_type zset_type = {
    .name = "zset",
    .len = len,
    .encoding = encoding,
    .bytes = zset_root_bytes,
    .drain = zset_root_drain,
    .copy = zset_root_copy,
    .compact = zset_root_compact,
    .prefetch = zset_root_prefetch,
    .check = check,
};
