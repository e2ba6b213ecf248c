#include "storage/types/large/zset_root.h"

#include "proto/base/contract.h"
#include "storage/memory/block.h"
#include "storage/memory/fetch.h"
#include "storage/types/blocks/value.h"
#include "storage/types/large/zset_leaf.h"

/* Of most leaves: where a search by tag reads before it knows the record. */
#define TAGS_AND_LENGTHS 128

/* A bound as the tree asks of it. */
struct tree_question {
    struct tree_bound tree;
    const struct zset_bound *bound;
    const struct zset_root *root;
};

static bool leaf_is_before(const struct tree_bound *tree_bound, uint64_t leaf)
{
    const struct tree_question *question = (const struct tree_question *)tree_bound;
    struct packed_record first = packed_at(zset_leaves_at(&question->root->leaves, (uint32_t)leaf), 0);
    return zset_is_before(&first, question->bound);
}

uint32_t zset_root_seek(const struct zset_root *root, const struct zset_bound *bound, struct tree_path *path)
{
    struct tree_question question = { { { bound->order, bound->prefix }, leaf_is_before }, bound, root };
    tree_seek_bound(&root->tree, &question.tree, path);
    uint32_t leaf = (uint32_t)tree_leaf(&root->tree, path).ref;
    fetch_lines(zset_leaves_at(&root->leaves, leaf), ZSET_LEAF_MAX);
    return leaf;
}

bool zset_root_find(const struct zset_root *root, const struct member *member, struct zset_place *place)
{
    struct packed_record record;
    size_t from = 0;
    while (zset_index_next(&root->index, member->hash, &from, &place->leaf)) {
        const char *block = zset_leaves_at(&root->leaves, place->leaf);
        fetch_lines(block, TAGS_AND_LENGTHS);
        place->at = zset_find(block, member, &record);
        if (place->at == packed_count(block)) continue;
        place->score = zset_record_score(&record);
        return true;
    }
    return false;
}

size_t zset_root_count_before(const struct zset_root *root, const struct zset_bound *bound)
{
    if (root->tree.root == NULL) return 0;
    struct tree_path path;
    uint32_t leaf = zset_root_seek(root, bound, &path);
    return tree_before(&root->tree, &path) + zset_count_before(zset_leaves_at(&root->leaves, leaf), bound);
}

/* The path to the leaf of a record. */
static void seek_place(const struct zset_root *root, const struct member *member,
                       const struct zset_place *place, struct tree_path *path)
{
    struct zset_bound bound = zset_bound(place->score, member->text, true);
    uint32_t leaf = zset_root_seek(root, &bound, path);
    INVARIANT(leaf == place->leaf);
}

size_t zset_root_rank(const struct zset_root *root, const struct member *member,
                      const struct zset_place *place)
{
    struct tree_path path;
    seek_place(root, member, place, &path);
    return tree_before(&root->tree, &path) + place->at;
}

const char *zset_root_at(const struct zset_root *root, size_t rank, size_t *within)
{
    return zset_leaves_at(&root->leaves, (uint32_t)tree_at(&root->tree, rank, within));
}

#define NO_LEAF UINT32_MAX

/* Into the leaf where it belongs. Its slot in the index is that of `old_leaf`, or a new one. */
static void enter(struct zset_root *root, const struct member *member, double score, uint32_t old_leaf)
{
    struct zset_bound bound = zset_bound(score, member->text, false);
    struct zset_form form;
    zset_form_of(&form, member, score);
    struct tree_path path;
    uint32_t leaf;
    size_t at = 0;
    bool is_long = false;
    if (root->tree.root == NULL) {
        leaf = zset_leaf_make(root, &path, &form.record);
    } else {
        leaf = zset_root_seek(root, &bound, &path);
        at = zset_count_before(zset_leaves_at(&root->leaves, leaf), &bound);
        is_long = zset_leaf_insert(root, &path, at, &form.record);
    }
    if (old_leaf == NO_LEAF)
        zset_index_add(&root->index, member->hash, leaf);
    else
        zset_index_replace(&root->index, member->hash, old_leaf, leaf);
    if (is_long) zset_leaf_cut(root, tree_before(&root->tree, &path), at);
}

void zset_root_add(struct zset_root *root, const struct member *member, double score)
{
    enter(root, member, score, NO_LEAF);
    zset_leaf_index_grow(root);
}

/* Whether it stays between the same two leaves, for sure: its leaf is not the first nor the last to hold it.
 */
static bool stays_within(const char *block, size_t at, size_t to)
{
    return at > 0 && to > 0 && to < packed_count(block);
}

