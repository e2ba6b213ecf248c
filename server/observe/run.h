/*
 * run.h - this run of the server: when it began, and the names by which others tell it from the next.
 *
 * Threads: any.
 */
#ifndef SERVER_OBSERVE_RUN_H
#define SERVER_OBSERVE_RUN_H

#include <stdint.h>

#define RUN_ID 40 /* letters */

struct run;

/* Draws the names. */
struct run *run_create(int64_t started_ms);
void run_destroy(struct run **run);

int64_t run_started_ms(const struct run *run);
/* Lives as long as `run`. */
const char *run_id(const struct run *run);
/* Another name, which DEBUG CHANGE-REPL-ID draws anew. */
void run_draw_replication_id(struct run *run);
void run_copy_replication_id(struct run *run, char out[RUN_ID + 1]);

#endif
