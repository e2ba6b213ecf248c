/*
 * priority.h - which thread the kernel lets run first where there are fewer cores than work.
 *
 * Threads: concerns the calling one, and those that it creates from then on.
 */
#ifndef SERVER_CORE_PRIORITY_H
#define SERVER_CORE_PRIORITY_H

/* For work that nobody waits for: a thread that answers clients gets the core as soon as it wants it, and
 * about nine tenths of it while both want it. There is no way back. */
void priority_give_way(void);

#endif
