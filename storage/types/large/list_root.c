#include "storage/types/large/list_root.h"

#include "proto/base/contract.h"
#include "storage/memory/block.h"
#include "storage/memory/fetch.h"
#include "storage/types/blocks/list_encoding.h"
#include "storage/types/blocks/value.h"

/* A block below the first looks for a neighbour to be joined with, if both are within the second. */
#define JOIN_BELOW  256
#define JOIN_WITHIN 768

static size_t count_of(const struct list_end *end)
{
    return end->block != NULL ? packed_count(end->block) : 0;
}

size_t list_root_len(const struct list_root *root)
{
    return count_of(&root->ends[LIST_HEAD]) + root->tree.count + count_of(&root->ends[LIST_TAIL]);
}

static char *block_of(const struct tree_leaf *leaf)
{
    return (char *)(uintptr_t)leaf->ref;
}

static struct tree_leaf leaf_of(char *block)
{
    return (struct tree_leaf){ .ref = (uintptr_t)block, .count = packed_count(block) };
}

/* An element may be larger by itself. */
static bool is_too_large(size_t size, size_t count)
{
    return size > LIST_BLOCK_LIMIT && count > 1;
}

/* Of elements of some hundred bytes few go into a block, and what is left of its size class counts: there the
 * limit is a little late. */
bool list_root_is_full(size_t size, size_t next)
{
    if (next <= LIST_BLOCK_MAX) return false;
    size_t real = block_real_size(size);
    return next > LIST_BLOCK_LIMIT || (size >= LIST_BLOCK_MAX / 4 * 3 && size >= real - real / 32);
}

static char *make_block(struct list_root *root, size_t size)
{
    root->bytes += block_real_size(size);
    return block_alloc(size);
}

static void free_block(struct list_root *root, char *block, size_t size)
{
    root->bytes -= block_real_size(size);
    block_free(block, size);
}

static char *resize_block(struct list_root *root, char *block, size_t old_size, size_t size)
{
    root->bytes += block_real_size(size) - block_real_size(old_size);
    return block_resize(block, old_size, size);
}

static char *range_of(struct list_root *root, const char *block, size_t index, size_t count)
{
    char *range = make_block(root, packed_range_size(block, index, count));
    packed_range(range, block, index, count);
    return range;
}

/* The block as the edit makes it, in memory of its exact size. */
static char *apply_exactly(struct list_root *root, char *block, const struct packed_edit *edit)
{
    if (block_real_size(edit->size) == block_real_size(edit->old_size)) {
        packed_apply(edit, block, block);
        return block;
    }
    char *edited = make_block(root, edit->size);
    packed_apply(edit, edited, block);
    free_block(root, block, edit->old_size);
    return edited;
}

static void free_end(struct list_root *root, struct list_end *end)
{
    free_block(root, end->block, end->room);
    *end = (struct list_end){ 0 };
}

/* Memory for an end that is about to have `size` bytes, and for some pushes more. It shrinks late, so that
 * what is pushed and popped in turns does not move. */
static void make_room(struct list_root *root, struct list_end *end, size_t size)
{
    if (size <= end->room) return;
    size_t room = size + size / 2 <= LIST_BLOCK_MAX ? size + size / 2
                  : size > LIST_BLOCK_MAX           ? size
                                                    : LIST_BLOCK_MAX;
    end->block = resize_block(root, end->block, end->room, room);
    end->room = block_real_size(room);
}

static void give_room_back(struct list_root *root, struct list_end *end)
{
    if (end->room <= 64 || end->size > end->room / 2) return;
    end->block = resize_block(root, end->block, end->room, end->size);
    end->room = block_real_size(end->size);
}

static void apply_to_end(struct list_root *root, struct list_end *end, const struct packed_edit *edit)
{
    make_room(root, end, edit->size);
    packed_apply(edit, end->block, end->block);
    end->size = edit->size;
    if (packed_count(end->block) == 0)
        free_end(root, end);
    else
        give_room_back(root, end);
}

static void open_end(struct list_end *end, char *block, size_t size)
{
    *end = (struct list_end){ block, size, block_real_size(size) };
}

/* An end becomes the outermost block of the tree. */
static void close_end(struct list_root *root, enum list_side side)
{
    struct list_end *end = &root->ends[side];
    if (end->block == NULL) return;
    char *block = resize_block(root, end->block, end->room, end->size);
    *end = (struct list_end){ 0 };

    struct tree_path path;
    struct tree_leaf leaf = leaf_of(block);
    if (root->tree.root != NULL) tree_seek_edge(&root->tree, side == LIST_TAIL, &path);
    tree_insert(&root->tree, &path, side == LIST_HEAD ? TREE_BEFORE : TREE_BEHIND, &leaf);
}

