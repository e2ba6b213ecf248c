#include "storage/types/large/zset_leaf.h"

#include "proto/base/contract.h"
#include "storage/memory/block.h"
#include "storage/memory/fetch.h"

/* A leaf below the first looks for a neighbour to be joined with, if both are within the second. */
#define JOIN_BELOW  256
#define JOIN_WITHIN 768

#define NO_LEAF UINT32_MAX

static char *block_of(const struct zset_root *root, uint32_t leaf)
{
    return zset_leaves_at(&root->leaves, leaf);
}

struct tree_key zset_leaf_key(const char *block)
{
    char scratch[NUMBER_I64_MAX];
    struct packed_record first = packed_at(block, 0);
    struct atom member = zset_record_member(&first);
    return (struct tree_key){ zset_order(zset_record_score(&first)),
                              zset_prefix(atom_text(&member, scratch)) };
}

/* The leaf as the tree is to know it. */
static struct tree_leaf describe(const struct zset_root *root, uint32_t leaf)
{
    const char *block = block_of(root, leaf);
    return (struct tree_leaf){ .ref = leaf, .count = packed_count(block), .key = zset_leaf_key(block) };
}

static char *make_block(struct zset_root *root, size_t size)
{
    root->bytes += block_real_size(size);
    return block_alloc(size);
}

static void free_block(struct zset_root *root, char *block, size_t size)
{
    root->bytes -= block_real_size(size);
    block_free(block, size);
}

static char *range_of(struct zset_root *root, const char *block, size_t at, size_t count)
{
    char *range = make_block(root, packed_range_size(block, at, count));
    packed_range(range, block, at, count);
    return range;
}

/* The leaf's block, of `size`, as the edit makes it, in memory of its exact size. */
static void apply(struct zset_root *root, uint32_t leaf, size_t size, const struct packed_edit *edit)
{
    char *block = block_of(root, leaf);
    if (block_real_size(edit->size) == block_real_size(size)) {
        packed_apply(edit, block, block);
        return;
    }
    char *edited = make_block(root, edit->size);
    packed_apply(edit, edited, block);
    free_block(root, block, size);
    zset_leaves_set(&root->leaves, leaf, edited);
}

static uint64_t hash_of(const struct zset_root *root, const struct packed_record *record)
{
    char scratch[NUMBER_I64_MAX];
    struct atom member = zset_record_member(record);
    return member_hash(atom_text(&member, scratch), root->seed);
}

static void change_slot(struct zset_root *root, uint64_t hash, uint32_t from, uint32_t to)
{
    if (from == NO_LEAF)
        zset_index_add(&root->index, hash, to);
    else if (to == NO_LEAF)
        zset_index_remove(&root->index, hash, from);
    else
        zset_index_replace(&root->index, hash, from, to);
}

#define AT_ONCE 32

/* The hashes of the next records, AT_ONCE at most; their slots are on their way. */
static size_t hash_next(const struct zset_root *root, struct packed_walk *walk, uint64_t *hashes)
{
    struct packed_record record;
    size_t len = 0;
    while (len < AT_ONCE && packed_next(walk, &record)) {
        hashes[len] = hash_of(root, &record);
        zset_index_prefetch(&root->index, hashes[len++], 0);
    }
    for (size_t i = 0; i < len; i++) zset_index_prefetch(&root->index, hashes[i], 1);
    return len;
}

/* Some records go from one leaf to another, of which one may be none. */
static void change_slots(struct zset_root *root, struct packed_walk walk, size_t count, uint32_t from,
                         uint32_t to)
{
    uint64_t hashes[AT_ONCE];
    walk.count = walk.index + (uint32_t)count;
    for (size_t len = hash_next(root, &walk, hashes); len > 0; len = hash_next(root, &walk, hashes))
        for (size_t i = 0; i < len; i++) change_slot(root, hashes[i], from, to);
}

void zset_leaf_forget(struct zset_root *root, uint32_t leaf, size_t at, size_t count)
{
    change_slots(root, packed_walk(block_of(root, leaf), at), count, leaf, NO_LEAF);
}

