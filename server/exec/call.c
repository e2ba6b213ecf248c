#include "server/exec/call.h"

#include "proto/base/contract.h"
#include "proto/base/number.h"
#include "server/config/settings.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/exec/command/key_walk.h"
#include "server/exec/command/table.h"
#include "server/exec/errors/errors.h"
#include "server/exec/session/session.h"
#include "server/observe/secrets.h"
#include "storage/entry/entry_making.h"
#include "storage/entry/long_text.h"
#include "storage/shard/shard.h"
#include "storage/shard/shard_change.h"
#include "storage/shard/shard_dress.h"
#include "storage/table/key_hash.h"

static __attribute__((noinline)) uint64_t hash_of(const struct call *call, int arg)
{
    return key_hash_inline(keyspace_seed(call->access.keyspace), call->argv[arg]);
}

/* Inline, as a key is more than fits into registers and had to go through memory otherwise. */
static inline __attribute__((always_inline)) struct key key_of(const struct call *call, int arg)
{
    uint64_t hash = arg == call->command->first_key ? call->first_hash : hash_of(call, arg);
    return (struct key){ .name = call->argv[arg], .hash = hash };
}

struct key call_key(const struct call *call, int arg)
{
    REQUIRE(arg > 0);
    return key_of(call, arg);
}

/* Of local copies, one that is not there is unknown unless it is known to be absent. */
static __attribute__((noinline, cold)) void note_unknown(struct call *call, unsigned db, int arg)
{
    struct key key = call_key(call, arg);
    struct shard *shard = access_shard(&call->access, key.hash);
    if (shard_know(shard, db, key, call->now_ms) == SHARD_UNKNOWN)
        call->missed = true;
    else
        call->absent++;
}

static inline struct entry *find(struct call *call, unsigned db, int arg)
{
    struct key key = key_of(call, arg);
    return shard_find(access_shard(&call->access, key.hash), db, key, call->now_ms);
}

static inline struct entry *look_up(struct call *call, unsigned db, int arg)
{
    struct entry *entry = find(call, db, arg);
    if (entry == NULL && call->cached) note_unknown(call, db, arg);
    return entry;
}

static __attribute__((noinline, cold)) struct entry *find_untouched(const struct call *call, unsigned db,
                                                                    const struct key *key)
{
    return shard_find(access_shard(&call->access, key->hash), db, *key, call->now_ms);
}

/* CLIENT NO-TOUCH: reading leaves no trace in what eviction goes by. */
static inline struct entry *use_key(struct call *call, unsigned db, struct key key)
{
    struct shard *shard = access_shard(&call->access, key.hash);
    if (__builtin_expect(call->session->no_touch, 0)) return find_untouched(call, db, &key);
    return shard_use(shard, db, key, call->now_ms);
}

static inline struct entry *use(struct call *call, int arg)
{
    return use_key(call, call->db, key_of(call, arg));
}

static __attribute__((noinline, cold)) void report_key(struct call *call, unsigned db, struct key key,
                                                       enum change_event event)
{
    struct change change = change_of(event, db, key, call->session->id);
    shard_report(access_shard(&call->access, key.hash), &change);
}

/* The key is looked for in here, so that nothing of it stands in the way of those who need not report. */
static __attribute__((noinline, cold)) void report(struct call *call, unsigned db, int arg,
                                                   enum change_event event)
{
    report_key(call, db, call_key(call, arg), event);
}

/* A read of a key that is not there. Of local copies, one that is unknown may be there all the same. Returns
 * NULL, so that nothing need be kept of the read meanwhile. */
static __attribute__((noinline)) struct entry *find_nothing(struct call *call, int arg)
{
    counter_add(&call->loop->counters.misses, 1);
    if (call->cached) note_unknown(call, call->db, arg);
    if (access_is_heard(&call->access) && !call->missed) report(call, call->db, arg, EVENT_KEYMISS);
    return NULL;
}

static inline struct entry *count_hit(struct call *call, struct entry *entry)
{
    counter_add(&call->loop->counters.hits, 1);
    return entry;
}

struct entry *call_look_quietly(struct call *call, int arg)
{
    struct entry *entry = look_up(call, call->db, arg);
    if (entry != NULL) return count_hit(call, entry);
    counter_add(&call->loop->counters.misses, 1);
    return NULL;
}

