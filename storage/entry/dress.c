#include "storage/entry/dress.h"

#include "storage/entry/entry.h"

#define SOFT_BITS 48
#define SOFT_MASK ((UINT64_C(1) << SOFT_BITS) - 1)
_Static_assert(DRESS_TAGS_MAX <= EXTRA_TAGS_MASK >> EXTRA_TAGS_SHIFT, "the word can count them");

static uint64_t cost_pack(uint32_t cost_ms)
{
    uint64_t exponent = 0;
    for (; cost_ms >> DRESS_COST_BITS != 0; cost_ms >>= 1) exponent++;
    return exponent << DRESS_COST_BITS | cost_ms;
}

static uint32_t shape_of(const struct dress *dress)
{
    bool born = dress->born != 0 || dress->tag_count > 0 || dress->has_version;
    return EXTRA_DRESS | (born ? EXTRA_BORN : 0) | (dress->has_version ? EXTRA_VERSION : 0) |
           dress->tag_count << EXTRA_TAGS_SHIFT;
}

enum entry_timing dress_timing(const struct dress *dress)
{
    REQUIRE(dress->tag_count <= DRESS_TAGS_MAX);
    unsigned kind = ENTRY_EXTRA | (dress->soft_ms != ENTRY_NO_DEADLINE ? ENTRY_TTL : 0);
    return (enum entry_timing)(kind | shape_of(dress) << TIMING_EXTRAS_SHIFT);
}

static uint64_t soft_pack(int64_t soft_ms)
{
    if (soft_ms == ENTRY_NO_DEADLINE || soft_ms > DRESS_SOFT_MAX_MS) return DRESS_SOFT_MAX_MS;
    return soft_ms > 0 ? (uint64_t)soft_ms : 0;
}

void dress_write(struct entry *entry, const struct dress *dress)
{
    uint32_t shape = shape_of(dress);
    REQUIRE((entry_extras(entry) & EXTRA_SHAPE) == shape);
    uint32_t word = shape | (dress->is_stale ? EXTRA_STALE : 0) | (uint32_t)dress->type << EXTRA_TYPE_SHIFT;
    uint64_t times = soft_pack(dress->soft_ms) | cost_pack(dress->cost_ms) << SOFT_BITS;
    memcpy(entry->bytes, &word, sizeof word);
    char *place = entry_extra(entry);
    memcpy(place, &times, sizeof times);
    memcpy(place + sizeof times, &dress->grace_ms, sizeof dress->grace_ms);
    place += DRESS_LEAST;
    if (shape & EXTRA_BORN) {
        memcpy(place, &dress->born, sizeof dress->born);
        place += sizeof dress->born;
    }
    if (shape & EXTRA_VERSION) {
        memcpy(place, &dress->version, sizeof dress->version);
        place += sizeof dress->version;
    }
    if (dress->tag_count > 0) memcpy(place, dress->tags, dress->tag_count * sizeof *dress->tags);
}

struct dress dress_read(const struct entry *entry)
{
    uint32_t word = entry_extras(entry);
    REQUIRE(word & EXTRA_DRESS);
    uint64_t times;
    const char *place = dress_bytes(entry);
    memcpy(&times, place, sizeof times);
    struct dress dress = {
        .soft_ms = dress_deadline_ms(entry),
        .grace_ms = (uint32_t)dress_grace_ms(entry),
        .cost_ms = dress_cost_unpack(times >> SOFT_BITS),
        .type = (uint16_t)(word >> EXTRA_TYPE_SHIFT),
        .is_stale = word & EXTRA_STALE,
        .has_version = word & EXTRA_VERSION,
        .tag_count = (word & EXTRA_TAGS_MASK) >> EXTRA_TAGS_SHIFT,
    };
    place += DRESS_LEAST;
    if (word & EXTRA_BORN) {
        memcpy(&dress.born, place, sizeof dress.born);
        place += sizeof dress.born;
    }
    if (word & EXTRA_VERSION) {
        memcpy(&dress.version, place, sizeof dress.version);
        place += sizeof dress.version;
    }
    /* Blocks are aligned to 16 bytes, and so many are before the first word of eight. */
    dress.tags = (const uint64_t *)(const void *)place;
    return dress;
}

void dress_copy(struct entry *to, const struct entry *from)
{
    REQUIRE((entry_extras(to) & EXTRA_SHAPE) == (entry_extras(from) & EXTRA_SHAPE));
    memcpy(to->bytes, from->bytes, entry_extras_size(from));
}

void dress_set_soft_ms(struct entry *entry, int64_t soft_ms)
{
    uint64_t word;
    char *place = entry_extra(entry);
    memcpy(&word, place, sizeof word);
    word = (word & ~SOFT_MASK) | soft_pack(soft_ms);
    memcpy(place, &word, sizeof word);
}

int64_t dress_deadline_ms(const struct entry *entry)
{
    int64_t soft_ms = dress_soft_ms(entry);
    return entry->kind & ENTRY_TTL ? soft_ms : ENTRY_NO_DEADLINE;
}

void dress_set_stale(struct entry *entry, int64_t since_ms)
{
    uint32_t word = entry_extras(entry) | EXTRA_STALE;
    memcpy(entry->bytes, &word, sizeof word);
    entry->kind |= ENTRY_TTL;
    dress_set_soft_ms(entry, since_ms);
}
