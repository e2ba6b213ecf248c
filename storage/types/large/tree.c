#include "storage/types/large/tree.h"

#include <string.h>

#include "proto/base/contract.h"
#include "storage/memory/block.h"
#include "storage/types/blocks/value.h"

/* A node with so many children or fewer looks for a neighbour; both must not have more together. */
#define JOIN_LEN 21
#define JOIN_SUM 48

/* Each column of a child's words stands by itself, so that a search or a sum reads few lines. */
struct tree_node {
    uint64_t len;
    uint64_t words[];
};

/* Those of a key are missing in a tree without. */
enum column { REF, COUNT, HIGH, LOW, KEYED_COLUMNS, PLAIN_COLUMNS = HIGH };

/* Children that a column has room for: so that a node fills its size class. */
static size_t room_of(size_t len)
{
    return len | 3;
}

static uint64_t *column_of(const struct tree_node *node, unsigned column)
{
    return (uint64_t *)(uintptr_t)(node->words + column * room_of(node->len));
}

static uint64_t *cell(const struct tree_node *node, size_t index, enum column column)
{
    return column_of(node, column) + index;
}

static struct tree_node *node_below(const struct tree_node *node, size_t index)
{
    return (struct tree_node *)(uintptr_t)*cell(node, index, REF);
}

static bool is_keyed(const struct tree *tree)
{
    return tree->columns == KEYED_COLUMNS;
}

static struct tree_leaf child_get(const struct tree *tree, const struct tree_node *node, size_t index)
{
    struct tree_leaf child = { .ref = *cell(node, index, REF), .count = *cell(node, index, COUNT) };
    if (is_keyed(tree)) child.key = (struct tree_key){ *cell(node, index, HIGH), *cell(node, index, LOW) };
    return child;
}

static void child_put(const struct tree *tree, struct tree_node *node, size_t index,
                      const struct tree_leaf *child)
{
    *cell(node, index, REF) = child->ref;
    *cell(node, index, COUNT) = child->count;
    if (!is_keyed(tree)) return;
    *cell(node, index, HIGH) = child->key.high;
    *cell(node, index, LOW) = child->key.low;
}

static size_t size_for(const struct tree *tree, size_t len)
{
    return sizeof(struct tree_node) + room_of(len) * tree->columns * sizeof(uint64_t);
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

static struct tree_node *node_resize(struct tree *tree, struct tree_node *node, size_t old_size, size_t size)
{
    tree->bytes += block_real_size(size) - block_real_size(old_size);
    return block_resize(node, old_size, size);
}

/* `count` children of one node to another. */
static void copy_children(const struct tree *tree, struct tree_node *to, size_t to_index,
                          const struct tree_node *from, size_t index, size_t count)
{
    for (unsigned column = 0; column < tree->columns; column++)
        memcpy(cell(to, to_index, column), cell(from, index, column), count * sizeof(uint64_t));
}

void tree_init(struct tree *tree, bool keyed)
{
    *tree = (struct tree){ .columns = keyed ? KEYED_COLUMNS : PLAIN_COLUMNS };
}

/* The child with the element at `*position`, which is then counted from the child's first. */
static size_t index_of_position(const struct tree_node *node, size_t *position)
{
    size_t index = 0, last = node->len - 1, left = *position;
    const uint64_t *counts = column_of(node, COUNT);
    for (; index < last && left >= counts[index]; index++) left -= counts[index];
    *position = left;
    return index;
}

uint64_t tree_at(const struct tree *tree, size_t position, size_t *within)
{
    REQUIRE(tree->root != NULL && position <= tree->count);
    const struct tree_node *node = tree->root;
    for (unsigned level = tree->levels; level-- > 1;)
        node = node_below(node, index_of_position(node, &position));
    size_t index = index_of_position(node, &position);
    *within = position;
    return *cell(node, index, REF);
}

size_t tree_seek(const struct tree *tree, size_t position, struct tree_path *path)
{
    REQUIRE(tree->root != NULL && position <= tree->count);
    struct tree_node *node = tree->root;
    for (unsigned level = tree->levels; level-- > 0;) {
        size_t index = index_of_position(node, &position);
        path->step[level].node = node;
        path->step[level].at = (unsigned)index;
        node = node_below(node, index);
    }
    return position;
}

/* The first leaf below a child of a node at `level`. */
static uint64_t first_leaf(const struct tree_node *node, size_t index, unsigned level)
{
    for (; level > 0; level--) {
        node = node_below(node, index);
        index = 0;
    }
    return *cell(node, index, REF);
}

static bool begins_before(const struct tree_node *node, size_t index, unsigned level,
                          const struct tree_bound *bound)
{
    uint64_t high = *cell(node, index, HIGH);
    if (high != bound->key.high) return high < bound->key.high;
    uint64_t low = *cell(node, index, LOW);
    if (low != bound->key.low) return low < bound->key.low;
    return bound->is_before(bound, first_leaf(node, index, level));
}

/* The last child that begins before the bound, or the first. */
static size_t index_of_bound(const struct tree_node *node, unsigned level, const struct tree_bound *bound)
{
    size_t low = 1, high = node->len;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (begins_before(node, middle, level, bound))
            low = middle + 1;
        else
            high = middle;
    }
    return low - 1;
}

