#include "server/commands/catalog/families.h"
#include "server/exec/call.h"
#include "server/exec/collection_limits.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"
#include "server/exec/errors/errors_dump.h"
#include "storage/dump/dump_object.h"
#include "storage/dump/dump_payload.h"
#include "storage/keyspace/keyspace.h"
#include "storage/shard/shard.h"
#include "storage/shard/shard_edit.h"
#include "storage/shard/shard_object.h"

enum { USES_MAX = 255 };

struct wish {
    int64_t deadline_ms; /* ENTRY_NO_DEADLINE: none */
    bool replace, absolute;
    struct shard_uses uses;
};

static bool read_number(struct call *call, int arg, int64_t most, struct slice error, int64_t *number)
{
    if (!call_arg_int(call, arg, number)) return false;
    if (*number >= 0 && *number <= most) return true;
    reply_error(call->reply, error);
    return false;
}

/* Idle time and uses exclude each other, as in Redis. */
static bool read_option(struct call *call, int *arg, struct wish *wish)
{
    bool has_value = *arg + 1 < call->argc;
    if (call_arg_is(call, *arg, "replace")) return wish->replace = true;
    if (call_arg_is(call, *arg, "absttl")) return wish->absolute = true;
    if (call_arg_is(call, *arg, "idletime") && has_value && wish->uses.count < 0)
        return read_number(call, ++*arg, INT64_MAX, SLICE(ERR_RESTORE_IDLE), &wish->uses.idle_s);
    if (call_arg_is(call, *arg, "freq") && has_value && wish->uses.idle_s < 0)
        return read_number(call, ++*arg, USES_MAX, SLICE(ERR_RESTORE_FREQ), &wish->uses.count);
    reply_error(call->reply, SLICE(ERR_SYNTAX));
    return false;
}

static bool read_options(struct call *call, struct wish *wish)
{
    *wish = (struct wish){ .uses = { -1, -1 } };
    for (int arg = 4; arg < call->argc; arg++)
        if (!read_option(call, &arg, wish)) return false;
    return true;
}

/* A time from now on that is too long to be told ends with time itself. */
static bool read_deadline(struct call *call, struct wish *wish)
{
    int64_t ttl_ms;
    if (!read_number(call, 2, INT64_MAX, SLICE(ERR_RESTORE_TTL), &ttl_ms)) return false;
    if (!wish->absolute && __builtin_add_overflow(ttl_ms, call->now_ms, &wish->deadline_ms))
        wish->deadline_ms = INT64_MAX;
    if (wish->absolute) wish->deadline_ms = ttl_ms;
    if (ttl_ms == 0) wish->deadline_ms = ENTRY_NO_DEADLINE;
    return true;
}

static bool wants_free_place(struct call *call, const struct wish *wish)
{
    if (wish->replace || call_edit(call, 1) == NULL) return true;
    reply_error(call->reply, SLICE(ERR_BUSY_KEY));
    return false;
}

static bool read_payload(struct call *call, struct dump_object *object)
{
    struct slice payload = call->argv[3];
    if (!dump_payload_is_whole(payload)) {
        reply_error(call->reply, SLICE(ERR_PAYLOAD_FOOT));
        return false;
    }
    *object = (struct dump_object){ .limits = collection_limits(call),
                                    .seed = keyspace_seed(call->access.keyspace) };
    if (dump_payload_read(object, payload)) return true;
    reply_error(call->reply, SLICE(ERR_PAYLOAD_VALUE));
    return false;
}

/* Under the key argv[1], where nothing is now. */
static void put(struct call *call, struct dump_object *object, const struct wish *wish)
{
    struct key key = call_key(call, 1);
    struct shard_place place = { access_shard(&call->access, key.hash), call->db, key };
    struct entry *entry = shard_put_object(&place, object, wish->deadline_ms);
    shard_set_uses(&place, entry, wish->uses, call->now_ms);
}

/* One whose time is over already is not even made; what it should have replaced goes all the same. */
static void restore(struct call *call)
{
    struct wish wish;
    struct dump_object object;
    if (!read_options(call, &wish) || !wants_free_place(call, &wish) || !read_deadline(call, &wish) ||
        !read_payload(call, &object))
        return;
    struct entry *old = call_peek(call, 1);
    bool is_over = wish.deadline_ms != ENTRY_NO_DEADLINE && wish.deadline_ms <= call->now_ms;
    if (is_over) {
        call_vacate(call, 1, old);
    } else {
        if (old != NULL) call_remove(call, 1, old);
        put(call, &object, &wish);
        call_changed(call, 1, EVENT_RESTORE);
    }
    dump_object_clear(&object);
    reply_ok(call->reply);
}

#define RESTORE_SYNTAX "key ttl serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]"

const struct command restore_commands[] = {
    { "restore", restore, .syntax = RESTORE_SYNTAX, .keys = { KEY(1, KEY_OW | KEY_UPDATE) },
      .flags = CMD_WRITE | CMD_GROWS, .categories = ACL_KEYSPACE | ACL_DANGEROUS, .group = "generic",
      .tier = TIER_PASS | TIER_RUNS_ALONE, .since = "2.6.0",
      .cost = "O(N), N being the length of the value; O(N*log(N)) for a sorted set", .reply = "OK",
      .summary = "Make a key of what DUMP said, here or in a Redis." },
    { "restore-asking", restore, .syntax = RESTORE_SYNTAX, .keys = { KEY(1, KEY_OW | KEY_UPDATE) },
      .flags = CMD_WRITE | CMD_GROWS | CMD_ASKING | CMD_SYSTEM, .categories = ACL_KEYSPACE | ACL_DANGEROUS,
      .group = "server", .tier = TIER_PASS | TIER_RUNS_ALONE, .since = "3.0.0",
      .cost = "O(N), N being the length of the value; O(N*log(N)) for a sorted set", .reply = "OK",
      .summary = "RESTORE, as the nodes of a cluster say it to each other." },
    { 0 },
};
