/*
 * odd_upstream.h - an upstream that is no Redis 7, or behaves as none should: a process that answers by a
 * rule.
 *
 * It is killed with the test.
 */
#ifndef TESTS_E2E_TIER_ODD_UPSTREAM_H
#define TESTS_E2E_TIER_ODD_UPSTREAM_H

#include <stdbool.h>
#include <sys/types.h>

#include "proto/base/slice.h"

struct odd_upstream {
    int port;
    pid_t pid;
};

/* The reply to a command, its bytes as they go out; NULL: close the connection. `connection` counts from 0.
 */
typedef const char *(*odd_rule)(int connection, const struct slice *argv, size_t argc);

/* `slow`: one byte to a write. */
void odd_upstream_start(struct odd_upstream *upstream, odd_rule rule, bool slow);
void odd_upstream_stop(struct odd_upstream *upstream);

/* Is this the command, and its first argument, if one is given? Without regard to case. */
bool odd_is(const struct slice *argv, size_t argc, const char *name, const char *first);

#endif
