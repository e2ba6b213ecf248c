#include "storage/types/stream.h"

#include <stdint.h>

#include "proto/base/contract.h"

struct stream_root *stream_open(struct value *stream)
{
    if (stream->root == NULL) stream->root = stream_root_make();
    return stream->root;
}

void stream_add(struct value *stream, const struct stream_new *entry)
{
    stream_root_add(stream_open(stream), entry, stream->limits);
}

/* Where it is. False: it is not there. */
static bool find(const struct stream_root *root, struct stream_id id, struct stream_place *place,
                 struct stream_cursor *cursor)
{
    struct stream_id found;
    *place = stream_root_seek(root, id);
    if (place->block == NULL || stream_id_compare(place->block->last, id) < 0) return false;
    *cursor = stream_cursor_at_first(place->block);
    stream_cursor_seek(cursor, id);
    return stream_cursor_peek(cursor, &found) && stream_id_compare(found, id) == 0;
}

bool stream_has(const struct value *stream, struct stream_id id)
{
    struct stream_place place;
    struct stream_cursor cursor;
    return stream->root != NULL && find(stream->root, id, &place, &cursor);
}

bool stream_remove(struct value *stream, struct stream_id id)
{
    struct stream_place place;
    struct stream_cursor cursor;
    struct stream_root *root = stream->root;
    if (root == NULL || !find(root, id, &place, &cursor)) return false;
    stream_root_remove(root, place.is_open ? NULL : &place.path, &cursor);
    if (stream_id_compare(id, root->max_removed) > 0) root->max_removed = id;
    return true;
}

struct stream_id stream_first_id(const struct value *stream)
{
    struct stream_walk walk = stream_walk(stream, STREAM_ID_MIN);
    struct stream_entry entry;
    return stream_next(&walk, &entry) ? entry.id : STREAM_ID_MIN;
}

struct stream_id stream_last_there(const struct value *stream)
{
    const struct stream_root *root = stream->root;
    if (root == NULL || root->len == 0) return STREAM_ID_MIN;
    struct stream_place place = stream_root_seek(root, STREAM_ID_MAX);
    while (place.block->count == 0) stream_place_back(root, &place);
    return place.block->there;
}

/* Whether a block goes as a whole; of one that keeps an id though its entry is gone, it does not. */
static bool goes_whole(const struct stream_root *root, const struct stream_block *block,
                       const struct stream_trim *trim)
{
    if (trim->by_id) return stream_id_compare(block->last, trim->min_id) < 0;
    return root->len - block->count >= trim->max_len;
}

/* How many entries of the first block go, and the cursor behind them. */
static uint32_t count_in_block(const struct stream_root *root, const struct stream_trim *trim,
                               struct stream_cursor *cursor)
{
    struct stream_id id;
    struct stream_entry entry;
    uint32_t count = 0;
    while (stream_cursor_peek(cursor, &id)) {
        if (trim->by_id ? stream_id_compare(id, trim->min_id) >= 0 : root->len - count <= trim->max_len)
            break;
        stream_cursor_next(cursor, &entry);
        count++;
    }
    return count;
}

static size_t trim_first(struct stream_root *root, const struct stream_block *block,
                         const struct stream_trim *trim)
{
    struct stream_cursor cursor = stream_cursor_at_first(block);
    uint32_t count = count_in_block(root, trim, &cursor);
    if (count > 0) stream_root_cut_first(root, &cursor, count);
    return count;
}

size_t stream_trim(struct value *stream, const struct stream_trim *trim)
{
    struct stream_root *root = stream->root;
    const struct stream_block *block;
    size_t removed = 0;
    while (root != NULL && (block = stream_root_first(root)) != NULL) {
        if (!trim->by_id && root->len <= trim->max_len) break;
        if (trim->limit != 0 && removed + block->count > trim->limit) break;
        if (!goes_whole(root, block, trim))
            return removed + (trim->whole_blocks ? 0 : trim_first(root, block, trim));
        removed += block->count;
        stream_root_drop_first(root);
    }
    return removed;
}

/* In front of the first record of the block that is not before `from`. Who reads what was added last need not
 * look through the block for it. */
static struct stream_cursor seek_in_block(const struct stream_root *root, const struct stream_place *place,
                                          struct stream_id from)
{
    struct stream_cursor cursor = stream_cursor_at_first(place->block);
    if (place->is_open && root->newest != 0 && stream_id_compare(from, root->before_newest) > 0)
        cursor = (struct stream_cursor){ place->block, root->newest, root->before_newest };
    stream_cursor_seek(&cursor, from);
    return cursor;
}

