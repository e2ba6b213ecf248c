/*
 * tier.h - a Redis, a server of ours in front of it, and a client of each, for tests that are conversations.
 *
 * Where tests are to be encrypted (instance.h), so is the way from ours to the Redis as well as the client's
 * to ours. Tests that start their Redis anew on its other port, or put something between, go as they say.
 *
 * Threads: one owner.
 */
#ifndef TESTS_E2E_TIER_TIER_H
#define TESTS_E2E_TIER_TIER_H

#include <stdint.h>

#include "tests/support/client/client.h"
#include "tests/support/process/instance.h"

struct moved_time;

struct tier_example {
    struct instance redis;
    struct instance server;
    struct client direct; /* to the Redis */
    struct client client; /* to ours */
    char url[64];
    const char *options[64];
    const char *redis_options[64];
    struct certificates certificates; /* of an upstream that is spoken to by TLS */
    struct scratch certificates_scratch;
    char tls_port[16];
    struct moved_time *time; /* of both servers; NULL: the system's */
    struct scratch scratch;
    char time_path[SCRATCH_PATH_MAX];
};

/* `options` are ours, besides --upstream; NULL for none. The link is up when it returns. */
void tier_open(struct tier_example *tier, const char *const *options);
/* The same with options of the Redis's. */
void tier_open_behind(struct tier_example *tier, const char *const *redis_options,
                      const char *const *options);
/* The same in a time that stands still until it is moved. */
void tier_open_in_time(struct tier_example *tier, const char *const *options);
/* And with another server of ours as the upstream, which knows what a Redis 7.0 does not: the time stands
 * still as well. */
void tier_open_before_ours(struct tier_example *tier, const char *const *options);
void tier_advance(struct tier_example *tier, int64_t ms);
void tier_close(struct tier_example *tier);

/* A number of INFO nearcache; -1: there is none of that name. */
int64_t tier_count(struct client *client, const char *field);
/* Wait until it is at least so much, 10 seconds at most. */
void tier_wait_count(struct client *client, const char *field, int64_t least);
/* Wait until "nearcache_link" is this. */
void tier_wait_link(struct client *client, const char *state);

/* Ask for `line` until it is answered so, 10 seconds at most. */
void tier_wait_reply(struct client *client, const char *line, const char *text);

/* expect() a GET that is a local hit, or is not. */
void tier_expect_hit(struct client *client, const char *line, const char *text);
void tier_expect_miss(struct client *client, const char *line, const char *text);

#endif
