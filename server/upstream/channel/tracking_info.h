/*
 * tracking_info.h - what the upstream says of itself, read from its replies to INFO and CLIENT TRACKINGINFO.
 *
 * Threads: no state. A reply of another shape, an error say, tells nothing.
 */
#ifndef SERVER_UPSTREAM_CHANNEL_TRACKING_INFO_H
#define SERVER_UPSTREAM_CHANNEL_TRACKING_INFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"

/* False: it says clearly that this connection is not tracked, or that its invalidations go nowhere. */
bool tracking_info_is_on(struct slice reply);
/* CONFIG GET databases; -1: the reply does not tell. */
int64_t tracking_info_databases(struct slice reply);
/* redis_version and run_id of INFO server, terminated; empty when they are not there. */
void tracking_info_version(struct slice reply, char *version, size_t size);
void tracking_info_run_id(struct slice reply, char *run_id, size_t size);
/* Is it a Nuthatch? */
bool tracking_info_is_ours(struct slice reply);
/* The upstreams of a Nuthatch, their run_ids, likewise. */
void tracking_info_upstreams(struct slice reply, char *run_ids, size_t size);
/* ROLE: does it say that this is no master? An error says nothing. */
bool tracking_info_is_replica(struct slice reply);
bool tracking_info_is_master(struct slice reply);
/* CLIENT ID; -1: the reply does not tell. */
int64_t tracking_info_client_id(struct slice reply);

#endif
