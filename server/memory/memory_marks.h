/*
 * memory_marks.h - the memory in use when the server began, and the most that ever was.
 *
 * Threads: memory_marks_start() before there are loops; the rest any.
 */
#ifndef SERVER_MEMORY_MEMORY_MARKS_H
#define SERVER_MEMORY_MEMORY_MARKS_H

#include <stdatomic.h>
#include <stddef.h>

struct server;

struct memory_marks {
    size_t at_start;
    _Atomic size_t peak;
};

void memory_marks_start(struct server *server);
/* Look how much is in use: once a second, as the allocator's counts cost some fifty microseconds. */
void memory_marks_look(struct server *server);
/* CONFIG RESETSTAT: from now on the peak is what there is now, and what comes. */
void memory_marks_forget_peak(struct server *server);

size_t memory_marks_at_start(const struct server *server);
size_t memory_marks_peak(const struct server *server);

#endif