void tree_seek_bound(const struct tree *tree, const struct tree_bound *bound, struct tree_path *path)
{
    REQUIRE(tree->root != NULL && is_keyed(tree));
    struct tree_node *node = tree->root;
    for (unsigned level = tree->levels; level-- > 0;) {
        size_t index = index_of_bound(node, level, bound);
        path->step[level].node = node;
        path->step[level].at = (unsigned)index;
        node = node_below(node, index);
    }
}

static uint64_t *cell_at(const struct tree_path *path, unsigned level, enum column column)
{
    return cell(path->step[level].node, path->step[level].at, column);
}

struct tree_leaf tree_leaf(const struct tree *tree, const struct tree_path *path)
{
    return child_get(tree, path->step[0].node, path->step[0].at);
}

static size_t sum_of(const struct tree_node *node, size_t end)
{
    size_t sum = 0;
    const uint64_t *counts = column_of(node, COUNT);
    for (size_t i = 0; i < end; i++) sum += counts[i];
    return sum;
}

size_t tree_before(const struct tree *tree, const struct tree_path *path)
{
    size_t before = 0;
    for (unsigned level = 0; level < tree->levels; level++)
        before += sum_of(path->step[level].node, path->step[level].at);
    return before;
}

/* From a step that has moved, down along one edge. */
static void descend(struct tree_path *path, unsigned level, bool to_last)
{
    while (level-- > 0) {
        struct tree_node *node = node_below(path->step[level + 1].node, path->step[level + 1].at);
        path->step[level].node = node;
        path->step[level].at = to_last ? (unsigned)node->len - 1 : 0;
    }
}

void tree_seek_edge(const struct tree *tree, bool last, struct tree_path *path)
{
    REQUIRE(tree->root != NULL);
    unsigned top = tree->levels - 1;
    path->step[top].node = tree->root;
    path->step[top].at = last ? (unsigned)tree->root->len - 1 : 0;
    descend(path, top, last);
}

bool tree_next(const struct tree *tree, struct tree_path *path)
{
    unsigned level = 0;
    while (level < tree->levels && path->step[level].at + 1 == path->step[level].node->len) level++;
    if (level == tree->levels) return false;
    path->step[level].at++;
    descend(path, level, false);
    return true;
}

bool tree_back(const struct tree *tree, struct tree_path *path)
{
    unsigned level = 0;
    while (level < tree->levels && path->step[level].at == 0) level++;
    if (level == tree->levels) return false;
    path->step[level].at--;
    descend(path, level, true);
    return true;
}

/* The node of a step stands elsewhere now: whoever points to it learns so. */
static void relink(struct tree *tree, struct tree_path *path, unsigned level, struct tree_node *node)
{
    path->step[level].node = node;
    if (level + 1 == tree->levels)
        tree->root = node;
    else
        *cell_at(path, level + 1, REF) = (uintptr_t)node;
}

