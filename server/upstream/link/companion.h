/*
 * companion.h - the connections beside the lane: what a loop's sides and its clients' own have in common.
 *
 * They must reach the lane's server, or what one acknowledges the other would not know; they tell the lane
 * when they do not, or when that server refuses to write. What keeps them from being opened is told in the
 * log once for each link, not at each attempt.
 *
 * Threads: the loop they are opened on.
 */
#ifndef SERVER_UPSTREAM_LINK_COMPANION_H
#define SERVER_UPSTREAM_LINK_COMPANION_H

#include "server/upstream/channel/channel.h"

struct envoy;
struct loop;

/* To be completed with what the owner does differently, its context and protocol. As `envoy`; NULL: as the
 * one in the address. */
struct channel_options companion_options(struct loop *loop, const struct envoy *envoy);
/* For its lost(). */
void companion_report(struct loop *loop, enum channel_end end, const char *why);

#endif
