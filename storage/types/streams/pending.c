#include "storage/types/streams/pending.h"

#include <string.h>

#include "proto/base/contract.h"
#include "storage/memory/block.h"
#include "storage/types/blocks/value.h"

#define RECORD     28
#define LEAF_MAX   36 /* records: they fill a size class of 1 KiB */
#define JOIN_BELOW 8  /* one with fewer looks for a neighbour, */
#define JOIN_SUM   27 /* of which both may have so many */
#define MANY       UINT16_MAX

static char *leaf_block(const struct tree_leaf *leaf)
{
    return (char *)(uintptr_t)leaf->ref;
}

/* Many deliveries, spread over the fields of an entry of their own. */
#define MANY_LOW 47

static void note_many(struct pending *pending, struct stream_id id, uint64_t deliveries)
{
    struct pending_entry old, entry = { .id = id, .consumer = (uint32_t)(deliveries >> MANY_LOW) };
    entry.delivered_ms = (int64_t)(deliveries & ((UINT64_C(1) << MANY_LOW) - 1));
    if (pending->many == NULL) {
        pending->many = block_alloc(sizeof *pending->many);
        pending_init(pending->many);
    }
    pending_put(pending->many, &entry, &old);
}

static uint64_t many_of(const struct pending *pending, struct stream_id id)
{
    struct pending_entry entry;
    bool is_there = pending_find(pending->many, id, &entry);
    INVARIANT(is_there);
    return (uint64_t)entry.delivered_ms | (uint64_t)entry.consumer << MANY_LOW;
}

static void free_many(struct pending *pending)
{
    block_free(pending->many, sizeof *pending->many);
    pending->many = NULL;
}

static void forget_many(struct pending *pending, struct stream_id id)
{
    struct pending_entry old;
    pending_take(pending->many, id, &old);
    if (pending_len(pending->many) == 0) free_many(pending);
}

static struct stream_id record_id(const char *leaf, size_t at)
{
    struct stream_id id;
    memcpy(&id, leaf + at * RECORD, sizeof id);
    return id;
}

static uint16_t record_deliveries(const char *leaf, size_t at)
{
    uint16_t deliveries;
    memcpy(&deliveries, leaf + at * RECORD + 22, sizeof deliveries);
    return deliveries;
}

static void read_record(const struct pending *pending, const char *leaf, size_t at,
                        struct pending_entry *entry)
{
    const char *record = leaf + at * RECORD;
    *entry = (struct pending_entry){ .id = record_id(leaf, at), .deliveries = record_deliveries(leaf, at) };
    memcpy(&entry->delivered_ms, record + 16, 6);
    memcpy(&entry->consumer, record + 24, sizeof entry->consumer);
    if (__builtin_expect(entry->deliveries == MANY, 0)) entry->deliveries = many_of(pending, entry->id);
}

static void write_record(struct pending *pending, char *leaf, size_t at, const struct pending_entry *entry)
{
    char *record = leaf + at * RECORD;
    uint16_t deliveries = entry->deliveries < MANY ? (uint16_t)entry->deliveries : MANY;
    memcpy(record, &entry->id, sizeof entry->id);
    memcpy(record + 16, &entry->delivered_ms, 6);
    memcpy(record + 22, &deliveries, sizeof deliveries);
    memcpy(record + 24, &entry->consumer, sizeof entry->consumer);
    if (deliveries == MANY) note_many(pending, entry->id, entry->deliveries);
}