struct entry *call_look(struct call *call, int arg)
{
    struct entry *entry = find(call, call->db, arg);
    return entry != NULL ? count_hit(call, entry) : find_nothing(call, arg);
}

/* Flat, as is call_edit(): with the look-up as a call of its own a GET takes 25 instructions more. */
__attribute__((flatten)) struct entry *call_find(struct call *call, int arg)
{
    struct entry *entry = use(call, arg);
    return entry != NULL ? count_hit(call, entry) : find_nothing(call, arg);
}

struct entry *call_find_name(struct call *call, struct slice name)
{
    struct key key = keyspace_key(call->access.keyspace, name);
    struct entry *entry = use_key(call, call->db, key);
    if (entry != NULL) return count_hit(call, entry);
    counter_add(&call->loop->counters.misses, 1);
    if (access_is_heard(&call->access) && !call->missed) report_key(call, call->db, key, EVENT_KEYMISS);
    return NULL;
}

void call_park(struct call *call)
{
    call->missed = call->parked = true;
}

bool call_leave_to_upstream(struct call *call)
{
    if (call->cached) call->missed = true;
    return call->cached;
}

void call_leave_keys(struct call *call)
{
    if (call->access.shards == 0 || call->inside) return;
    if (call->session->gates & GATE_TRACKER) call->session->on_read(call);
    call->left_keys = true;
    access_close(&call->access);
}

__attribute__((flatten)) struct entry *call_edit(struct call *call, int arg)
{
    struct entry *entry = use(call, arg);
    if (entry == NULL && call->cached) note_unknown(call, call->db, arg);
    return entry;
}

struct entry *call_peek(struct call *call, int arg)
{
    return look_up(call, call->db, arg);
}

struct entry *call_peek_in(struct call *call, unsigned db, int arg)
{
    return look_up(call, db, arg);
}

bool call_wants_string(struct call *call, const struct entry *entry)
{
    if (entry == NULL || entry_type(entry) == ENTRY_STRING) return true;
    reply_error(call->reply, SLICE(ERR_WRONG_TYPE));
    return false;
}

/* Values from here on may stay where they were received. */
#define RECEIVED_MIN ((size_t)64 << 10)

/* A command with several keys may drop the first value while it still reads the second. */
static __attribute__((noinline)) struct entry *put_received(struct call *call, struct key key,
                                                            struct entry *old, struct slice text,
                                                            int64_t deadline_ms)
{
    struct session *session = call->session;
    struct received input;
    if (!call->command->one_key || session->ops->find_input == NULL ||
        !session->ops->find_input(session, text, call->input_end, &input))
        return NULL;
    struct entry_received received = { .text = text, .memory = input.memory, .size = input.size };
    struct shard *shard = access_shard(&call->access, key.hash);
    struct entry *entry = shard_put_received(shard, call->db, key, old, &received, deadline_ms);
    if (entry == NULL) return NULL;
    session->ops->give_input(session);
    struct pin pin;
    bool pinned = pin_take(&pin, entry);
    INVARIANT(pinned);
    call->parted = pin.place;
    return entry;
}

/* With all that it calls in place, which is the half of a SET: with several callers LTO would not do it. */
__attribute__((flatten)) struct entry *call_put_string(struct call *call, int arg, struct entry *old,
                                                       struct slice text, int64_t deadline_ms)
{
    struct key key = key_of(call, arg);
    if (__builtin_expect(text.len >= RECEIVED_MIN, 0)) {
        struct entry *entry = put_received(call, key, old, text, deadline_ms);
        if (entry != NULL) return entry;
    }
    struct shard *shard = access_shard(&call->access, key.hash);
    return shard_put_string(shard, call->db, key, old, text, deadline_ms);
}

void call_overwrite_string(struct call *call, int arg, struct slice text)
{
    struct key key = key_of(call, arg);
    struct entry *old = use_key(call, call->db, key);
    if (old == NULL && call->cached) note_unknown(call, call->db, arg);
    shard_put_plain(access_shard(&call->access, key.hash), call->db, key, old, text);
}

void call_remove(struct call *call, int arg, struct entry *entry)
{
    struct key key = key_of(call, arg);
    shard_remove(access_shard(&call->access, key.hash), call->db, key, entry);
}

void call_uncover(struct call *call, int arg)
{
    struct key key = key_of(call, arg);
    shard_uncover(access_shard(&call->access, key.hash), call->db, key, call->now_ms);
    if (access_is_heard(&call->access)) report_key(call, call->db, key, EVENT_ABSENT);
}

