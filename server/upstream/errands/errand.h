/*
 * errand.h - one command of a client on its way to the upstream and back.
 *
 * Made on the client's loop, carried out on the loop of the upstream (by letter, where that is another), and
 * brought back. It holds the command's bytes and slices into them, since by the time of the reply the
 * client's input is gone.
 *
 * Threads: the loop that has it. Ownership: whoever carries it out has it until it is
 * settled (settlement.h).
 */
#ifndef SERVER_UPSTREAM_ERRANDS_ERRAND_H
#define SERVER_UPSTREAM_ERRANDS_ERRAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/buffer.h"
#include "proto/base/slice.h"
#include "server/core/mailbox.h"
#include "server/exec/command/command.h"
#include "server/exec/command/outcome.h"
#include "server/upstream/channel/upstream.h"
#include "server/upstream/clients/transaction.h"
#include "server/upstream/errands/barrier.h"
#include "server/upstream/errands/errand_kind.h"

struct call;
struct command_info;
struct envoy;
struct fill;
struct loop;
struct patron;

struct errand {
    struct upstream_request request; /* first */
    struct letter letter;
    struct barrier_waiter waiter;
    void (*send)(struct errand *errand); /* the way it went, over a shared connection, to be sent again */
    struct errand *next;                 /* among those who wait for one fill, or were lost with it */
    struct patron *patron;
    struct loop *home;
    const struct command_info *command; /* NULL: not one of ours */
    const struct envoy *envoy;          /* as whom it goes; NULL: as the one in the address */
    uint32_t policy;                    /* of enum tier_policy, for this call */
    enum command_kind kind;
    enum transaction_role role;    /* over its client's own connection */
    struct transaction_step *step; /* what it means here; NULL: nothing */
    struct outcome outcome;
    unsigned db;
    int protocol;     /* the client's */
    bool unwanted;    /* CLIENT REPLY */
    bool may_join;    /* nothing else of the client is on its way */
    bool counted;     /* as under way */
    bool repeated;    /* sent again: repeats.h */
    bool repeatable;  /* lost, and may be */
    bool followed;    /* it reads what its client is to be told of: followers.h */
    uint64_t session; /* its client's */
    uint64_t started; /* ticks */
    size_t charged;   /* to its client, until it is settled */
    int64_t asked_at_ms;
    struct fill **fills; /* of a read: one for each of its keys, or NULL */
    size_t fill_count;
    struct fill *only_fill;     /* where there is one, `fills` is here */
    enum upstream_outcome came; /* while it is on its way home */
    struct buffer reply;        /* the same; translated */
    int argc;
    struct slice *argv;
};

/* On the account of its client from here on. journey_begin() is how a command is sent. */
struct errand *errand_create(struct call *call, const struct command_info *command, uint32_t policy);
void errand_destroy(struct errand *errand);

/* It may take for ever and must hold up nobody: it does not count against upstream-max-inflight. */
void errand_uncount(struct errand *errand);

/* Does it change nothing, so that it may be sent twice? */
bool errand_is_read(const struct errand *errand);
/* Room for so many, all of them NULL. */
void errand_make_fills(struct errand *errand, size_t count);
/* What `reply` stands in alone, or NULL: it may be taken. */
struct buffer *errand_memory(struct errand *errand, struct slice reply);
/* Keep its reply for later, in the client's protocol: with its memory, where that can be taken. */
void errand_keep(struct errand *errand, struct slice reply, int from);
/* As it was before it was carried out, but for `repeated`. */
void errand_renew(struct errand *errand);

#endif
