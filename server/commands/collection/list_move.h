/*
 * list_move.h - elements that leave one list, to another or to the client: what commands that block do as
 * well.
 *
 * Threads: as handlers.
 */
#ifndef SERVER_COMMANDS_COLLECTION_LIST_MOVE_H
#define SERVER_COMMANDS_COLLECTION_LIST_MOVE_H

#include <stdbool.h>
#include <stdint.h>

#include "storage/types/list.h"

struct call;

/* Move one from the list argv[1] to argv[2], and reply it, or an error. False: the first does not exist, and
 * nothing was replied. */
bool list_move_element(struct call *call, enum list_side from, enum list_side to);

/* LEFT or RIGHT and COUNT, as LMPOP has them behind its keys. */
struct list_take {
    enum list_side side;
    int64_t count;
};
/* From argv[arg] to the end. False: replied. */
bool list_take_read(struct call *call, int arg, struct list_take *take);
/* Reply the key argv[arg] and what it held, or an error. False: it does not exist, and nothing was replied.
 */
bool list_take_from(struct call *call, int arg, const struct list_take *take);

#endif
