/*
 * scripted.h - an upstream that answers what a test tells it to, and a server in this process in front of it.
 *
 *     struct scripted *s = scripted_open();
 *     say(s, 0, "GET k");                          client 0 sends it; the server runs
 *     answer(s, "GET k", "$1\r\nv\r\n");           the oldest request is this one, and is answered so
 *     answer(s, "PTTL k", ":-1\r\n");
 *     hear(s, 0, "$1\r\nv\r\n");                   client 0 has received exactly this
 *
 * The time is moved by hand. Threads: one.
 */
#ifndef TESTS_UNIT_SERVER_UPSTREAM_SCRIPTED_H
#define TESTS_UNIT_SERVER_UPSTREAM_SCRIPTED_H

#include <stdint.h>

#include "proto/base/slice.h"
#include "server/upstream/channel/upstream.h"

#define SCRIPTED_CLIENTS 3

struct scripted;
struct tier;

/* The link is up, every key is tracked. `options` are the server's, ended by NULL; NULL for none. */
struct scripted *scripted_open(const char *const *options);
void scripted_close(struct scripted **scripted);

void say(struct scripted *scripted, int client, const char *line);
void answer(struct scripted *scripted, const char *command, const char *reply);
/* The same with a reply that has zero bytes. */
void answer_bytes(struct scripted *scripted, const char *command, struct slice reply);
void hear(struct scripted *scripted, int client, const char *bytes);
void hear_nothing(struct scripted *scripted, int client);
/* Nothing that was sent up is unanswered. */
void expect_quiet(struct scripted *scripted);
/* The same as say(), then hear(), with nothing sent up between. */
void expect_local(struct scripted *scripted, int client, const char *line, const char *bytes);

void invalidate(struct scripted *scripted, const char *key);
void invalidate_all(struct scripted *scripted);
void lose(struct scripted *scripted); /* what was sent has no known outcome */
void fail(struct scripted *scripted); /* an attempt to connect fails */
void bring_up(struct scripted *scripted, enum upstream_tracking tracking);
/* No sign of life any more. */
void let_heartbeat_pass(struct scripted *scripted);
/* The server's, for what no client can ask. */
struct tier *scripted_tier(struct scripted *scripted);
void advance(struct scripted *scripted, int64_t ms);

#endif
