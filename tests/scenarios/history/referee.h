/*
 * referee.h - what a run knows: the keys, the order of its own events, and the first thing that was wrong.
 *
 * Threads: one owner.
 */
#ifndef TESTS_SCENARIOS_HISTORY_REFEREE_H
#define TESTS_SCENARIOS_HISTORY_REFEREE_H

#include "proto/base/buffer.h"
#include "tests/scenarios/keyspace.h"

struct request;

/* A write that a subscriber was told of: who reads it now, at the same place, must see it. */
struct told {
    struct history *history; /* retained; NULL: nothing */
    struct moment sent;      /* the write */
};

struct referee {
    struct visibility visibility;
    struct keyspace keyspace;
    unsigned databases; /* that are written to */
    bool has_fields;    /* deadlines of fields are played */
    bool counts_due;    /* the upstream counts fields whose time is over until it comes to remove them */
    uint64_t tick;
    int64_t started_ms;
    uint64_t reads;           /* checked */
    uint64_t writes;          /* answered */
    uint64_t refused;         /* answered with an error, reads and writes */
    uint64_t lost;            /* not answered */
    uint64_t torn;            /* reads of several keys that saw a foreign write in part */
    struct told told[PLACES]; /* the last of each place */
    bool failed;
    char failed_name[24]; /* the key, if it is about one */
    int failed_db;
    struct buffer complaint;
};

struct referee_options {
    unsigned families, databases;
    bool has_fields, counts_due;
    bool through, by_time; /* history.h */
    int64_t bound_ms, early_ms, slack_ms, haste_ms;
};

void referee_init(struct referee *referee, const struct referee_options *options);
void referee_clear(struct referee *referee);

/* A new moment, later than all before. */
struct moment referee_now(struct referee *referee);
/* The time of day, in Unix milliseconds, at a millisecond of the clock of moments. */
int64_t referee_unix_ms(const struct referee *referee, int64_t ms);

/* A message with the value of a write that was made at the same place has come to a subscriber there. */
void referee_tell(struct referee *referee, int place, struct slice value);

/* The first complaint is kept, with the history of the key and the reply; later ones follow from it.
 * `history` and `request` may be NULL. */
void referee_complain(struct referee *referee, const struct history *history, const struct request *request,
                      const char *complaint, struct slice reply);

#endif
