/*
 * invalidations.h - cases of Nuthatch alone: values that depend on tags, and what an invalidation takes.
 *
 * What is not seen by the probe is told on stderr: how long the request itself took, when the memory of what
 * died was back, what is left of the tags.
 *
 * Threads: one. Ends the program (program.h) on an error reply.
 */
#ifndef BENCH_STALL_INVALIDATIONS_H
#define BENCH_STALL_INVALIDATIONS_H

#include <stdint.h>

struct address;

/* Values of eight bytes, all with one tag; and that tag is invalidated. */
void fill_tagged(const struct address *address, uint64_t keys);
void invalidate_tag(const struct address *address, uint64_t keys);

/* All that begins as the keys of preload_keys() do. */
void invalidate_by_pattern(const struct address *address, uint64_t keys);

/* Each tenth of so many tags, which nobody has, and what is left of them two rounds of the walk later. */
void invalidate_many_tags(const struct address *address, uint64_t keys);

#endif
