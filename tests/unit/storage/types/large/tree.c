#include "storage/types/large/tree.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "proto/base/alloc.h"
#include "proto/base/random.h"
#include "storage/memory/block.h"
#include "storage/types/blocks/value.h"
#include "tests/support/pace.h"
#include "tests/support/seed.h"
#include "tests/unit/storage/types/moves.h"

#define STEPS      (PACE_SANITIZED ? 10000 : 100000)
#define LEAVES_MAX 6000

/* A tree beside an array of its leaves. What keys leave undecided, `fine` decides; a leaf's ref is the index
 * of its fine order. */
struct fixture {
    struct tree tree;
    struct random random;
    struct tree_leaf *leaves;
    size_t len;
    uint64_t *fine;
    size_t refs;
    bool keyed;
};

struct bound {
    struct tree_bound tree;
    uint64_t fine;
    const struct fixture *fixture;
};

static void fixture_open(struct fixture *f, bool keyed)
{
    *f = (struct fixture){ .keyed = keyed, .random = { seed_draw() } };
    tree_init(&f->tree, keyed);
    f->leaves = alloc_bytes(LEAVES_MAX * sizeof *f->leaves);
    f->fine = alloc_bytes((STEPS + 1) * 2 * sizeof *f->fine);
}

static void fixture_close(struct fixture *f)
{
    struct tree_path path;
    while (f->tree.root != NULL) {
        tree_seek(&f->tree, f->tree.count, &path);
        tree_remove(&f->tree, &path);
        if (f->tree.leaves % 97 == 0) tree_check(&f->tree);
    }
    cr_assert_eq(f->tree.bytes, 0);
    alloc_free(f->leaves);
    alloc_free(f->fine);
}

static bool is_before(const struct tree_bound *tree_bound, uint64_t ref)
{
    const struct bound *bound = (const struct bound *)tree_bound;
    return bound->fixture->fine[ref] < bound->fine;
}

static struct bound bound_of(const struct fixture *f, const struct tree_leaf *leaf)
{
    return (struct bound){ { leaf->key, is_before }, f->fine[leaf->ref], f };
}

static bool model_is_before(const struct fixture *f, const struct tree_leaf *leaf, const struct bound *bound)
{
    const struct tree_key *a = &leaf->key, *b = &bound->tree.key;
    if (a->high != b->high) return a->high < b->high;
    if (a->low != b->low) return a->low < b->low;
    return f->fine[leaf->ref] < bound->fine;
}

static size_t count_before(const struct fixture *f, size_t index)
{
    size_t count = 0;
    for (size_t i = 0; i < index; i++) count += f->leaves[i].count;
    return count;
}

static void expect_path(const struct fixture *f, const struct tree_path *path, size_t index)
{
    struct tree_leaf leaf = tree_leaf(&f->tree, path);
    cr_assert_eq(leaf.ref, f->leaves[index].ref);
    cr_assert_eq(leaf.count, f->leaves[index].count);
    cr_assert_eq(tree_before(&f->tree, path), count_before(f, index));
    if (!f->keyed) return;
    cr_assert_eq(leaf.key.high, f->leaves[index].key.high);
    cr_assert_eq(leaf.key.low, f->leaves[index].key.low);
}

/* The path to the leaf at `index`, found by one of its elements. */
static void seek(const struct fixture *f, size_t index, struct tree_path *path)
{
    size_t within, position = count_before(f, index) + f->leaves[index].count - 1;
    tree_seek(&f->tree, position, path);
    expect_path(f, path, index);
    cr_assert_eq(tree_at(&f->tree, position, &within), f->leaves[index].ref);
    cr_assert_eq(within, f->leaves[index].count - 1);
}

static struct tree_leaf new_leaf(struct fixture *f)
{
    struct tree_leaf leaf = { .ref = f->refs++, .count = 1 + random_below(&f->random, 50) };
    f->fine[leaf.ref] = random_next(&f->random);
    if (f->keyed)
        leaf.key = (struct tree_key){ random_below(&f->random, 9) << 60, random_below(&f->random, 40) };
    return leaf;
}

/* Where the model has the last one that begins before it, or 0. */
static size_t model_seek(const struct fixture *f, const struct bound *bound)
{
    size_t low = 0, high = f->len;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (model_is_before(f, &f->leaves[middle], bound))
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 ? low - 1 : 0;
}

static void model_insert(struct fixture *f, size_t index, const struct tree_leaf *leaf)
{
    memmove(f->leaves + index + 1, f->leaves + index, (f->len - index) * sizeof *f->leaves);
    f->leaves[index] = *leaf;
    f->len++;
}

static void insert(struct fixture *f, size_t index, enum tree_side side)
{
    struct tree_leaf leaf = new_leaf(f);
    struct tree_path path;
    if (f->len > 0 && f->keyed) {
        struct bound bound = bound_of(f, &leaf);
        index = model_seek(f, &bound);
        tree_seek_bound(&f->tree, &bound.tree, &path);
        expect_path(f, &path, index);
        side = model_is_before(f, &f->leaves[index], &bound) ? TREE_BEHIND : TREE_BEFORE;
    } else if (f->len > 0) {
        seek(f, index, &path);
    }
    tree_insert(&f->tree, &path, side, &leaf);
    index = f->len > 0 && side == TREE_BEHIND ? index + 1 : index;
    model_insert(f, index, &leaf);
    expect_path(f, &path, index);
}

