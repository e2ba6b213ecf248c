#include "storage/types/streams/stream_root.h"

#include <string.h>

#include "proto/base/contract.h"
#include "storage/memory/block.h"
#include "storage/memory/fetch.h"

#define OPEN_BLOCK_MIN 128
/* The room of an open block behind closed ones, if those are as long: it will mostly become one of them. */
#define OPEN_BLOCK_USUAL 4096

static struct stream_block *block_of(const struct tree_leaf *leaf)
{
    return (struct stream_block *)(uintptr_t)leaf->ref;
}

static struct tree_leaf leaf_of(struct stream_block *block)
{
    return (struct tree_leaf){ .ref = (uintptr_t)block,
                               .count = block->count,
                               .key = { block->first.ms, block->first.seq } };
}

static bool begins_at_it(const struct tree_bound *bound, uint64_t ref)
{
    (void)bound;
    (void)ref;
    return true;
}

/* Of a tree that has leaves: the last that begins at `id` or before, or the first. */
static struct stream_block *seek(const struct stream_root *root, struct stream_id id, struct tree_path *path)
{
    struct tree_bound bound = { .key = { id.ms, id.seq }, .is_before = begins_at_it };
    tree_seek_bound(&root->tree, &bound, path);
    struct tree_leaf leaf = tree_leaf(&root->tree, path);
    return block_of(&leaf);
}

struct stream_root *stream_root_make(void)
{
    struct stream_root *root = block_alloc_zeroed(sizeof *root);
    tree_init(&root->tree, true);
    root->bytes = block_real_size(sizeof *root);
    return root;
}

static void free_block(struct stream_root *root, struct stream_block *block, size_t room)
{
    root->bytes -= block_real_size(room);
    root->shape++;
    block_free(block, room);
}

static struct stream_block *resize_block(struct stream_root *root, struct stream_block *block, size_t room,
                                         size_t new_room)
{
    root->bytes += block_real_size(new_room) - block_real_size(room);
    root->shape++;
    return block_resize(block, room, new_room);
}

static void set_open(struct stream_root *root, struct stream_block *block, size_t room)
{
    root->open = block;
    root->room = room;
    root->newest = 0;
}

static void drop_open(struct stream_root *root)
{
    free_block(root, root->open, root->room);
    set_open(root, NULL, 0);
}

static void insert_last(struct stream_root *root, struct stream_block *block)
{
    struct tree_path path;
    struct tree_leaf leaf = leaf_of(block);
    if (root->tree.root != NULL) seek(root, STREAM_ID_MAX, &path);
    tree_insert(&root->tree, &path, TREE_BEHIND, &leaf);
}

static void close(struct stream_root *root)
{
    insert_last(root, resize_block(root, root->open, root->room, root->open->size));
    set_open(root, NULL, 0);
}

/* The last of the tree, whose room is its size. */
static void reopen(struct stream_root *root)
{
    struct tree_path path;
    if (root->open != NULL || root->tree.root == NULL) return;
    struct stream_block *block = seek(root, STREAM_ID_MAX, &path);
    tree_remove(&root->tree, &path);
    set_open(root, block, block->size);
}

/* A last id that was set back may be before what is left of a block that has lost all entries. */
static void reopen_for(struct stream_root *root, struct stream_id id)
{
    reopen(root);
    while (root->open != NULL && root->open->count == 0 && stream_id_compare(id, root->open->first) < 0) {
        drop_open(root);
        reopen(root);
    }
}

static void begin(struct stream_root *root, const struct stream_new *entry)
{
    size_t room = stream_block_size_for(NULL, entry);
    if (root->tree.root != NULL && room < OPEN_BLOCK_USUAL) room = OPEN_BLOCK_USUAL;
    if (room < OPEN_BLOCK_MIN) room = OPEN_BLOCK_MIN;
    room = block_real_size(room);
    root->bytes += room;
    set_open(root, block_alloc(room), room);
    stream_block_begin(root->open, entry);
}

