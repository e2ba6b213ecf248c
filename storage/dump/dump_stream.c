#include "storage/dump/dump_stream.h"

#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "storage/dump/encodings/elements.h"
#include "storage/dump/encodings/length.h"
#include "storage/dump/encodings/listpack_writer.h"
#include "storage/types/stream.h"

/* Flags of an entry. */
enum { ENTRY_REMOVED = 1, ENTRY_SAME_NAMES = 2 };

/* Elements of an entry besides its words and its own number of elements. */
#define ENTRY_LEAD 3

/* Of a node, and of the block that it becomes. */
#define NODE_MAX  STREAM_WORDS_MAX
#define BLOCK_MAX ((size_t)3 << 30)

/* A node while it is read. Its atoms stand in the listpack, so they are good to its end. */
struct node {
    struct elements elements;
    struct stream_id first, last; /* the last of all that were */
    uint64_t live, removed;       /* as it says, and then as far as they are still to come */
    struct buffer names;          /* atoms: those of the first entry */
    size_t name_count;
    struct buffer words; /* atoms of the entry at hand: its values; if it has names of its own, by turns */
    struct buffer slices, texts;
    struct buffer block; /* what it becomes */
};

static struct atom *atoms_in(const struct buffer *buffer)
{
    return (struct atom *)(void *)buffer->data;
}

static bool next_integer(struct node *node, int64_t *integer)
{
    struct atom atom;
    if (!elements_next(&node->elements, &atom) || !atom_is_integer(&atom)) {
        source_fail(node->elements.outer);
        *integer = 0;
        return false;
    }
    *integer = atom.integer;
    return true;
}

/* Of things that are elements each. */
static size_t next_count(struct node *node)
{
    int64_t count;
    if (next_integer(node, &count) && (count < 0 || (size_t)count > node->elements.whole.len))
        source_fail(node->elements.outer);
    return node->elements.outer->failed ? 0 : (size_t)count;
}

static void next_atom(struct node *node, struct buffer *out)
{
    struct atom *atom = (struct atom *)(void *)buffer_reserve(out, sizeof *atom);
    if (!elements_next(&node->elements, atom)) {
        source_fail(node->elements.outer);
        atom_set_integer(atom, 0);
    }
    buffer_commit(out, sizeof *atom);
}

static void read_master(struct node *node)
{
    int64_t end;
    node->live = next_count(node);
    node->removed = next_count(node);
    node->name_count = next_count(node);
    for (size_t i = 0; i < node->name_count && !node->elements.outer->failed; i++)
        next_atom(node, &node->names);
    if (next_integer(node, &end) && end != 0) source_fail(node->elements.outer);
}

static struct stream_block *block_of(const struct node *node)
{
    return (struct stream_block *)(void *)node->block.data;
}

/* Memory for a block that has so much so far, and will have `size` at most. */
static struct stream_block *make_room(struct node *node, size_t has, size_t size)
{
    if (size > BLOCK_MAX) {
        source_fail(node->elements.outer);
        return NULL;
    }
    node->block.len = has;
    buffer_reserve(&node->block, size - has);
    return block_of(node);
}

/* The words as texts, in memory of the node: `words` or, if there are only names, those with empty values. */
static struct stream_new spell(struct node *node, const struct buffer *atoms, struct stream_id id)
{
    bool only_names = atoms == &node->names;
    size_t count = atoms->len / sizeof(struct atom);
    node->slices.len = node->texts.len = 0;
    char *texts = buffer_reserve(&node->texts, count * NUMBER_I64_MAX + 1);
    for (size_t i = 0; i < count; i++) {
        struct slice word = atom_text(&atoms_in(atoms)[i], texts + i * NUMBER_I64_MAX), none = SLICE("");
        buffer_append(&node->slices, &word, sizeof word);
        if (only_names) buffer_append(&node->slices, &none, sizeof none);
    }
    return (struct stream_new){ .id = id,
                                .words = (const struct slice *)(const void *)node->slices.data,
                                .pairs = only_names ? count : count / 2 };
}

static void begin_block(struct node *node)
{
    struct stream_new names = spell(node, &node->names, node->first);
    struct stream_block *block = make_room(node, 0, stream_block_size_for(NULL, &names));
    if (block != NULL) stream_block_begin_empty(block, &names);
}

static void read_words(struct node *node, size_t words)
{
    node->words.len = 0;
    for (size_t i = 0; i < words && !node->elements.outer->failed; i++) next_atom(node, &node->words);
}