/* And the other way round, where an end is empty. */
static void fill_end(struct list_root *root, enum list_side side)
{
    struct list_end *end = &root->ends[side];
    if (end->block != NULL || root->tree.root == NULL) return;
    struct tree_path path;
    tree_seek(&root->tree, side == LIST_HEAD ? 0 : root->tree.count, &path);
    struct tree_leaf leaf = tree_leaf(&root->tree, &path);
    tree_remove(&root->tree, &path);
    open_end(end, block_of(&leaf), packed_size(block_of(&leaf)));
}

static void push(struct list_root *root, enum list_side side, const struct packed_new *record)
{
    struct list_end *end = &root->ends[side];
    if (end->block != NULL) {
        struct packed_edit edit = packed_push(end->block, end->size, side == LIST_HEAD, record);
        if (!list_root_is_full(edit.old_size, edit.size)) {
            apply_to_end(root, end, &edit);
            return;
        }
        close_end(root, side);
    }
    struct packed_edit edit = packed_insert(packed_empty(0), 0, record);
    open_end(end, make_block(root, edit.size), edit.size);
    packed_apply(&edit, end->block, packed_empty(0));
}

void list_root_append(struct list_root *root, char *block, size_t size, size_t listpack_bytes)
{
    close_end(root, LIST_TAIL);
    open_end(&root->ends[LIST_TAIL], block, size);
    root->bytes += block_real_size(size);
    root->listpack_bytes += listpack_bytes;
}

enum part { HEAD = LIST_HEAD, TAIL = LIST_TAIL, TREE };

/* The part with the element at `*index`, which is then counted from the part's first. An index between two
 * parts is at the end of a block rather than in front of the tree. */
static enum part part_of(const struct list_root *root, size_t *index)
{
    size_t head = count_of(&root->ends[LIST_HEAD]);
    if (*index < head) return HEAD;
    *index -= head;
    if (*index < root->tree.count) return TREE;
    *index -= root->tree.count;
    return TAIL;
}

const char *list_root_at(const struct list_root *root, size_t index, size_t *within)
{
    enum part part = part_of(root, &index);
    if (part == TREE) return (const char *)(uintptr_t)tree_at(&root->tree, index, within);
    *within = index;
    return root->ends[part].block;
}

/* Cut the leaf that begins at `position` until it and what was cut off are within a block's size. */
static void cut(struct list_root *root, size_t position)
{
    struct tree_path path;
    tree_seek(&root->tree, position, &path);
    struct tree_leaf leaf = tree_leaf(&root->tree, &path);
    char *block = block_of(&leaf);
    size_t size = packed_size(block);
    if (!is_too_large(size, leaf.count)) return;

    size_t middle = packed_middle(block);
    struct tree_leaf left = leaf_of(range_of(root, block, 0, middle));
    struct tree_leaf right = leaf_of(range_of(root, block, middle, leaf.count - middle));
    free_block(root, block, size);
    tree_update(&root->tree, &path, &left);
    tree_insert(&root->tree, &path, TREE_BEHIND, &right);
    cut(root, position + middle);
    cut(root, position);
}

/* The leaf of the path and the one behind it become one, if they fit. */
static bool join_next(struct list_root *root, struct tree_path *path)
{
    struct tree_path next = *path;
    if (!tree_next(&root->tree, &next)) return false;
    struct tree_leaf a = tree_leaf(&root->tree, path), b = tree_leaf(&root->tree, &next);
    size_t size = packed_join_size(block_of(&a), block_of(&b));
    if (size > JOIN_WITHIN) return false;

    char *both = make_block(root, size);
    packed_join(both, block_of(&a), block_of(&b));
    free_block(root, block_of(&a), packed_size(block_of(&a)));
    free_block(root, block_of(&b), packed_size(block_of(&b)));
    struct tree_leaf joined = leaf_of(both);
    size_t before = tree_before(&root->tree, path);
    tree_remove(&root->tree, &next);
    tree_seek(&root->tree, before, path);
    tree_update(&root->tree, path, &joined);
    return true;
}

static void join_small(struct list_root *root, struct tree_path *path, size_t size)
{
    if (size >= JOIN_BELOW || join_next(root, path)) return;
    if (tree_back(&root->tree, path)) join_next(root, path);
}

/* The edit is of the leaf that the path leads to. */
static void apply_to_leaf(struct list_root *root, struct tree_path *path, const struct packed_edit *edit)
{
    struct tree_leaf leaf = tree_leaf(&root->tree, path);
    size_t size = edit->size;
    leaf = leaf_of(apply_exactly(root, block_of(&leaf), edit));
    tree_update(&root->tree, path, &leaf);
    if (is_too_large(size, leaf.count))
        cut(root, tree_before(&root->tree, path));
    else
        join_small(root, path, size);
}