static bool find_tag(const void *context, uint32_t leaf, uint8_t tag, size_t *from, uint64_t *hash)
{
    const struct zset_root *root = context;
    const char *block = block_of(root, leaf);
    *from = packed_find(block, tag, *from);
    if (*from == packed_count(block)) return false;
    struct packed_record record = packed_at(block, *from);
    *hash = hash_of(root, &record);
    return true;
}

static void prefetch(const void *context, uint32_t leaf, unsigned stage)
{
    const struct zset_root *root = context;
    if (stage == 0)
        fetch_line(zset_leaves_word(&root->leaves, leaf));
    else
        fetch_line(block_of(root, leaf));
}

struct zset_index_owner zset_leaf_owner(const struct zset_root *root)
{
    return (struct zset_index_owner){ find_tag, prefetch, root };
}

void zset_leaf_index_grow(struct zset_root *root)
{
    struct zset_index_owner owner = zset_leaf_owner(root);
    zset_index_grow(&root->index, &owner);
}

/* A bucket more than as many slots need, so that it catches up if it was behind. */
void zset_leaf_index_shrink(struct zset_root *root, size_t removed)
{
    zset_index_shrink(&root->index, removed + 1);
}

uint32_t zset_leaf_make(struct zset_root *root, struct tree_path *path, const struct packed_new *record)
{
    const char *empty = packed_empty(PACKED_TAGGED);
    struct packed_edit edit = packed_insert(empty, 0, record);
    char *block = make_block(root, edit.size);
    packed_apply(&edit, block, empty);
    uint32_t leaf = zset_leaves_add(&root->leaves, block);
    struct tree_leaf described = describe(root, leaf);
    tree_insert(&root->tree, path, TREE_BEHIND, &described);
    return leaf;
}

static bool is_too_long(size_t size, size_t count)
{
    return size > ZSET_LEAF_MAX && count > 1;
}

bool zset_leaf_insert(struct zset_root *root, struct tree_path *path, size_t at,
                      const struct packed_new *record)
{
    uint32_t leaf = (uint32_t)tree_leaf(&root->tree, path).ref;
    struct packed_edit edit = packed_insert(block_of(root, leaf), at, record);
    apply(root, leaf, edit.old_size, &edit);
    struct tree_leaf described = describe(root, leaf);
    tree_update(&root->tree, path, &described);
    return is_too_long(edit.size, described.count);
}

/* The records from `at` on become a leaf of their own, behind that of the path. */
static void cut_at(struct zset_root *root, struct tree_path *path, size_t at)
{
    uint32_t leaf = (uint32_t)tree_leaf(&root->tree, path).ref;
    char *block = block_of(root, leaf);
    size_t count = packed_count(block);
    char *left = range_of(root, block, 0, at), *right = range_of(root, block, at, count - at);
    uint32_t new_leaf = zset_leaves_add(&root->leaves, right);
    change_slots(root, packed_walk(right, 0), count - at, leaf, new_leaf);
    free_block(root, block, packed_size(block));
    zset_leaves_set(&root->leaves, leaf, left);

    struct tree_leaf described = describe(root, leaf);
    tree_update(&root->tree, path, &described);
    described = describe(root, new_leaf);
    tree_insert(&root->tree, path, TREE_BEHIND, &described);
}

/* Cut the leaf that begins with this rank, where `place` says or in the middle, and what comes of it. Without
 * numbers for more leaves it grows as it is. */
static void cut(struct zset_root *root, size_t first, size_t place)
{
    struct tree_path path;
    tree_seek(&root->tree, first, &path);
    const char *block = block_of(root, (uint32_t)tree_leaf(&root->tree, &path).ref);
    if (!is_too_long(packed_size(block), packed_count(block))) return;
    if (zset_leaves_are_full(&root->leaves)) return;
    if (place == 0) place = packed_middle(block);
    cut_at(root, &path, place);
    cut(root, first + place, 0);
    cut(root, first, 0);
}

