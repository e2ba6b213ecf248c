/*
 * deadline.h - when a key is to go, from what a command says about it.
 *
 * Clients give times in seconds or milliseconds, from now or since 1970; a key keeps one thing only, the Unix
 * time in milliseconds. What does not fit into that is refused, never wrapped around.
 *
 * Threads: no state. Time: `now_ms` is the command's.
 */
#ifndef SERVER_COMMANDS_KEY_DEADLINE_H
#define SERVER_COMMANDS_KEY_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

struct call;
struct entry;

enum deadline_unit {
    DEADLINE_IN_SECONDS,
    DEADLINE_IN_MS,
    DEADLINE_AT_SECONDS,
    DEADLINE_AT_MS,
};

/* False: out of range. The past, also before 1970, is in range. */
bool deadline_of(int64_t amount, enum deadline_unit unit, int64_t now_ms, int64_t *deadline_ms);

/* The amount in argv[arg]. False: replied, because it is no number, out of range, or, for _positive, below
 * one: SET refuses what EXPIRE takes as a wish to delete. */
bool deadline_read(struct call *call, int arg, enum deadline_unit unit, int64_t *deadline_ms);
bool deadline_read_positive(struct call *call, int arg, enum deadline_unit unit, int64_t *deadline_ms);

/* The key argv[arg], whose entry a look-up just returned, goes at `deadline_ms`, which may be now. Reports
 * the change. */
void deadline_give(struct call *call, int arg, struct entry *entry, int64_t deadline_ms);

/* As TTL rounds: half a second counts as a whole one. `ms` is not negative. */
int64_t deadline_round_to_seconds(int64_t ms);

#endif
