/*
 * command_kind.h - what a command does to the connection that it goes over: its row says it.
 *
 * With an upstream it decides which connection a command takes, and what follows from its reply. A command
 * whose row says CMD_BLOCKING need not say that it may wait.
 *
 * Threads: immutable.
 */
#ifndef SERVER_EXEC_COMMAND_COMMAND_KIND_H
#define SERVER_EXEC_COMMAND_COMMAND_KIND_H

enum command_kind {
    KIND_PLAIN, /* nothing */
    /* What follows is queued, or depends on keys that are watched. */
    KIND_MULTI,
    KIND_WATCH,
    KIND_UNWATCH,
    KIND_EXEC,
    KIND_DISCARD,
    /* Frames come that answer nothing. */
    KIND_SUBSCRIBE,
    KIND_UNSUBSCRIBE,
    KIND_PSUBSCRIBE,
    KIND_PUNSUBSCRIBE,
    KIND_SSUBSCRIBE,
    KIND_SUNSUBSCRIBE,

    KIND_BLOCK,     /* may wait */
    KIND_MAY_BLOCK, /* the same, only when told to, by BLOCK before its keys: XREAD, XREADGROUP; of rows only
                     */
    KIND_UNLEASE,   /* ends a lease that was won over it, if it was: CACHE SET */
    KIND_KILL,      /* the same, and ends what would keep others waiting: SCRIPT KILL */
    KIND_FORBIDDEN, /* makes something else of the connection: not to be passed on */
    KIND_CLUSTER,   /* refused as by a Redis that is no node of a cluster */
    /* Of commands about this server, those that an upstream's connection follows. */
    KIND_PING,
    KIND_SELECT,
    KIND_HELLO,
    KIND_REPLIES, /* changes which replies there are: CLIENT REPLY */
    KIND_LEAVE,   /* RESET, QUIT */
};

#endif
