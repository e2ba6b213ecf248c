#include "storage/types/tree.h"

#include <string.h>

#include "proto/base/contract.h"
#include "storage/memory/block.h"
#include "storage/types/value.h"

/* A node with so many children or fewer looks for a neighbour; both must not have more together. */
#define JOIN_LEN 21
#define JOIN_SUM 48

struct tree_node {
    uint64_t len;
    uint64_t words[];
};

/* Words of a child; those of a key are missing in a tree without. */
enum { REF, COUNT, HIGH, LOW, KEYED_WORDS, PLAIN_WORDS = HIGH };

static uint64_t *child_of(const struct tree *tree, const struct tree_node *node, size_t index)
{
    return (uint64_t *)(uintptr_t)(node->words + index * tree->child_words);
}

static struct tree_node *node_of(const uint64_t *child)
{
    return (struct tree_node *)(uintptr_t)child[REF];
}

static bool is_keyed(const struct tree *tree)
{
    return tree->child_words == KEYED_WORDS;
}

static size_t size_for(const struct tree *tree, size_t len)
{
    return sizeof(struct tree_node) + len * tree->child_words * sizeof(uint64_t);
}

static struct tree_node *node_make(struct tree *tree, size_t len)
{
    size_t size = size_for(tree, len);
    struct tree_node *node = block_alloc(size);
    node->len = len;
    tree->bytes += block_real_size(size);
    return node;
}

static void node_free(struct tree *tree, struct tree_node *node)
{
    size_t size = size_for(tree, node->len);
    tree->bytes -= block_real_size(size);
    block_free(node, size);
}

void tree_init(struct tree *tree, bool keyed)
{
    *tree = (struct tree){ .child_words = keyed ? KEYED_WORDS : PLAIN_WORDS };
}

/* --- finding ---------------------------------------------------------------------------------------------
 */

/* The child with the element at `*position`, which is then counted from the child's first. */
static size_t index_of_position(const struct tree *tree, const struct tree_node *node, size_t *position)
{
    size_t index = 0, last = node->len - 1, left = *position;
    const uint64_t *child = node->words;
    while (index < last && left >= child[COUNT]) {
        left -= child[COUNT];
        child += tree->child_words;
        index++;
    }
    *position = left;
    return index;
}

uint64_t tree_at(const struct tree *tree, size_t position, size_t *within)
{
    REQUIRE(tree->root != NULL && position <= tree->count);
    const struct tree_node *node = tree->root;
    for (unsigned level = tree->levels; level-- > 1;)
        node = node_of(child_of(tree, node, index_of_position(tree, node, &position)));
    const uint64_t *leaf = child_of(tree, node, index_of_position(tree, node, &position));
    *within = position;
    return leaf[REF];
}

void tree_seek(const struct tree *tree, size_t position, struct tree_path *path)
{
    REQUIRE(tree->root != NULL && position <= tree->count);
    struct tree_node *node = tree->root;
    size_t left = position;
    for (unsigned level = tree->levels; level-- > 0;) {
        size_t index = index_of_position(tree, node, &left);
        path->step[level].node = node;
        path->step[level].at = (unsigned)index;
        node = node_of(child_of(tree, node, index));
    }
    path->before = position - left;
}

/* The first leaf below a child of a node at `level`. */
static uint64_t first_leaf(const uint64_t *child, unsigned level)
{
    for (; level > 0; level--) child = node_of(child)->words;
    return child[REF];
}

static bool begins_before(const uint64_t *child, unsigned level, const struct tree_bound *bound)
{
    if (child[HIGH] != bound->key.high) return child[HIGH] < bound->key.high;
    if (child[LOW] != bound->key.low) return child[LOW] < bound->key.low;
    return bound->is_before(bound, first_leaf(child, level));
}

/* The last child that begins before the bound, or the first. */
static size_t index_of_bound(const struct tree *tree, const struct tree_node *node, unsigned level,
                             const struct tree_bound *bound)
{
    size_t low = 1, high = node->len;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (begins_before(child_of(tree, node, middle), level, bound))
            low = middle + 1;
        else
            high = middle;
    }
    return low - 1;
}

static size_t sum_before(const struct tree *tree, const struct tree_node *node, size_t from, size_t end)
{
    size_t sum = 0;
    const uint64_t *child = child_of(tree, node, from);
    for (size_t i = from; i < end; i++, child += tree->child_words) sum += child[COUNT];
    return sum;
}