void call_vacate(struct call *call, int arg, struct entry *old)
{
    if (old == NULL) {
        call_uncover(call, arg);
        return;
    }
    call_remove(call, arg, old);
    call_changed(call, arg, EVENT_DEL);
}

void call_outdate(struct call *call, int arg)
{
    if (access_is_heard(&call->access)) report(call, call->db, arg, EVENT_ABSENT);
}

struct entry *call_resize_string(struct call *call, int arg, struct entry *entry, size_t len)
{
    struct key key = key_of(call, arg);
    return shard_resize_string(access_shard(&call->access, key.hash), call->db, key, entry, len);
}

int64_t call_deadline_ms(const struct call *call, int arg, const struct entry *entry)
{
    if (entry == NULL || !entry_has_deadline(entry)) return ENTRY_NO_DEADLINE;
    struct key key = key_of(call, arg);
    return shard_deadline_ms(access_shard(&call->access, key.hash), call->db, key, entry);
}

struct entry *call_set_deadline(struct call *call, int arg, struct entry *entry, int64_t deadline_ms)
{
    struct key key = key_of(call, arg);
    return shard_set_deadline(access_shard(&call->access, key.hash), call->db, key, entry, deadline_ms);
}

/* Where nobody listens, not even the key's hash is needed. */
static inline __attribute__((always_inline)) void changed(struct call *call, unsigned db, int arg,
                                                          enum change_event event)
{
    counter_add(&call->loop->counters.changes, 1);
    if (access_is_heard(&call->access)) report(call, db, arg, event);
}

void call_changed(struct call *call, int arg, enum change_event event)
{
    changed(call, call->db, arg, event);
}

void call_changed_in(struct call *call, unsigned db, int arg, enum change_event event)
{
    changed(call, db, arg, event);
}

void call_changed_key(struct call *call, struct key key, enum change_event event)
{
    counter_add(&call->loop->counters.changes, 1);
    if (access_is_heard(&call->access)) report_key(call, call->db, key, event);
}

void call_changed_databases(struct call *call, size_t keys)
{
    counter_add(&call->loop->counters.changes, keys > 0 ? keys : 1);
}

uint64_t call_shards(const struct call *call)
{
    const struct command_info *command = call->command;
    struct keyspace *keyspace = call->access.keyspace;
    if (command->one_key) return access_bit(keyspace, call->first_hash);
    if (command->flags & (CMD_ALL_SHARDS | CMD_STEPS)) return access_all_bits(keyspace);
    uint64_t shards = command->row->shards != NULL ? command->row->shards(call) : 0;
    if (command->first_key == 0) return shards;
    struct key_walk walk = key_walk(command->row, call->argv, call->argc);
    while (key_next(&walk)) shards |= access_bit(keyspace, call_key(call, walk.arg).hash);
    return walk.derived ? access_all_bits(keyspace) : shards;
}

bool call_arg_int(struct call *call, int arg, int64_t *value)
{
    return call_arg_int_or(call, arg, value, SLICE(ERR_NOT_INTEGER));
}

bool call_arg_int_or(struct call *call, int arg, int64_t *value, struct slice error)
{
    if (number_parse_i64(call->argv[arg], value)) return true;
    reply_error(call->reply, error);
    return false;
}

bool call_arg_double(struct call *call, int arg, double *value, struct slice error)
{
    if (number_parse_double(call->argv[arg], value)) return true;
    reply_error(call->reply, error);
    return false;
}

bool call_arg_is(const struct call *call, int arg, const char *word)
{
    return slice_equal_nocase(call->argv[arg], slice_of_cstr(word));
}

void call_note_arguments(struct call *call)
{
    call->session->argument_bytes = 0;
    for (int i = 0; i < call->argc; i++) call->session->argument_bytes += call->argv[i].len;
}

struct settings *call_settings(const struct call *call)
{
    return call->server->settings;
}

struct public_words call_public_words(const struct call *call)
{
    const struct command_info *parent = call->command->parent;
    const struct command *row = parent != NULL ? parent->row : call->command->row;
    return (struct public_words){ .argv = call->argv,
                                  .argc = call->argc,
                                  .secrets = secrets_of(slice_of_cstr(row->name), call->argv, call->argc) };
}