/* The block with the element at `*position` of the tree, which is then counted from the block's first. */
static char *seek_leaf(struct list_root *root, size_t *position, struct tree_path *path)
{
    *position = tree_seek(&root->tree, *position, path);
    struct tree_leaf leaf = tree_leaf(&root->tree, path);
    return block_of(&leaf);
}

static struct packed_edit plan(const char *block, size_t index, bool replaces,
                               const struct packed_new *record)
{
    return replaces ? packed_replace(block, index, record) : packed_insert(block, index, record);
}

static void put(struct list_root *root, size_t index, bool replaces, const struct packed_new *record)
{
    size_t within = index;
    enum part part = part_of(root, &within);
    if (part != TREE && root->ends[part].block != NULL) {
        struct list_end *end = &root->ends[part];
        struct packed_edit edit = plan(end->block, within, replaces, record);
        if (!is_too_large(edit.size, packed_count(end->block) + !replaces)) {
            apply_to_end(root, end, &edit);
            return;
        }
        close_end(root, (enum list_side)part);
    }
    struct tree_path path;
    size_t position = index - count_of(&root->ends[LIST_HEAD]);
    char *block = seek_leaf(root, &position, &path);
    struct packed_edit edit = plan(block, position, replaces, record);
    apply_to_leaf(root, &path, &edit);
}

static size_t bytes_in_redis(const struct packed_new *record)
{
    struct packed_record written = { record->parts[0], record->mark };
    return list_entry_bytes(&written);
}

static size_t bytes_in_redis_at(const struct list_root *root, size_t index)
{
    size_t within;
    const char *block = list_root_at(root, index, &within);
    struct packed_record record = packed_at(block, within);
    return list_entry_bytes(&record);
}

void list_root_insert(struct list_root *root, size_t index, const struct packed_new *record)
{
    root->listpack_bytes += bytes_in_redis(record);
    if (index == list_root_len(root))
        push(root, LIST_TAIL, record);
    else if (index == 0)
        push(root, LIST_HEAD, record);
    else
        put(root, index, false, record);
}

void list_root_replace(struct list_root *root, size_t index, const struct packed_new *record)
{
    root->listpack_bytes += bytes_in_redis(record) - bytes_in_redis_at(root, index);
    put(root, index, true, record);
}

static size_t bytes_in_redis_of(const char *block, size_t index, size_t count)
{
    size_t bytes = 0;
    struct packed_record record;
    struct packed_walk walk = packed_walk(block, index);
    for (; count > 0 && packed_next(&walk, &record); count--) bytes += list_entry_bytes(&record);
    return bytes;
}

/* As many of the `count` elements from `index` on as are in one block. */
static size_t remove_some(struct list_root *root, size_t index, size_t count)
{
    struct tree_path path;
    enum part part = part_of(root, &index);
    char *block = part != TREE ? root->ends[part].block : seek_leaf(root, &index, &path);
    size_t left = packed_count(block) - index, removed = count < left ? count : left;

    root->listpack_bytes -= bytes_in_redis_of(block, index, removed);
    struct packed_edit edit = packed_remove(block, index, removed);
    if (part != TREE) {
        apply_to_end(root, &root->ends[part], &edit);
    } else if (removed < packed_count(block)) {
        apply_to_leaf(root, &path, &edit);
    } else {
        free_block(root, block, edit.old_size);
        tree_remove(&root->tree, &path);
    }
    return removed;
}

void list_root_remove(struct list_root *root, size_t index, size_t count)
{
    if (index == 0) fill_end(root, LIST_HEAD);
    if (index + count == list_root_len(root)) fill_end(root, LIST_TAIL);
    while (count > 0) count -= remove_some(root, index, count);
}

static struct list_root *make(void)
{
    struct list_root *root = block_alloc_zeroed(sizeof *root);
    tree_init(&root->tree, false);
    root->bytes = block_real_size(sizeof *root);
    root->listpack_bytes = LISTPACK_EMPTY_BYTES;
    return root;
}

static void open_with(struct list_root *root, enum list_side side, const char *block, size_t index,
                      size_t count)
{
    if (count == 0) return;
    char *range = range_of(root, block, index, count);
    open_end(&root->ends[side], range, packed_size(range));
}

struct list_root *list_root_make(const char *block)
{
    struct list_root *root = make();
    size_t count = packed_count(block), middle = count > 1 ? packed_middle(block) : 0;
    open_with(root, LIST_HEAD, block, 0, middle);
    open_with(root, LIST_TAIL, block, middle, count - middle);
    root->listpack_bytes += list_entries_bytes(block);
    return root;
}