/* As the number that is behind it says. */
static bool ends_after(struct node *node, size_t parts)
{
    int64_t elements;
    if (next_integer(node, &elements) && elements != (int64_t)(ENTRY_LEAD + parts))
        source_fail(node->elements.outer);
    return !node->elements.outer->failed;
}

static void add_values(struct node *node, struct stream_id id)
{
    size_t pairs = node->name_count;
    const struct atom *values = atoms_in(&node->words);
    struct stream_block *block = block_of(node);
    block = make_room(node, block->size, stream_block_room_for(block, values, pairs));
    if (block != NULL) stream_block_append_values(block, id, values, pairs);
}

static void add_words(struct node *node, struct stream_id id)
{
    struct stream_new entry = spell(node, &node->words, id);
    struct stream_block *block = block_of(node);
    block = make_room(node, block->size, stream_block_size_for(block, &entry));
    if (block != NULL) stream_block_append(block, &entry);
}

/* Ids of what is there rise. Those of what was removed need not: XSETID may have gone back behind them. */
static bool take_id(struct node *node, struct stream_id id, bool removed)
{
    const struct stream_block *block = block_of(node);
    uint64_t *left = removed ? &node->removed : &node->live;
    struct stream_id least = block->count == 0 ? node->first : block->there;
    bool rises = stream_id_compare(least, id) < (block->count == 0 ? 1 : 0);
    if (stream_id_compare(node->last, id) < 0) node->last = id;
    return (*left)-- > 0 && (removed || rises);
}

static void read_entry(struct node *node, int64_t flags)
{
    struct source *source = node->elements.outer;
    int64_t ms, seq;
    bool same_names = flags & ENTRY_SAME_NAMES, removed = flags & ENTRY_REMOVED;
    next_integer(node, &ms);
    next_integer(node, &seq);
    size_t pairs = same_names ? node->name_count : next_count(node);
    size_t words = same_names ? pairs : 2 * pairs;
    read_words(node, words);
    struct stream_id id = { node->first.ms + (uint64_t)ms, node->first.seq + (uint64_t)seq };
    if (!ends_after(node, same_names ? words : words + 1)) return;
    if (pairs == 0 || !take_id(node, id, removed))
        source_fail(source);
    else if (removed)
        block_of(node)->removed++;
    else if (same_names)
        add_values(node, id);
    else
        add_words(node, id);
}

static void read_entries(struct node *node)
{
    struct atom flags;
    while (elements_next(&node->elements, &flags)) {
        if (atom_is_integer(&flags))
            read_entry(node, flags.integer);
        else
            source_fail(node->elements.outer);
    }
    if (node->live > 0 || node->removed > 0) source_fail(node->elements.outer);
}

/* One that has lost all entries is not kept, as in Redis. */
static void keep_block(struct node *node, struct stream_root *root)
{
    struct stream_block *block = block_of(node);
    if (block->count == 0) return;
    block->last = node->last;
    stream_block_weigh(block, node->elements.whole.len);
    stream_root_append(root, block);
    root->last = block->there;
}

static void read_node(struct source *source, struct stream_root *root, struct node *node)
{
    struct buffer scratch = { 0 };
    struct slice key = dump_text_read_bytes(source, &scratch);
    struct source id = source_of(key);
    node->first = node->last = dump_id_read_raw(&id);
    node->names.len = 0;
    if (id.failed || source_left(&id) > 0 || stream_id_compare(root->last, node->first) >= 0)
        source_fail(source);
    elements_open(&node->elements, source, ELEMENTS_LISTPACK);
    if (node->elements.whole.len > NODE_MAX) source_fail(source);
    if (!source->failed) read_master(node);
    if (!source->failed) begin_block(node);
    if (!source->failed) read_entries(node);
    if (!source->failed) keep_block(node, root);
    elements_close(&node->elements);
    buffer_clear(&scratch);
}

static void clear_node(struct node *node)
{
    buffer_clear(&node->names);
    buffer_clear(&node->words);
    buffer_clear(&node->slices);
    buffer_clear(&node->texts);
    buffer_clear(&node->block);
}

/* What the stream remembers of what it had. */
static void read_memory(struct source *source, enum dump_stream_age age, struct stream_root *root)
{
    uint64_t len = length_read(source);
    struct stream_id last = dump_id_read(source);
    if (len != root->len || stream_id_compare(last, root->last) < 0) source_fail(source);
    root->last = last;
    root->added = root->len;
    if (age == DUMP_STREAM_5_0) return;
    dump_id_read(source);
    root->max_removed = dump_id_read(source);
    root->added = length_read(source);
}

