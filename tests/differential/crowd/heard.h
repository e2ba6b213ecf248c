/*
 * heard.h - do two servers tell a client the same, as far as the divergences ask?
 */
#ifndef TESTS_DIFFERENTIAL_CROWD_HEARD_H
#define TESTS_DIFFERENTIAL_CROWD_HEARD_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/base/slice.h"

struct divergence;

#define HEARD_RULES_MAX 64

/* The rules for the commands that may be answered in what was heard: those of the step, and what a
 * transaction has queued. */
struct heard_rules {
    const struct divergence *items[HEARD_RULES_MAX];
    size_t len;
    bool by_prefix; /* somebody wants to hear of keys by prefix */
};

void heard_rules_add(struct heard_rules *rules, const struct divergence *rule);

/* Replies and pushes, in their order. */
bool heard_agree(const struct heard_rules *rules, struct slice ours, struct slice theirs);
/* Of one that is gone: what theirs had not sent yet is lost, and ours may have sent. */
bool heard_begins(const struct heard_rules *rules, struct slice ours, struct slice theirs);

#endif
