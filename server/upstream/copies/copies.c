#include "server/upstream/copies/copies.h"

#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/number.h"
#include "server/config/settings.h"
#include "server/core/burials.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/exec/call.h"
#include "server/exec/command/key_walk.h"
#include "server/exec/command/table.h"
#include "server/memory/memory_limit.h"
#include "server/upstream/copies/lease.h"
#include "storage/keyspace/access.h"
#include "storage/keyspace/keyspace.h"
#include "storage/shard/database_set.h"
#include "storage/shard/graveyard.h"
#include "storage/shard/shard_object.h"

void copies_init(struct copies *copies, struct server *server)
{
    *copies = (struct copies){ .server = server };
    prefixes_read(&copies->wanted, server->settings, TEXT_NEAR_CACHE_PREFIX);
    prefixes_read(&copies->strict, server->settings, TEXT_NEAR_CACHE_STRICT_PREFIX);
}

void copies_clear(struct copies *copies)
{
    prefixes_clear(&copies->wanted);
    prefixes_clear(&copies->strict);
}

bool copies_want(const struct copies *copies, struct slice name)
{
    if (!atomic_load_explicit(&copies->kept, memory_order_relaxed)) return false;
    if (SETTING(copies->server->settings, near_cache_mode) == NEAR_CACHE_STRICT) return false;
    if (copies->wanted.count > 0 && !prefixes_match(&copies->wanted, name)) return false;
    return !prefixes_match(&copies->strict, name);
}

/* The rules of maxmemory are those of a SET. */
static bool has_room(struct loop *loop, struct key key, size_t bytes)
{
    struct slice words[] = { SLICE(""), key.name, slice_of(NULL, bytes) };
    struct memory_need need = memory_need_of(words, 3, key.hash);
    return memory_limit_admits(loop, &need);
}

static void note_database(struct copies *copies, unsigned db)
{
    unsigned known = atomic_load(&copies->databases);
    while (known <= db && !atomic_compare_exchange_weak(&copies->databases, &known, db + 1)) {}
}

void copies_put(struct copies *copies, struct loop *loop, unsigned db, struct key key, struct slice value,
                int64_t deadline_ms)
{
    struct access access;
    bool room = has_room(loop, key, value.len);
    note_database(copies, db);
    access_get(&access, copies->server->keyspace, key.hash);
    struct shard *shard = access_shard(&access, key.hash);
    if (room)
        shard_replace_string(shard, db, key, value, deadline_ms);
    else
        shard_forget(shard, db, key);
    access_close(&access);
}

void copies_put_object(struct copies *copies, struct loop *loop, const struct copy *copy)
{
    struct access access;
    bool room = has_room(loop, copy->key, copy->bytes);
    note_database(copies, copy->db);
    access_get(&access, copies->server->keyspace, copy->key.hash);
    struct shard *shard = access_shard(&access, copy->key.hash);
    struct shard_place place = { shard, copy->db, copy->key };
    if (room)
        shard_learn_object(&place, copy->object, copy->deadline_ms);
    else
        shard_forget(shard, copy->db, copy->key);
    access_close(&access);
}

void copies_put_absent(struct copies *copies, struct loop *loop, unsigned db, struct key key,
                       int64_t deadline_ms)
{
    struct access access;
    bool room = has_room(loop, key, 0);
    note_database(copies, db);
    access_get(&access, copies->server->keyspace, key.hash);
    struct shard *shard = access_shard(&access, key.hash);
    if (room)
        shard_put_absent(shard, db, key, deadline_ms);
    else
        shard_forget(shard, db, key);
    access_close(&access);
}

bool copies_drop(struct copies *copies, struct key key)
{
    struct access access;
    bool dropped = false;
    unsigned databases = atomic_load(&copies->databases);
    if (databases == 0) return false;
    access_get(&access, copies->server->keyspace, key.hash);
    struct shard *shard = access_shard(&access, key.hash);
    for (unsigned db = 0; db < databases; db++) dropped |= shard_forget(shard, db, key);
    access_close(&access);
    return dropped;
}

bool copies_drop_in(struct copies *copies, unsigned db, struct key key)
{
    struct access access;
    access_get(&access, copies->server->keyspace, key.hash);
    bool dropped = shard_forget(access_shard(&access, key.hash), db, key);
    access_close(&access);
    return dropped;
}

