/*
 * call.h - one command being executed: what a handler sees of the world.
 *
 * A handler is synchronous: it takes no lock, reads no clock, knows no socket and no wire format. It finds
 * its arguments in `argv`, reaches keys through the functions below, writes its answer to `reply`, and after
 * changing a key calls call_changed(), once for each event that Redis announces; everything that follows from
 * a change is derived from that.
 *
 * Threads: on the loop that owns the session, inside an access that covers the keys of the command's row.
 * Ownership: all pointers are borrowed for the time of the call. An entry pointer is good until the keyspace
 * is next written to.
 */
#ifndef SERVER_EXEC_CALL_H
#define SERVER_EXEC_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/slice.h"
#include "proto/reply.h"
#include "storage/entry/entry.h"
#include "storage/keyspace/access.h"
#include "storage/shard/change.h"
#include "storage/table/key.h"

struct command_info;
struct loop;
struct public_words;
struct server;
struct session;
struct settings;

struct call {
    const struct command_info *command;
    const struct slice *argv;
    int argc;
    struct reply *reply;
    struct session *session;
    struct loop *loop;
    struct server *server;
    struct access access;
    uint64_t first_hash; /* hash of the argument at `command->first_key`; valid when that is not 0 */
    int64_t now_ms;      /* Unix time, fixed for the whole command */
    unsigned db;
    size_t input_end;   /* of the request in what its connection has received */
    uint64_t asleep_ns; /* spent by the client, not by the loop, and counted as time that the command took */
    size_t start;       /* of its reply in what `reply` writes to */
    bool inside;        /* another call's access is open around it, and covers all that it needs */
    bool cached; /* a read of local copies of an upstream's keys: one that is unknown makes it `missed` */
    bool (*guard)(struct call *call); /* says, inside the access, whether it may run here; NULL: it may */
    bool offline;                     /* run without the upstream, as long as there is no link to it */
    bool missed;                      /* not to be answered from here, or not now: what it replied is void */
    bool short_of_memory; /* CMD_EXTENDS: there was no room as it began, and it may not need any */
    bool left_keys;       /* call_leave_keys(): what was read of them is noted */
    bool parked;          /* the same, and why: a shard that it needs is kept for long */
    bool executes;        /* EXEC: each of what it runs settles its own reply */
    bool endless;         /* its guard knows that the key has no TTL: the deadline is only its copy's */
    char *parted; /* its arguments are in an entry's memory now, pinned until they were told; mostly NULL */
    unsigned absent; /* keys that it met and that are known to be absent */
};

/* The name in argv[arg] with its hash. */
struct key call_key(const struct call *call, int arg);

/* The live entry of the key argv[arg], or NULL; of any type.
 * find: a read, counted as a hit or miss and as a use of the key.
 * look: a question about the key (EXISTS, TTL): counted as a hit or miss, but not as a use.
 * edit: a look-up before a write: counted as a use only.
 * peek: counted as nothing. */
struct entry *call_find(struct call *call, int arg);
struct entry *call_look(struct call *call, int arg);
/* As a look, of which no miss is announced: OBJECT. */
struct entry *call_look_quietly(struct call *call, int arg);
struct entry *call_edit(struct call *call, int arg);
struct entry *call_peek(struct call *call, int arg);
/* A find by a name that no argument is, in a shard that is open. */
struct entry *call_find_name(struct call *call, struct slice name);
/* A shard that it needs is kept for long: what it did so far is nothing, and it will run again. */
void call_park(struct call *call);
/* Does it read copies of an upstream's keys? Then the upstream answers it all the same: it may not know the
 * option that is asked for, or not in this form. */
bool call_leave_to_upstream(struct call *call);
/* The rest of the command needs no keys: others may have them from now on, unless they are another call's as
 * well. What entries hold is void then. */
void call_leave_keys(struct call *call);
/* In another database than the session's. */
struct entry *call_peek_in(struct call *call, unsigned db, int arg);

/* True when `entry` is NULL or a string; otherwise replies WRONGTYPE. */
bool call_wants_string(struct call *call, const struct entry *entry);

/* Store argv[arg] = text with `deadline_ms` (ENTRY_NO_DEADLINE: none). `old` is what a look-up just returned.
 */
struct entry *call_put_string(struct call *call, int arg, struct entry *old, struct slice text,
                              int64_t deadline_ms);
/* Both for a command with several keys, whatever there was: a use, and no deadline. Each key is hashed once.
 */
void call_overwrite_string(struct call *call, int arg, struct slice text);
/* The deadline of the entry that a look-up returned for argv[arg]; ENTRY_NO_DEADLINE also for NULL. */
int64_t call_deadline_ms(const struct call *call, int arg, const struct entry *entry);
/* Remove the entry that a look-up just returned. */
void call_remove(struct call *call, int arg, struct entry *entry);
/* A key that was to go, and that a look-up did not show: what is kept of it all the same goes
 * (shard_uncover()), and so does what somebody computes for it (leases). */
void call_uncover(struct call *call, int arg);
/* There is to be no key argv[arg] from now on: remove `old`, which a look-up returned, and announce it; of
 * NULL, call_uncover(). A store whose result is empty. */
void call_vacate(struct call *call, int arg, struct entry *old);
/* The second that call_uncover() does, alone. */
void call_outdate(struct call *call, int arg);
/* See shard_resize_string() and shard_set_deadline(). */
struct entry *call_resize_string(struct call *call, int arg, struct entry *entry, size_t len);
struct entry *call_set_deadline(struct call *call, int arg, struct entry *entry, int64_t deadline_ms);

/* The key argv[arg] of the session's database was changed, just now: what is in the keyspace is what became
 * of it. New keys are announced by the shard. */
void call_changed(struct call *call, int arg, enum change_event event);
/* The same for a key of another database, and for one that no argument names. */
void call_changed_in(struct call *call, unsigned db, int arg, enum change_event event);
void call_changed_key(struct call *call, struct key key, enum change_event event);
/* Whole databases changed: FLUSHALL, SWAPDB. `keys` were removed. Only counts it: whoever does it tells
 * dealing_on_flush() as well. */
void call_changed_databases(struct call *call, size_t keys);

/* The shards of its keys, a bit for each; of one that is wrong about its keys, none. */
uint64_t call_shards(const struct call *call);

/* Arguments. False: an error has been replied, Redis's unless `error` (a text with its code) is given. */
bool call_arg_int(struct call *call, int arg, int64_t *value);
bool call_arg_int_or(struct call *call, int arg, int64_t *value, struct slice error);
/* As number_parse_double() reads it. */
bool call_arg_double(struct call *call, int arg, double *value, struct slice error);
bool call_arg_is(const struct call *call, int arg, const char *word); /* no regard to case */

/* The session is in this command: what its arguments take is told with what it holds. */
void call_note_arguments(struct call *call);

/* Its words as logs and monitors may show them; they are the call's. */
struct public_words call_public_words(const struct call *call);

/* The values the server acts on. */
struct settings *call_settings(const struct call *call);

#endif
