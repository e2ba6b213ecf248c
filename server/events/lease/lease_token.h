/*
 * lease_token.h - what a winner shows when it brings a value: 64 bits that nobody can guess, as 16
 * hexadecimal digits. A string, since clients in JavaScript lose integers above 2^53.
 *
 * They are the kernel's random numbers, drawn a few hundred at a time, so that who knows some tokens, his own
 * say, learns nothing of others.
 *
 * Threads: a source belongs to its loop. Errors: a kernel that gives no random numbers ends the process.
 */
#ifndef SERVER_EVENTS_LEASE_LEASE_TOKEN_H
#define SERVER_EVENTS_LEASE_LEASE_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"

#define LEASE_TOKEN_LEN  16
#define LEASE_TOKEN_POOL 256

/* All zero has drawn none yet. */
struct lease_tokens {
    uint64_t pool[LEASE_TOKEN_POOL];
    size_t left;
};

/* Never 0. */
uint64_t lease_token_draw(struct lease_tokens *source);

void lease_token_write(uint64_t secret, char text[LEASE_TOKEN_LEN]);
/* 0: it is none. */
uint64_t lease_token_read(struct slice text);

#endif
