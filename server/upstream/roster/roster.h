/*
 * roster.h - the commands of the upstream, as its COMMAND tells them.
 *
 * What this server does not know itself, modules' commands for example, is passed on by what the upstream
 * says of it: whether it may wait, whether it writes, where its keys stand.
 *
 * Threads: immutable once made.
 */
#ifndef SERVER_UPSTREAM_ROSTER_ROSTER_H
#define SERVER_UPSTREAM_ROSTER_ROSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/chains.h"
#include "proto/base/slice.h"

struct roster;

struct roster_row {
    struct chain by_name; /* the roster's */
    char name[64];        /* lower case; "script|load" of a subcommand */
    bool reads; /* and does nothing else: EXEC, PUBLISH or EVAL do not write by themselves, and yet act */
    bool writes;
    bool blocks;
    bool moves_keys;    /* its keys cannot be told from their places */
    bool may_replicate; /* CLIENT PAUSE WRITE holds it as if it wrote */
    bool unmonitored;   /* MONITOR is not told of it */
    bool unlogged;      /* nor SLOWLOG */
    bool fast;
    int arity;     /* of the name and its arguments; negative: at least so many */
    int first_key; /* 0: none */
    int last_key;  /* from the end when negative */
    int step;
};

/* NULL: that is no reply of COMMAND. Rows that cannot be read are left out. */
struct roster *roster_create(struct slice reply);
void roster_destroy(struct roster **roster);

/* NULL: not listed, or there is no roster. */
const struct roster_row *roster_find(const struct roster *roster, struct slice name);
/* The row of the subcommand, where these words call one that is listed. */
const struct roster_row *roster_find_call(const struct roster *roster, const struct slice *argv, int argc);
/* May it be given so many words, its name among them? */
bool roster_accepts(const struct roster_row *row, int argc);
size_t roster_len(const struct roster *roster);

#endif