static void append(struct stream_root *root, const struct stream_new *entry)
{
    size_t size = stream_block_size_for(root->open, entry);
    if (size > root->room) {
        size_t room = block_real_size(size);
        root->open = resize_block(root, root->open, root->room, room);
        root->room = room;
    }
    uint32_t names = root->open->names;
    root->before_newest = root->open->there;
    root->newest = stream_block_append(root->open, entry);
    root->shape += root->open->names != names;
}

void stream_root_add(struct stream_root *root, const struct stream_new *entry,
                     const struct value_limits *limits)
{
    reopen_for(root, entry->id);
    if (root->open != NULL &&
        stream_block_is_full(root->open, entry, limits->stream_node_bytes, limits->stream_node_entries))
        close(root);
    if (root->open != NULL)
        append(root, entry);
    else
        begin(root, entry);
    root->last = entry->id;
    root->added++;
    root->len++;
}

struct stream_place stream_root_seek(const struct stream_root *root, struct stream_id id)
{
    struct stream_place place;
    place.is_open =
        root->open != NULL && (root->tree.root == NULL || stream_id_compare(root->open->first, id) <= 0);
    if (place.is_open)
        place.block = root->open;
    else
        place.block = root->tree.root != NULL ? seek(root, id, &place.path) : NULL;
    return place;
}

bool stream_place_next(const struct stream_root *root, struct stream_place *place)
{
    if (place->is_open) return false;
    if (tree_next(&root->tree, &place->path)) {
        struct tree_leaf leaf = tree_leaf(&root->tree, &place->path);
        place->block = block_of(&leaf);
        return true;
    }
    if (root->open == NULL) return false;
    place->is_open = true;
    place->block = root->open;
    return true;
}

bool stream_place_back(const struct stream_root *root, struct stream_place *place)
{
    if (!place->is_open) {
        if (!tree_back(&root->tree, &place->path)) return false;
        struct tree_leaf leaf = tree_leaf(&root->tree, &place->path);
        place->block = block_of(&leaf);
        return true;
    }
    if (root->tree.root == NULL) return false;
    place->is_open = false;
    place->block = seek(root, STREAM_ID_MAX, &place->path);
    return true;
}

static void drop_leaf(struct stream_root *root, struct tree_path *path, struct stream_block *block)
{
    free_block(root, block, block->size);
    tree_remove(&root->tree, path);
}

/* A closed block has become shorter than `old_size`. */
static void settle(struct stream_root *root, const struct tree_path *path, struct stream_block *block,
                   size_t old_size)
{
    struct tree_leaf leaf = leaf_of(resize_block(root, block, old_size, block->size));
    tree_update(&root->tree, path, &leaf);
}

void stream_root_remove(struct stream_root *root, struct tree_path *path, const struct stream_cursor *cursor)
{
    struct stream_block *block = (struct stream_block *)(uintptr_t)cursor->block;
    size_t old_size = block->size;
    root->len--;
    root->newest = 0;
    root->shape++;
    if (block->count == 1) {
        if (path == NULL)
            drop_open(root);
        else
            drop_leaf(root, path, block);
        return;
    }
    stream_block_remove(block, cursor);
    if (path != NULL) settle(root, path, block, old_size);
}

struct stream_block *stream_root_first(const struct stream_root *root)
{
    struct tree_path path;
    return root->tree.root != NULL ? seek(root, STREAM_ID_MIN, &path) : root->open;
}

void stream_root_drop_first(struct stream_root *root)
{
    struct tree_path path;
    struct stream_block *block = stream_root_first(root);
    root->len -= block->count;
    if (root->tree.root == NULL) {
        drop_open(root);
        return;
    }
    seek(root, STREAM_ID_MIN, &path);
    drop_leaf(root, &path, block);
}

void stream_root_cut_first(struct stream_root *root, const struct stream_cursor *cursor, uint32_t count)
{
    struct tree_path path;
    struct stream_block *block = stream_root_first(root);
    size_t old_size = block->size;
    stream_block_remove_before(block, cursor, count);
    root->len -= count;
    root->newest = 0;
    root->shape++;
    if (root->tree.root == NULL) return;
    seek(root, STREAM_ID_MIN, &path);
    settle(root, &path, block, old_size);
}

