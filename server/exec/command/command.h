/*
 * command.h - what a command is: a handler and a row beside it.
 *
 * Everything else about a command is derived from its row: arity (from the syntax), which shards its access
 * opens (from the keys), gates, ACL categories, COMMAND, COMMAND DOCS, INFO and GETKEYS, docs/commands.md,
 * and the generated tests. Rows are constant data, in a table per family that ends with an empty row.
 *
 *     { "zunionstore", zunionstore,
 *       .syntax = "destination numkeys key [key ...] [WEIGHTS weight [weight ...]] "
 *                 "[AGGREGATE <SUM | MIN | MAX>]",
 *       .keys = { KEY(1, KEY_OW | KEY_UPDATE), KEYS_COUNTED(2, KEY_RO | KEY_ACCESS) },
 *       .flags = CMD_WRITE | CMD_GROWS, .categories = ACL_SORTED_SET, .group = "sorted-set",
 *       .tier = TIER_PASS, .since = "2.0.0", .cost = "O(N)+O(M log(M))", .reply = "integer",
 *       .summary = "Store the union of sorted sets." },
 *
 * What Redis has says what Redis says (`redis-cli COMMAND INFO zunionstore`): flags, uses of keys, `since`
 * (its version), `tips`, words of the syntax; the differential test compares them. Cost and summary are our
 * words. `since` of a command that only this server has is what it claims to be: Redis "7.2.4".
 *
 * Threads: immutable.
 */
#ifndef SERVER_EXEC_COMMAND_COMMAND_H
#define SERVER_EXEC_COMMAND_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "server/exec/command/command_kind.h"
#include "server/exec/command/key_spec.h"
#include "server/exec/command/tag_claim.h"
#include "server/exec/command/tier_policy.h"

struct call;
struct outcome;
struct slice;

/* How COMMAND names them, in the order in which it lists them. */
enum command_flag {
    CMD_WRITE = 1 << 0,
    CMD_READONLY = 1 << 1,
    CMD_GROWS = 1 << 2, /* "denyoom": refused when memory is full */
    CMD_ADMIN = 1 << 3,
    CMD_PUBSUB = 1 << 4,
    CMD_NOSCRIPT = 1 << 5,
    CMD_BLOCKING = 1 << 6,
    CMD_LOADING = 1 << 7,
    CMD_STALE = 1 << 8,
    CMD_SKIP_MONITOR = 1 << 9,
    CMD_SKIP_SLOWLOG = 1 << 10,
    CMD_ASKING = 1 << 11, /* meant for nodes of a cluster */
    CMD_FAST = 1 << 12,
    CMD_NO_AUTH = 1 << 13,           /* allowed before AUTH */
    CMD_NO_MANDATORY_KEYS = 1 << 14, /* there may be none where its syntax has them: EVAL */
    CMD_NO_ASYNC_LOADING = 1 << 15,  /* nothing here loads beside the data that it has */
    CMD_NO_MULTI = 1 << 16,
    CMD_MOVABLE_KEYS = 1 << 17, /* the table says it, where keys are not in fixed places */
    CMD_ALLOW_BUSY = 1 << 18,
    /* Not told to clients. */
    CMD_ALL_SHARDS = 1 << 28,    /* its access opens every shard */
    CMD_EXTENDS = 1 << 29,       /* it finds out on the way which keys it needs: its access has the token */
    CMD_TURNS_INPUT = 1 << 19,   /* what its client sends behind it may be read otherwise: without keys */
    CMD_MAY_REPLICATE = 1 << 20, /* a read that CLIENT PAUSE WRITE holds as if it wrote: PFCOUNT */
    CMD_SYSTEM = 1 << 21,        /* "syscmd" in COMMAND DOCS: for who works on the server itself */
    CMD_SUBSCRIBER = 1 << 22,    /* allowed to who has subscribed to something and speaks RESP2 */
    CMD_UNQUEUED = 1 << 23,      /* runs at once where others are queued: EXEC, WATCH */
    CMD_ENDS_MULTI = 1 << 24, /* the same, and ends the transaction: it is never refused for want of memory */
    CMD_EXECUTES = 1 << 25,   /* runs what was queued, and answers for the kinds of all of that: EXEC */
    CMD_APART = 1 << 26,      /* asks other loops, waits, or opens accesses: runs behind EXEC's access */
    CMD_STEPS = 1 << 27,      /* opens shards one by one with executor_open_shard(): SCAN */
};

/* ACL categories that do not follow from the flags; these name the family. */
enum command_category {
    ACL_KEYSPACE = 1 << 0,
    ACL_STRING = 1 << 1,
    ACL_ADMIN = 1 << 2,
    ACL_DANGEROUS = 1 << 3,
    ACL_CONNECTION = 1 << 4,
    ACL_SET = 1 << 5,
    ACL_SORTED_SET = 1 << 6,
    ACL_LIST = 1 << 7,
    ACL_HASH = 1 << 8,
    ACL_BITMAP = 1 << 9,
    ACL_HYPERLOGLOG = 1 << 10,
    ACL_GEO = 1 << 11,
    ACL_STREAM = 1 << 12,
    ACL_TRANSACTION = 1 << 13,
    ACL_SCRIPTING = 1 << 14,
};

/* Arguments that name a database of the server that runs the command: with an upstream, one there. All zero:
 * there are none. */
struct database_spec {
    int first;
    int last;
    const char *word; /* the argument behind it, which is sought from `first` on; NULL: `first` to `last` */
};

/* The arguments `first` to `last`, which counts as in a key_spec. */
struct channel_spec {
    int first; /* 0: none */
    int last;
    bool are_patterns;
};

struct command {
    const char *name;               /* lower case; of a subcommand, without its container */
    void (*run)(struct call *call); /* NULL: a container, only its subcommands run */
    const char *syntax;             /* the arguments after the name, as redis.io writes them */
    struct key_spec keys[COMMAND_KEY_SPECS];
    struct key_spec channels;     /* shard channels: told with the keys, and nothing else is done with them */
    struct channel_spec entitled; /* channels that a user must have a right to: ACLs */
    tag_claim_next *tags;         /* tags that it must have a right to; or NULL */
    int member; /* argument that is looked up in the collection of its first key, to be fetched ahead */
    uint64_t (*shards)(
        const struct call *call); /* what it needs besides its keys', a bit for each; or NULL */
    uint32_t flags;
    uint32_t categories;
    uint32_t tier;                                                 /* of enum tier_policy */
    struct outcome (*outcome)(const struct slice *argv, int argc); /* of a TIER_WRITE: outcome.h; or NULL */
    enum command_kind kind; /* what it does to the connection that it goes over */
    struct database_spec databases;
    const char *group; /* as COMMAND DOCS names it: string, sorted-set, hyperloglog, ... */
    const char *since;
    const char *origin; /* whose version that is; NULL: Redis's */
    const char *cost;
    const char *reply; /* the kind of reply, in words, for docs/commands.md */
    const char *summary;
    const char *tips; /* separated by spaces */
    const char *deprecated_since;
    const char *replaced_by; /* what to call instead, in words */
    const struct command *subcommands;
};

#endif
