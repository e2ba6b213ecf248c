/*
 * queue_operations.h - what clients do with lists that serve as queues: rows of operation.h's tables.
 */
#ifndef TESTS_SCENARIOS_OPERATIONS_QUEUE_OPERATIONS_H
#define TESTS_SCENARIOS_OPERATIONS_QUEUE_OPERATIONS_H

#include "tests/scenarios/operations/operation.h"

void build_rpush(struct draft *draft);
void settle_rpush(struct referee *referee, struct request *request, struct slice reply);
void build_blpop(struct draft *draft);
void settle_blpop(struct referee *referee, struct request *request, struct slice reply);
void build_blmove(struct draft *draft);
void settle_blmove(struct referee *referee, struct request *request, struct slice reply);
/* Everything that is in both lists of a family. */
void build_lrange(struct draft *draft);
void settle_lrange(struct referee *referee, struct request *request, struct slice reply);

#endif