/* Growth at an end of the set leaves full leaves behind. */
void zset_leaf_cut(struct zset_root *root, size_t first, size_t at)
{
    struct tree_path path;
    tree_seek(&root->tree, first, &path);
    size_t count = tree_leaf(&root->tree, &path).count;
    bool is_last = first + count == root->tree.count && at + 1 == count;
    bool is_first = first == 0 && at == 0;
    cut(root, first, is_last ? count - 1 : is_first ? 1 : 0);
}

bool zset_leaf_move(struct zset_root *root, uint32_t leaf, size_t at, size_t to,
                    const struct packed_new *record)
{
    char *block = block_of(root, leaf);
    struct packed_edit edit = packed_replace(block, at, record);
    size_t size = edit.old_size;
    if (edit.size > ZSET_LEAF_MAX) return false;
    if (to != at && to != at + 1) {
        struct packed_edit removal = packed_remove(block, at, 1);
        packed_apply(&removal, block, block);
        edit = packed_insert(block, to > at ? to - 1 : to, record);
    }
    apply(root, leaf, size, &edit);
    return true;
}

/* The last leaf gets a number that is free. */
static void renumber_last(struct zset_root *root)
{
    uint32_t last = (uint32_t)root->leaves.words.count - 1;
    char *block = block_of(root, last), scratch[NUMBER_I64_MAX];
    struct packed_record first = packed_at(block, 0);
    struct atom member = zset_record_member(&first);
    struct zset_bound bound = zset_bound(zset_record_score(&first), atom_text(&member, scratch), true);
    struct tree_path path;
    INVARIANT(zset_root_seek(root, &bound, &path) == last);

    uint32_t leaf = zset_leaves_add(&root->leaves, block);
    struct tree_leaf described = describe(root, leaf);
    tree_update(&root->tree, &path, &described);
    change_slots(root, packed_walk(block, 0), described.count, last, leaf);
    zset_leaves_remove(&root->leaves, last);
}

/* The tree knows the leaf no more. */
static void drop_number(struct zset_root *root, uint32_t leaf)
{
    zset_leaves_remove(&root->leaves, leaf);
    if (zset_leaves_are_sparse(&root->leaves)) renumber_last(root);
}

/* The leaf of the path and the one behind it become one, if they fit. */
static bool join_next(struct zset_root *root, struct tree_path *path)
{
    struct tree_path next = *path;
    if (!tree_next(&root->tree, &next)) return false;
    uint32_t leaf = (uint32_t)tree_leaf(&root->tree, path).ref;
    uint32_t behind = (uint32_t)tree_leaf(&root->tree, &next).ref;
    char *a = block_of(root, leaf), *b = block_of(root, behind);
    size_t size = packed_join_size(a, b);
    if (size > JOIN_WITHIN) return false;

    char *both = make_block(root, size);
    packed_join(both, a, b);
    change_slots(root, packed_walk(b, 0), packed_count(b), behind, leaf);
    zset_leaves_set(&root->leaves, leaf, both);
    free_block(root, a, packed_size(a));
    free_block(root, b, packed_size(b));
    size_t before = tree_before(&root->tree, path);
    tree_remove(&root->tree, &next);
    tree_seek(&root->tree, before, path);
    struct tree_leaf described = describe(root, leaf);
    tree_update(&root->tree, path, &described);
    drop_number(root, behind);
    return true;
}

static void drop_leaf(struct zset_root *root, struct tree_path *path)
{
    uint32_t leaf = (uint32_t)tree_leaf(&root->tree, path).ref;
    char *block = block_of(root, leaf);
    free_block(root, block, packed_size(block));
    tree_remove(&root->tree, path);
    drop_number(root, leaf);
}

void zset_leaf_remove(struct zset_root *root, struct tree_path *path, size_t at, size_t count)
{
    struct tree_leaf leaf = tree_leaf(&root->tree, path);
    if (count == leaf.count) {
        drop_leaf(root, path);
        return;
    }
    struct packed_edit edit = packed_remove(block_of(root, (uint32_t)leaf.ref), at, count);
    apply(root, (uint32_t)leaf.ref, edit.old_size, &edit);
    leaf = describe(root, (uint32_t)leaf.ref);
    tree_update(&root->tree, path, &leaf);
    if (edit.size >= JOIN_BELOW || join_next(root, path)) return;
    if (tree_back(&root->tree, path)) join_next(root, path);
}

