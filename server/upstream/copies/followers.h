/*
 * followers.h - clients of this server that keep copies themselves, and track here (events/tracking/).
 *
 * They are told what this server learns of the upstream's keys: what its clients write, once the upstream has
 * replied; what the upstream invalidates; that it was flushed, or that the link is lost, as all keys. That a
 * local copy is evicted, or ends, changes nothing and is not told.
 *
 *     coherence   a copy was dropped because its key has changed    followers_tell(), followers_tell_all()
 *     errand      a read of such a client is made, and settled      followed_reads.h
 *
 * Where the upstream tells of some keys only (near-cache-prefix), the others are told at once, behind the
 * reply; and where it tells of none, or of those alone that were read, nobody can track here.
 *
 * Threads: as each function says.
 */
#ifndef SERVER_UPSTREAM_COPIES_FOLLOWERS_H
#define SERVER_UPSTREAM_COPIES_FOLLOWERS_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/slice.h"
#include "storage/table/key.h"

struct loop;
struct tier;
struct tracking_source;

/* What tracking asks of an upstream. */
extern const struct tracking_source followers_source;

/* Why a client may not track here by these prefixes, none for keys that it reads: an error text, or empty. */
struct slice followers_refusal(const struct tier *tier, const struct slice *prefixes, size_t count);

/* On loop 0. Letters have been posted when the reply of anybody who could know of it leaves. */
void followers_tell(struct tier *tier, struct key key, uint64_t origin);
void followers_tell_all(struct tier *tier);
/* The link is up; can its upstream tell? */
void followers_link_up(struct tier *tier);

/* Is anybody here to be told when this key changes? Any loop. */
bool followers_hear(struct loop *loop, struct key key);

#endif
