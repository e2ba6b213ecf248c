/*
 * history.h - what was done to one key, and what a read of it may therefore return.
 *
 * The upstream executes one command after the other, so the states of a key have one order. Nobody tells the
 * checker that order; it knows of each write that it took effect between being sent and being answered, and
 * of a write whose answer never came only that it was sent. From this follow lower bounds:
 *
 *   - a write that was answered before another was sent stands before it;
 *   - a place (the upstream itself, an instance in front of it) must have seen a write when the write was
 *     answered there, or anywhere before a barrier passed through the place, or longer ago than the bound
 *     for silent links;
 *   - once a place has shown a state it never shows an earlier one again.
 *
 * Two ways to run an instance weaken this. Where nobody tells it of changes, only time proves that it has
 * seen what others did, and what it passes on to the upstream may be newer than what it shows next from its
 * own copies. Where it goes on alone without a link, what it then answers proves nothing and is not judged,
 * and what was then written may be upstream, from before the link was lost, or nowhere.
 *
 * A view is what a place must have seen at the moment a read is sent. A read is wrong when the state that it
 * returns stands before something in its view; a read of a state that may or may not be the last is right.
 * So a complaint is always a violation, whatever the network did.
 *
 * Ownership: histories live on the heap, counted by the requests that refer to them. Threads: one owner.
 */
#ifndef TESTS_SCENARIOS_HISTORY_HISTORY_H
#define TESTS_SCENARIOS_HISTORY_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/buffer.h"
#include "proto/base/slice.h"
#include "tests/scenarios/history/event.h"

struct queue;

#define PLACES         3 /* 0 is the upstream, 1 and 2 are instances */
#define PLACE_UPSTREAM 0
#define HISTORY_WRITES 96
#define FAMILY_IDS     10
#define HISTORY_EVENTS 384

enum write_kind {
    WRITE_SET,      /* a new value, its deadline replaced or dropped */
    WRITE_PART,     /* APPEND and its like: a new value that keeps the deadline */
    WRITE_GONE,     /* DEL */
    WRITE_MOVE,     /* RENAME, COPY, SWAPDB: the value of another key of the family comes here */
    WRITE_DEADLINE, /* EXPIRE, PERSIST */
};
enum value_type { TYPE_STRING, TYPE_HASH, TYPE_SET, TYPE_LIST, TYPE_ZSET, TYPE_STREAM, TYPE_SKETCH };

struct write {
    uint32_t number;
    enum write_kind kind;
    enum value_type type;
    int place;
    int client;     /* its number; 0: it came from none whose order is known */
    bool apart;     /* on a connection of its own, so that its place hears of it as of a foreign one */
    bool maybe;     /* may not have happened at all, as an eviction: what it stands before is not known */
    bool lost;      /* its answer will not come */
    uint32_t bytes; /* or elements, of the value, where that follows from the write alone; 0: it does not */
    int64_t count;  /* what INCR answered; 0: no counter, or not answered */
    int64_t ttl_ms; /* 0: none */
    int64_t at_ms;  /* deadline of PXAT and its like, in the clock of moments; 0: none */
    struct moment sent;
    struct moment answered; /* when it is known to have happened; tick NEVER: not yet, or never */
    uint64_t acknowledged;  /* tick at which who sent it was told so; 0: not yet */
    /* The last time the upstream itself was asked and showed the state that this write made. */
    uint64_t seen_from, seen_until;
    uint64_t shown[PLACES];  /* tick of the last read that returned it; 0: none */
    uint64_t buried[PLACES]; /* tick from which on the place has shown another state; 0: not yet */
};

/* What all histories share: how much each place has seen of what was done elsewhere. */
struct visibility {
    bool through; /* instances keep nothing: they show what the upstream does */
    bool by_time; /* nobody tells them of what others do, so that a barrier proves nothing */
    /* Requests that were sent before this tick may have been served from a keyspace of the instance's own.
     * NEVER: they still may. */
    uint64_t certain_from[PLACES];
    uint64_t barrier[PLACES]; /* what was answered before this tick is seen there */
    int64_t bound_ms;         /* and what was answered longer ago than this; 0: no such bound */
    int64_t slack_ms;         /* by how much clocks and timers may be late */
    int64_t early_ms;         /* and early: a deadline counts from a look at the clock before the command */
    /* By how much less time to live a copy may tell of: it counts from before it was asked for. */
    int64_t haste_ms;
};

struct view {
    int place;
    struct moment sent;
    int64_t count_floor;  /* what a counter must have reached */
    bool apart;           /* what the place has shown says nothing of this read, nor this of what it will */
    uint64_t barrier;     /* of the place, then */
    uint64_t value_floor; /* a state whose last write was answered before this tick is too old */
    uint64_t reset_floor; /* the same for deadlines, by writes of values only */
    uint64_t deadline_floor; /* the same, by EXPIRE and PERSIST also */
};