/* With so many records left in a leaf the one that comes after it is fetched. */
#define NEXT_LEAF_AT 16

static void fetch_next_leaf(const struct zset_root *root, const struct zset_tip *tip)
{
    struct tree_path path = tip->path;
    bool there = tip->last ? tree_back(&root->tree, &path) : tree_next(&root->tree, &path);
    if (there) fetch_lines(block_of(root, (uint32_t)tree_leaf(&root->tree, &path).ref), ZSET_LEAF_MAX);
}

/* Where one goes the others of its leaf will most likely follow: their slots are fetched together, once. */
static void fetch_ahead(struct zset_root *root, const struct zset_tip *tip, const struct tree_leaf *leaf)
{
    uint32_t *fetched = &root->fetched[tip->last];
    if (*fetched != leaf->ref) {
        uint64_t hashes[AT_ONCE];
        struct packed_walk walk = packed_walk(block_of(root, (uint32_t)leaf->ref), 0);
        while (hash_next(root, &walk, hashes) > 0) {}
        *fetched = (uint32_t)leaf->ref;
    }
    if (leaf->count == NEXT_LEAF_AT) fetch_next_leaf(root, tip);
}

/* It is not joined with a neighbour: either it goes soon, or the set grows again. */
void zset_leaf_remove_tip(struct zset_root *root, struct zset_tip *tip)
{
    struct tree_leaf leaf = tree_leaf(&root->tree, &tip->path);
    fetch_ahead(root, tip, &leaf);
    zset_index_remove(&root->index, hash_of(root, &tip->record), (uint32_t)leaf.ref);
    if (leaf.count == 1) {
        drop_leaf(root, &tip->path);
        return;
    }
    struct packed_edit edit = packed_remove_record(block_of(root, (uint32_t)leaf.ref), tip->at, &tip->record);
    apply(root, (uint32_t)leaf.ref, edit.old_size, &edit);
    leaf.count--;
    if (!tip->last) leaf.key = zset_leaf_key(block_of(root, (uint32_t)leaf.ref));
    tree_update(&root->tree, &tip->path, &leaf);
}

void zset_leaf_adopt(struct zset_root *root, const char *block)
{
    size_t count = packed_count(block);
    uint32_t leaf = zset_leaves_add(&root->leaves, range_of(root, block, 0, count));
    struct tree_leaf described = describe(root, leaf);
    struct tree_path path;
    tree_insert(&root->tree, &path, TREE_BEHIND, &described);
    zset_index_reserve(&root->index, count);
    change_slots(root, packed_walk(block, 0), count, NO_LEAF, leaf);
    cut(root, 0, 0);
}

void zset_leaf_copy_all(struct zset_root *root, const struct zset_root *from)
{
    if (from->tree.root == NULL) return;
    struct tree_path path, end;
    tree_seek(&from->tree, 0, &path);
    do {
        struct tree_leaf leaf = tree_leaf(&from->tree, &path);
        const char *block = block_of(from, (uint32_t)leaf.ref);
        size_t size = packed_size(block);
        zset_leaves_set(&root->leaves, (uint32_t)leaf.ref, memcpy(make_block(root, size), block, size));
        if (root->tree.root != NULL) tree_seek(&root->tree, root->tree.count, &end);
        tree_insert(&root->tree, &end, TREE_BEHIND, &leaf);
    } while (tree_next(&from->tree, &path));
}

void zset_leaf_free_last(struct zset_root *root)
{
    struct tree_path path;
    tree_seek(&root->tree, root->tree.count, &path);
    char *block = block_of(root, (uint32_t)tree_leaf(&root->tree, &path).ref);
    free_block(root, block, packed_size(block));
    tree_remove(&root->tree, &path);
}
