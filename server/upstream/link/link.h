/*
 * link.h - how the connection to the upstream stands, for all loops to read.
 *
 * The lane tells what it sees (upstream.h, copies/coherence_events.h), and on loop 0 that is noted here:
 * whether there is a link, until when it is known to be alive, what the upstream can do, and which server it
 * is.
 *
 * Threads: written on loop 0; what is atomic is read by all, the words by all through link_copy_...().
 * Times are monotonic, as uv_now().
 */
#ifndef SERVER_UPSTREAM_LINK_LINK_H
#define SERVER_UPSTREAM_LINK_LINK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/upstream/channel/identity.h"

enum link_state {
    LINK_TRYING, /* not up, and not given up: clients wait */
    LINK_UP,
    LINK_DOWN, /* clients are refused, or served as upstream-on-failure says */
};

struct link {
    _Atomic int state;              /* enum link_state */
    _Atomic int64_t fresh_until_ms; /* local hits until then */
    _Atomic int64_t stale_until_ms; /* without a link, the same */
    _Atomic int tracking;           /* enum upstream_tracking */
    _Atomic int protocol;           /* of the lane */
    _Atomic unsigned databases;     /* that both sides have */
    _Atomic bool held_up;    /* the lane owes a reply for long, as behind a write that the upstream pauses */
    _Atomic bool busy;       /* the upstream runs a script and refuses all else */
    _Atomic bool seventeen;  /* its version writes doubles with seventeen digits: before 7.2 */
    _Atomic uint64_t server; /* the lane's, as identity_server(); 0: unknown */
    _Atomic uint64_t reported; /* hash of what was last logged of connections beside the lane */
    _Atomic int64_t lost_ms;   /* when the link was lost; 0: it is up */
    int64_t wall_offset_ms;    /* between the clock of the day and the monotonic one, as last seen */
    bool ever_up;
    bool told_stale; /* clients that track here know that local copies may be old */

    pthread_mutex_t words_lock;                  /* of the two that follow */
    char no_database[128];                       /* the upstream's error for a database that it lacks */
    char upstreams[IDENTITY_UPSTREAMS_MAX + 80]; /* run_ids, from the upstream's to the last one */
};

/* All zero before. Nothing is known, and the link is being tried. */
void link_init(struct link *link, unsigned databases);
void link_clear(struct link *link);

/* Which server is at the other end, and how it calls a database that it lacks. */
void link_note_server(struct link *link, const struct identity *identity, const char *no_database);
/* Only the run_ids: a server has said who it is, and there may be no link to it. */
void link_note_upstreams(struct link *link, const struct identity *identity);
void link_forget_upstreams(struct link *link);

/* What the upstream says to SELECT of a database that it lacks, and the run_ids of it and of those behind it,
 * terminated; empty when unknown. Any loop. */
void link_copy_no_database(struct link *link, char *text, size_t size);
void link_copy_upstreams(struct link *link, char *text, size_t size);

#endif
