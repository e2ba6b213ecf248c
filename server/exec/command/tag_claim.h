/*
 * tag_claim.h - which arguments of a call are tags, as its row says it: command.h.
 *
 * A tag is no key, and yet a user needs a right to it (acl/acl_check.h). Who looks for rights asks a row that
 * has such a function for one claim after the other.
 *
 * Threads: no state.
 */
#ifndef SERVER_EXEC_COMMAND_TAG_CLAIM_H
#define SERVER_EXEC_COMMAND_TAG_CLAIM_H

#include <stdbool.h>

struct slice;

struct tag_claim {
    int first, end;  /* argv[first] to before argv[end]; both zero before the first claim */
    unsigned rights; /* that each of them takes: enum key_right */
    bool every_key;  /* they are patterns of keys, which may be any */
};

/* The next one behind `*claim`. False: there is none. Words that are no words are the handler's to refuse. */
typedef bool tag_claim_next(const struct slice *argv, int argc, struct tag_claim *claim);

#endif
