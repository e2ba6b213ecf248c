/*
 * stream_references.h - removing entries of a stream with regard to its groups.
 *
 * A group refers to an entry that it has been given and that is not acknowledged, and counts on one that it
 * has not been given yet. An entry may be removed all the same, which leaves the group with the id of
 * nothing; or with what refers to it; or only if no group has a use for it any more.
 *
 * Threads: the owner's lock.
 */
#ifndef STORAGE_TYPES_STREAM_REFERENCES_H
#define STORAGE_TYPES_STREAM_REFERENCES_H

#include <stdbool.h>
#include <stddef.h>

#include "storage/types/stream.h"

enum stream_references { STREAM_REFERENCES_KEPT, STREAM_REFERENCES_DROPPED, STREAM_REFERENCES_HEEDED };

/* Has every group been given the entry, and acknowledged it? */
bool stream_is_done_with(const struct stream_root *root, struct stream_id id);

/* What refers to the id goes, in all groups. */
void stream_forget(struct stream_root *root, struct stream_id id);

enum stream_removal { STREAM_NOT_THERE, STREAM_REMOVED, STREAM_NEEDED };

/* One entry. It is needed only where references are heeded; without groups it is, too: nobody has read it. */
enum stream_removal stream_remove_with(struct value *stream, struct stream_id id,
                                       enum stream_references references);

/* As stream_trim(). Where references are heeded, entries that are needed stay, and it goes on behind them;
 * and whole blocks are not asked for. Without groups nobody needs anything. */
size_t stream_trim_with(struct value *stream, const struct stream_trim *trim,
                        enum stream_references references);

#endif
