/*
 * stage.h - what a tournament needs: both servers in one time, the commands, the divergences.
 */
#ifndef TESTS_DIFFERENTIAL_CROWD_STAGE_H
#define TESTS_DIFFERENTIAL_CROWD_STAGE_H

#include "tests/differential/compare/divergences.h"
#include "tests/differential/crowd/tournament.h"
#include "tests/support/process/instance.h"
#include "tests/support/scratch.h"

struct catalogue_source;
struct command_table;

struct stage {
    struct tournament tournament; /* to be told which scripts */
    struct instance ours, theirs;
    struct divergences divergences;
    struct command_table *table;
    struct catalogue_source *sources;
    struct catalogue *catalogue;
    struct scratch scratch;
    char time_path[SCRATCH_PATH_MAX];
    const char *options[16];
};

/* `threads` is a number: how many loops ours has. Stays where it is until stage_clear(). */
void stage_init(struct stage *stage, const char *threads);
void stage_clear(struct stage *stage);

#endif
