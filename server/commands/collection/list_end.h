/*
 * list_end.h - one of the two ends of a list, as commands name it, announce it and take from it.
 *
 * Threads: as handlers.
 */
#ifndef SERVER_COMMANDS_COLLECTION_LIST_END_H
#define SERVER_COMMANDS_COLLECTION_LIST_END_H

#include <stdbool.h>
#include <stddef.h>

#include "storage/shard/change.h"
#include "storage/types/list.h"

struct call;
struct collection;

/* LEFT or RIGHT in argv[arg]. False: a syntax error was replied. */
bool list_end_read(struct call *call, int arg, enum list_side *side);

/* The keyspace events of a push and of a pop there. */
enum change_event list_end_push_event(enum list_side side);
enum change_event list_end_pop_event(enum list_side side);

/* The index of the element there, of a list that is not empty. */
size_t list_end_index(const struct value *list, enum list_side side);

/* Pop up to `count` elements of an opened list, replied as an array with the outermost first, and commit it.
 */
void list_end_pop(struct call *call, struct collection *list, enum list_side side, size_t count);

#endif
