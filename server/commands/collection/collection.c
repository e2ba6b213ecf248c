#include "server/commands/collection/collection.h"

#include "server/config/settings.h"
#include "server/exec/call.h"
#include "server/exec/collection_limits.h"
#include "server/exec/errors/errors.h"
#include "storage/entry/entry.h"

static __attribute__((noinline, cold)) bool refuse_type(struct call *call)
{
    reply_error(call->reply, SLICE(ERR_WRONG_TYPE));
    return false;
}

static bool wants_type(struct call *call, const struct entry *entry, const struct value_type *type)
{
    return entry == NULL || entry_value_type(entry) == type || refuse_type(call);
}

static struct shard *shard_of(const struct call *call, int arg)
{
    return access_shard(&call->access, call_key(call, arg).hash);
}

static struct shard_place place_of(const struct call *call, int arg)
{
    struct key key = call_key(call, arg);
    return (struct shard_place){ .shard = access_shard(&call->access, key.hash), .db = call->db, .key = key };
}

/* Flat, as every command on a collection goes through it: with the calls that it is made of it would take
 * half as long again. The same of those that open and commit. */
__attribute__((flatten)) bool collection_read(struct call *call, int arg, const struct value_type *type,
                                              struct value *value)
{
    const struct entry *entry = call_find(call, arg);
    if (!wants_type(call, entry, type)) return false;
    shard_read(value, shard_of(call, arg), entry, type, collection_limits(call));
    return true;
}

struct value collection_of(const struct call *call, int arg, const struct entry *entry)
{
    struct value value;
    shard_read(&value, shard_of(call, arg), entry, entry_value_type(entry), collection_limits(call));
    return value;
}

bool collection_find(struct call *call, struct slice name, const struct value_type *type, struct value *value)
{
    const struct entry *entry = call_find_name(call, name);
    if (entry == NULL || entry_value_type(entry) != type) return false;
    struct key key = keyspace_key(call->access.keyspace, name);
    shard_read(value, access_shard(&call->access, key.hash), entry, type, collection_limits(call));
    return true;
}

/* What a record of a packed block holds, with room for what stands beside a text. */
#define TEXT_MAX ((size_t)1 << 30)

bool collection_takes(const struct call *call, struct slice text)
{
    if (__builtin_expect(text.len <= TEXT_MAX, 1)) return true;
    reply_error(call->reply, SLICE(ERR_STRING_TOO_LONG));
    return false;
}

static __attribute__((noinline, cold)) bool takes_all(const struct call *call)
{
    for (int i = 1; i < call->argc; i++)
        if (!collection_takes(call, call->argv[i])) return false;
    return true;
}

/* Mostly nobody may send such long ones. */
static bool takes_arguments(const struct call *call)
{
    return (size_t)SETTING(call_settings(call), proto_max_bulk_len) <= TEXT_MAX || takes_all(call);
}

static inline __attribute__((always_inline)) bool edit(struct call *call, int arg, struct entry *entry,
                                                       const struct value_type *type,
                                                       struct collection *collection)
{
    if (!wants_type(call, entry, type) || !takes_arguments(call)) return false;
    struct shard_place place = place_of(call, arg);
    shard_edit(&collection->edit, &place, entry, type, collection_limits(call));
    collection->value = &collection->edit.value;
    collection->arg = arg;
    return true;
}

__attribute__((flatten)) bool collection_edit(struct call *call, int arg, const struct value_type *type,
                                              struct collection *collection)
{
    return edit(call, arg, call_edit(call, arg), type, collection);
}

bool collection_read_to_edit(struct call *call, int arg, const struct value_type *type,
                             struct collection *collection)
{
    return edit(call, arg, call_find(call, arg), type, collection);
}

__attribute__((flatten)) void collection_commit(struct call *call, struct collection *collection,
                                                enum change_event event)
{
    bool was_there = collection->edit.entry != NULL;
    const struct entry *entry = shard_commit(&collection->edit);
    if (event != EVENT_NONE) call_changed(call, collection->arg, event);
    if (entry == NULL && was_there) call_changed(call, collection->arg, EVENT_DEL);
}

void collection_commit_both(struct call *call, struct collection *collection, enum change_event first,
                            enum change_event second)
{
    bool was_there = collection->edit.entry != NULL;
    const struct entry *entry = shard_commit(&collection->edit);
    if (first != EVENT_NONE) call_changed(call, collection->arg, first);
    if (second != EVENT_NONE) call_changed(call, collection->arg, second);
    if (entry == NULL && was_there) call_changed(call, collection->arg, EVENT_DEL);
}

struct value collection_make(const struct call *call, const struct value_type *type)
{
    return value_make(type, collection_limits(call), keyspace_seed(call->access.keyspace));
}

void collection_store(struct call *call, int arg, struct value *result, enum change_event event)
{
    struct entry *old = call_peek(call, arg);
    if (value_len(result) > 0) {
        struct shard_place place = place_of(call, arg);
        shard_replace_value(&place, old, result);
        call_changed(call, arg, event);
    } else {
        call_vacate(call, arg, old);
    }
    value_clear(result);
}

struct member collection_member(const struct call *call, int arg)
{
    return collection_member_of(call, call->argv[arg]);
}

struct member collection_member_of(const struct call *call, struct slice text)
{
    return member_of(text, keyspace_seed(call->access.keyspace));
}
