#include "storage/shard/shard_edit.h"

#include <string.h>

#include "storage/entry/entry_making.h"
#include "storage/memory/block.h"
#include "storage/shard/shard_elements.h"
#include "storage/shard/shard_state.h"

static void show(struct value *value, const struct entry *entry)
{
    if (entry_is_rooted(entry)) {
        value->root = entry_root(entry);
        return;
    }
    struct slice packed = entry_packed(entry);
    value->packed = (char *)(uintptr_t)packed.data;
    value->packed_len = packed.len;
}

/* Inlined, and written where it is to be. */
static inline __attribute__((always_inline)) void open(struct value *value, const struct shard *shard,
                                                       const struct entry *entry,
                                                       const struct value_type *type,
                                                       const struct value_limits *limits)
{
    *value = (struct value){
        .type = type, .limits = limits, .seed = shard->options.hash_seed, .now_ms = shard->now_ms
    };
    if (entry == NULL) return;
    REQUIRE(entry_value_type(entry) == type);
    show(value, entry);
}

void shard_read(struct value *value, const struct shard *shard, const struct entry *entry,
                const struct value_type *type, const struct value_limits *limits)
{
    open(value, shard, entry, type, limits);
}

/* The value is the first of an edit. */
static struct shard_edit *edit_of(struct value *value)
{
    return (struct shard_edit *)value;
}

/* What is charged for a packed one is asked only when that is about to change: mostly nothing does. */
static void note_charge(struct shard_edit *edit)
{
    if (edit->charged_bytes == 0) edit->charged_bytes = entry_real_size(edit->entry);
}

static void resize_in_entry(struct value *value, size_t len)
{
    struct shard_edit *edit = edit_of(value);
    note_charge(edit);
    struct database *database = shard_database(edit->place.shard, edit->place.db);
    struct table_slot *slot = shard_slot_of(database, edit->place.key.hash, edit->entry);
    edit->entry = entry_resize_text(edit->entry, len);
    table_slot_set(slot, edit->entry);
    show(value, edit->entry);
}

static const struct value_home in_entry = { resize_in_entry };

/* By half more each time: it is copied into an entry of its size in the end. */
static void grow_heap(struct shard_edit *edit, size_t len)
{
    size_t size = block_real_size(len + len / 2);
    char *heap = block_alloc(size);
    memcpy(heap, edit->value.packed, edit->value.packed_len);
    if (edit->heap != NULL) block_free(edit->heap, edit->heap_size);
    edit->heap = heap;
    edit->heap_size = size;
    edit->value.packed = heap;
}

static void resize_in_scratch(struct value *value, size_t len)
{
    struct shard_edit *edit = edit_of(value);
    size_t room = edit->heap != NULL ? edit->heap_size : sizeof edit->scratch;
    if (value->packed == NULL) value->packed = edit->scratch;
    if (len > room) grow_heap(edit, len);
    value->packed_len = len;
}

static const struct value_home in_scratch = { resize_in_scratch };

void shard_edit(struct shard_edit *edit, const struct shard_place *place, struct entry *entry,
                const struct value_type *type, const struct value_limits *limits)
{
    open(&edit->value, place->shard, entry, type, limits);
    edit->value.home = entry != NULL ? &in_entry : &in_scratch;
    edit->place = *place;
    edit->entry = entry;
    edit->was_rooted = edit->value.root != NULL;
    edit->charged_bytes = edit->was_rooted ? type->bytes(edit->value.root) : 0;
    edit->heap = NULL;
}

static bool is_empty(const struct value *value)
{
    if (value->type->stays_empty) return value->root == NULL;
    return value->root == NULL && value->packed_len == 0 ? true : value_len(value) == 0;
}

static void free_root(const struct value *value)
{
    while (value->root != NULL && value->type->drain(value->root, SIZE_MAX)) {}
}

static struct entry *put_value(const struct shard_place *place, struct value *value, int64_t deadline_ms)
{
    struct database *database = shard_database(place->shard, place->db);
    if (counter_get(&database->hidden) > 0) shard_make_way(place->shard, place->db, place->key);
    enum entry_timing timing = shard_timing(place->shard, database, deadline_ms);
    enum entry_type type = entry_type_of(value->type);
    struct slice name = place->key.name;
    struct entry *entry;
    if (value->root != NULL)
        entry = entry_make_rooted(name, type, value->root, timing);
    else
        entry = entry_make_packed(name, type, slice_of(value->packed, value->packed_len), timing);
    value->root = NULL;
    shard_enter(place->shard, database, place->key.hash, entry, true);
    shard_give_deadline_of(place->shard, database, place->key.hash, entry, deadline_ms);
    if (__builtin_expect(value->due_ms != 0, 0))
        return shard_note_elements(place->shard, database, place->key.hash, entry, value->due_ms);
    return entry;
}

