/*
 * tier_policy.h - what a server with an upstream does with a command; meaningless without one. Every row says
 * it.
 *
 * Commands on collections, bits and HyperLogLogs say TIER_PASS, reads and writes alike: they take the way
 * that a command takes which is unknown here, and the upstream's news drop the copies of what they wrote.
 * Those reads among them whose reply follows from the value of their key, and from nothing else, add
 * TIER_TYPED: what they read is kept whole once it was read often enough (server/upstream/typed/fetch.h), and
 * then they are answered from that. Not so what is chance, a cursor's, about several keys, or about how a
 * value is kept. The others are about strings, or about keys as such.
 *
 * Threads: immutable.
 */
#ifndef SERVER_EXEC_COMMAND_TIER_POLICY_H
#define SERVER_EXEC_COMMAND_TIER_POLICY_H

enum tier_policy {
    TIER_UNSAID = 0, /* of subcommands, for which their container says it */
    /* One of these: */
    TIER_PASS = 1 << 0,  /* it goes upstream, and is never run here */
    TIER_LOCAL = 1 << 1, /* it is about this server or connection */
    TIER_READ = 1 << 2,  /* answered from local copies, or sent up */
    TIER_WRITE = 1 << 3, /* sent up; what it leaves `outcome` tells, or it is not known */
    /* With what is true of it besides: */
    TIER_RUNS_ALONE = 1 << 4,   /* TIER_PASS: run here without a link, if `upstream-on-failure` is local */
    TIER_TELLS_TTL = 1 << 5,    /* TIER_READ: how long a key has left */
    TIER_TELLS_END = 1 << 6,    /* TIER_READ: at what time it ends, by the upstream's clock */
    TIER_KEEPS_VALUE = 1 << 7,  /* TIER_READ: its reply is a whole string, to be kept */
    TIER_KEEPS_VALUES = 1 << 8, /* TIER_READ: an array of such */
    TIER_FLUSHES = 1 << 9,      /* TIER_WRITE: whole databases change */
    TIER_HEARS_BUSY = 1 << 10,  /* TIER_LOCAL: sent up while a script occupies the upstream, to be told so */
    TIER_GETS_SETTINGS = 1 << 11, /* TIER_LOCAL: names settings, some of which are the upstream's */
    TIER_SETS_SETTINGS = 1 << 12, /* the same, with values */
    TIER_TYPED = 1 << 13,         /* TIER_PASS: a read that a copy of its key's value answers */
    TIER_COUNTS_KEYS =
        1 << 14, /* TIER_READ: its reply is how many of its arguments, all of them keys, exist */
};

#endif
