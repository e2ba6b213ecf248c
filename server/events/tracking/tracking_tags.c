/*
 * Whom an invalidation of tags concerns. Nobody knows which keys have a tag, but of each client that tracks
 * it is known which tags it has met since it was last told that any key may have changed: a bit for each, by
 * the tag's hash, so that it costs the same however much was read, and errs only by telling more.
 *
 * It is the client's own loop that looks, when the letter comes: whatever the client was replied before is
 * noted by then, and what it reads behind is judged by what was bumped.
 */
#include <string.h>

#include "proto/base/alloc.h"
#include "server/events/tracking/trackers.h"
#include "server/events/tracking/tracking_state.h"
#include "server/exec/session/session.h"
#include "storage/keyspace/access.h"
#include "storage/shard/shard_dress.h"

#define WORD_BITS 64
_Static_assert(TRACKER_TAG_BITS == 1 << 13, "the shift fits");

static size_t bit_of(uint64_t tag)
{
    return tag >> (64 - 13);
}

static void note(struct tracker *tracker, uint64_t tag)
{
    if (tracker->tags == NULL) tracker->tags = alloc_zeroed(TRACKER_TAG_BITS / 8);
    tracker->tags[bit_of(tag) / WORD_BITS] |= UINT64_C(1) << bit_of(tag) % WORD_BITS;
}

bool tracking_note_tags(struct session *session, struct access *access, unsigned db, struct key key)
{
    struct shard *shard = access_shard(access, key.hash);
    struct shard_dressed found = shard_find_dressed(shard, db, key, session->loop->now_ms, false);
    if (found.entry == NULL || found.dress.tag_count == 0) return true;
    for (unsigned i = 0; i < found.dress.tag_count; i++) note(session->tracker, found.dress.tags[i]);
    return bumps_allow(keyspace_bumps(access->keyspace), found.dress.tags, found.dress.tag_count,
                       found.dress.born);
}

bool tracking_take_tags(struct tracker *tracker, const char *tags, size_t count)
{
    bool met = false;
    if (tracker == NULL || tracker->tags == NULL) return false;
    for (size_t i = 0; i < count; i++) {
        uint64_t tag;
        memcpy(&tag, tags + i * sizeof tag, sizeof tag);
        met |= tracker->tags[bit_of(tag) / WORD_BITS] >> bit_of(tag) % WORD_BITS & 1;
    }
    if (met) memset(tracker->tags, 0, TRACKER_TAG_BITS / 8);
    return met;
}