void zset_root_move(struct zset_root *root, const struct zset_place *place, const struct member *member,
                    double score)
{
    struct zset_bound bound = zset_bound(score, member->text, false);
    const char *block = zset_leaves_at(&root->leaves, place->leaf);
    size_t to = zset_count_before(block, &bound);
    if (stays_within(block, place->at, to)) {
        struct zset_form form;
        zset_form_of(&form, member, score);
        if (zset_leaf_move(root, place->leaf, place->at, to, &form.record)) return;
    }
    struct tree_path path;
    seek_place(root, member, place, &path);
    zset_leaf_remove(root, &path, place->at, 1);
    enter(root, member, score, place->leaf);
}

void zset_root_remove(struct zset_root *root, const struct zset_place *place, const struct member *member)
{
    struct tree_path path;
    seek_place(root, member, place, &path);
    zset_index_remove(&root->index, member->hash, place->leaf);
    zset_leaf_remove(root, &path, place->at, 1);
    zset_leaf_index_shrink(root, 1);
}

void zset_root_remove_ranks(struct zset_root *root, size_t rank, size_t count)
{
    for (size_t left = count; left > 0;) {
        struct tree_path path;
        size_t at = tree_seek(&root->tree, rank, &path);
        struct tree_leaf leaf = tree_leaf(&root->tree, &path);
        size_t removed = leaf.count - at < left ? leaf.count - at : left;
        zset_leaf_forget(root, (uint32_t)leaf.ref, at, removed);
        zset_leaf_remove(root, &path, at, removed);
        left -= removed;
    }
    zset_leaf_index_shrink(root, count);
}

void zset_root_tip(const struct zset_root *root, bool last, struct zset_tip *tip)
{
    tree_seek_edge(&root->tree, last, &tip->path);
    const char *block = zset_leaves_at(&root->leaves, (uint32_t)tree_leaf(&root->tree, &tip->path).ref);
    tip->last = last;
    tip->at = last ? packed_count(block) - 1 : 0;
    tip->record = packed_at(block, tip->at);
}

void zset_root_remove_tip(struct zset_root *root, struct zset_tip *tip)
{
    zset_leaf_remove_tip(root, tip);
    zset_leaf_index_shrink(root, 1);
}

struct scan {
    const struct zset_root *root;
    void (*visit)(void *context, const struct atom *member, double score);
    void *context;
};

static void show(void *context, uint32_t leaf, size_t at)
{
    const struct scan *scan = context;
    struct packed_record record = packed_at(zset_leaves_at(&scan->root->leaves, leaf), at);
    struct atom member = zset_record_member(&record);
    scan->visit(scan->context, &member, zset_record_score(&record));
}

uint64_t zset_root_scan(const struct zset_root *root, uint64_t cursor,
                        void (*visit)(void *context, const struct atom *member, double score), void *context)
{
    struct scan scan = { root, visit, context };
    struct zset_index_owner owner = zset_leaf_owner(root);
    return zset_index_scan(&root->index, &owner, cursor, show, &scan);
}

static struct zset_root *make(uint64_t seed)
{
    struct zset_root *root = block_alloc_zeroed(sizeof *root);
    tree_init(&root->tree, true);
    root->bytes = block_real_size(sizeof *root);
    root->seed = seed;
    root->fetched[0] = root->fetched[1] = UINT32_MAX;
    return root;
}

struct zset_root *zset_root_make(const char *block, uint64_t seed)
{
    struct zset_root *root = make(seed);
    zset_leaves_init(&root->leaves);
    zset_index_init(&root->index);
    if (packed_count(block) > 0) zset_leaf_adopt(root, block);
    return root;
}

void zset_root_reserve(struct zset_root *root, size_t members)
{
    if (root->index.count == 0) zset_index_reserve(&root->index, members);
}

size_t zset_root_bytes(const void *memory)
{
    const struct zset_root *root = memory;
    return root->bytes + root->tree.bytes + root->leaves.words.bytes + zset_index_bytes(&root->index);
}

bool zset_root_drain(void *memory, size_t blocks)
{
    struct zset_root *root = memory;
    for (; blocks > 0 && root->tree.root != NULL; blocks--) zset_leaf_free_last(root);
    if (blocks == 0 || zset_index_drain(&root->index, blocks)) return true;
    zset_leaves_clear(&root->leaves);
    INVARIANT(root->bytes == block_real_size(sizeof *root));
    block_free(root, sizeof *root);
    return false;
}

void *zset_root_copy(const void *memory)
{
    const struct zset_root *from = memory;
    struct zset_root *root = make(from->seed);
    root->is_skiplist = from->is_skiplist;
    zset_leaves_copy(&root->leaves, &from->leaves);
    zset_index_copy(&root->index, &from->index);
    zset_leaf_copy_all(root, from);
    return root;
}

/* What is visited, in this order; the hand's upper byte says which, the rest where. */
enum { LEAVES, INDEX, NODES, DONE };
#define STAGE_BIT 56

