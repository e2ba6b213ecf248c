/*
 * client_account.h - what one client holds of this server's memory, and the limits that are held against it.
 *
 * Whatever grows with what a client does is on its account, by kind, from where it grows to where it is given
 * back: nothing is kept for a client that is on no account. The limits are questions to the account, and
 * whoever lets a kind grow asks the one that bounds it there, before more is taken:
 *
 *     client-query-buffer-limit     client_account_query_is_over()    what it has sent and what was made of
 * it client-output-buffer-limit    client_account_output_is_over()   what it has not read, by its class
 *     maxmemory-clients             client_eviction.h                 all of it, of all clients
 *
 * The sums over a loop's clients are kept with each change, so that INFO and the watch over maxmemory read
 * them at any time. What clients hold is never held against the keyspace.
 *
 * Threads: the loop that owns the client; the sums and client_account_held() and _resident() by any.
 */
#ifndef SERVER_MEMORY_CLIENT_ACCOUNT_H
#define SERVER_MEMORY_CLIENT_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/config/settings.h"
#include "server/observe/counters.h"

struct loop;
struct server;

enum account_kind {
    ACCOUNT_SELF,          /* the connection itself */
    ACCOUNT_INPUT,         /* memory of what was received and has not run yet, as far as it was written to */
    ACCOUNT_ARGUMENTS,     /* arrays of arguments, and arguments that outlive their input */
    ACCOUNT_QUEUED,        /* commands that wait for EXEC here */
    ACCOUNT_ELSEWHERE,     /* and those that wait for it at the upstream, in memory of the upstream's */
    ACCOUNT_OUTPUT,        /* replies that the kernel has not taken */
    ACCOUNT_PINNED,        /* values in them that are sent from where they stand, mostly the keyspace's */
    ACCOUNT_REQUESTS,      /* commands on their way to the upstream */
    ACCOUNT_REPLIES,       /* what came back and is not handed over yet */
    ACCOUNT_SUBSCRIPTIONS, /* what it has subscribed to */
    ACCOUNT_WAITING,       /* its places in the lines of keys, and the command that waits there */
    ACCOUNT_WATCHED,       /* marks of the keys that it watches */
    ACCOUNT_KINDS,
};

/* Clients by size: those of 2^n bytes up to twice as many. The last takes all that is larger. */
#define ACCOUNT_SIZES 40

/* Over all clients of one loop. */
struct account_sums {
    counter of_kind[ACCOUNT_KINDS];
    counter total;
    counter reserved;
    counter of_size[ACCOUNT_SIZES]; /* clients that may be evicted */
    counter leaving;                /* what is still to be freed of those that have left */
    counter receiving;              /* what a read under way may be writing to, and is on no account yet */
    bool grown;                     /* since client_eviction_run() looked */
};

/* All zero is an account that was not opened. */
struct client_account {
    struct loop *loop;
    size_t held[ACCOUNT_KINDS];
    size_t total;
    bool spared; /* CLIENT NO-EVICT */
    bool has_left;
    size_t left;             /* what it held then */
    size_t reserved;         /* in no kind, and no memory yet: room for what was announced, not written to */
    int64_t output_since_ms; /* over the soft limit since then; 0: it is not */
};

void client_account_open(struct client_account *account, struct loop *loop);
/* The client is no more: nothing that it held counts, or is charged, any longer. Its memory does, until it is
 * freed, as that of the process. */
void client_account_leave(struct client_account *account);
/* Its memory has been freed. */
void client_account_close(struct client_account *account);

/* The kind is so many bytes now; or that many more, or fewer. */
void client_account_set(struct client_account *account, enum account_kind kind, size_t bytes);
void client_account_add(struct client_account *account, enum account_kind kind, size_t bytes);
void client_account_take(struct client_account *account, enum account_kind kind, size_t bytes);
/* What is reserved for it and was not written to: the allocator counts it, the kernel has not given it. */
void client_account_reserve(struct client_account *account, size_t bytes);
void client_account_spare(struct client_account *account, bool spared);

static inline size_t client_account_total(const struct client_account *account)
{
    return account->total;
}

/* What client-query-buffer-limit bounds: input, and commands that are queued here. */
static inline size_t client_account_query(const struct client_account *account)
{
    return account->held[ACCOUNT_INPUT] + account->held[ACCOUNT_QUEUED];
}

/* What client-output-buffer-limit bounds: every byte that the client is owed and has not read, wherever it
 * stands. */
static inline size_t client_account_output(const struct client_account *account)
{
    return account->held[ACCOUNT_OUTPUT] + account->held[ACCOUNT_PINNED] + account->held[ACCOUNT_REPLIES];
}

bool client_account_query_is_over(const struct client_account *account);
/* `more` bytes of a reply under way included. Notes since when the soft limit is passed. */
bool client_account_output_is_over(struct client_account *account, enum setting_client_class class,
                                   size_t more);
/* How much more output brings it to the hard limit; SIZE_MAX: there is none. */
size_t client_account_output_room(const struct client_account *account, enum setting_client_class class);

/* Of all clients of all loops: what is on their accounts; and what of it is memory of its own, since a value
 * that is pinned mostly is the keyspace's as well. */
size_t client_account_held(const struct server *server);
size_t client_account_resident(const struct server *server);
/* And what is reserved for them all. */
size_t client_account_reserved(const struct server *server);

#endif