bool dump_stream_read(struct source *source, enum dump_stream_age age, struct value *stream)
{
    struct stream_root *root = stream_open(stream);
    uint64_t nodes = length_read_count(source, 1);
    struct node node = { 0 };
    for (; nodes > 0 && !source->failed; nodes--) read_node(source, root, &node);
    clear_node(&node);
    if (!source->failed) read_memory(source, age, root);
    return !source->failed && dump_groups_read(source, age, root);
}

static bool are_same_names(struct stream_entry entry, struct stream_entry other)
{
    bool same = entry.pairs == other.pairs;
    for (size_t i = 0; i < entry.pairs && same; i++) {
        struct atom name, other_name, value;
        stream_entry_next(&entry, &name, &value);
        stream_entry_next(&other, &other_name, &value);
        same = atom_is_integer(&name)
                   ? atom_is_integer(&other_name) && name.integer == other_name.integer
                   : !atom_is_integer(&other_name) && slice_equal(name.text, other_name.text);
    }
    return same;
}

static size_t append_integer(struct buffer *out, int64_t integer)
{
    struct atom atom = atom_of_integer(integer);
    listpack_append(out, &atom);
    return 1;
}

static size_t append_words(struct buffer *out, struct stream_entry entry, bool names, bool values)
{
    for (size_t i = 0; i < entry.pairs; i++) {
        struct atom name, value;
        stream_entry_next(&entry, &name, &value);
        if (names) listpack_append(out, &name);
        if (values) listpack_append(out, &value);
    }
    return entry.pairs * ((size_t)names + (size_t)values);
}

/* How many elements. */
static size_t append_master(struct buffer *out, const struct stream_block *block, struct stream_entry first)
{
    size_t count = append_integer(out, block->count);
    count += append_integer(out, 0);
    count += append_integer(out, (int64_t)first.pairs);
    count += append_words(out, first, true, false);
    return count + append_integer(out, 0);
}

static size_t append_entry(struct buffer *out, struct stream_entry entry, struct stream_entry first)
{
    bool same = are_same_names(entry, first);
    size_t count = append_integer(out, same ? ENTRY_SAME_NAMES : 0);
    count += append_integer(out, (int64_t)(entry.id.ms - first.id.ms));
    count += append_integer(out, (int64_t)(entry.id.seq - first.id.seq));
    if (!same) count += append_integer(out, (int64_t)entry.pairs);
    count += append_words(out, entry, !same, true);
    return count + append_integer(out, (int64_t)count);
}

static void write_node(struct buffer *out, const struct stream_block *block, enum dump_texts how)
{
    struct buffer key = { 0 }, packed = { 0 };
    struct stream_cursor cursor = stream_cursor_at_first(block);
    struct stream_entry entry, first;
    struct stream_cursor ahead = cursor;
    stream_cursor_next(&ahead, &first);
    size_t start = listpack_begin(&packed), count = append_master(&packed, block, first);
    while (stream_cursor_next(&cursor, &entry)) count += append_entry(&packed, entry, first);
    listpack_end(&packed, start, count);
    dump_id_write_raw(&key, first.id);
    dump_text_write(out, buffer_slice(&key), DUMP_PLAIN);
    dump_text_write(out, buffer_slice(&packed), how);
    buffer_clear(&key);
    buffer_clear(&packed);
}

/* A block that has entries becomes a node. */
static uint64_t count_nodes(const struct stream_root *root)
{
    uint64_t nodes = 0;
    struct stream_place place = stream_root_seek(root, STREAM_ID_MIN);
    for (bool more = place.block != NULL; more; more = stream_place_next(root, &place))
        nodes += place.block->count > 0;
    return nodes;
}

void dump_stream_write(struct buffer *out, const struct value *stream, enum dump_texts how)
{
    const struct stream_root *root = stream_root_of(stream);
    struct stream_place place = stream_root_seek(root, STREAM_ID_MIN);
    length_write(out, count_nodes(root));
    for (bool more = place.block != NULL; more; more = stream_place_next(root, &place))
        if (place.block->count > 0) write_node(out, place.block, how);
    length_write(out, root->len);
    dump_id_write(out, root->last);
    dump_id_write(out, stream_first_id(stream));
    dump_id_write(out, root->max_removed);
    length_write(out, root->added);
    dump_groups_write(out, root, how);
}