static void remove_leaf(struct fixture *f, size_t index)
{
    struct tree_path path;
    seek(f, index, &path);
    tree_remove(&f->tree, &path);
    f->len--;
    memmove(f->leaves + index, f->leaves + index + 1, (f->len - index) * sizeof *f->leaves);
}

static void update(struct fixture *f, size_t index)
{
    struct tree_path path;
    seek(f, index, &path);
    struct tree_leaf leaf = new_leaf(f);
    leaf.key = f->leaves[index].key;
    f->fine[leaf.ref] = f->fine[f->leaves[index].ref];
    if (f->keyed && index + 1 < f->len && f->leaves[index + 1].key.high > leaf.key.high) leaf.key.low += 7;
    tree_update(&f->tree, &path, &leaf);
    f->leaves[index] = leaf;
    expect_path(f, &path, index);
}

static void expect_neighbours(struct fixture *f, size_t index)
{
    struct tree_path path;
    seek(f, index, &path);
    size_t at = index;
    for (; at + 1 < f->len && at < index + 100; at++) {
        cr_assert(tree_next(&f->tree, &path));
        expect_path(f, &path, at + 1);
    }
    if (at + 1 == f->len) cr_assert(!tree_next(&f->tree, &path));
    for (; at > 0 && at + 100 > index; at--) {
        cr_assert(tree_back(&f->tree, &path));
        expect_path(f, &path, at - 1);
    }
    if (at == 0) cr_assert(!tree_back(&f->tree, &path));
}

static void step(struct fixture *f, unsigned growth, unsigned ends)
{
    size_t index = f->len > 0 ? random_below(&f->random, f->len) : 0;
    if (random_chance(&f->random, ends)) index = random_chance(&f->random, 50) && f->len > 0 ? f->len - 1 : 0;
    if (f->len < LEAVES_MAX && random_chance(&f->random, growth))
        insert(f, index, index == 0 ? TREE_BEFORE : TREE_BEHIND);
    else if (f->len > 0 && random_chance(&f->random, 30))
        update(f, index);
    else if (f->len > 0)
        remove_leaf(f, index);
}

/* Growing and shrinking in turns of rising length. */
static void play(struct fixture *f, unsigned ends)
{
    size_t phase = 50, left = phase;
    unsigned growth = 85;
    for (size_t i = 0; i < STEPS; i++) {
        if (left-- == 0) {
            growth = growth == 85 ? 15 : 85;
            phase += phase / 3;
            left = phase;
        }
        step(f, growth, ends);
        if (f->len < 100 || i % 500 == 0) tree_check(&f->tree);
        if (f->len > 0 && i % 50 == 0) expect_neighbours(f, random_below(&f->random, f->len));
    }
}

Test(tree, with_keys_is_as_a_sorted_array)
{
    struct fixture f;
    fixture_open(&f, true);
    play(&f, 0);
    fixture_close(&f);
}

Test(tree, without_keys_is_as_an_array)
{
    struct fixture f;
    fixture_open(&f, false);
    play(&f, 10);
    fixture_close(&f);
}

Test(tree, that_grows_at_its_ends_is_as_an_array)
{
    struct fixture f;
    fixture_open(&f, false);
    play(&f, 90);
    fixture_close(&f);
}

static void fill(struct tree *tree, size_t leaves, enum tree_side side)
{
    struct tree_path path;
    for (size_t i = 0; i < leaves; i++) {
        struct tree_leaf leaf = { .ref = i, .count = 2 };
        if (i > 0) tree_seek(tree, side == TREE_BEHIND ? tree->count : 0, &path);
        tree_insert(tree, &path, side, &leaf);
    }
}

Test(tree, growing_at_one_end_fills_its_nodes)
{
    struct fixture f;
    for (enum tree_side side = TREE_BEFORE; side <= TREE_BEHIND; side++) {
        fixture_open(&f, false);
        fill(&f.tree, 100000, side);
        tree_check(&f.tree);
        cr_assert(f.tree.bytes < f.tree.leaves * 18, "%zu", f.tree.bytes);
        fixture_close(&f);
    }
}

Test(tree, offers_each_node_once_to_whoever_moves_them)
{
    struct fixture f;
    fixture_open(&f, false);
    fill(&f.tree, 10000, TREE_BEHIND);
    struct moves moves = { 0 };
    struct value_mover mover = { moves_take, &moves };
    struct tree_path path;
    tree_seek(&f.tree, 0, &path);
    do tree_move_nodes(&f.tree, &path, &mover);
    while (tree_next(&f.tree, &path));
    tree_check(&f.tree);
    cr_assert_eq(moves.bytes, f.tree.bytes);
    fixture_close(&f);
}
