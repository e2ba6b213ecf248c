/*
 * sha1.h - the digest by which scripts are named.
 *
 * Nothing is kept secret by it.
 *
 * Threads: no state.
 */
#ifndef SERVER_SCRIPT_SHA1_H
#define SERVER_SCRIPT_SHA1_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/slice.h"

#define SHA1_BYTES 20
#define SHA1_HEX   40

struct sha1 {
    uint8_t bytes[SHA1_BYTES];
};

struct sha1 sha1_of(struct slice text);
/* In lower case, and terminated. */
void sha1_write(const struct sha1 *sha1, char hex[SHA1_HEX + 1]);
/* In either case. False: it is no digest. */
bool sha1_read(struct slice hex, struct sha1 *sha1);

#endif
