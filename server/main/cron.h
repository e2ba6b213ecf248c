/*
 * cron.h - what a loop does besides answering: expiry, idle clients, samples.
 *
 * Ten times a second, or less often while nobody asks for anything (drowse.h). Expired keys go in slices
 * short enough not to be felt; when a slice was not enough, the next turn takes another. The shards are
 * divided among the loops for this.
 *
 * Threads: the owning loop.
 */
#ifndef SERVER_MAIN_CRON_H
#define SERVER_MAIN_CRON_H

struct loop;

void cron_run(struct loop *loop);
/* One slice of the sweep. Sets `sweeping` of the loop when more is due. */
void cron_sweep(struct loop *loop);

#endif
