#include "storage/types/bulk/zset_fill.h"

#include "proto/base/contract.h"
#include "storage/memory/block.h"
#include "storage/types/large/zset_leaf.h"

void zset_fill_init(struct zset_fill *fill, struct zset_root *root, size_t members)
{
    REQUIRE(root->tree.root == NULL && root->index.count == 0);
    *fill = (struct zset_fill){ .root = root };
    zset_index_reserve(&root->index, members);
    bins_init(&fill->slots, root->index.directory.count);
    draft_init(&fill->draft, PACKED_TAGGED);
    fill->leaf = zset_leaves_add(&root->leaves, NULL);
}

static struct tree_leaf *leaves_of(const struct zset_fill *fill)
{
    return (struct tree_leaf *)(void *)fill->leaves.data;
}

/* The draft becomes a leaf. */
static void put_leaf(struct zset_fill *fill)
{
    struct zset_root *root = fill->root;
    size_t count = fill->draft.count, size = draft_size(&fill->draft);
    char *block = block_alloc(size);
    if (fill->rises)
        draft_write(&fill->draft, block);
    else
        draft_write_reversed(&fill->draft, block);
    zset_leaves_set(&root->leaves, fill->leaf, block);
    root->bytes += block_real_size(size);
    struct tree_leaf leaf = { .ref = fill->leaf, .count = count, .key = zset_leaf_key(block) };
    buffer_append(&fill->leaves, &leaf, sizeof leaf);
}

/* Whether the last one is on the right side of what comes. */
static bool is_in_order(struct zset_fill *fill, const struct member *member, double score, uint64_t order)
{
    if (fill->count == 0) return true;
    if (fill->count > 1 && order != fill->order) return (fill->order < order) == fill->rises;
    struct packed_record last = draft_last(&fill->draft);
    struct zset_bound bound = zset_bound(score, member->text, false);
    bool rises = zset_is_before(&last, &bound);
    if (fill->count == 1) fill->rises = rises;
    if (fill->rises) return rises;
    bound.after = true;
    return !zset_is_before(&last, &bound);
}

bool zset_fill_add(struct zset_fill *fill, const struct member *member, double score)
{
    struct zset_leaves *leaves = &fill->root->leaves;
    uint64_t order = zset_order(score);
    if (!is_in_order(fill, member, score, order) || zset_leaves_are_full(leaves)) return false;
    struct zset_form form;
    zset_form_of(&form, member, score);
    size_t len = form.record.parts[0].len + form.record.parts[1].len;
    if (fill->draft.count > 0 && draft_size_with(&fill->draft, len) > ZSET_LEAF_MAX) {
        put_leaf(fill);
        fill->leaf = zset_leaves_add(leaves, NULL);
    }
    draft_add(&fill->draft, &form.record);
    struct slice number = slice_of((const char *)&fill->leaf, sizeof fill->leaf);
    bins_add(&fill->slots, member->hash, &(struct packed_new){ .parts = { number } });
    fill->order = order;
    fill->count++;
    return true;
}

static void insert_leaves(const struct zset_fill *fill)
{
    struct tree_path path;
    struct tree *tree = &fill->root->tree;
    const struct tree_leaf *leaves = leaves_of(fill);
    size_t count = fill->leaves.len / sizeof *leaves;
    for (size_t i = 0; i < count; i++)
        tree_insert(tree, &path, TREE_BEHIND, &leaves[fill->rises ? i : count - 1 - i]);
}

static uint32_t leaf_of(const struct binned *slot)
{
    uint32_t leaf;
    memcpy(&leaf, slot->piece.bytes, sizeof leaf);
    return leaf;
}

/* Two slots have the same hash: whether they are of one member. Its records are then the only two that are
 * equal in these leaves, which may be one. */
static bool are_one_member(const struct zset_fill *fill, uint64_t hash, uint32_t a, uint32_t b)
{
    const char *a_block = zset_leaves_at(&fill->root->leaves, a);
    const char *b_block = zset_leaves_at(&fill->root->leaves, b);
    struct packed_walk walk = packed_walk(b_block, 0);
    struct packed_record record, found;
    while (packed_next(&walk, &record)) {
        char text[NUMBER_I64_MAX];
        struct atom atom = zset_record_member(&record);
        struct member member = member_of_atom(&atom, text, fill->root->seed);
        if (member.hash != hash) continue;
        size_t at = zset_find(a_block, &member, &found);
        if (at < packed_count(a_block) && (a != b || at != walk.index - 1)) return true;
    }
    return false;
}

static bool was_there(const struct zset_fill *fill, const struct binned *first, const struct binned *slot)
{
    for (const struct binned *other = first; other < slot; other++)
        if (other->hash == slot->hash && are_one_member(fill, slot->hash, leaf_of(other), leaf_of(slot)))
            return true;
    return false;
}

/* The bucket that the first of these slots belongs to: how many do. */
static size_t put_bucket(struct zset_fill *fill, const struct binned *first, const struct binned *end)
{
    const struct binned *slot = first;
    uint64_t buckets = fill->slots.buckets, bucket = bins_bucket(first->hash, buckets);
    fill->bucket.len = 0;
    for (; slot < end && bins_bucket(slot->hash, buckets) == bucket; slot++) {
        uint32_t word = zset_index_slot(slot->hash, leaf_of(slot));
        fill->comes_twice = fill->comes_twice || was_there(fill, first, slot);
        buffer_append(&fill->bucket, &word, sizeof word);
    }
    zset_index_fill(&fill->root->index, bucket, (const uint32_t *)(const void *)fill->bucket.data,
                    (size_t)(slot - first));
    return (size_t)(slot - first);
}

static void put_slots(struct zset_fill *fill)
{
    struct bins *slots = &fill->slots;
    for (size_t bin = 0; bin < slots->count; bin++) {
        size_t len = bins_sort(slots, bin);
        for (size_t at = 0; at < len;) at += put_bucket(fill, slots->sorted + at, slots->sorted + len);
        bins_free(slots, bin);
    }
}

bool zset_fill_end(struct zset_fill *fill)
{
    if (fill->draft.count > 0)
        put_leaf(fill);
    else
        zset_leaves_remove(&fill->root->leaves, fill->leaf);
    insert_leaves(fill);
    put_slots(fill);
    bins_clear(&fill->slots);
    draft_clear(&fill->draft);
    buffer_clear(&fill->leaves);
    buffer_clear(&fill->bucket);
    return !fill->comes_twice;
}
