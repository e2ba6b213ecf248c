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

/* Values of eight bytes, all with the same ten tags; and these are invalidated, one after the other. */
void fill_tagged(const struct address *address, uint64_t keys);
void invalidate_tags(const struct address *address, uint64_t keys);

/* All that begins as the keys of preload_keys() do. */
void invalidate_by_pattern(const struct address *address, uint64_t keys);

/* Keys, and a tenth of so many tags that nobody has, forgotten again; then as many others, and what is left
 * of them two rounds of the walk later: memory is looked at until the allocator has given back what is free
 * (a second or two). */
void prepare_tags(const struct address *address, uint64_t keys);
void invalidate_many_tags(const struct address *address, uint64_t keys);

#endif
