#include "server/commands/admin/debug_reload.h"

#include <string.h>

#include "proto/base/buffer.h"
#include "proto/base/contract.h"
#include "server/events/changes.h"
#include "server/events/dealing.h"
#include "server/exec/call.h"
#include "server/exec/collection_limits.h"
#include "server/exec/errors/errors_dump.h"
#include "server/exec/session/session.h"
#include "storage/dump/dump_object.h"
#include "storage/dump/dump_payload.h"
#include "storage/keyspace/keyspace.h"
#include "storage/shard/database_set.h"
#include "storage/shard/shard_dress.h"
#include "storage/shard/shard_edit.h"
#include "storage/shard/shard_object.h"

static bool read_options(struct call *call)
{
    for (int arg = 2; arg < call->argc; arg++) {
        if (call_arg_is(call, arg, "merge") || call_arg_is(call, arg, "noflush") ||
            call_arg_is(call, arg, "nosave"))
            continue;
        reply_error(call->reply, SLICE(ERR_RELOAD_OPTION));
        return false;
    }
    return true;
}

static void note_name(void *context, struct entry *entry)
{
    struct buffer *names = context;
    struct slice name = entry_key(entry);
    buffer_append(names, &name.len, sizeof name.len);
    buffer_append(names, name.data, name.len);
}

/* Each with its length before it. */
static void collect_names(struct call *call, struct shard *shard, unsigned db, struct buffer *names)
{
    uint64_t cursor = 0;
    do cursor = shard_scan(shard, db, cursor, call->now_ms, note_name, names);
    while (cursor != 0);
}

static void write_payload(struct buffer *out, const struct shard *shard, const struct entry *entry,
                          const struct value_limits *limits)
{
    char scratch[NUMBER_I64_MAX];
    const struct value_type *type = entry_value_type(entry);
    out->len = 0;
    if (type == NULL) {
        dump_payload_write_text(out, entry_text(entry, scratch), DUMP_COMPRESSED);
        return;
    }
    struct value value;
    shard_read(&value, shard, entry, type, limits);
    dump_payload_write(out, &value, DUMP_COMPRESSED);
}

/* All its elements are due, and the sweep has not come to them yet. */
static bool is_empty(const struct shard *shard, const struct entry *entry, const struct value_limits *limits)
{
    const struct value_type *type = entry_value_type(entry);
    if (type == NULL || type->expire == NULL) return false;
    struct value value;
    shard_read(&value, shard, entry, type, limits);
    return value_len(&value) == 0;
}

/* A name that the scan told twice is reloaded twice. */
static void reload(struct call *call, const struct shard_place *place, struct buffer *payload)
{
    struct entry *entry = shard_find(place->shard, place->db, place->key, call->now_ms);
    /* A file holds no dress, and its value without one would be invalidated by nothing. */
    if (entry == NULL || entry_is_dressed(entry)) return;
    struct dump_object object = { .limits = collection_limits(call),
                                  .seed = keyspace_seed(call->access.keyspace) };
    int64_t deadline_ms = shard_deadline_ms(place->shard, place->db, place->key, entry);
    uint32_t uses = entry_access(entry);
    if (is_empty(place->shard, entry, object.limits)) return;
    write_payload(payload, place->shard, entry, object.limits);
    bool read = dump_payload_read(&object, buffer_slice(payload));
    INVARIANT(read);
    shard_remove(place->shard, place->db, place->key, entry);
    entry_set_access(shard_put_object(place, &object, deadline_ms), uses);
    dump_object_clear(&object);
}

static void reload_all(struct call *call, struct shard *shard, unsigned db)
{
    struct buffer names = { 0 }, payload = { 0 };
    collect_names(call, shard, db, &names);
    for (size_t at = 0, len; at < names.len; at += len) {
        memcpy(&len, names.data + at, sizeof len);
        at += sizeof len;
        struct key key = keyspace_key(call->access.keyspace, slice_of(names.data + at, len));
        struct shard_place place = { shard, db, key };
        reload(call, &place, &payload);
    }
    buffer_clear(&names);
    buffer_clear(&payload);
}

void debug_reload(struct call *call)
{
    if (!read_options(call)) return;
    struct keyspace *keyspace = call->access.keyspace;
    struct flush flush = {
        .kind = FLUSH_ALL, .access = &call->access, .now_ms = call->now_ms, .origin = call->session->id
    };
    dealing_on_flush(call->loop, &flush);
    DATABASE_SET_EACH(keyspace_used_databases(keyspace), db)
    for (unsigned i = 0; i < keyspace_shards(keyspace); i++)
        reload_all(call, access_shard_at(&call->access, i), db);
    reply_ok(call->reply);
}
