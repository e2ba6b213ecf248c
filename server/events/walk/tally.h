/*
 * tally.h - what is big, and who uses the memory: sums over all keys, made by the walk for whoever asks.
 *
 * A round of the walk (walk.h) that somebody wants a tally of meets every entry once, also those that are
 * stale, or known to be absent. It keeps the 64 that take most memory, by hash, and sums by prefix. Nothing
 * of it is on the path of a request: what comes or grows after it was met is told by the next round. The
 * largest are looked up again when they are told of, so none shows that is gone, and each with its size of
 * now.
 *
 * Rounds are made while somebody wants them: tally_want() from time to time. One who waits for the answer
 * makes the walk hurry (walk_tell()). No round begins before twenty times as long after the last as that
 * took, and, where nobody waits, a second; a
 * short one (5 ms) begins whenever somebody asks.
 *
 *     struct tally_big big;
 *     tally_want(server->tally, now_ms);
 *     tally_list_big(server, now_ms, &big);
 *     for (size_t i = 0; i < big.len; i++) ... tally_big_name(&big, i) ... big.keys[i].bytes
 *     tally_big_clear(&big);
 *
 * Threads: any. Listing opens shards one by one: not inside of an access, and it waits for nobody: those that
 * are kept for long are passed over.
 */
#ifndef SERVER_EVENTS_WALK_TALLY_H
#define SERVER_EVENTS_WALK_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/buffer.h"
#include "proto/base/slice.h"
#include "server/observe/keys/prefix.h"

#define TALLY_BIG      64
#define TALLY_PREFIXES 200 /* the hundred largest, and the hundred that are asked for most */

struct server;
struct tally;

struct tally *tally_create(void);
void tally_destroy(struct tally **tally);

/* As the settings say it now. */
struct prefix_rule tally_rule(struct server *server);

/* Rounds are made for a minute from now on. */
void tally_want(struct tally *tally, int64_t now_ms);

/* Whether the last round is too old for who asks now. */
bool tally_is_old(struct tally *tally, int64_t now_ms);

struct tally_stats {
    uint64_t rounds;
    uint64_t keys, bytes; /* of all entries that the last met, with what they take of tables */
    uint64_t largest;     /* bytes of the largest key, as they were then */
    uint64_t round_ms;    /* how long it took */
    int64_t ended_ms;     /* 0: there was none */
};
struct tally_stats tally_stats(struct tally *tally);

struct tally_key {
    size_t name_at, name_len; /* in the names */
    const char *type;         /* as TYPE tells it */
    uint64_t bytes;           /* as MEMORY USAGE tells it */
    uint64_t length;          /* bytes of a string, or elements */
    unsigned db;
};

struct tally_big {
    struct buffer names;
    size_t len;
    struct tally_key keys[TALLY_BIG]; /* the largest first */
};

/* Whatever `big` held before is not looked at. */
void tally_list_big(struct server *server, int64_t now_ms, struct tally_big *big);
void tally_big_clear(struct tally_big *big);

static inline struct slice tally_big_name(const struct tally_big *big, size_t at)
{
    return slice_of(big->names.data + big->keys[at].name_at, big->keys[at].name_len);
}

struct tally_prefix {
    uint64_t keys, bytes;  /* of the last round */
    uint64_t hits, misses; /* of reads, from samples of all the time that it has had a counter */
    size_t len;
    char name[PREFIX_NAME_MAX]; /* without the delimiter; empty: keys without one */
};

struct tally_prefixes {
    size_t len;
    struct prefix_rule rule;
    struct tally_prefix all;                  /* everything, with or without a row of its own */
    struct tally_prefix rows[TALLY_PREFIXES]; /* most bytes first */
};

/* What `all` has more than the rows is of further prefixes. Opens nothing. */
void tally_list_prefixes(struct server *server, struct tally_prefixes *prefixes);

#endif
