/*
 * loop.h - one thread with a libuv loop, and all it owns.
 *
 * After each poll of libuv comes a turn: what it consists of is given by who builds the server, as stages.
 * What the parts of the server keep for each loop is theirs, and opaque here.
 *
 * Threads: everything belongs to the loop's thread but for the mailbox and the counters, which anyone reads.
 */
#ifndef SERVER_CORE_LOOP_H
#define SERVER_CORE_LOOP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "proto/base/buffer.h"
#include "proto/reply.h"
#include "server/core/drowse.h"
#include "server/core/mailbox.h"
#include "server/observe/counters.h"
#include "server/observe/keys/sample_pace.h"
#include "storage/table/key.h"

struct access;
struct batch;
struct blocking_loop;
struct call;
struct changes;
struct aftermath;
struct collection_limits;
struct connections;
struct engine;
struct http_loop;
struct leasing_loop;
struct interlude;
struct loop_memory;
struct loop_walk;
struct server;
struct session;
struct sessions;
struct sheet;
struct tls_loop;

/* Between two runs of the cron. */
#define CRON_MS 100

/* Replies of one connection are handed to the kernel at the latest when they reach this. */
#define FLUSH_BYTES (256u << 10)

/* What is done on a loop besides polling. All on the loop's thread, but for `open` and `clear`. */
struct loop_stages {
    void (*open)(struct loop *loop);  /* before it runs: make what is kept for each loop */
    void (*turn)(struct loop *loop);  /* after each poll */
    void (*serve)(struct loop *loop); /* amid a poll: enough was read to be worked on */
    void (*cron)(struct loop *loop);  /* ten times a second, once when it drowses */
    bool (*finish)(
        struct loop *loop);         /* it stops: let clients read what they are owed. False: there are none */
    void (*end)(struct loop *loop); /* close at once what is left */
    void (*clear)(struct loop *loop); /* after its end: what `open` made */
};

struct loop {
    struct server *server;
    unsigned index;
    uv_loop_t uv;
    uv_thread_t thread;
    struct mailbox mailbox;

    const struct loop_stages *stages;

    uv_check_t after_poll; /* runs the turn */
    uv_idle_t busy;        /* active while there is work besides I/O: keeps the poll from sleeping */
    uv_timer_t cron;
    uv_timer_t drain; /* ends the loop once its clients have read what they are owed, or took too long */

    struct connections *connections; /* those of the parts above, each made by its owner */
    struct batch *batch;
    struct collection_limits *limits;
    struct engine *_Atomic engine; /* that runs scripts; NULL: none has come */
    struct interlude *interlude;   /* of one that rests; NULL: none has run */
    struct loop_memory *memory;
    struct loop_walk *walk;    /* events/walk/walk.h */
    struct sessions *sessions; /* all of this loop, by id */
    struct tls_loop *tls;
    struct http_loop *http;
    uint64_t waits;            /* of its sessions, so far */
    struct session *executing; /* whose replies `out` holds; NULL: nobody's */

    struct buffer out;           /* replies of the connection being executed */
    struct buffer behind;        /* pushed to it by a command whose own replies are not wanted */
    struct sheet *sheet;         /* pushed to all others: exec/session/sheet.h */
    struct reply reply;          /* writes to `out` */
    struct reply_values values;  /* large ones that belong into it, each with a pin of its entry's text */
    struct aftermath *aftermath; /* what is to be done when the access at hand is closed */
    size_t flush_at;    /* replies are handed over, or found to be too many, at the latest at so many bytes */
    bool limits_output; /* in this batch */

    int64_t now_ms;     /* Unix time, read once per batch */
    uint64_t ticks;     /* when the last command of the batch ended: see observe/ticks.h */
    bool serves_copies; /* in this batch: what is known of an upstream's keys may be told,
                           upstream/copies/hits.h */
    bool stopping;      /* its clients are only waited for */
    bool ended;
    struct drowse drowse;
    int64_t second_ms; /* when the cron last did what is done once a second */
    struct counters counters;
    int32_t commands_to_sample; /* to the next look at one; this and what follows: exec/sampling.h */
    int32_t commands_drawn;     /* what that began from */
    int32_t commands_to_hot, commands_to_window; /* from there to the next sample of either kind */
    uint32_t hot_weight;                         /* of the hot one: observe/keys/sample_pace.h */
    struct sample_pace pace;
    uint64_t hits_so_far, misses_so_far; /* as it began */

    struct changes *changes;         /* the server's: events/changes.h */
    void (*post)(struct loop *loop); /* sends the letters of what was done here */
    bool unposted;                   /* there are some */
    bool unparking;                  /* what was parked is asked again in this turn: exec/parking.h */

    struct leasing_loop *leasing; /* what it has granted: events/lease/leasing.h */

    void (*unwatch)(struct session *session); /* it watches no key any more: events/watch/watch.h */

    struct blocking_loop *blocking;   /* its clients that wait for keys: events/blocking/blocking.h */
    void (*serve)(struct call *call); /* those for whom the call has made a key ready, inside its access */
    void (*serve_alone)(struct loop *loop, struct access *access); /* the same where no command runs */
    bool unserved;                                                 /* there are some */
    bool unfinished;                                               /* the same, or there is an aftermath */
    /* The shards that must be open besides for who waits for the key to be served: asked inside the access,
     * of each key that is written to, while `reaching` of the census is not 0. */
    uint64_t (*reach)(const struct loop *loop, const struct access *access, struct key key);
};

/* libuv's code. The loop does not run yet; `stages` outlive it. */
int loop_init(struct loop *loop, struct server *server, unsigned index, const struct loop_stages *stages);
/* Run until loop_stop(). Called on the loop's own thread. */
void loop_run(struct loop *loop);
/* Whether there is something to do besides I/O: then the next poll does not wait. */
void loop_set_busy(struct loop *loop, bool busy);
/* Run no further command, let the kernel take the replies that are queued, for a second at the most, then
 * close connections and handles; loop_run() then returns. On the loop's thread. */
void loop_stop(struct loop *loop);
/* The last client has gone. A loop that stops waits for nobody else. */
void loop_is_deserted(struct loop *loop);
void loop_clear(struct loop *loop);

/* The loop that the calling thread runs; NULL: none. */
struct loop *loop_of_thread(void);

/* Send the letters of what was done since the last time. Outside of an access, and before any reply of it
 * leaves: whoever has seen a write acknowledged and then asks another loop finds them there. */
static inline void loop_post(struct loop *loop)
{
    if (__builtin_expect(loop->unposted, 0)) loop->post(loop);
}

/* Read the clock now: at the start of a turn and after waiting. */
void loop_read_clock(struct loop *loop);
/* Drop what was replied behind `start` bytes of `out`. */
void loop_take_back(struct loop *loop, size_t start);

#endif
