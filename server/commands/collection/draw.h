/*
 * draw.h - elements chosen by chance, as HRANDFIELD, SRANDMEMBER and ZRANDMEMBER are asked for them.
 *
 * A count that is negative allows repeats and has that many draws; where their reply would be longer than
 * proto-max-bulk-len it is refused. Otherwise the elements are distinct: all
 * of them; or, when most are wanted or the collection is small, those that a walk through it chooses as it
 * passes; or, when few of many are wanted, draws of which repeats are dropped.
 *
 * Threads: as handlers.
 */
#ifndef SERVER_COMMANDS_COLLECTION_DRAW_H
#define SERVER_COMMANDS_COLLECTION_DRAW_H

#include <stdbool.h>
#include <stdint.h>

#include "server/commands/collection/chance.h"
#include "storage/types/blocks/atom.h"
#include "storage/types/blocks/value.h"

struct call;

/* Count and option of a call. */
struct draw_options {
    int64_t count;
    bool paired; /* WITHVALUES, WITHSCORES */
};

/* From argv[2] on. False: replied. `pairing` is the option's name in lower case, NULL: it has none. */
bool draw_options_read(struct draw_options *options, struct call *call, const char *pairing);

/* An element, and what belongs to it in its type. */
struct drawn {
    struct atom element;
    struct atom value;
    double score;
};

/* Where elements come from and how they are told. Whoever fills it puts it at the head of a struct of its
 * own, which holds a walk through the value. */
struct draw {
    const struct value *value;
    struct chance chance;
    void (*pick)(struct draw *draw, struct drawn *drawn);       /* with equal chances */
    bool (*next)(struct draw *draw, struct drawn *drawn);       /* of the walk */
    void (*tell)(struct call *call, const struct drawn *drawn); /* the second of a pair */
};

/* The whole reply; of a value that is empty as well. */
void draw_reply(struct call *call, struct draw *draw, const struct draw_options *options);

#endif