/* There are more elements below the children of the path from `level` on, or with a wrapped number fewer. */
static void add_count(struct tree *tree, const struct tree_path *path, unsigned level, uint64_t more)
{
    for (; level < tree->levels; level++) *cell_at(path, level, COUNT) += more;
}

/* The first child of the step's node is another one or has another key, which is that of the nodes above. */
static void rekey(struct tree *tree, const struct tree_path *path, unsigned level)
{
    if (!is_keyed(tree)) return;
    for (; level + 1 < tree->levels; level++) {
        const struct tree_node *node = path->step[level].node;
        *cell_at(path, level + 1, HIGH) = *cell(node, 0, HIGH);
        *cell_at(path, level + 1, LOW) = *cell(node, 0, LOW);
        if (path->step[level + 1].at > 0) return;
    }
}

void tree_update(struct tree *tree, const struct tree_path *path, const struct tree_leaf *leaf)
{
    struct tree_leaf old = tree_leaf(tree, path);
    uint64_t more = leaf->count - old.count;
    if (more != 0) {
        add_count(tree, path, 1, more);
        tree->count += more;
    }
    child_put(tree, path->step[0].node, path->step[0].at, leaf);
    bool has_same_key = old.key.high == leaf->key.high && old.key.low == leaf->key.low;
    if (!has_same_key && path->step[0].at == 0) rekey(tree, path, 0);
}

/* Room for a child at `index` of the step's node, which is not full: what is there is undefined. */
static struct tree_node *open_gap(struct tree *tree, struct tree_path *path, unsigned level, size_t index)
{
    struct tree_node *node = path->step[level].node;
    size_t len = node->len, room = room_of(len), new_room = room_of(len + 1);
    if (new_room != room) {
        node = node_resize(tree, node, size_for(tree, len), size_for(tree, len + 1));
        relink(tree, path, level, node);
        for (unsigned column = tree->columns; column-- > 1;)
            memmove(node->words + column * new_room, node->words + column * room, len * sizeof(uint64_t));
    }
    node->len = len + 1;
    for (unsigned column = 0; column < tree->columns; column++) {
        uint64_t *at = cell(node, index, column);
        memmove(at + 1, at, (len - index) * sizeof *at);
    }
    return node;
}

static void close_gap(struct tree *tree, struct tree_path *path, unsigned level, size_t index, size_t count)
{
    struct tree_node *node = path->step[level].node;
    size_t len = node->len, left = len - count, room = room_of(len), new_room = room_of(left);
    for (unsigned column = 0; column < tree->columns; column++) {
        uint64_t *at = cell(node, index, column);
        memmove(at, at + count, (left - index) * sizeof *at);
    }
    node->len = left;
    if (new_room == room) return;
    for (unsigned column = 1; column < tree->columns; column++)
        memmove(node->words + column * new_room, node->words + column * room, left * sizeof(uint64_t));
    relink(tree, path, level, node_resize(tree, node, size_for(tree, len), size_for(tree, left)));
}

/* A node as a child of the one above it. */
static struct tree_leaf describe(const struct tree *tree, const struct tree_node *node)
{
    struct tree_leaf child = child_get(tree, node, 0);
    child.ref = (uintptr_t)node;
    child.count = sum_of(node, node->len);
    return child;
}

static void add_level(struct tree *tree, struct tree_path *path)
{
    INVARIANT(tree->levels < TREE_LEVELS_MAX);
    struct tree_node *root = node_make(tree, 1);
    if (tree->root != NULL) {
        struct tree_leaf child = describe(tree, tree->root);
        child_put(tree, root, 0, &child);
    }
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
    copy_children(tree, right, 0, node, cut, right->len);
    close_gap(tree, path, level, cut, right->len);

    struct tree_leaf child = describe(tree, right);
    *cell_at(path, level + 1, COUNT) -= child.count;
    size_t behind = path->step[level + 1].at + 1;
    child_put(tree, open_gap(tree, path, level + 1, behind), behind, &child);
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
    if (tree->root == NULL) {
        add_level(tree, path);
    } else {
        make_room(tree, path, side);
        index = path->step[0].at + (side == TREE_BEHIND);
        open_gap(tree, path, 0, index);
        path->step[0].at = index;
    }
    child_put(tree, path->step[0].node, index, leaf);
    add_count(tree, path, 1, leaf->count);
    tree->count += leaf->count;
    tree->leaves++;
    if (index == 0) rekey(tree, path, 0);
}