void tree_seek_bound(const struct tree *tree, const struct tree_bound *bound, struct tree_path *path)
{
    REQUIRE(tree->root != NULL && is_keyed(tree));
    struct tree_node *node = tree->root;
    path->before = 0;
    for (unsigned level = tree->levels; level-- > 0;) {
        size_t index = index_of_bound(tree, node, level, bound);
        path->step[level].node = node;
        path->step[level].at = (unsigned)index;
        path->before += sum_before(tree, node, 0, index);
        node = node_of(child_of(tree, node, index));
    }
}

/* --- paths -----------------------------------------------------------------------------------------------
 */

static uint64_t *child_at(const struct tree *tree, const struct tree_path *path, unsigned level)
{
    return child_of(tree, path->step[level].node, path->step[level].at);
}

struct tree_leaf tree_leaf(const struct tree *tree, const struct tree_path *path)
{
    const uint64_t *child = child_at(tree, path, 0);
    struct tree_leaf leaf = { .ref = child[REF], .count = child[COUNT] };
    if (is_keyed(tree)) leaf.key = (struct tree_key){ child[HIGH], child[LOW] };
    return leaf;
}

/* From a step that has moved, down along one edge. */
static void descend(const struct tree *tree, struct tree_path *path, unsigned level, bool to_last)
{
    while (level-- > 0) {
        struct tree_node *node = node_of(child_at(tree, path, level + 1));
        path->step[level].node = node;
        path->step[level].at = to_last ? (unsigned)node->len - 1 : 0;
    }
}

bool tree_next(const struct tree *tree, struct tree_path *path)
{
    unsigned level = 0;
    while (level < tree->levels && path->step[level].at + 1 == path->step[level].node->len) level++;
    if (level == tree->levels) return false;
    path->before += child_at(tree, path, 0)[COUNT];
    path->step[level].at++;
    descend(tree, path, level, false);
    return true;
}

bool tree_back(const struct tree *tree, struct tree_path *path)
{
    unsigned level = 0;
    while (level < tree->levels && path->step[level].at == 0) level++;
    if (level == tree->levels) return false;
    path->step[level].at--;
    descend(tree, path, level, true);
    path->before -= child_at(tree, path, 0)[COUNT];
    return true;
}

/* The node of a step stands elsewhere now: whoever points to it learns so. */
static void relink(struct tree *tree, struct tree_path *path, unsigned level, struct tree_node *node)
{
    path->step[level].node = node;
    if (level + 1 == tree->levels)
        tree->root = node;
    else
        child_at(tree, path, level + 1)[REF] = (uintptr_t)node;
}

/* There are more elements below the children of the path from `level` on, or with a wrapped number fewer. */
static void add_count(struct tree *tree, const struct tree_path *path, unsigned level, uint64_t more)
{
    for (; level < tree->levels; level++) child_at(tree, path, level)[COUNT] += more;
}

/* The first child of the step's node is another one or has another key, which is that of the nodes above. */
static void rekey(struct tree *tree, const struct tree_path *path, unsigned level)
{
    if (!is_keyed(tree)) return;
    for (; level + 1 < tree->levels; level++) {
        const uint64_t *first = path->step[level].node->words;
        uint64_t *above = child_at(tree, path, level + 1);
        above[HIGH] = first[HIGH];
        above[LOW] = first[LOW];
        if (path->step[level + 1].at > 0) return;
    }
}

void tree_update(struct tree *tree, const struct tree_path *path, const struct tree_leaf *leaf)
{
    uint64_t *child = child_at(tree, path, 0);
    uint64_t more = leaf->count - child[COUNT];
    child[REF] = leaf->ref;
    if (more != 0) {
        add_count(tree, path, 0, more);
        tree->count += more;
    }
    if (!is_keyed(tree) || (child[HIGH] == leaf->key.high && child[LOW] == leaf->key.low)) return;
    child[HIGH] = leaf->key.high;
    child[LOW] = leaf->key.low;
    if (path->step[0].at == 0) rekey(tree, path, 0);
}

/* --- inserting -------------------------------------------------------------------------------------------
 */

/* Room for children at `index` of the step's node, which is not full: what is there is undefined. */
static uint64_t *open_gap(struct tree *tree, struct tree_path *path, unsigned level, size_t index)
{
    struct tree_node *node = path->step[level].node;
    size_t size = size_for(tree, node->len), grown = size_for(tree, node->len + 1);
    tree->bytes += block_real_size(grown) - block_real_size(size);
    node = block_resize(node, size, grown);
    relink(tree, path, level, node);

    uint64_t *child = child_of(tree, node, index);
    size_t behind = node->len - index;
    memmove(child + tree->child_words, child, behind * tree->child_words * sizeof *child);
    node->len++;
    return child;
}

