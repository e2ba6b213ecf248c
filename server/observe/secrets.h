/*
 * secrets.h - arguments that no log may show: passwords, and what is about them.
 *
 * Known for every command of Redis, of which some only pass through to an upstream.
 *
 * Threads: no state.
 */
#ifndef SERVER_OBSERVE_SECRETS_H
#define SERVER_OBSERVE_SECRETS_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/slice.h"

/* A set of arguments: a bit for each of the first 63, and one for all that follow. */
#define SECRETS_LAST 63

static inline uint64_t secrets_of_argument(int arg)
{
    return UINT64_C(1) << (arg < SECRETS_LAST ? arg : SECRETS_LAST);
}

static inline bool secrets_hide(uint64_t secrets, int arg)
{
    return (secrets & secrets_of_argument(arg)) != 0;
}

/* The words of a command, as who logs them may show them. */
struct public_words {
    const struct slice *argv;
    int argc;
    uint64_t secrets;
};

/* `name` is Redis's name of the command, whatever argv[0] calls it. */
uint64_t secrets_of(struct slice name, const struct slice *argv, int argc);

#endif
