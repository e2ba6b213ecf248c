/*
 * exchange.h - one connection on which requests in RESP are sent and their replies awaited.
 *
 * Writing and reading go on at the same time, so that neither side can fill the other's buffers and wait.
 * Ends the program (program.h) when the connection breaks, is silent for 30 s, or what comes is no RESP.
 *
 * Threads: one owner.
 */
#ifndef BENCH_KIT_LOAD_EXCHANGE_H
#define BENCH_KIT_LOAD_EXCHANGE_H

#include <stddef.h>
#include <stdint.h>

#include "bench/kit/load/replies.h"
#include "proto/base/buffer.h"

struct exchange {
    int fd;
    struct buffer out;      /* requests to be sent; the caller appends */
    struct replies replies; /* what has come back so far: counts go on from turn to turn */
};

struct address;

void exchange_open(struct exchange *exchange, const struct address *address);
void exchange_close(struct exchange *exchange);

/* Append a request: its number of arguments, then each of them. */
void exchange_begin(struct exchange *exchange, size_t argc);
void exchange_argument(struct exchange *exchange, const void *data, size_t len);

/* Send what was appended and wait for `count` replies; replies.kinds holds their kinds afterwards. */
void exchange_turn(struct exchange *exchange, size_t count);

/* One request on a connection of its own. Ends the program on an error reply, too. */
void exchange_ask(const struct address *address, size_t argc, const char *const *argv);

#endif