void copies_drop_unless(struct copies *copies, unsigned db, struct key key, enum shard_knowledge spared,
                        int64_t now_ms)
{
    struct access access;
    access_get(&access, copies->server->keyspace, key.hash);
    struct shard *shard = access_shard(&access, key.hash);
    enum shard_knowledge known = shard_know(shard, db, key, now_ms);
    if (known != spared || known == SHARD_UNKNOWN) shard_forget(shard, db, key);
    access_close(&access);
}

static bool shows_text(const struct entry *entry, const struct slice *text)
{
    char scratch[NUMBER_I64_MAX];
    bool is_string = entry != NULL && entry_type(entry) == ENTRY_STRING;
    if (text == NULL) return !is_string;
    return is_string && slice_equal(entry_text(entry, scratch), *text);
}

void copies_drop_unless_text(struct copies *copies, unsigned db, struct key key, const struct slice *text,
                             int64_t now_ms)
{
    struct access access;
    access_get(&access, copies->server->keyspace, key.hash);
    struct shard *shard = access_shard(&access, key.hash);
    bool is_known = shard_know(shard, db, key, now_ms) != SHARD_UNKNOWN;
    if (!is_known || !shows_text(shard_find(shard, db, key, now_ms), text)) shard_forget(shard, db, key);
    access_close(&access);
}

void copies_flush(struct copies *copies)
{
    struct access access;
    struct keyspace *keyspace = copies->server->keyspace;
    DATABASE_SET_EACH(keyspace_used_databases(keyspace), db)
    {
        if (keyspace_entries(keyspace, db) == 0) continue;
        struct graveyard *graveyard = NULL;
        access_get_all(&access, keyspace);
        for (unsigned i = 0; i < keyspace_shards(keyspace); i++)
            shard_empty(access_shard_at(&access, i), db, &graveyard);
        access_close(&access);
        burials_add(copies->server->burials, graveyard);
    }
}

bool copies_know(struct copies *copies, struct key key, int64_t now_ms)
{
    struct access access;
    bool known = false;
    unsigned databases = atomic_load(&copies->databases);
    access_get(&access, copies->server->keyspace, key.hash);
    struct shard *shard = access_shard(&access, key.hash);
    for (unsigned db = 0; db < databases && !known; db++)
        known = shard_know(shard, db, key, now_ms) != SHARD_UNKNOWN;
    access_close(&access);
    return known;
}

bool copies_know_in(struct copies *copies, unsigned db, struct key key, int64_t now_ms)
{
    struct access access;
    access_get(&access, copies->server->keyspace, key.hash);
    bool known = shard_know(access_shard(&access, key.hash), db, key, now_ms) != SHARD_UNKNOWN;
    access_close(&access);
    return known;
}

/* A copy does not say when its key ends when it ends itself before that, but whether the key ends. And the
 * time of that end is one of the upstream's clock: how long it is until then is known here, the time itself
 * only when there is none. */
static bool may_tell_end(struct call *call, const struct shard *shard, struct key key, struct entry *entry)
{
    if (entry == NULL) return true;
    int64_t deadline_ms = shard_deadline_ms(shard, call->db, key, entry);
    call->endless = lease_is_of_endless(deadline_ms);
    if (call->endless) return true;
    return lease_is_keys_own(deadline_ms) && !(call->command->row->tier & TIER_TELLS_END);
}

bool copies_can_answer(struct copies *copies, struct call *call, unsigned *absent)
{
    const struct command_info *command = call->command;
    bool tells_end = command->row->tier & (TIER_TELLS_TTL | TIER_TELLS_END);
    (void)copies;
    *absent = 0;
    struct key_walk walk = key_walk(command->row, call->argv, call->argc);
    while (key_next(&walk)) {
        struct key key = call_key(call, walk.arg);
        struct shard *shard = access_shard(&call->access, key.hash);
        enum shard_knowledge knowledge = shard_know(shard, call->db, key, call->now_ms);
        if (knowledge == SHARD_UNKNOWN) return false;
        if (knowledge == SHARD_KNOWN_ABSENT) ++*absent;
        if (knowledge == SHARD_KNOWN && tells_end &&
            !may_tell_end(call, shard, key, shard_find(shard, call->db, key, call->now_ms)))
            return false;
    }
    return true;
}