static int compare_names(struct slice a, struct slice b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len > 0 ? memcmp(a.data, b.data, len) : 0;
    if (order != 0) return order;
    return a.len == b.len ? 0 : a.len < b.len ? -1 : 1;
}

/* The first that is not before it. */
static size_t group_place(const struct stream_root *root, struct slice name)
{
    size_t low = 0, high = root->group_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (compare_names(root->groups[middle]->name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct stream_group *stream_root_group(const struct stream_root *root, struct slice name)
{
    size_t at = group_place(root, name);
    if (at == root->group_count || !slice_equal(root->groups[at]->name, name)) return NULL;
    return root->groups[at];
}

static void reserve_groups(struct stream_root *root, size_t room)
{
    size_t old = root->group_room * sizeof *root->groups, size = room * sizeof *root->groups;
    if (room <= root->group_room) return;
    root->groups = old > 0 ? block_resize(root->groups, old, size) : block_alloc(size);
    root->bytes += block_real_size(size) - (old > 0 ? block_real_size(old) : 0);
    root->group_room = room;
}

static void enter_group(struct stream_root *root, struct stream_group *group, size_t at)
{
    if (root->group_count == root->group_room) reserve_groups(root, 2 * root->group_room + 1);
    struct stream_group **place = root->groups + at;
    memmove(place + 1, place, (root->group_count - at) * sizeof *place);
    *place = group;
    root->group_count++;
}

struct stream_group *stream_root_add_group(struct stream_root *root, struct slice name)
{
    struct stream_group *group = stream_group_create(name);
    enter_group(root, group, group_place(root, name));
    stream_group_account(group, &root->group_bytes);
    return group;
}

void stream_root_remove_group(struct stream_root *root, struct stream_group *group)
{
    size_t at = group_place(root, group->name), all = SIZE_MAX;
    struct stream_group **place = root->groups + at;
    memmove(place, place + 1, (--root->group_count - at) * sizeof *place);
    while (stream_group_drain(group, &all)) continue;
}

size_t stream_root_bytes(const void *memory)
{
    const struct stream_root *root = memory;
    return root->bytes + root->tree.bytes + root->group_bytes;
}

static bool drain_groups(struct stream_root *root, size_t *blocks)
{
    for (; root->group_count > 0; root->group_count--)
        if (stream_group_drain(root->groups[root->group_count - 1], blocks)) return true;
    return false;
}

bool stream_root_drain(void *memory, size_t blocks)
{
    struct stream_root *root = memory;
    if (drain_groups(root, &blocks)) return true;
    for (; root->tree.root != NULL && blocks > 0; blocks--) {
        struct tree_path path;
        struct stream_block *block = seek(root, STREAM_ID_MAX, &path);
        drop_leaf(root, &path, block);
    }
    if (root->tree.root != NULL) return true;
    if (root->open != NULL) drop_open(root);
    if (root->group_room > 0) block_free(root->groups, root->group_room * sizeof *root->groups);
    block_free(root, sizeof *root);
    return false;
}

static struct stream_block *copy_block(struct stream_root *root, const struct stream_block *block)
{
    root->bytes += block_real_size(block->size);
    return memcpy(block_alloc(block->size), block, block->size);
}

void stream_root_append(struct stream_root *root, const struct stream_block *block)
{
    if (root->open != NULL) close(root);
    insert_last(root, copy_block(root, block));
    root->shape++;
    root->len += block->count;
}

static void copy_blocks(struct stream_root *root, const struct stream_root *from)
{
    struct stream_place place = stream_root_seek(from, STREAM_ID_MIN);
    if (place.block == NULL) return;
    do {
        struct stream_block *copy = copy_block(root, place.block);
        if (place.is_open)
            set_open(root, copy, copy->size);
        else
            insert_last(root, copy);
    } while (stream_place_next(from, &place));
}

void *stream_root_copy(const void *memory)
{
    const struct stream_root *from = memory;
    struct stream_root *root = stream_root_make();
    root->last = from->last;
    root->max_removed = from->max_removed;
    root->added = from->added;
    root->len = from->len;
    copy_blocks(root, from);
    for (size_t i = 0; i < from->group_count; i++) {
        enter_group(root, stream_group_copy(from->groups[i]), i);
        stream_group_account(root->groups[i], &root->group_bytes);
    }
    return root;
}

/* The leaf with the entry at `position`. Returns how many it has from there on. */
static size_t compact_leaf(struct stream_root *root, size_t position, const struct value_mover *mover)
{
    struct tree_path path;
    size_t within = tree_seek(&root->tree, position, &path);
    struct tree_leaf leaf = tree_leaf(&root->tree, &path);
    leaf = leaf_of(mover->move(mover->context, block_of(&leaf), block_of(&leaf)->size));
    tree_update(&root->tree, &path, &leaf);
    tree_move_nodes(&root->tree, &path, mover);
    return leaf.count - within;
}

/* The same of what is pending in groups, counted over all of them. 0: there is no more. */
static size_t compact_pending(struct stream_root *root, size_t position, const struct value_mover *mover)
{
    for (size_t i = 0; i < root->group_count; i++) {
        struct pending *pending = &root->groups[i]->pending;
        if (position < pending_len(pending)) return pending_compact(pending, position, mover);
        position -= pending_len(pending);
    }
    return 0;
}

/* The hand counts the entries of the tree, then those that are pending; the open block comes at the
 * beginning of a round. */
void stream_root_compact(void *memory, uint64_t *hand, size_t blocks, const struct value_mover *mover)
{
    struct stream_root *root = memory;
    root->shape++;
    if (*hand == 0 && root->open != NULL) root->open = mover->move(mover->context, root->open, root->room);
    for (; blocks > 0; blocks--) {
        size_t done = *hand < root->tree.count ? compact_leaf(root, *hand, mover)
                                               : compact_pending(root, *hand - root->tree.count, mover);
        *hand = done > 0 ? *hand + done : 0;
        if (done == 0) return;
    }
}

bool stream_root_prefetch(const void *memory, uint64_t member_hash, unsigned stage)
{
    (void)member_hash;
    (void)stage;
    const struct stream_root *root = memory;
    if (root->open == NULL) return false;
    fetch_line(root->open);
    fetch_line((const char *)root->open + root->open->size);
    return false;
}

static void check_blocks(const struct stream_root *root, size_t *bytes, size_t *len)
{
    struct stream_id before = STREAM_ID_MIN;
    struct stream_place place = stream_root_seek(root, STREAM_ID_MIN);
    if (place.block == NULL) return;
    do {
        const struct stream_block *block = place.block;
        size_t room = place.is_open ? root->room : block->size;
        stream_block_check(block, room);
        INVARIANT(*len == 0 || stream_id_compare(before, block->first) < 0);
        before = block->there;
        *bytes += block_real_size(room);
        *len += block->count;
    } while (stream_place_next(root, &place));
    INVARIANT(stream_id_compare(before, root->last) <= 0);
}

void stream_root_check(const struct stream_root *root)
{
    size_t bytes = block_real_size(sizeof *root), group_bytes = 0, len = 0;
    tree_check(&root->tree);
    check_blocks(root, &bytes, &len);
    if (root->group_room > 0) bytes += block_real_size(root->group_room * sizeof *root->groups);
    for (size_t i = 0; i < root->group_count; i++) {
        INVARIANT(i == 0 || compare_names(root->groups[i - 1]->name, root->groups[i]->name) < 0);
        stream_group_check(root->groups[i]);
        group_bytes += stream_group_bytes(root->groups[i]);
    }
    INVARIANT(bytes == root->bytes && group_bytes == root->group_bytes && len == root->len);
}
