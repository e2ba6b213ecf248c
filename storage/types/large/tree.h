/*
 * tree.h - a counted B+-tree: leaves in an order that the owner gives them, found by position or by key.
 *
 *     inner node, up to 63 children, exact size
 *     +-----+-----------------+----------------------+-----------------------------+
 *     | len | refs 8 x len    | elements below 8 x   | keys of the first 8 x, 8 x  |
 *     +-----+-----------------+----------------------+-----------------------------+
 *
 * A leaf is a word that means something to the owner, most likely a packed block, with the number of its
 * elements. Trees of lists have no keys, and half the size. A key need not decide: where two are equal the
 * owner is asked to look into a leaf.
 *
 * Nodes have neither parents nor siblings: a path, which lives on the stack, knows them. It is good until the
 * tree is changed by other means than through it.
 *
 * A node that is full is cut in half, or at its end if that is where the tree grows; one that is a third full
 * is joined with a neighbour when both make three quarters. So 4 levels hold millions of leaves in any case.
 *
 * Threads: the owner's lock. Ownership: lives in the owner's memory; the leaves are the owner's.
 */
#ifndef STORAGE_TYPES_LARGE_TREE_H
#define STORAGE_TYPES_LARGE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tree_node;
struct value_mover;

#define TREE_FANOUT     63
#define TREE_LEVELS_MAX 8

struct tree_key {
    uint64_t high, low;
};

struct tree_leaf {
    uint64_t ref;
    size_t count;        /* elements */
    struct tree_key key; /* of the first; nothing in a tree without keys */
};

struct tree {
    struct tree_node *root; /* NULL: no leaf */
    unsigned levels;        /* of nodes */
    unsigned columns;       /* words of a child */
    size_t count;           /* elements */
    size_t leaves;
    size_t bytes; /* real sizes of the nodes */
};

struct tree_path {
    struct {
        struct tree_node *node;
        unsigned at;
    } step[TREE_LEVELS_MAX]; /* 0: the node above the leaf */
};

/* An empty tree owns nothing. */
void tree_init(struct tree *tree, bool keyed);

/* The leaf with the element at `position`; *within is its place there. A position at the end is in the last
 * leaf, behind its last. Of a tree that has a leaf. */
uint64_t tree_at(const struct tree *tree, size_t position, size_t *within);
/* The same with the path to it. The place in the leaf. */
size_t tree_seek(const struct tree *tree, size_t position, struct tree_path *path);
/* The first leaf or the last one. */
void tree_seek_edge(const struct tree *tree, bool last, struct tree_path *path);

/* A place in the order of keys. */
struct tree_bound {
    struct tree_key key;
    /* Of a leaf whose key is the same: whether its first element is before the bound. */
    bool (*is_before)(const struct tree_bound *bound, uint64_t ref);
};
/* The last leaf that begins before it, or else the first one: what is at the bound is in it or at its end. */
void tree_seek_bound(const struct tree *tree, const struct tree_bound *bound, struct tree_path *path);

struct tree_leaf tree_leaf(const struct tree *tree, const struct tree_path *path);
/* Elements before it. */
size_t tree_before(const struct tree *tree, const struct tree_path *path);
/* To the leaf behind or before. False, and nothing moved: there is none. */
bool tree_next(const struct tree *tree, struct tree_path *path);
bool tree_back(const struct tree *tree, struct tree_path *path);

/* What the leaf is now. Its key may change within its neighbours'. */
void tree_update(struct tree *tree, const struct tree_path *path, const struct tree_leaf *leaf);
/* A leaf behind or before that of the path, which leads to the new one then. In a tree without leaves the
 * path is only written. */
enum tree_side { TREE_BEFORE, TREE_BEHIND };
void tree_insert(struct tree *tree, struct tree_path *path, enum tree_side side,
                 const struct tree_leaf *leaf);
/* The path is void afterwards. */
void tree_remove(struct tree *tree, struct tree_path *path);

/* Offer the nodes that begin with the leaf of the path: over all leaves, each node once. */
void tree_move_nodes(struct tree *tree, struct tree_path *path, const struct value_mover *mover);
void tree_check(const struct tree *tree);

#endif