static void close_gap(struct tree *tree, struct tree_path *path, unsigned level, size_t index, size_t count)
{
    struct tree_node *node = path->step[level].node;
    uint64_t *child = child_of(tree, node, index);
    size_t behind = node->len - index - count;
    memmove(child, child + count * tree->child_words, behind * tree->child_words * sizeof *child);

    size_t size = size_for(tree, node->len), shrunk = size_for(tree, node->len - count);
    node->len -= count;
    tree->bytes -= block_real_size(size) - block_real_size(shrunk);
    relink(tree, path, level, block_resize(node, size, shrunk));
}

static void describe_node(const struct tree *tree, uint64_t *child, const struct tree_node *node)
{
    child[REF] = (uintptr_t)node;
    child[COUNT] = sum_before(tree, node, 0, node->len);
    if (!is_keyed(tree)) return;
    child[HIGH] = node->words[HIGH];
    child[LOW] = node->words[LOW];
}

static void add_level(struct tree *tree, struct tree_path *path)
{
    INVARIANT(tree->levels < TREE_LEVELS_MAX);
    struct tree_node *root = node_make(tree, 1);
    if (tree->root != NULL) describe_node(tree, root->words, tree->root);
    path->step[tree->levels].node = root;
    path->step[tree->levels].at = 0;
    tree->root = root;
    tree->levels++;
}

static bool is_at_edge(const struct tree *tree, const struct tree_path *path, enum tree_side side)
{
    for (unsigned level = 0; level < tree->levels; level++) {
        unsigned edge = side == TREE_BEFORE ? 0 : (unsigned)path->step[level].node->len - 1;
        if (path->step[level].at != edge) return false;
    }
    return true;
}

/* Where a full node is cut: growth at an end of the tree leaves full nodes behind. */
static size_t cut_of(const struct tree *tree, const struct tree_path *path, enum tree_side side)
{
    if (!is_at_edge(tree, path, side)) return TREE_FANOUT / 2;
    return side == TREE_BEFORE ? 1 : TREE_FANOUT - 1;
}

/* The node above has room. */
static void split(struct tree *tree, struct tree_path *path, unsigned level, size_t cut)
{
    struct tree_node *node = path->step[level].node;
    struct tree_node *right = node_make(tree, node->len - cut);
    memcpy(right->words, child_of(tree, node, cut), right->len * tree->child_words * sizeof(uint64_t));
    close_gap(tree, path, level, cut, right->len);

    uint64_t *above = open_gap(tree, path, level + 1, path->step[level + 1].at + 1);
    describe_node(tree, above, right);
    child_at(tree, path, level + 1)[COUNT] -= above[COUNT];
    if (path->step[level].at < cut) return;
    path->step[level].node = right;
    path->step[level].at -= (unsigned)cut;
    path->step[level + 1].at++;
}

static void make_room(struct tree *tree, struct tree_path *path, enum tree_side side)
{
    unsigned full = 0;
    while (full < tree->levels && path->step[full].node->len == TREE_FANOUT) full++;
    if (full == 0) return;
    size_t cut = cut_of(tree, path, side);
    if (full == tree->levels) add_level(tree, path);
    while (full-- > 0) split(tree, path, full, cut);
}

void tree_insert(struct tree *tree, struct tree_path *path, enum tree_side side, const struct tree_leaf *leaf)
{
    unsigned index = 0;
    uint64_t *child;
    if (tree->root == NULL) {
        add_level(tree, path);
        path->before = 0;
        child = tree->root->words;
    } else {
        if (side == TREE_BEHIND) path->before += child_at(tree, path, 0)[COUNT];
        make_room(tree, path, side);
        index = path->step[0].at + (side == TREE_BEHIND);
        child = open_gap(tree, path, 0, index);
        path->step[0].at = index;
    }
    child[REF] = leaf->ref;
    child[COUNT] = leaf->count;
    if (is_keyed(tree)) {
        child[HIGH] = leaf->key.high;
        child[LOW] = leaf->key.low;
    }
    add_count(tree, path, 1, leaf->count);
    tree->count += leaf->count;
    tree->leaves++;
    if (index == 0) rekey(tree, path, 0);
}

/* --- removing --------------------------------------------------------------------------------------------
 */

static void take_child(struct tree *tree, struct tree_path *path, unsigned level);

