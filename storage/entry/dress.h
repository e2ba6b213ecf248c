/*
 * dress.h - what a cached value carries besides: until when it is fresh, how long it may be shown behind
 * that, when it was born, and what it depends on.
 *
 * A dress is bytes of the entry (entry_layout.h), 16 for grace alone, and owns nothing: an entry that has one
 * is swept, evicted and moved as others are. Only strings have one. Plain commands see a dressed key while it
 * is fresh (shard_dress.h); what it is at the moment follows from its dress and from what was bumped, see
 * dress/bumps.h.
 *
 * The deadline that commands give and are told (EXPIRE, TTL) is the soft one. The grace follows behind, and
 * at the end of both the entry goes, as others do at their deadline. Without a soft deadline it stays, and
 * keeps its grace for when it gets one.
 *
 * Threads: as the entry's, under the shard's lock.
 */
#ifndef STORAGE_ENTRY_DRESS_H
#define STORAGE_ENTRY_DRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "proto/base/contract.h"
#include "storage/entry/entry_layout.h"
#include "storage/entry/entry_making.h"

#define DRESS_TAGS_MAX     64
#define DRESS_GRACE_MAX_MS UINT32_MAX /* 49 days */
/* Soft deadlines: some 4,400 years after 1970. Whatever is later never comes. */
#define DRESS_SOFT_MAX_MS ((INT64_C(1) << 47) - 1)

struct dress {
    int64_t soft_ms; /* Unix time until which it is fresh; ENTRY_NO_DEADLINE: until something is bumped */
    uint32_t grace_ms;
    uint32_t cost_ms; /* what it took to compute it, to two digits or so; 0: not known */
    uint16_t type;    /* media_types.h; 0: not said */
    bool is_stale; /* it was invalidated softly, at `soft_ms`: a clock that is set back does not make it fresh
                    */
    bool has_version;
    uint64_t version; /* a hash */
    uint64_t born;    /* a number of the clock (bumps.h); 0: not kept. With tags or a version there is one */
    unsigned tag_count;
    const uint64_t *tags; /* hashes; borrowed: of the entry when it was read from one */
};

/* Read and write the dress of an entry that has one, or has the room for this one. */
struct dress dress_read(const struct entry *entry);
void dress_write(struct entry *entry, const struct dress *dress);
/* What an entry with this dress has, for entry_make_string(). */
enum entry_timing dress_timing(const struct dress *dress);
/* That of another entry with the same shape, copied. */
void dress_copy(struct entry *to, const struct entry *from);

/* Single fields of a dressed entry, for look-ups. */
static inline const char *dress_bytes(const struct entry *entry)
{
    return entry->bytes + sizeof(uint32_t);
}

/* DRESS_SOFT_MAX_MS for never. */
static inline int64_t dress_soft_ms(const struct entry *entry)
{
    uint64_t word;
    memcpy(&word, dress_bytes(entry), sizeof word);
    return (int64_t)(word & ((UINT64_C(1) << 48) - 1));
}

static inline int64_t dress_grace_ms(const struct entry *entry)
{
    uint32_t grace_ms;
    memcpy(&grace_ms, dress_bytes(entry) + 8, sizeof grace_ms);
    return grace_ms;
}

/* The cost is m * 2^e with eleven bits of m and five of e: exact up to two seconds. */
#define DRESS_COST_BITS 11

static inline uint32_t dress_cost_unpack(uint64_t packed)
{
    return (uint32_t)((packed & ((1u << DRESS_COST_BITS) - 1)) << (packed >> DRESS_COST_BITS));
}

static inline uint32_t dress_cost_ms(const struct entry *entry)
{
    uint64_t word;
    memcpy(&word, dress_bytes(entry), sizeof word);
    return dress_cost_unpack(word >> 48);
}

/* Of one that has it. */
static inline uint64_t dress_born(const struct entry *entry)
{
    uint64_t born;
    memcpy(&born, dress_bytes(entry) + DRESS_LEAST, sizeof born);
    return born;
}

static inline unsigned dress_tag_count(const struct entry *entry)
{
    return (entry_extras(entry) & EXTRA_TAGS_MASK) >> EXTRA_TAGS_SHIFT;
}

/* Of one that has tags, and so a birth. */
static inline const uint64_t *dress_tags(const struct entry *entry)
{
    size_t at = DRESS_LEAST + sizeof(uint64_t);
    if (entry_extras(entry) & EXTRA_VERSION) at += sizeof(uint64_t);
    return (const uint64_t *)(const void *)(dress_bytes(entry) + at);
}

static inline uint16_t dress_type(const struct entry *entry)
{
    return (uint16_t)(entry_extras(entry) >> EXTRA_TYPE_SHIFT);
}

static inline bool dress_is_stale(const struct entry *entry)
{
    return entry_extras(entry) & EXTRA_STALE;
}

/* Stale since then. The caller sees to its place among the deadlines. */
void dress_set_stale(struct entry *entry, int64_t since_ms);
/* The deadline that is told of it. Below 0 is 0; the entry's ENTRY_TTL is the caller's. */
void dress_set_soft_ms(struct entry *entry, int64_t soft_ms);
int64_t dress_deadline_ms(const struct entry *entry);

#endif
