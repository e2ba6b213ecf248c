/*
 * keyspace.h - the keys of a run, by what may be done to them.
 *
 * A family is one to three keys, in each of two databases, that commands with several keys tie together. When
 * a family can no longer be told apart from what went before, fresh names take its place.
 *
 * Threads: one owner.
 */
#ifndef TESTS_SCENARIOS_KEYSPACE_H
#define TESTS_SCENARIOS_KEYSPACE_H

#include "tests/scenarios/history/history.h"

struct random;

enum family_kind {
    FAMILY_PLAIN,   /* one string, written whole, or its first token */
    FAMILY_TEXT,    /* one string that grows at its end */
    FAMILY_PAIR,    /* two strings that RENAME and COPY exchange */
    FAMILY_TYPES,   /* one key, a string now and a hash then */
    FAMILY_TRIPLE,  /* three strings that are only ever written together */
    FAMILY_COUNTER, /* one number */
    FAMILY_HASH,    /* one collection, mostly of that type */
    FAMILY_SET,
    FAMILY_LIST,
    FAMILY_ZSET,
    FAMILY_STREAM,
    FAMILY_SKETCH, /* one HyperLogLog */
    FAMILY_QUEUE,  /* two lists: elements are pushed to the one and may be moved to the other */
    FAMILY_FIELDS, /* one hash, each of whose fields has a history, and a deadline, of its own */
    FAMILY_KINDS,
};

#define FAMILY_WIDTH  3
#define DATABASES     2
#define FAMILY_BIT(k) (1u << (k))
#define FAMILIES_OF_COLLECTIONS                                                                              \
    (FAMILY_BIT(FAMILY_HASH) | FAMILY_BIT(FAMILY_SET) | FAMILY_BIT(FAMILY_LIST) | FAMILY_BIT(FAMILY_ZSET) |  \
     FAMILY_BIT(FAMILY_STREAM))

struct family {
    enum family_kind kind;
    unsigned slot;
    struct history *members[FAMILY_WIDTH][DATABASES];
};

struct keyspace {
    struct family *families;
    unsigned len;
    unsigned starts[FAMILY_KINDS + 1]; /* families of one kind stand together */
    uint32_t next_family;
    struct visibility *visibility;
    bool erasing; /* keys vanish at any time: counters and triples are not judged */
};

void keyspace_init(struct keyspace *keyspace, unsigned families, struct visibility *visibility,
                   struct moment now);
void keyspace_clear(struct keyspace *keyspace);

/* One of the families whose kind is in the set. Some are drawn far more often for a while, so that writes to
 * one key meet. */
struct family *keyspace_draw(struct keyspace *keyspace, unsigned kinds, struct random *random,
                             struct moment now);
/* The history with this id, NULL: another has taken its place. */
struct history *keyspace_find(struct keyspace *keyspace, uint32_t id);
unsigned family_width(enum family_kind kind);
/* Which field of its hash a history of FAMILY_FIELDS is about. */
unsigned family_field(const struct history *history);
/* Of what a family of one key holds, mostly. */
enum value_type family_type(enum family_kind kind);

/* Fresh names, nothing known of them. */
void keyspace_renew(struct keyspace *keyspace, struct family *family, struct moment now);

/* The same write to every key of the databases in the set (bits); each history has a number of its own for
 * it, which keyspace_answer() knows: one such write at a time. */
void keyspace_write(struct keyspace *keyspace, unsigned databases, const struct write *write);
void keyspace_answer(struct keyspace *keyspace, struct moment now);
void keyspace_lose(struct keyspace *keyspace, struct moment now);

/* Counters and queues cannot tell an erased one from a stale one: begin new ones. */
void keyspace_renew_counters(struct keyspace *keyspace, struct moment now);
void keyspace_set_erasing(struct keyspace *keyspace, bool erasing, struct moment now);

void keyspace_settle(struct keyspace *keyspace, struct moment now, int64_t age_ms);

/* Call for every key. */
void keyspace_each(struct keyspace *keyspace,
                   void (*visit)(void *context, struct family *family, struct history *history),
                   void *context);

#endif