struct history {
    uint32_t id; /* keys of one family, whose ids are equal but for the last digit, exchange values */
    char name[24];
    int db;
    bool is_sketch;      /* a string that is none of tokens */
    bool newest_last;    /* the token of the last write stands last in the value; otherwise first */
    bool unsure;         /* too little is known of it: nothing is judged */
    uint32_t sweeping;   /* keyspace.h: the write to all keys that is under way */
    bool retired;        /* another key has taken its place */
    unsigned references; /* requests in flight */
    uint32_t issued;     /* number of the last write */
    size_t len;
    struct write writes[HISTORY_WRITES];
    uint64_t read_floor[PLACES];
    int64_t read_count[PLACES];
    int64_t sighted_count; /* of the upstream, last seen at `sighted_tick` */
    uint64_t sighted_tick;
    uint64_t absent_from, absent_until; /* the last time the upstream was asked and had no such key */
    uint64_t pruned_tick;
    struct event events[HISTORY_EVENTS];
    size_t event_count;
    struct queue *queue; /* of a list; NULL: it is none */
};

/* A key that does not exist at `now`. */
struct history *history_create(uint32_t id, const char *name, int db, struct moment now);
void history_retain(struct history *history);
/* Frees a retired history with its last reference. */
void history_release(struct history **history);
/* No more requests are made for it. */
void history_retire(struct history **history);

/* Whether there is room for another write; makes room where it can. */
bool history_has_room(struct history *history, const struct visibility *visibility, struct moment now);

/* A write is being sent: the fields of `write` from `kind` to `at_ms` and `sent` are the caller's. Its
 * number. */
uint32_t history_write(struct history *history, const struct write *write);
/* It was answered. */
void history_answer(struct history *history, uint32_t number, struct moment now);
/* It was answered, but perhaps not by the upstream, which then has not seen it and never will. */
void history_answer_perhaps(struct history *history, uint32_t number, struct moment now);
/* When it was sent; false: it is forgotten, or was refused. */
bool history_sent(const struct history *history, uint32_t number, struct moment *sent);
/* It was refused, and changed nothing. */
void history_withdraw(struct history *history, uint32_t number);
/* Its answer will not come: it may take effect at any time from when it was sent. */
void history_lose(struct history *history, uint32_t number, struct moment now);
/* Lost writes older than `age_ms` have either happened or never will. */
void history_settle(struct history *history, struct moment now, int64_t age_ms);

/* What `place` must have seen when a read is sent at `now`. */
struct view history_view(const struct history *history, const struct visibility *visibility, int place,
                         struct moment now);

/* The same where the place answers now from a copy and now from upstream, which is newer. */
struct view history_view_apart(const struct history *history, const struct visibility *visibility, int place,
                               struct moment now);

/* The reply to a read has come, behind those to what its client has sent before it on the same connection:
 * what of that was a write, and done, it must show. */
void history_raise_view(const struct history *history, struct view *view, int client);

/* What is wrong with a reply that came at `now` to a read with this view; NULL: nothing. */
const char *history_read_value(struct history *history, const struct visibility *visibility,
                               const struct view *view, struct slice value, struct moment now);
const char *history_read_absent(struct history *history, const struct visibility *visibility,
                                const struct view *view, struct moment now);
/* It is there, and is of this type; `bytes` is its length, 0 when that was not asked. */
const char *history_read_present(const struct history *history, const struct view *view, enum value_type type,
                                 size_t bytes);
/* Whether it may have been absent, or there; this says nothing of what is read next. */
bool history_may_be_absent(const struct history *history, const struct visibility *visibility,
                           const struct view *view, struct moment now);
bool history_may_be_present(const struct history *history, const struct visibility *visibility,
                            const struct view *view);
/* Whether the state that the write made may be, or be part of, one that is not older than the floor. */
bool write_is_current(const struct write *write, uint64_t floor);
/* PTTL of a key that is there: -1 or milliseconds; `grain_ms` is how coarse the answer is. */
const char *history_read_deadline(const struct history *history, const struct visibility *visibility,
                                  const struct view *view, int64_t left_ms, int64_t grain_ms,
                                  struct moment now);

/* INCR was answered with `count`, or a read of a counter was. */
const char *history_count(struct history *history, const struct view *view, uint32_t number, int64_t count,
                          struct moment now);
const char *history_read_count(struct history *history, const struct view *view, int64_t count,
                               struct moment now);

/* Whether `place` did it itself, on the way of all its reads: then it is seen there at once, as a whole. */
bool history_is_own(const struct history *history, uint32_t number, int place);

/* The number of the write whose state `value` is, 0 when the value is no state of this key. */
uint32_t history_identify(const struct history *history, struct slice value);

void history_note(struct history *history, struct event event);
/* Append all that is known of the key, for a person to read. */
void history_print(const struct history *history, struct buffer *out);

#endif