struct entry *shard_put_value(const struct shard_place *place, struct value *value, int64_t deadline_ms)
{
    if (shard_tells(place->shard)) shard_announce(place->shard, place->db, place->key, EVENT_NEW);
    return put_value(place, value, deadline_ms);
}

struct entry *shard_replace_value(const struct shard_place *place, struct entry *old, struct value *value)
{
    if (old == NULL) return shard_put_value(place, value, ENTRY_NO_DEADLINE);
    shard_remove(place->shard, place->db, place->key, old);
    return put_value(place, value, ENTRY_NO_DEADLINE);
}

struct entry *shard_learn_value(const struct shard_place *place, struct value *value, int64_t deadline_ms)
{
    shard_forget(place->shard, place->db, place->key);
    return put_value(place, value, deadline_ms);
}

static __attribute__((noinline)) struct entry *commit_new(struct shard_edit *edit)
{
    struct entry *entry = NULL;
    if (is_empty(&edit->value))
        free_root(&edit->value);
    else
        entry = shard_put_value(&edit->place, &edit->value, ENTRY_NO_DEADLINE);
    if (edit->heap != NULL) block_free(edit->heap, edit->heap_size);
    return entry;
}

/* Packed when it was opened, and not any more. */
static bool is_newly_rooted(const struct shard_edit *edit)
{
    return edit->value.root != NULL && !edit->was_rooted;
}

/* Whatever has changed of a packed one's size or form, or whether there is anything left. */
static __attribute__((noinline)) struct entry *settle(struct shard_edit *edit, bool empty)
{
    struct shard *shard = edit->place.shard;
    struct database *database = shard_database(shard, edit->place.db);
    struct table_slot *slot = shard_slot_of(database, edit->place.key.hash, edit->entry);
    size_t bytes = edit->charged_bytes;
    if (is_newly_rooted(edit)) {
        note_charge(edit);
        edit->entry = entry_root_packed(edit->entry, edit->value.root);
        table_slot_set(slot, edit->entry);
    }
    if (edit->charged_bytes != 0) bytes = entry_real_size(edit->entry);
    if (bytes != edit->charged_bytes) shard_recharge(shard, database, slot, edit->charged_bytes, bytes);
    if (!empty) return edit->entry;
    shard_discard(shard, database, edit->place.key.hash, slot);
    return NULL;
}

/* Of a large one the entry itself stays as it is. Its slot is looked for only where that has a say. */
static void settle_root(struct shard_edit *edit)
{
    struct shard *shard = edit->place.shard;
    struct database *database = shard_database(shard, edit->place.db);
    size_t bytes = edit->value.type->bytes(edit->value.root), charged = edit->charged_bytes;
    if (database->adaptive == NULL) {
        shard_charge(shard, database, charged, bytes);
        return;
    }
    shard_recharge(shard, database, shard_slot_of(database, edit->place.key.hash, edit->entry), charged,
                   bytes);
}

static bool is_settled(const struct shard_edit *edit)
{
    if (is_newly_rooted(edit)) return false;
    return edit->charged_bytes == 0 || entry_real_size(edit->entry) == edit->charged_bytes;
}

static inline struct entry *settle_all(struct shard_edit *edit, bool empty)
{
    if (edit->was_rooted) {
        settle_root(edit);
        edit->charged_bytes = 0;
    }
    return !empty && is_settled(edit) ? edit->entry : settle(edit, empty);
}

static __attribute__((noinline, cold)) struct entry *note_elements(const struct shard_edit *edit,
                                                                   struct entry *entry)
{
    struct database *database = shard_database(edit->place.shard, edit->place.db);
    return shard_note_elements(edit->place.shard, database, edit->place.key.hash, entry, edit->value.due_ms);
}

struct entry *shard_commit(struct shard_edit *edit)
{
    if (edit->entry == NULL) return commit_new(edit);
    struct entry *entry = settle_all(edit, is_empty(&edit->value));
    if (__builtin_expect(edit->value.due_ms != 0, 0) && entry != NULL) return note_elements(edit, entry);
    return entry;
}

struct entry *shard_commit_whole(struct shard_edit *edit)
{
    return settle_all(edit, false);
}