static void take_child(struct tree *tree, struct tree_path *path, unsigned level);

/* The step's node takes over the children of the one behind it. */
static void join_next(struct tree *tree, struct tree_path *path, unsigned level)
{
    struct tree_node *above = path->step[level + 1].node;
    size_t at = path->step[level + 1].at;
    struct tree_node *left = node_below(above, at), *right = node_below(above, at + 1);
    struct tree_node *both = node_make(tree, left->len + right->len);
    copy_children(tree, both, 0, left, 0, left->len);
    copy_children(tree, both, left->len, right, 0, right->len);
    node_free(tree, left);
    node_free(tree, right);
    *cell(above, at, REF) = (uintptr_t)both;
    *cell(above, at, COUNT) += *cell(above, at + 1, COUNT);
    path->step[level + 1].at++;
    take_child(tree, path, level + 1);
}

static bool fits_with(const struct tree_path *path, unsigned level, size_t index)
{
    const struct tree_node *above = path->step[level + 1].node;
    if (index >= above->len) return false;
    return node_below(above, index)->len + path->step[level].node->len <= JOIN_SUM;
}

static void join_neighbour(struct tree *tree, struct tree_path *path, unsigned level)
{
    unsigned at = path->step[level + 1].at;
    if (at > 0 && fits_with(path, level, at - 1)) {
        path->step[level + 1].at--;
        join_next(tree, path, level);
    } else if (fits_with(path, level, at + 1)) {
        join_next(tree, path, level);
    }
}

static void drop_levels(struct tree *tree)
{
    while (tree->levels > 1 && tree->root->len == 1) {
        struct tree_node *root = tree->root;
        tree->root = node_below(root, 0);
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
    size_t count = *cell_at(path, 0, COUNT);
    add_count(tree, path, 1, -(uint64_t)count);
    tree->count -= count;
    tree->leaves--;
    take_child(tree, path, 0);
}

void tree_move_nodes(struct tree *tree, struct tree_path *path, const struct value_mover *mover)
{
    for (unsigned level = 0; level < tree->levels; level++) {
        struct tree_node *node = path->step[level].node;
        if (path->step[level].at > 0) return;
        relink(tree, path, level, mover->move(mover->context, node, size_for(tree, node->len)));
    }
}

static void check_order(const struct tree_leaf *before, const struct tree_leaf *child)
{
    const struct tree_key *a = &before->key, *b = &child->key;
    INVARIANT(a->high < b->high || (a->high == b->high && a->low <= b->low));
}

struct totals {
    size_t leaves, bytes;
};

static void check_node(const struct tree *tree, const struct tree_node *node, unsigned level,
                       struct totals *totals)
{
    INVARIANT(node->len > 0 && node->len <= TREE_FANOUT);
    totals->bytes += block_real_size(size_for(tree, node->len));
    if (level == 0) totals->leaves += node->len;
    for (size_t i = 0; i < node->len; i++) {
        struct tree_leaf child = child_get(tree, node, i);
        if (i > 0) {
            struct tree_leaf before = child_get(tree, node, i - 1);
            check_order(&before, &child);
        }
        if (level == 0) continue;
        const struct tree_node *below = node_below(node, i);
        struct tree_leaf described = describe(tree, below);
        INVARIANT(described.count == child.count);
        INVARIANT(described.key.high == child.key.high && described.key.low == child.key.low);
        check_node(tree, below, level - 1, totals);
    }
}

void tree_check(const struct tree *tree)
{
    struct totals totals = { 0 };
    INVARIANT((tree->root == NULL) == (tree->levels == 0));
    if (tree->root != NULL) check_node(tree, tree->root, tree->levels - 1, &totals);
    INVARIANT(tree->count == (tree->root != NULL ? sum_of(tree->root, tree->root->len) : 0));
    INVARIANT(totals.leaves == tree->leaves && totals.bytes == tree->bytes);
}
