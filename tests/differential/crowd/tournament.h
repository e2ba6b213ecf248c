/*
 * tournament.h - many scripts against two servers, and the report when they differ.
 */
#ifndef TESTS_DIFFERENTIAL_CROWD_TOURNAMENT_H
#define TESTS_DIFFERENTIAL_CROWD_TOURNAMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/buffer.h"
#include "tests/differential/crowd/match.h"

struct catalogue;

struct tournament {
    struct match match;
    const struct catalogue *catalogue;
    uint64_t seed;   /* of the first script; the next has the next seed */
    unsigned themes; /* of script_init() */
    size_t scripts;  /* how many at most */
    int64_t ms;      /* how long at most; 0: until all are played */
    int shrink_ms;   /* how long to look for a shorter script that still fails */

    size_t agreed, unsound; /* of those that were played */
};

/* Play until one fails: `report` then gets the shrunk script, what was told, and the seed; else it stays
 * empty. */
void tournament_run(struct tournament *tournament, struct buffer *report);

/* Every script of the file as it is; of each that fails its title and what was told goes to `report`. False:
 * the file is missing, or has a line that makes no sense. */
bool tournament_play_file(struct tournament *tournament, const char *path, struct buffer *report);

#endif
