/*
 * sight.h - how replies about collections are held against the history of their key.
 *
 * All are about part 0 of the request.
 *
 * Threads: one owner.
 */
#ifndef TESTS_SCENARIOS_SIGHT_H
#define TESTS_SCENARIOS_SIGHT_H

#include "proto/reply_reader.h"
#include "tests/scenarios/collections/content.h"
#include "tests/scenarios/operations/evidence.h"
#include "tests/scenarios/operations/operation.h"

/* What a reply is made of when what holds it together is left out: RESP2 and RESP3 say the same then. */
struct leaves {
    struct reply_reader reader;
    struct slice left;
};

struct leaves leaves_of(struct slice reply);
/* A null is empty. */
bool leaves_next(struct leaves *leaves, struct slice *text);
size_t leaves_count(struct slice reply);

#define ARGUMENTS(...)                                                                                       \
    (const char *const[])                                                                                    \
    {                                                                                                        \
        __VA_ARGS__, NULL                                                                                    \
    }
#define NO_ARGUMENTS ARGUMENTS(NULL)

/* Append to the draft a read of the family's key, whose arguments behind the key are texts up to a NULL. */
void sight_ask(struct draft *draft, const char *command, const char *const *arguments);
/* The number of a write that may still count, or of one to come. */
uint32_t sight_draw_number(struct draft *draft, const struct history *history);

/* False: it was an error, which is judged here: one about the type must be of a type that the key may have.
 */
bool sight_is_judged(struct referee *referee, struct request *request, enum value_type type,
                     struct slice reply);
/* The state that is shown is that of the write whose token the text begins with; empty: there is no key. */
void sight_of_text(struct referee *referee, struct request *request, struct slice text, struct slice reply);
/* Two values that are always written together. */
void sight_of_both(struct referee *referee, struct request *request, struct slice one, struct slice other,
                   struct slice reply);
/* `found` is so in a state of the type that a write which fits has made, or, where that may be, without a
 * key. */
void sight_of_number(struct referee *referee, struct request *request, const struct wanted *wanted,
                     bool (*fits)(const struct write *write, const struct wanted *wanted), bool or_absent,
                     struct slice reply);
/* How many elements there are; 0: there is no key. */
void sight_of_len(struct referee *referee, struct request *request, enum value_type type, int64_t len,
                  struct slice reply);
/* A number as a reply, -1 where there is none. */
int64_t sight_number(struct slice text);

#endif
