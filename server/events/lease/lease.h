/*
 * lease.h - who computes the value of a key at present; and the leases of one shard by key.
 *
 * A lease is given to the first who asks for a key that has no fresh value. Others see that somebody computes
 * until it ends: by its time, by its winner, or by a change of the key, after which what was being computed
 * is no longer the key's value. It is beside the shard and not in an entry, since the key mostly does not
 * exist.
 *
 *                grant                  time is up, or its winner has gone
 *     (none) -----------------> HELD --------------------------------------> OPEN
 *        ^                       |  ^                                          |
 *        |    broken, ended      |  +------------- grant, with another secret -+
 *        +-----------------------+                                             |
 *        |                       | it failed, or is not to be kept             |
 *        +----- time is up ---- RETRY, PASS                                    |
 *        +------------------------- broken, forgotten after LEASE_LINGER_MS ---+
 *
 * RETRY and PASS are hints, which cost who asks no more than a computation when they are lost: they give way
 * where there is no room for a lease, and so does OPEN.
 *
 * OPEN says that nobody is waited for any more, but nothing has invalidated what the last winner may still
 * bring: its secret is good until somebody else wins.
 *
 * Threads: all of it is guarded by the shard's lock. Time: it reads no clock; `now_ms` is Unix time. A lease
 * whose time is up is what it has become (lease_phase_at()), whether leases_advance() has noticed yet or not.
 * Ownership: leases belong to the table; one is good until the next call that may end it.
 */
#ifndef SERVER_EVENTS_LEASE_LEASE_H
#define SERVER_EVENTS_LEASE_LEASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "proto/base/chains.h"
#include "server/core/timeouts.h"
#include "storage/table/key.h"

/* What was computed for so long after the end of its lease is not taken any more: else tokens that nobody
 * brings back would be kept for ever. */
#define LEASE_LINGER_MS 60000

enum lease_phase {
    LEASE_HELD,  /* somebody computes */
    LEASE_OPEN,  /* nobody is known to, and the next who asks wins */
    LEASE_RETRY, /* computing has failed, and is not tried again for a while */
    LEASE_PASS,  /* the value is not worth keeping: who asks for it computes it and does not wait */
};

struct lease {
    struct chain by_key;
    struct timeout timeout; /* the end of the phase */
    union {
        struct chain by_owner;          /* HELD */
        TAILQ_ENTRY(lease) open_others; /* OPEN */
    };
    uint64_t secret;    /* of its token; 0 in RETRY and PASS, of which nobody has one */
    uint64_t owner;     /* the session that has won it */
    uint64_t granted;   /* when, by the clock that orders births and invalidations */
    int64_t granted_ms; /* the same as Unix time */
    uint32_t cost_ms;   /* that computing it took before, as far as was known then; 0: it was not */
    uint32_t name_len;
    uint16_t db;
    uint8_t phase; /* of enum lease_phase */
    char name[];
};

TAILQ_HEAD(lease_list, lease);

/* All zero is empty, but for `open`: leases_init(). */
struct leases {
    struct chains by_key;
    struct chains by_owner;   /* HELD ones, by their session */
    struct lease_list open;   /* the oldest first */
    struct timeouts timeouts; /* of those that are HELD or OPEN */
    struct timeouts resting;  /* of the others: apart, so that the first of them is at hand */
    size_t held;
    size_t bytes; /* that they take, and the tables with them */
};

void leases_init(struct leases *leases);
/* Drops what is left. */
void leases_clear(struct leases *leases);

static inline size_t leases_len(const struct leases *leases)
{
    return leases->by_key.len;
}

/* NULL: nobody computes the key's value, has done so or has failed to. */
struct lease *leases_find(const struct leases *leases, unsigned db, struct key key);

/* Of one that was found, or of none: when nothing is known of a key, or no longer, whoever asks wins. */
static inline enum lease_phase lease_phase_at(const struct lease *lease, int64_t now_ms)
{
    bool stands = lease != NULL && lease->timeout.at_ms > now_ms;
    return stands ? (enum lease_phase)lease->phase : LEASE_OPEN;
}

/* What the winner is given. */
struct lease_terms {
    unsigned db;
    uint64_t owner;
    uint64_t secret; /* not 0 */
    uint64_t granted;
    int64_t now_ms;
    int64_t until_ms;
    uint32_t cost_ms;
};
/* `lease` is what was found for the key, NULL or one that is OPEN by now: its secret is good no longer. */
struct lease *leases_grant(struct leases *leases, struct lease *lease, struct key key,
                           const struct lease_terms *terms);
/* It is RETRY or PASS until then. */
void leases_rest(struct leases *leases, struct lease *lease, enum lease_phase phase, int64_t until_ms);
/* A HELD one: its winner has gone, or is late. It is forgotten some time after `now_ms`. */
void leases_open(struct leases *leases, struct lease *lease, int64_t now_ms);
void leases_drop(struct leases *leases, struct lease *lease);
/* Drop the one that has been open for longest. False: none is. */
bool leases_drop_open(struct leases *leases);
/* Drop the one in RETRY or PASS that would end first, in O(log n). False: none is. */
bool leases_drop_resting(struct leases *leases);
/* Drop all that go. `goes` changes nothing here. */
void leases_drop_each(struct leases *leases, bool (*goes)(void *context, const struct lease *lease),
                      void *context);

/* Let the first whose phase is over go on to the next. One that was HELD is told, those for whom that was the
 * end are not: NULL. False: none is due. */
bool leases_advance(struct leases *leases, int64_t now_ms, struct lease **opened);
/* When the first phase is over; 0: never. */
int64_t leases_due_ms(const struct leases *leases);

/* One that the session holds; NULL: none. */
struct lease *leases_of_owner(const struct leases *leases, uint64_t owner);
/* The oldest number at which one was granted whose winner may still bring a value; UINT64_MAX: there is none.
 * It looks at all of them. */
uint64_t leases_oldest(const struct leases *leases);

static inline struct key lease_key(const struct lease *lease)
{
    return (struct key){ .name = slice_of(lease->name, lease->name_len), .hash = lease->by_key.hash };
}

/* Its winner may still bring the value. */
static inline bool lease_is_good(const struct lease *lease)
{
    return lease->phase == LEASE_HELD || lease->phase == LEASE_OPEN;
}

void leases_check(const struct leases *leases);

#endif