/* The first that is not before `id`. */
static size_t lower_bound(const struct tree_leaf *leaf, struct stream_id id)
{
    size_t low = 0, high = leaf->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (stream_id_compare(record_id(leaf_block(leaf), middle), id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool begins_at_it(const struct tree_bound *bound, uint64_t ref)
{
    (void)bound;
    (void)ref;
    return true;
}

/* The leaf that has the id, if any has: of a tree that has leaves. */
static struct tree_leaf seek(const struct pending *pending, struct stream_id id, struct tree_path *path)
{
    struct tree_bound bound = { .key = { id.ms, id.seq }, .is_before = begins_at_it };
    tree_seek_bound(&pending->tree, &bound, path);
    return tree_leaf(&pending->tree, path);
}

static struct tree_leaf describe(char *block, size_t count)
{
    struct stream_id first = record_id(block, 0);
    return (struct tree_leaf){ .ref = (uintptr_t)block, .count = count, .key = { first.ms, first.seq } };
}

static char *make_block(struct pending *pending, size_t count)
{
    pending->bytes += block_real_size(count * RECORD);
    return block_alloc(count * RECORD);
}

static void free_block(struct pending *pending, char *block, size_t count)
{
    pending->bytes -= block_real_size(count * RECORD);
    block_free(block, count * RECORD);
}

static char *resize_block(struct pending *pending, char *block, size_t count, size_t new_count)
{
    size_t old = block_real_size(count * RECORD), real = block_real_size(new_count * RECORD);
    if (old == real) return block;
    pending->bytes += real - old;
    return block_resize(block, old, real);
}

static struct tree_leaf make_leaf(struct pending *pending, const char *records, size_t count)
{
    char *block = make_block(pending, count);
    memcpy(block, records, count * RECORD);
    return describe(block, count);
}

/* The entry in a new leaf, behind or before that of the path. */
static void insert_leaf(struct pending *pending, struct tree_path *path, enum tree_side side,
                        const struct pending_entry *entry)
{
    char *block = make_block(pending, 1);
    write_record(pending, block, 0, entry);
    struct tree_leaf leaf = describe(block, 1);
    tree_insert(&pending->tree, path, side, &leaf);
}

/* What a record says is so no more. */
static void read_old(struct pending *pending, const char *leaf, size_t at, struct pending_entry *old)
{
    read_record(pending, leaf, at, old);
    if (__builtin_expect(old->deliveries >= MANY, 0)) forget_many(pending, old->id);
}

/* A full leaf becomes two. */
static void cut(struct pending *pending, struct tree_path *path, const struct tree_leaf *leaf)
{
    size_t middle = leaf->count / 2;
    char *block = leaf_block(leaf);
    struct tree_leaf left = make_leaf(pending, block, middle);
    struct tree_leaf right = make_leaf(pending, block + middle * RECORD, leaf->count - middle);
    free_block(pending, block, leaf->count);
    tree_update(&pending->tree, path, &left);
    tree_insert(&pending->tree, path, TREE_BEHIND, &right);
}

static bool is_last(const struct pending *pending, const struct tree_path *path)
{
    struct tree_path next = *path;
    return !tree_next(&pending->tree, &next);
}

static void insert(struct pending *pending, struct tree_path *path, const struct tree_leaf *leaf, size_t at,
                   const struct pending_entry *entry)
{
    if (leaf->count == LEAF_MAX && at == LEAF_MAX && is_last(pending, path)) {
        insert_leaf(pending, path, TREE_BEHIND, entry);
        return;
    }
    if (leaf->count == LEAF_MAX) {
        struct pending_entry old;
        cut(pending, path, leaf);
        pending_put(pending, entry, &old);
        return;
    }
    char *block = resize_block(pending, leaf_block(leaf), leaf->count, leaf->count + 1);
    memmove(block + (at + 1) * RECORD, block + at * RECORD, (leaf->count - at) * RECORD);
    write_record(pending, block, at, entry);
    struct tree_leaf grown = describe(block, leaf->count + 1);
    tree_update(&pending->tree, path, &grown);
}

static bool has(const struct tree_leaf *leaf, size_t at, struct stream_id id)
{
    return at < leaf->count && stream_id_compare(record_id(leaf_block(leaf), at), id) == 0;
}

bool pending_put(struct pending *pending, const struct pending_entry *entry, struct pending_entry *old)
{
    struct tree_path path;
    if (pending->tree.root == NULL) {
        insert_leaf(pending, &path, TREE_BEHIND, entry);
        return false;
    }
    struct tree_leaf leaf = seek(pending, entry->id, &path);
    size_t at = lower_bound(&leaf, entry->id);
    bool was_there = has(&leaf, at, entry->id);
    if (was_there) {
        read_old(pending, leaf_block(&leaf), at, old);
        write_record(pending, leaf_block(&leaf), at, entry);
    } else {
        insert(pending, &path, &leaf, at, entry);
    }
    return was_there;
}

bool pending_find(const struct pending *pending, struct stream_id id, struct pending_entry *entry)
{
    struct tree_path path;
    if (pending->tree.root == NULL) return false;
    struct tree_leaf leaf = seek(pending, id, &path);
    size_t at = lower_bound(&leaf, id);
    if (!has(&leaf, at, id)) return false;
    read_record(pending, leaf_block(&leaf), at, entry);
    return true;
}

/* The leaf of the path and the one behind it become one, if they fit. */
static bool join_next(struct pending *pending, struct tree_path *path)
{
    struct tree_path next = *path;
    if (!tree_next(&pending->tree, &next)) return false;
    struct tree_leaf a = tree_leaf(&pending->tree, path), b = tree_leaf(&pending->tree, &next);
    if (a.count + b.count > JOIN_SUM) return false;
    char *block = resize_block(pending, leaf_block(&a), a.count, a.count + b.count);
    memcpy(block + a.count * RECORD, leaf_block(&b), b.count * RECORD);
    free_block(pending, leaf_block(&b), b.count);
    struct tree_leaf both = describe(block, a.count + b.count);
    tree_remove(&pending->tree, &next);
    seek(pending, record_id(block, 0), path);
    tree_update(&pending->tree, path, &both);
    return true;
}

/* Not the first leaf: what is taken from the front is soon gone. */
static void join_small(struct pending *pending, struct tree_path *path)
{
    struct tree_path before = *path;
    if (tree_back(&pending->tree, &before) && !join_next(pending, path)) join_next(pending, &before);
}

static void remove_record(struct pending *pending, struct tree_path *path, const struct tree_leaf *leaf,
                          size_t at)
{
    char *block = leaf_block(leaf);
    size_t left = leaf->count - 1;
    memmove(block + at * RECORD, block + (at + 1) * RECORD, (left - at) * RECORD);
    block = resize_block(pending, block, leaf->count, left);
    struct tree_leaf shrunk = describe(block, left);
    tree_update(&pending->tree, path, &shrunk);
    if (left < JOIN_BELOW) join_small(pending, path);
}

bool pending_take(struct pending *pending, struct stream_id id, struct pending_entry *old)
{
    struct tree_path path;
    if (pending->tree.root == NULL) return false;
    struct tree_leaf leaf = seek(pending, id, &path);
    size_t at = lower_bound(&leaf, id);
    if (!has(&leaf, at, id)) return false;
    read_old(pending, leaf_block(&leaf), at, old);
    if (leaf.count > 1) {
        remove_record(pending, &path, &leaf, at);
    } else {
        free_block(pending, leaf_block(&leaf), 1);
        tree_remove(&pending->tree, &path);
    }
    return true;
}

struct pending_walk pending_walk(const struct pending *pending, struct stream_id from)
{
    struct pending_walk walk = { .pending = pending };
    if (pending->tree.root == NULL) return walk;
    walk.leaf = seek(pending, from, &walk.path);
    walk.at = lower_bound(&walk.leaf, from);
    return walk;
}

bool pending_next(struct pending_walk *walk, struct pending_entry *entry)
{
    const struct tree *tree = &walk->pending->tree;
    if (walk->at == walk->leaf.count) {
        if (tree->root == NULL || !tree_next(tree, &walk->path)) return false;
        walk->leaf = tree_leaf(tree, &walk->path);
        walk->at = 0;
    }
    read_record(walk->pending, leaf_block(&walk->leaf), walk->at++, entry);
    return true;
}

bool pending_last(const struct pending *pending, struct pending_entry *entry)
{
    struct tree_path path;
    if (pending->tree.root == NULL) return false;
    struct tree_leaf leaf = seek(pending, STREAM_ID_MAX, &path);
    read_record(pending, leaf_block(&leaf), leaf.count - 1, entry);
    return true;
}

void pending_init(struct pending *pending)
{
    *pending = (struct pending){ 0 };
    tree_init(&pending->tree, true);
}

size_t pending_len(const struct pending *pending)
{
    return pending->tree.count;
}

size_t pending_bytes(const struct pending *pending)
{
    size_t bytes = pending->bytes + pending->tree.bytes;
    if (pending->many == NULL) return bytes;
    return bytes + block_real_size(sizeof *pending->many) + pending_bytes(pending->many);
}

bool pending_drain(struct pending *pending, size_t *blocks)
{
    if (pending->many != NULL) {
        if (pending_drain(pending->many, blocks)) return true;
        free_many(pending);
    }
    for (; pending->tree.root != NULL && *blocks > 0; --*blocks) {
        struct tree_path path;
        struct tree_leaf leaf = seek(pending, STREAM_ID_MAX, &path);
        free_block(pending, leaf_block(&leaf), leaf.count);
        tree_remove(&pending->tree, &path);
    }
    return pending->tree.root != NULL;
}

void pending_copy(struct pending *to, const struct pending *from)
{
    struct tree_path path, end;
    pending_init(to);
    if (from->many != NULL) {
        to->many = block_alloc(sizeof *to->many);
        pending_copy(to->many, from->many);
    }
    if (from->tree.root == NULL) return;
    tree_seek(&from->tree, 0, &path);
    do {
        struct tree_leaf leaf = tree_leaf(&from->tree, &path);
        leaf = make_leaf(to, leaf_block(&leaf), leaf.count);
        if (to->tree.root != NULL) seek(to, STREAM_ID_MAX, &end);
        tree_insert(&to->tree, &end, TREE_BEHIND, &leaf);
    } while (tree_next(&from->tree, &path));
}

size_t pending_compact(struct pending *pending, size_t position, const struct value_mover *mover)
{
    struct tree_path path;
    size_t within = tree_seek(&pending->tree, position, &path);
    struct tree_leaf leaf = tree_leaf(&pending->tree, &path);
    char *block = mover->move(mover->context, leaf_block(&leaf), leaf.count * RECORD);
    leaf = describe(block, leaf.count);
    tree_update(&pending->tree, &path, &leaf);
    tree_move_nodes(&pending->tree, &path, mover);
    return leaf.count - within;
}

static void check_leaf(const struct pending *pending, const struct tree_leaf *leaf, size_t *many)
{
    struct stream_id first = record_id(leaf_block(leaf), 0), before = first;
    INVARIANT(leaf->count > 0 && leaf->count <= LEAF_MAX);
    INVARIANT(leaf->key.high == first.ms && leaf->key.low == first.seq);
    for (size_t i = 0; i < leaf->count; i++) {
        struct pending_entry entry;
        read_record(pending, leaf_block(leaf), i, &entry);
        INVARIANT(i == 0 || stream_id_compare(before, entry.id) < 0);
        *many += entry.deliveries >= MANY;
        before = entry.id;
    }
}

void pending_check(const struct pending *pending)
{
    size_t bytes = 0, many = 0;
    struct stream_id before = STREAM_ID_MIN;
    struct tree_path path;
    tree_check(&pending->tree);
    if (pending->many != NULL) pending_check(pending->many);
    if (pending->tree.root == NULL) {
        INVARIANT(pending->bytes == 0 && pending->many == NULL);
        return;
    }
    tree_seek(&pending->tree, 0, &path);
    do {
        struct tree_leaf leaf = tree_leaf(&pending->tree, &path);
        check_leaf(pending, &leaf, &many);
        INVARIANT(bytes == 0 || stream_id_compare(before, record_id(leaf_block(&leaf), 0)) < 0);
        before = record_id(leaf_block(&leaf), leaf.count - 1);
        bytes += block_real_size(leaf.count * RECORD);
    } while (tree_next(&pending->tree, &path));
    INVARIANT(bytes == pending->bytes);
    INVARIANT(many == (pending->many != NULL ? pending_len(pending->many) : 0));
}
