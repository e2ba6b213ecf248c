/*
 * change.h - what happened to a key, and who is told.
 *
 * All that changes a key is one stream: what a command did, a key that expired, was evicted or came into
 * being, each in the words in which Redis announces it. The shard reports by itself what no command says: a
 * new key, an expired one, an evicted one. Commands report the rest through keyspace_report().
 *
 * A keyspace has one listener. A shard calls it only while its `listened` word is not 0, so that a change
 * nobody asks for costs one branch.
 *
 * Threads: `changed` is called under the lock of the change's shard, before what left has been freed; it must
 * not block, call the kernel, or touch the shard. Everything in a change is borrowed for the time of the
 * call.
 */
#ifndef STORAGE_SHARD_CHANGE_H
#define STORAGE_SHARD_CHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "storage/table/key.h"

/* Classes of events, by the letters of notify-keyspace-events. */
enum change_class {
    CHANGE_GENERIC = 1 << 0,    /* g */
    CHANGE_STRING = 1 << 1,     /* $ */
    CHANGE_LIST = 1 << 2,       /* l */
    CHANGE_SET = 1 << 3,        /* s */
    CHANGE_HASH = 1 << 4,       /* h */
    CHANGE_SORTED_SET = 1 << 5, /* z */
    CHANGE_EXPIRED = 1 << 6,    /* x */
    CHANGE_EVICTED = 1 << 7,    /* e */
    CHANGE_STREAM = 1 << 8,     /* t */
    CHANGE_MODULE = 1 << 9,     /* d */
    CHANGE_MISS = 1 << 10,      /* m: a key was read that is not there; nothing has changed */
    CHANGE_NEW = 1 << 11,       /* n: a key is there that was not; the event that brought it follows */
    CHANGE_SILENT = 1 << 12,    /* no event tells of it */
    CHANGE_ABSENT = 1 << 13,    /* a key was to go that is not there; nothing has changed */
    CHANGE_ASIDE = 1 << 20, /* with its class: what stands beside the value has changed, not what is read */
};

/* What changed says more than that it is announced: a miss and a new key are announcements alone, and groups
 * of a stream are nothing that who watches or keeps its entries would see. */
static inline bool change_modifies(enum change_class class)
{
    return (class & (CHANGE_MISS | CHANGE_NEW | CHANGE_ABSENT | CHANGE_ASIDE)) == 0;
}

/* The events of Redis 7.0, and those of deadlines of fields: each has one name and one class. */
enum change_event {
    EVENT_NONE,   /* nothing has changed: never reported */
    EVENT_SILENT, /* no name: Redis takes the key for changed and announces nothing */
    EVENT_ABSENT, /* no name either: only who computes the key's value hears of it */
    EVENT_APPEND,
    EVENT_COPY_TO,
    EVENT_DEL,
    EVENT_EVICTED,
    EVENT_EXPIRE,
    EVENT_EXPIRED,
    EVENT_GEORADIUSSTORE,
    EVENT_GEOSEARCHSTORE,
    EVENT_HDEL,
    EVENT_HEXPIRE,
    EVENT_HEXPIRED,
    EVENT_HINCRBY,
    EVENT_HINCRBYFLOAT,
    EVENT_HPERSIST,
    EVENT_HSET,
    EVENT_INCRBY,
    EVENT_INCRBYFLOAT,
    EVENT_KEYMISS,
    EVENT_LINSERT,
    EVENT_LPOP,
    EVENT_LPUSH,
    EVENT_LREM,
    EVENT_LSET,
    EVENT_LTRIM,
    EVENT_MOVE_FROM,
    EVENT_MOVE_TO,
    EVENT_NEW,
    EVENT_PERSIST,
    EVENT_PFADD,
    EVENT_RENAME_FROM,
    EVENT_RENAME_TO,
    EVENT_RESTORE,
    EVENT_RPOP,
    EVENT_RPUSH,
    EVENT_SADD,
    EVENT_SDIFFSTORE,
    EVENT_SET,
    EVENT_SETBIT,
    EVENT_SETRANGE,
    EVENT_SINTERSTORE,
    EVENT_SORTSTORE,
    EVENT_SPOP,
    EVENT_SREM,
    EVENT_STALE, /* no name: the time of a dressed key is up, and its grace is not; it is not shown any more
                  */
    EVENT_SUNIONSTORE,
    EVENT_XADD,
    EVENT_XDEL,
    EVENT_XGROUP_CREATE,
    EVENT_XGROUP_CREATECONSUMER,
    EVENT_XGROUP_DELCONSUMER,
    EVENT_XGROUP_DESTROY,
    EVENT_XGROUP_SETID,
    EVENT_XSETID,
    EVENT_XTRIM,
    EVENT_ZADD,
    EVENT_ZDIFFSTORE,
    EVENT_ZINCR,
    EVENT_ZINTERSTORE,
    EVENT_ZPOPMAX,
    EVENT_ZPOPMIN,
    EVENT_ZRANGESTORE,
    EVENT_ZREM,
    EVENT_ZREMRANGEBYLEX,
    EVENT_ZREMRANGEBYRANK,
    EVENT_ZREMRANGEBYSCORE,
    EVENT_ZUNIONSTORE,
    EVENTS,
};

struct change {
    struct key key;
    unsigned db;
    enum change_class class;
    enum change_event which;
    const char *event; /* its name; NULL: none */
    uint64_t origin;   /* the session that did it; 0: nobody, it came about */
};

/* With the class and the name of `event`. */
struct change change_of(enum change_event event, unsigned db, struct key key, uint64_t origin);

struct change_listener {
    void (*changed)(void *context, unsigned shard, const struct change *change);
    void *context;
};

#endif