struct stream_walk stream_walk(const struct value *stream, struct stream_id from)
{
    struct stream_walk walk = { .root = stream->root };
    if (walk.root == NULL) return walk;
    walk.place = stream_root_seek(walk.root, from);
    if (walk.place.block != NULL) walk.cursor = seek_in_block(walk.root, &walk.place, from);
    return walk;
}

struct stream_walk stream_walk_on(const struct value *stream, const struct stream_bookmark *bookmark,
                                  struct stream_id behind)
{
    struct stream_id from = behind;
    const struct stream_root *root = stream->root;
    if (!stream_id_next(&from)) return (struct stream_walk){ .root = NULL };
    bool is_known = root != NULL && bookmark->at != 0 && bookmark->shape == root->shape &&
                    stream_id_compare(bookmark->behind, behind) == 0;
    if (!is_known) return stream_walk(stream, from);
    struct stream_walk walk = { .root = root, .place = stream_root_seek(root, behind) };
    walk.cursor = (struct stream_cursor){ walk.place.block, bookmark->at, behind };
    return walk;
}

/* At the end of a stream it may be in a block that has lost its entries, and not behind the last one. */
void stream_walk_remember(const struct stream_walk *walk, struct stream_id last,
                          struct stream_bookmark *bookmark)
{
    const struct stream_cursor *cursor = &walk->cursor;
    bool is_behind_it = stream_id_compare(cursor->before, last) == 0;
    *bookmark = (struct stream_bookmark){ walk->root->shape, last, is_behind_it ? cursor->at : 0 };
}

bool stream_next(struct stream_walk *walk, struct stream_entry *entry)
{
    if (walk->root == NULL || walk->place.block == NULL) return false;
    while (!stream_cursor_next(&walk->cursor, entry)) {
        if (!stream_place_next(walk->root, &walk->place)) return false;
        walk->cursor = stream_cursor_at_first(walk->place.block);
    }
    return true;
}

/* Remember the last records of the block that are below. */
static void read_up(struct stream_walk_back *walk)
{
    struct stream_cursor cursor = stream_cursor_at_first(walk->place.block);
    struct stream_id id;
    struct stream_entry entry;
    size_t count = 0;
    while (stream_cursor_peek(&cursor, &id)) {
        int order = stream_id_compare(id, walk->upto);
        if (order > 0 || (order == 0 && !walk->is_inclusive)) break;
        walk->begins[count++ % STREAM_WALK_BACK] = cursor;
        stream_cursor_next(&cursor, &entry);
    }
    walk->newest = count;
    walk->known = count < STREAM_WALK_BACK ? count : STREAM_WALK_BACK;
    walk->has_more = count > STREAM_WALK_BACK;
}

void stream_walk_back(struct stream_walk_back *walk, const struct value *stream, struct stream_id from)
{
    walk->root = stream->root;
    walk->place.block = NULL;
    walk->known = 0;
    walk->has_more = false;
    if (walk->root == NULL) return;
    walk->place = stream_root_seek(walk->root, from);
    walk->upto = from;
    walk->is_inclusive = true;
    if (walk->place.block != NULL) read_up(walk);
}

/* More of this block, or the block before. False: there is none. */
static bool read_further(struct stream_walk_back *walk)
{
    if (walk->place.block == NULL) return false;
    if (walk->has_more) {
        walk->is_inclusive = false;
    } else {
        if (!stream_place_back(walk->root, &walk->place)) return false;
        walk->upto = STREAM_ID_MAX;
        walk->is_inclusive = true;
    }
    read_up(walk);
    return true;
}

bool stream_back(struct stream_walk_back *walk, struct stream_entry *entry)
{
    while (walk->known == 0)
        if (!read_further(walk)) return false;
    walk->known--;
    struct stream_cursor cursor = walk->begins[--walk->newest % STREAM_WALK_BACK];
    stream_cursor_next(&cursor, entry);
    walk->upto = entry->id;
    return true;
}

static size_t len(const struct value *stream)
{
    return stream->root != NULL ? ((const struct stream_root *)stream->root)->len : 0;
}

static const char *encoding(const struct value *stream)
{
    (void)stream;
    return "stream";
}

static void check(const struct value *stream)
{
    INVARIANT(stream->root != NULL);
    stream_root_check(stream->root);
}

const struct value_type stream_type = {
    .name = "stream",
    .len = len,
    .encoding = encoding,
    .bytes = stream_root_bytes,
    .drain = stream_root_drain,
    .copy = stream_root_copy,
    .compact = stream_root_compact,
    .prefetch = stream_root_prefetch,
    .check = check,
    .stays_empty = true,
};
