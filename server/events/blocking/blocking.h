/*
 * blocking.h - clients that wait until a key has something for them: BLPOP and its like.
 *
 * A command that may block first tries its keys in the order in which it names them, and is done if one of
 * them has what it wants. If none has, its client gets a place in the line of each (line.h) and is suspended.
 *
 *     a key comes to be   the change stream says so, under the shard's lock: blocking_on_change() notes its
 * line the command, or EXEC, is at its end: blocking_serve(), inside the same access, gives what is there to
 *                         those in the line, in their order. So nobody overtakes them. What they do to keys
 * goes through the change stream like any other change, and may make further keys ready. the access is
 * closed: blocking_post() sends the replies home, to the loops of those who were served home the reply goes
 * to the client, which goes on. If it has gone meanwhile, what was taken for it is put back where it was
 * taken, and offered to others.
 *
 * As in Redis 7.0 a key that was there before is not looked at again, whatever is added to it: nobody who
 * could be served waits for one that exists. Who waits for another type than the key turns out to have goes
 * on waiting. Streams are otherwise: who reads them waits for what is added to a key that is there
 * (`is_ready`), and who reads for a group is told when the key or the group has gone (`gone`).
 *
 * Whose rights have been taken away meanwhile is told so when it would have been served, as from Redis 7.2
 * on, and what it would have been given is offered on.
 *
 * BLMOVE writes to a second key, and who fills the first must hold the shard of the second: blocking_reach()
 * says so before the command runs.
 *
 * Time: the server's clock, in milliseconds. Errors: none, a client that cannot be served goes on waiting.
 */
#ifndef SERVER_EVENTS_BLOCKING_BLOCKING_H
#define SERVER_EVENTS_BLOCKING_BLOCKING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/table/key.h"

struct access;
struct blocking;
struct call;
struct change;
struct flush;
struct keyspace;
struct loop;
struct reply;
struct session;
struct slice;
struct value_type;

/* What one of the commands does, for all its calls. */
struct blocking_kind {
    const struct value_type *type; /* that it waits for; NULL: it looks itself whether it has what it wants */
    /* Take from the key argv[arg]. False: it is absent, and nothing was replied. True: replied, with an error
     * perhaps. */
    bool (*take)(struct call *call, int arg);
    /* The reply where a transaction or a script lets nobody wait. */
    void (*refuse)(struct reply *reply);
    /* Put what was taken from argv[arg] back, `elements` as they stood in the reply behind the key. NULL: it
     * stays as it is. */
    void (*put_back)(struct call *call, int arg, const struct slice *elements, size_t count);
    /* Whether a key of the type has something for it: then what is added to one that is there is looked at as
     * well. NULL: each has. */
    bool (*is_ready)(struct call *call, int arg);
    /* Reply that the key has gone, or is of another type. NULL: it goes on waiting. */
    void (*gone)(struct call *call, int arg);
    /* Reply that time is up. NULL: a null array. */
    void (*in_vain)(struct reply *reply, const struct slice *argv, int argc);
    bool is_for_lease; /* it waits for what somebody else computes, and is counted as such */
};

#define BLOCKING_FOR_EVER 0

struct blocking_request {
    const struct blocking_kind *kind;
    int first;        /* argument: the first key */
    int keys;         /* how many there are */
    int destination;  /* argument: a key that is written to besides; 0: none */
    int64_t until_ms; /* Unix time, or BLOCKING_FOR_EVER */
};

/* Take at once, or wait. All that a handler does when it has read its arguments. */
void blocking_take(struct call *call, const struct blocking_request *request);

/* Wait: the second half of it, for who has tried its keys in its own way. */
void blocking_wait(struct call *call, const struct blocking_request *request);

/* Of a key in the shard at `index`, whose lock is held: it has come to be, has gone, or has more. */
void blocking_on_change(struct loop *loop, unsigned index, const struct change *change);
/* Whoever waits for the key is to be looked at, though nothing has happened to the key itself. */
void blocking_make_ready(struct loop *loop, unsigned index, unsigned db, struct key key);
/* How many wait for the key. It counts them. */
size_t blocking_waiting(const struct loop *loop, unsigned index, unsigned db, struct key key);
/* Databases are about to be emptied, or have been exchanged. */
void blocking_on_flush(struct loop *loop, const struct flush *flush);
/* Inside the access of `call`: it is the loop's `serve`. */
void blocking_serve(struct call *call);
/* The same of what has changed though no command runs: it is the loop's `serve_alone`. */
void blocking_serve_alone(struct loop *loop, struct access *access);
/* A script rests, and goes on: those whom it has made ready are its own to serve, at its end. */
void blocking_put_aside(struct loop *loop);
void blocking_take_up(struct loop *loop);
/* When the access is closed, before any reply leaves. */
void blocking_post(struct loop *loop);

/* The shards that must be open besides for those to be served who wait for a key: asked inside the access, of
 * each key that is written to, while `reaching` of the census is not 0. When they are open, ask again. It is
 * the loop's `reach`. */
uint64_t blocking_reach(const struct loop *loop, const struct access *access, struct key key);

/* The session closes. On its loop. */
void blocking_leave(struct session *session);
/* CLIENT UNBLOCK: from any loop; the client is told when `loop` posts. False: it does not wait. */
bool blocking_unblock(struct loop *loop, uint64_t session, bool with_error);
/* Let those go whose time is up. On its loop. */
void blocking_look_at_clock(struct loop *loop);

struct blocking_counts {
    uint32_t clients;
    uint32_t with_timeout;
    uint32_t for_leases;
    uint32_t keys;
};
struct blocking_counts blocking_counts(const struct blocking *blocking);

/* Of the server, before its loops run; each loop is given its part. */
struct blocking *blocking_create(struct keyspace *keyspace, struct loop *loops, unsigned loop_count);
/* The loops have ended, and are still there. */
void blocking_destroy(struct blocking **blocking);

#endif
