/*
 * news.h - what clients with caches are to be told of what a loop did.
 *
 * While a key is changed, under the lock of its shard, it is only noted that somebody is to be told. When the
 * access is closed, and before any reply leaves, the notes become letters to the loops whose clients they
 * concern, one to each, and those push them to their clients. In RESP3 that is `invalidate` and the keys; in
 * RESP2 a message to the subscriber that the client redirects to.
 *
 * A key that a client has read is told alone, and at once; what is told by prefix, whether it was read or
 * not, is told together, once for each prefix, each key once, in order. Redis does the first within a
 * command, the second at the end of its event loop's turn.
 *
 * Threads: the loop whose news they are.
 */
#ifndef SERVER_EVENTS_TRACKING_NEWS_H
#define SERVER_EVENTS_TRACKING_NEWS_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/slice.h"

struct loop;
struct news;
struct trackers;
struct tracking_options;

/* Of the loop at `index`. */
struct news *news_create(const struct tracking_options *options, unsigned index, struct trackers *trackers);
void news_destroy(struct news **news);

/* Session `origin` (0: nobody) changed a key that the tracker of this number has. */
void news_note(struct news *news, uint32_t number, struct slice key, uint64_t origin);
/* Any key may have changed, for all trackers. */
void news_note_all(struct news *news);
/* Tags were invalidated: any key may have changed for those who have read values with them, see
 * tracking_tags.c. */
void news_note_tags(struct news *news, const uint64_t *tags, size_t count);
/* The same as the first for one tracker. */
void news_note_all_of(struct news *news, uint32_t number);
/* A key changed that somebody wants by its prefix. */
void news_note_wanted(struct news *news, struct slice key, uint64_t origin);

/* Outside of an access. The first sends what concerns keys that were read, in the order in which it was
 * noted; the second what is told by prefix. */
void news_post_read(struct news *news);
void news_post_wanted(struct news *news);

#endif
