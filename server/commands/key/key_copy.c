#include "proto/base/slice.h"
#include "server/commands/catalog/families.h"
#include "server/commands/key/database.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"
#include "storage/shard/shard.h"

/* A copy of what the key argv[from] of the session's database holds, deadline included, under argv[to] of
 * `db`, where nothing is now. Looks the original up itself: whoever made the place free has written to the
 * keyspace. */
static void put_copy(struct call *call, int from, unsigned db, int to)
{
    struct key key = call_key(call, to);
    const struct entry *original = call_peek(call, from);
    int64_t deadline_ms = call_deadline_ms(call, from, original);
    shard_put_copy(access_shard(&call->access, key.hash), db, key, original, deadline_ms);
}

static void remove_in(struct call *call, unsigned db, int arg, struct entry *entry)
{
    struct key key = call_key(call, arg);
    shard_remove(access_shard(&call->access, key.hash), db, key, entry);
}

static struct shard_place place_of(struct call *call, unsigned db, int arg)
{
    struct key key = call_key(call, arg);
    return (struct shard_place){ .shard = access_shard(&call->access, key.hash), .db = db, .key = key };
}

/* What the key argv[from] of the session's database holds is from now on under argv[to] of `db`, where
 * nothing is now. */
static void put_there(struct call *call, int from, unsigned db, int to)
{
    struct shard_place here = place_of(call, call->db, from), there = place_of(call, db, to);
    shard_move(&here, call_peek(call, from), &there);
}

static bool same_name(const struct call *call)
{
    return slice_equal(call->argv[1], call->argv[2]);
}

/* Neither name is the other, the first exists, the second is free. */
static void give_name(struct call *call)
{
    put_there(call, 1, call->db, 2);
    call_changed(call, 1, EVENT_RENAME_FROM);
    call_changed(call, 2, EVENT_RENAME_TO);
}

static bool wants_source(struct call *call)
{
    if (call_edit(call, 1) != NULL) return true;
    reply_error(call->reply, SLICE(ERR_NO_SUCH_KEY));
    return false;
}

static void rename_key(struct call *call)
{
    if (!wants_source(call)) return;
    if (!same_name(call)) {
        struct entry *old = call_peek(call, 2);
        if (old != NULL) call_remove(call, 2, old);
        give_name(call);
    }
    reply_ok(call->reply);
}

static void renamenx(struct call *call)
{
    if (!wants_source(call)) return;
    bool is_free = call_peek(call, 2) == NULL;
    if (is_free) give_name(call);
    reply_int(call->reply, is_free);
}

static bool read_copy_options(struct call *call, unsigned *db, bool *replace)
{
    for (int arg = 3; arg < call->argc; arg++) {
        if (call_arg_is(call, arg, "replace")) {
            *replace = true;
        } else if (call_arg_is(call, arg, "db") && arg + 1 < call->argc) {
            if (!database_read(call, ++arg, db)) return false;
        } else {
            reply_error(call->reply, SLICE(ERR_SYNTAX));
            return false;
        }
    }
    return true;
}

/* Whether there is something to copy and a free place for it. */
static bool make_place(struct call *call, unsigned db, bool replace)
{
    if (call_find(call, 1) == NULL) return false;
    struct entry *old = call_peek_in(call, db, 2);
    if (old == NULL) return true;
    if (replace) remove_in(call, db, 2, old);
    return replace;
}

static void copy(struct call *call)
{
    unsigned db = call->db;
    bool replace = false;
    if (!read_copy_options(call, &db, &replace)) return;
    if (db == call->db && same_name(call)) {
        reply_error(call->reply, SLICE(ERR_SAME_OBJECT));
        return;
    }
    bool copied = make_place(call, db, replace);
    if (copied) {
        put_copy(call, 1, db, 2);
        call_changed_in(call, db, 2, EVENT_COPY_TO);
    }
    reply_int(call->reply, copied);
}

static void move(struct call *call)
{
    unsigned db;
    if (!database_read(call, 2, &db)) return;
    if (db == call->db) {
        reply_error(call->reply, SLICE(ERR_SAME_OBJECT));
        return;
    }
    bool moved = call_edit(call, 1) != NULL && call_peek_in(call, db, 1) == NULL;
    if (moved) {
        put_there(call, 1, db, 1);
        call_changed(call, 1, EVENT_MOVE_FROM);
        call_changed_in(call, db, 1, EVENT_MOVE_TO);
    }
    reply_int(call->reply, moved);
}

const struct command key_copy_commands[] = {
    { "rename", rename_key, .syntax = "key newkey",
      .keys = { KEY(1, KEY_RW | KEY_ACCESS | KEY_DELETE), KEY(2, KEY_OW | KEY_UPDATE) }, .flags = CMD_WRITE,
      .categories = ACL_KEYSPACE, .group = "generic", .tier = TIER_WRITE, .since = "1.0.0",
      .cost = "O(N), N being the length of the value", .reply = "OK",
      .summary = "Give a key another name, in the place of what had it before." },
    { "renamenx", renamenx, .syntax = "key newkey",
      .keys = { KEY(1, KEY_RW | KEY_ACCESS | KEY_DELETE), KEY(2, KEY_OW | KEY_INSERT) },
      .flags = CMD_WRITE | CMD_FAST, .categories = ACL_KEYSPACE, .group = "generic", .tier = TIER_WRITE,
      .since = "1.0.0", .cost = "O(N), N being the length of the value", .reply = "integer",
      .summary = "Give a key another name unless that exists." },
    { "copy", copy, .syntax = "source destination [DB destination-db] [REPLACE]",
      .databases = { .first = 3, .word = "DB" },
      .keys = { KEY(1, KEY_RO | KEY_ACCESS), KEY(2, KEY_OW | KEY_UPDATE) }, .flags = CMD_WRITE | CMD_GROWS,
      .categories = ACL_KEYSPACE, .group = "generic", .tier = TIER_WRITE, .since = "6.2.0",
      .cost = "O(N), N being the length of the value", .reply = "integer",
      .summary = "Store a copy of a key under another name, in any database." },
    { "move", move, .syntax = "key db", .databases = { .first = 2, .last = 2 },
      .keys = { KEY(1, KEY_RW | KEY_ACCESS | KEY_UPDATE) }, .flags = CMD_WRITE | CMD_FAST,
      .categories = ACL_KEYSPACE, .group = "generic", .tier = TIER_WRITE, .since = "1.0.0",
      .cost = "O(N), N being the length of the value", .reply = "integer",
      .summary = "Take a key to another database unless it exists there." },
    { 0 },
};