static bool move_leaves(struct zset_root *root, uint64_t *hand, size_t *blocks,
                        const struct value_mover *mover)
{
    for (; *blocks > 0 && *hand < root->leaves.words.count; --*blocks, ++*hand) {
        uint32_t leaf = (uint32_t)*hand;
        char *block = zset_leaves_at(&root->leaves, leaf);
        if (block == NULL) continue;
        zset_leaves_set(&root->leaves, leaf, mover->move(mover->context, block, packed_size(block)));
    }
    return *hand < root->leaves.words.count;
}

/* The hand counts elements. */
static bool move_nodes(struct zset_root *root, uint64_t *hand, size_t *blocks,
                       const struct value_mover *mover)
{
    for (; *blocks > 0 && *hand < root->tree.count; --*blocks) {
        struct tree_path path;
        size_t within = tree_seek(&root->tree, *hand, &path);
        tree_move_nodes(&root->tree, &path, mover);
        *hand += tree_leaf(&root->tree, &path).count - within;
    }
    return *hand < root->tree.count;
}

void zset_root_compact(void *memory, uint64_t *hand, size_t blocks, const struct value_mover *mover)
{
    struct zset_root *root = memory;
    uint64_t stage = *hand >> STAGE_BIT, at = *hand & ((UINT64_C(1) << STAGE_BIT) - 1);
    while (blocks > 0 && stage < DONE) {
        bool goes_on = stage == LEAVES  ? move_leaves(root, &at, &blocks, mover)
                       : stage == INDEX ? zset_index_compact(&root->index, &at, &blocks, mover)
                                        : move_nodes(root, &at, &blocks, mover);
        if (goes_on) break;
        stage++;
        at = 0;
    }
    *hand = stage < DONE ? stage << STAGE_BIT | at : 0;
}

/* Bytes of a leaf that are fetched: its tags and lengths, and half of its records. */
#define LEAF_LINES 512

/* The index's bucket, then the leaf. What names them, directory and table of leaves, are small and stay in
 * the cache. */
bool zset_root_prefetch(const void *memory, uint64_t member_hash, unsigned stage)
{
    const struct zset_root *root = memory;
    size_t at = 0;
    uint32_t leaf;
    if (stage == 0)
        zset_index_prefetch(&root->index, member_hash, 1);
    else if (zset_index_next(&root->index, member_hash, &at, &leaf))
        fetch_lines(zset_leaves_at(&root->leaves, leaf), LEAF_LINES);
    return stage == 0;
}

struct checked {
    const struct zset_root *root;
    size_t bytes;
    struct packed_record last; /* that was seen; of no bytes at first */
};

static void check_record(struct checked *checked, uint32_t leaf, size_t at,
                         const struct packed_record *record)
{
    char scratch[NUMBER_I64_MAX];
    struct atom atom = zset_record_member(record);
    struct member member = member_of_atom(&atom, scratch, checked->root->seed);
    struct zset_bound bound = zset_bound(zset_record_score(record), member.text, false);
    INVARIANT(checked->last.bytes.len == 0 || zset_is_before(&checked->last, &bound));
    checked->last = *record;

    struct zset_place place;
    INVARIANT(zset_root_find(checked->root, &member, &place));
    INVARIANT(place.leaf == leaf && place.at == at);
}

static void check_leaf(struct checked *checked, const struct tree_leaf *leaf)
{
    const char *block = zset_leaves_at(&checked->root->leaves, (uint32_t)leaf->ref);
    size_t size = packed_size(block), at = 0;
    packed_check(block, size);
    checked->bytes += block_real_size(size);
    INVARIANT(packed_count(block) == leaf->count && leaf->count > 0);
    INVARIANT(packed_form(block) & PACKED_TAGGED);
    INVARIANT(size <= ZSET_LEAF_MAX || leaf->count == 1 || zset_leaves_are_full(&checked->root->leaves));

    struct tree_key key = zset_leaf_key(block);
    INVARIANT(key.high == leaf->key.high && key.low == leaf->key.low);
    struct packed_record record;
    struct packed_walk walk = packed_walk(block, 0);
    while (packed_next(&walk, &record)) check_record(checked, (uint32_t)leaf->ref, at++, &record);
}

void zset_root_check(const struct zset_root *root)
{
    struct checked checked = { .root = root, .bytes = block_real_size(sizeof *root) };
    struct zset_index_owner owner = zset_leaf_owner(root);
    tree_check(&root->tree);
    zset_leaves_check(&root->leaves);
    zset_index_check(&root->index, &owner);
    INVARIANT(root->index.count == root->tree.count);
    INVARIANT(root->leaves.words.count - root->leaves.free == root->tree.leaves);

    struct tree_path path;
    if (root->tree.root != NULL) {
        tree_seek(&root->tree, 0, &path);
        do {
            struct tree_leaf leaf = tree_leaf(&root->tree, &path);
            check_leaf(&checked, &leaf);
        } while (tree_next(&root->tree, &path));
    }
    INVARIANT(checked.bytes == root->bytes);
}