size_t list_root_bytes(const void *memory)
{
    const struct list_root *root = memory;
    return root->bytes + root->tree.bytes;
}

static bool free_leaf(struct list_root *root)
{
    if (root->tree.root == NULL) return false;
    struct tree_path path;
    size_t position = root->tree.count;
    char *block = seek_leaf(root, &position, &path);
    free_block(root, block, packed_size(block));
    tree_remove(&root->tree, &path);
    return true;
}

bool list_root_drain(void *memory, size_t blocks)
{
    struct list_root *root = memory;
    for (; blocks > 0; blocks--)
        if (!free_leaf(root)) break;
    if (root->tree.root != NULL) return true;
    for (int side = 0; side < 2; side++)
        if (root->ends[side].block != NULL) free_end(root, &root->ends[side]);
    INVARIANT(root->bytes == block_real_size(sizeof *root));
    block_free(root, sizeof *root);
    return false;
}

static char *copy_block(struct list_root *root, const char *block, size_t size)
{
    return memcpy(make_block(root, size), block, size);
}

static void copy_leaves(struct list_root *root, const struct tree *from)
{
    struct tree_path path, end;
    tree_seek(from, 0, &path);
    do {
        struct tree_leaf leaf = tree_leaf(from, &path);
        leaf = leaf_of(copy_block(root, block_of(&leaf), packed_size(block_of(&leaf))));
        if (root->tree.root != NULL) tree_seek(&root->tree, root->tree.count, &end);
        tree_insert(&root->tree, &end, TREE_BEHIND, &leaf);
    } while (tree_next(from, &path));
}

void *list_root_copy(const void *memory)
{
    const struct list_root *from = memory;
    struct list_root *root = make();
    root->listpack_bytes = from->listpack_bytes;
    root->is_quicklist = from->is_quicklist;
    for (int side = 0; side < 2; side++) {
        const struct list_end *end = &from->ends[side];
        if (end->block == NULL) continue;
        open_end(&root->ends[side], copy_block(root, end->block, end->size), end->size);
    }
    if (from->tree.root != NULL) copy_leaves(root, &from->tree);
    return root;
}

/* The hand counts elements of the tree; the ends come at the beginning of a round. */
void list_root_compact(void *memory, uint64_t *hand, size_t blocks, const struct value_mover *mover)
{
    struct list_root *root = memory;
    for (int side = 0; *hand == 0 && side < 2; side++) {
        struct list_end *end = &root->ends[side];
        if (end->block != NULL) end->block = mover->move(mover->context, end->block, end->room);
    }
    for (; blocks > 0 && *hand < root->tree.count; blocks--) {
        struct tree_path path;
        size_t within = *hand;
        char *block = seek_leaf(root, &within, &path);
        struct tree_leaf leaf = leaf_of(mover->move(mover->context, block, packed_size(block)));
        tree_update(&root->tree, &path, &leaf);
        tree_move_nodes(&root->tree, &path, mover);
        *hand += leaf.count - within;
    }
    if (*hand >= root->tree.count) *hand = 0;
}

bool list_root_prefetch(const void *memory, uint64_t member_hash, unsigned stage)
{
    (void)member_hash;
    (void)stage;
    const struct list_root *root = memory;
    for (int side = 0; side < 2; side++)
        if (root->ends[side].block != NULL) fetch_line(root->ends[side].block);
    return false;
}

static void check_block(const char *block, size_t size, size_t room, struct list_root *sums)
{
    packed_check(block, size);
    INVARIANT(packed_count(block) > 0 && size <= block_real_size(room));
    INVARIANT(packed_form(block) <= PACKED_WIDTH);
    sums->bytes += block_real_size(room);
    sums->listpack_bytes += list_entries_bytes(block);
}

void list_root_check(const struct list_root *root)
{
    struct list_root sums = { .bytes = block_real_size(sizeof *root),
                              .listpack_bytes = LISTPACK_EMPTY_BYTES };
    tree_check(&root->tree);
    for (int side = 0; side < 2; side++) {
        const struct list_end *end = &root->ends[side];
        if (end->block != NULL) check_block(end->block, end->size, end->room, &sums);
    }
    struct tree_path path;
    if (root->tree.root != NULL) {
        tree_seek(&root->tree, 0, &path);
        do {
            struct tree_leaf leaf = tree_leaf(&root->tree, &path);
            size_t size = packed_size(block_of(&leaf));
            INVARIANT(leaf.count == packed_count(block_of(&leaf)));
            check_block(block_of(&leaf), size, size, &sums);
        } while (tree_next(&root->tree, &path));
    }
    INVARIANT(sums.bytes == root->bytes && sums.listpack_bytes == root->listpack_bytes);
}
