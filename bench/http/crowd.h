/*
 * crowd.h - many connections that ask the same again and again, one request at a time on each.
 *
 * A reply is of HTTP, whose length its head says, or of RESP, of a length that is known.
 *
 * Threads: one owner. Ends the program when a connection breaks, or is answered otherwise than at first.
 */
#ifndef BENCH_HTTP_CROWD_H
#define BENCH_HTTP_CROWD_H

#include <stddef.h>
#include <stdint.h>

#define CROWD_CLIENTS 50

struct crowd {
    int fds[CROWD_CLIENTS];
    char request[256];
    size_t request_len;
    size_t reply_len; /* 0: as its head says */
    int status;       /* of HTTP, that is expected */
};

void crowd_open(struct crowd *crowd, uint16_t port);
void crowd_close(struct crowd *crowd);
/* Each asks so often. */
void crowd_ask(struct crowd *crowd, size_t times);

#endif
