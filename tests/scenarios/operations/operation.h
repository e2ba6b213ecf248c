/*
 * operation.h - the commands that clients send, and what their replies prove.
 *
 * An operation is a row: which families it fits, a function that writes the command and notes in the
 * histories what is being asked or done, and one that holds the reply against them.
 *
 * Threads: the rows are immutable.
 */
#ifndef TESTS_SCENARIOS_OPERATIONS_OPERATION_H
#define TESTS_SCENARIOS_OPERATIONS_OPERATION_H

#include "tests/scenarios/history/queue.h"
#include "tests/scenarios/history/referee.h"
#include "tests/scenarios/history/token.h"
#include "tests/scenarios/operations/operation_set.h"

#define REQUEST_PARTS 4

struct random;

struct part {
    struct history *history; /* retained */
    uint32_t number;         /* of the write; 0: a read */
    uint32_t asked;          /* the write that a read asks about, if it asks about one */
    struct view view;        /* of the read */
};

struct request {
    const struct operation *operation;
    struct moment sent;
    int place, client;
    unsigned prelude; /* replies that come before the one that counts: to MULTI and what it queues */
    unsigned opening; /* which of them is MULTI's */
    bool blocks;      /* it may wait for somebody else, on a connection of its own upstream */
    bool broken;      /* one of them was an error: nothing of it may be done */
    size_t len;
    struct part parts[REQUEST_PARTS];
};

/* What a row's functions work on. */
struct draft {
    struct referee *referee;
    struct random *random;
    struct buffer *out; /* the command is appended */
    struct request *request;
    struct family *family;
    int place, db;
};

struct operation {
    const char *name;
    bool writes;
    unsigned weight;
    unsigned kinds; /* of families */
    void (*build)(struct draft *draft);
    void (*settle)(struct referee *referee, struct request *request, struct slice reply);
    bool silent; /* the reply that comes is another command's, and says nothing about what it writes */
    bool newer;  /* Redis 7.0 does not know it: played only where the plan has deadlines of fields */
};

struct operation_table {
    const struct operation *rows;
    size_t len;
};

/* Reads and writes of strings and queues, of collections. */
extern const struct operation_table read_operations, write_operations;
extern const struct operation_table keyed_reads, listed_reads, scored_reads, collection_writes;
/* Of hashes whose fields have deadlines of their own. */
extern const struct operation_table field_reads, field_writes;
/* A GET, of no set. */
extern const struct operation told_operation;

/* Reads have the lower numbers. */
size_t operation_count(void);
size_t operation_read_count(void);
const char *operation_name(size_t number);
/* Names between commas, or "all". */
void operation_print_names(const struct operation_set *set, struct buffer *out);
/* False: an unknown name. */
bool operation_parse_names(const char *text, struct operation_set *set);

/* Draw an operation of the set, append its command to `draft->out` and fill `draft->request`. False: there
 * was none to draw, and nothing was sent. */
bool operation_draw(struct draft *draft, const struct operation_set *set, bool writes);
/* The same for a read of what a subscriber of the place was told of last, if there is something. */
bool operation_draw_told(struct draft *draft);
/* A reply before the one that counts has come: number `at`. */
void operation_prepare(struct referee *referee, struct request *request, unsigned at, struct slice reply);
/* The reply has come, or, `reply` empty, never will. Releases the histories. */
void operation_settle(struct referee *referee, struct request *request, struct slice reply);

#define COMMAND(draft, ...)                                                                                  \
    draft_command(draft, (const struct slice[]){ __VA_ARGS__ },                                              \
                  sizeof((const struct slice[]){ __VA_ARGS__ }) / sizeof(struct slice))

void draft_command(struct draft *draft, const struct slice *argv, size_t argc);
/* The family's key number `i` in the client's database. */
struct history *draft_key(const struct draft *draft, unsigned i);
struct slice draft_name(const struct history *history);
/* A read, answered by the place itself or, through it, certainly by the upstream. */
void draft_read(struct draft *draft, struct history *history);
void draft_read_through(struct draft *draft, struct history *history);
/* A read that an instance answers from a copy of the whole value, if it has one, or sends up. */
void draft_read_collection(struct draft *draft, struct history *history);
/* A write; fills in number and moment, and says the number. */
uint32_t draft_add_write(struct draft *draft, struct history *history, struct write write);

#define VALUE_TOKENS_MAX 4
/* Bytes of a value that SET writes as write `number`, and the value. */
uint32_t value_bytes(uint32_t number);
struct slice value_write(char out[static VALUE_TOKENS_MAX * TOKEN_BYTES], const struct history *history,
                         uint32_t number);

bool reply_is_error(struct slice reply);
bool reply_begins(struct slice reply, const char *text);
/* Whether an error says that nothing was changed. */
bool reply_is_refusal(struct slice reply);

/* Hold a value, or that there is none, against part `i`. */
void settle_value(struct referee *referee, struct request *request, size_t i, struct slice reply);
/* The same for a value, empty for none, that was found in the reply. */
void settle_text(struct referee *referee, struct request *request, size_t i, struct slice value,
                 struct slice reply);
/* The write of part `i` was answered by `reply`, which is no zero or nil that says it did nothing. */
void settle_write(struct referee *referee, struct request *request, size_t i, struct slice reply);
/* All writes of the request were done; 0 or nil: none was; the same of what stood in a transaction, if it
 * did. */
void settle_done(struct referee *referee, struct request *request, struct slice reply);
void settle_if_done(struct referee *referee, struct request *request, struct slice reply);
void settle_done_or_exec(struct referee *referee, struct request *request, struct slice reply);
void settle_complain(struct referee *referee, struct request *request, size_t i, const char *complaint,
                     struct slice reply);

#endif