/* The step's node takes over the children of the one behind it. */
static void join_next(struct tree *tree, struct tree_path *path, unsigned level)
{
    uint64_t *above = child_at(tree, path, level + 1);
    uint64_t *next = above + tree->child_words;
    struct tree_node *left = node_of(above), *right = node_of(next);
    struct tree_node *both = node_make(tree, left->len + right->len);
    memcpy(both->words, left->words, left->len * tree->child_words * sizeof(uint64_t));
    memcpy(child_of(tree, both, left->len), right->words, right->len * tree->child_words * sizeof(uint64_t));
    node_free(tree, left);
    node_free(tree, right);
    above[REF] = (uintptr_t)both;
    above[COUNT] += next[COUNT];
    path->step[level + 1].at++;
    take_child(tree, path, level + 1);
}

static bool fits_with(const struct tree *tree, const struct tree_path *path, unsigned level, size_t index)
{
    const struct tree_node *above = path->step[level + 1].node;
    if (index >= above->len) return false;
    return node_of(child_of(tree, above, index))->len + path->step[level].node->len <= JOIN_SUM;
}

static void join_neighbour(struct tree *tree, struct tree_path *path, unsigned level)
{
    unsigned at = path->step[level + 1].at;
    if (at > 0 && fits_with(tree, path, level, at - 1)) {
        path->step[level + 1].at--;
        join_next(tree, path, level);
    } else if (fits_with(tree, path, level, at + 1)) {
        join_next(tree, path, level);
    }
}

static void drop_levels(struct tree *tree)
{
    while (tree->levels > 1 && tree->root->len == 1) {
        struct tree_node *root = tree->root;
        tree->root = node_of(root->words);
        tree->levels--;
        node_free(tree, root);
    }
}

/* The child is gone, and its elements are counted nowhere above. */
static void take_child(struct tree *tree, struct tree_path *path, unsigned level)
{
    bool is_top = level + 1 == tree->levels;
    if (path->step[level].node->len == 1) {
        node_free(tree, path->step[level].node);
        if (!is_top) {
            take_child(tree, path, level + 1);
        } else {
            tree->root = NULL;
            tree->levels = 0;
        }
        return;
    }
    close_gap(tree, path, level, path->step[level].at, 1);
    if (path->step[level].at == 0) rekey(tree, path, level);
    if (is_top)
        drop_levels(tree);
    else if (path->step[level].node->len <= JOIN_LEN)
        join_neighbour(tree, path, level);
}

void tree_remove(struct tree *tree, struct tree_path *path)
{
    size_t count = child_at(tree, path, 0)[COUNT];
    add_count(tree, path, 1, -(uint64_t)count);
    tree->count -= count;
    tree->leaves--;
    take_child(tree, path, 0);
}

/* --- moving and checking ---------------------------------------------------------------------------------
 */

void tree_move_nodes(struct tree *tree, struct tree_path *path, const struct value_mover *mover)
{
    for (unsigned level = 0; level < tree->levels; level++) {
        struct tree_node *node = path->step[level].node;
        if (path->step[level].at > 0) return;
        relink(tree, path, level, mover->move(mover->context, node, size_for(tree, node->len)));
    }
}

static void check_order(const uint64_t *before, const uint64_t *child)
{
    INVARIANT(before[HIGH] < child[HIGH] || (before[HIGH] == child[HIGH] && before[LOW] <= child[LOW]));
}

struct totals {
    size_t leaves, bytes;
};

/* The sum of what is below. */
static size_t check_node(const struct tree *tree, const struct tree_node *node, unsigned level,
                         struct totals *totals)
{
    INVARIANT(node->len > 0 && node->len <= TREE_FANOUT);
    totals->bytes += block_real_size(size_for(tree, node->len));
    if (level == 0) totals->leaves += node->len;
    size_t sum = 0;
    for (size_t i = 0; i < node->len; i++) {
        const uint64_t *child = child_of(tree, node, i);
        sum += child[COUNT];
        if (i > 0 && is_keyed(tree)) check_order(child - tree->child_words, child);
        if (level == 0) continue;
        const struct tree_node *below = node_of(child);
        INVARIANT(check_node(tree, below, level - 1, totals) == child[COUNT]);
        if (!is_keyed(tree)) continue;
        INVARIANT(below->words[HIGH] == child[HIGH] && below->words[LOW] == child[LOW]);
    }
    return sum;
}

void tree_check(const struct tree *tree)
{
    struct totals totals = { 0 };
    INVARIANT((tree->root == NULL) == (tree->levels == 0));
    size_t count = tree->root != NULL ? check_node(tree, tree->root, tree->levels - 1, &totals) : 0;
    INVARIANT(count == tree->count);
    INVARIANT(totals.leaves == tree->leaves && totals.bytes == tree->bytes);
}
