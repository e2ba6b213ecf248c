/*
 * password.h - passwords as they are kept: never themselves, but their SHA-256.
 *
 * Threads: any.
 */
#ifndef SERVER_AUTH_PASSWORD_H
#define SERVER_AUTH_PASSWORD_H

#include <stdbool.h>

#include "proto/base/slice.h"

#define PASSWORD_HASH_DIGITS 64

/* In lower-case hexadecimal digits, as ACL LIST shows it. Not terminated. */
struct password_hash {
    char digits[PASSWORD_HASH_DIGITS];
};

struct password_hash password_hash_of(struct slice password);
/* False: it is no such hash. */
bool password_hash_read(struct password_hash *hash, struct slice digits);
/* Takes as long whatever they are. */
bool password_hash_equal(const struct password_hash *a, const struct password_hash *b);

/* A secret of so many bits, as hexadecimal digits, 4 bits each. At most 4096. */
void password_generate(char *digits, size_t bits);

#endif
