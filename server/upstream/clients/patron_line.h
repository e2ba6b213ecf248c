/*
 * patron_line.h - patrons of a loop that are held and will be told to ask again, all at once.
 *
 * Threads: the loop, but for `any`.
 */
#ifndef SERVER_UPSTREAM_CLIENTS_PATRON_LINE_H
#define SERVER_UPSTREAM_CLIENTS_PATRON_LINE_H

#include <stdatomic.h>
#include <stdbool.h>

struct patron;

struct patron_line {
    struct patron *first;
    _Atomic bool any; /* for other loops to ask whether there is anybody to tell */
};

#endif
