#include "storage/types/large/buckets.h"

#include <string.h>

#include "proto/base/contract.h"
#include "storage/memory/block.h"
#include "storage/memory/fetch.h"
#include "storage/types/large/buckets_layout.h"

#define AHEAD       6   /* buckets that are fetched before a walk comes to them */
#define BLOCK_LINES 192 /* bytes of a block that are fetched */
#define TIMED_LINES 320 /* of one whose records have deadlines: all of them are looked at */

struct buckets *buckets_create(const struct buckets_kind *kind, uint64_t seed)
{
    struct buckets *buckets = block_alloc_zeroed(sizeof *buckets);
    buckets->kind = kind;
    buckets->seed = seed;
    segments_init(&buckets->directory, sizeof(uint64_t));
    segments_extend(&buckets->directory, SEGMENTS_FIRST);
    for (uint64_t bucket = 0; bucket < SEGMENTS_FIRST; bucket++) *word_at(buckets, bucket) = 0;
    buckets->mask = 2 * SEGMENTS_FIRST - 1;
    return buckets;
}

size_t buckets_bytes(const struct buckets *buckets)
{
    size_t bytes = block_real_size(sizeof *buckets) + buckets->directory.bytes + buckets->block_bytes +
                   buckets->outside_bytes;
    return buckets->minima == NULL ? bytes : bytes + minima_bytes(buckets->minima);
}

void buckets_keep(struct buckets *buckets, struct record_form *form, struct slice text)
{
    record_of_outside(form, text);
    buckets->outside_bytes += block_real_size(text.len);
}

void buckets_let_go(struct buckets *buckets, struct slice outside)
{
    buckets->outside_bytes -= block_real_size(record_outside(outside).len);
    record_free_outside(outside);
}

size_t buckets_let_go_of(struct buckets *buckets, const struct packed_record *record)
{
    struct slice parts[2];
    size_t count = buckets->kind->outside(record, parts);
    for (size_t i = 0; i < count; i++) buckets_let_go(buckets, parts[i]);
    return count;
}

/* How many blocks that were. */
static size_t free_bucket(struct buckets *buckets, char *block)
{
    if (block == NULL) return 0;
    size_t freed = 1;
    if (buckets->outside_bytes > 0) {
        struct packed_walk walk = packed_walk(block, 0);
        struct packed_record record;
        while (packed_next(&walk, &record)) freed += buckets_let_go_of(buckets, &record);
    }
    size_t size = packed_size(block);
    buckets->block_bytes -= block_real_size(size);
    block_free(block, size);
    return freed;
}

static void fetch(const char *block)
{
    if (block != NULL) fetch_lines(block, BLOCK_LINES);
}

static void fetch_ahead(const struct buckets *buckets, uint64_t bucket)
{
    if (bucket + AHEAD < buckets->directory.count) fetch(word_block(*word_at(buckets, bucket + AHEAD)));
}

bool buckets_drain(struct buckets *buckets, size_t blocks)
{
    size_t freed = 0;
    while (buckets->drained < buckets->directory.count && freed < blocks) {
        uint64_t bucket = buckets->drained++;
        fetch_ahead(buckets, bucket);
        uint64_t *word = word_at(buckets, bucket);
        freed += free_bucket(buckets, word_block(*word));
        *word = 0;
    }
    if (buckets->drained < buckets->directory.count) return true;
    INVARIANT(buckets->block_bytes == 0 && buckets->outside_bytes == 0);
    segments_clear(&buckets->directory);
    minima_destroy(&buckets->minima);
    block_free(buckets, sizeof *buckets);
    return false;
}

/* The copy of a block still points to what the original has outside. */
static void copy_outside(const struct buckets *buckets, char *block)
{
    struct packed_walk walk = packed_walk(block, 0);
    struct packed_record record;
    while (packed_next(&walk, &record)) {
        struct slice parts[2];
        size_t count = buckets->kind->outside(&record, parts);
        for (size_t i = 0; i < count; i++) {
            struct slice text = record_outside(parts[i]);
            char *copied = memcpy(block_alloc(text.len), text.data, text.len);
            record_move_outside((char *)(uintptr_t)parts[i].data, copied);
        }
    }
}

struct buckets *buckets_copy(const struct buckets *buckets)
{
    struct buckets *copy = buckets_create(buckets->kind, buckets->seed);
    struct segments directory = copy->directory;
    *copy = *buckets;
    copy->directory = directory;
    copy->lots.filled = false;
    if (buckets->minima != NULL) copy->minima = minima_copy(buckets->minima);
    segments_extend(&copy->directory, buckets->directory.count);
    for (uint64_t bucket = 0; bucket < buckets->directory.count; bucket++) {
        fetch_ahead(buckets, bucket);
        uint64_t word = *word_at(buckets, bucket);
        *word_at(copy, bucket) = word;
        if (word == 0) continue;
        size_t size = packed_size(word_block(word));
        char *block = memcpy(block_alloc(size), word_block(word), size);
        if (buckets->outside_bytes > 0) copy_outside(buckets, block);
        *word_at(copy, bucket) = word_of(block, word_count(word));
    }
    return copy;
}

bool buckets_find_in(const char *block, const struct buckets_kind *kind, const struct member *member,
                     struct buckets_place *place)
{
    uint8_t tag = buckets_tag(member->hash);
    place->index = 0;
    for (; packed_find_record(block, tag, &place->index, &place->record); place->index++)
        if (kind->is(&place->record, member)) return true;
    return false;
}

bool buckets_find(const struct buckets *buckets, const struct member *member, struct buckets_place *place)
{
    uint64_t bucket = bucket_of(buckets, member->hash);
    uint64_t word = *word_at(buckets, bucket);
    if (word == 0) return false;
    place->bucket = bucket;
    return buckets_find_in(word_block(word), buckets->kind, member, place);
}

/* In place if the size class stays; otherwise straight to where it goes. */
void buckets_edit(struct buckets *buckets, uint64_t *word, const struct packed_edit *edit, const char *from)
{
    char *block = word_block(*word);
    size_t old_real = block != NULL ? block_real_size(edit->old_size) : 0;
    size_t new_real = block_real_size(edit->size);
    char *to = new_real == old_real ? block : block_alloc(edit->size);
    packed_apply(edit, to, from);
    if (block != NULL && block != to) block_free(block, old_real);
    buckets->block_bytes += new_real - old_real;
    *word = word_of(to, packed_count(to));
    if (buckets->longest < word_count(*word)) buckets->longest = word_count(*word);
}

void buckets_insert(struct buckets *buckets, uint64_t hash, const struct packed_new *record, size_t to_come)
{
    uint64_t *word = word_at(buckets, bucket_of(buckets, hash));
    const char *from = *word != 0 ? word_block(*word) : packed_empty(PACKED_TAGGED);
    struct packed_edit insert = packed_insert(from, word_count(*word), record);
    buckets_edit(buckets, word, &insert, from);
    buckets->len++;
    buckets_grow(buckets, to_come);
}

void buckets_replace(struct buckets *buckets, const struct buckets_place *place,
                     const struct packed_new *record)
{
    uint64_t *word = word_at(buckets, place->bucket);
    if (packed_overwrite(word_block(*word), place->index, &place->record, record)) return;
    struct packed_edit replace = packed_replace(word_block(*word), place->index, record);
    buckets_edit(buckets, word, &replace, word_block(*word));
    buckets_grow(buckets, 0);
}

void buckets_remove(struct buckets *buckets, const struct buckets_place *place)
{
    uint64_t *word = word_at(buckets, place->bucket);
    if (buckets->outside_bytes > 0) buckets_let_go_of(buckets, &place->record);
    if (word_count(*word) == 1) {
        size_t size = packed_size(word_block(*word));
        buckets->block_bytes -= block_real_size(size);
        block_free(word_block(*word), size);
        *word = 0;
    } else {
        struct packed_edit remove = packed_remove_record(word_block(*word), place->index, &place->record);
        buckets_edit(buckets, word, &remove, word_block(*word));
    }
    buckets->len--;
    buckets_shrink(buckets);
}

void buckets_note_deadline(struct buckets *buckets, uint64_t hash, int64_t deadline_ms)
{
    if (buckets->minima == NULL) buckets->minima = minima_create(timed_of(buckets->directory.count - 1) + 1);
    minima_lower(buckets->minima, timed_of(bucket_of(buckets, hash)), deadline_ms);
}

struct packed_walk buckets_walk(const struct buckets *buckets, uint64_t bucket)
{
    uint64_t word = *word_at(buckets, bucket);
    return word != 0 ? packed_walk(word_block(word), 0) : (struct packed_walk){ 0 };
}

void buckets_fetch(const struct buckets *buckets, uint64_t bucket, unsigned step)
{
    if (bucket >= buckets->directory.count) return;
    const uint64_t *word = word_at(buckets, bucket);
    if (step == 0)
        fetch_line(word);
    else if (*word != 0)
        fetch_lines(word_block(*word), TIMED_LINES);
}

bool buckets_next(const struct buckets *buckets, struct keyed_walk *walk, struct packed_record *record)
{
    while (!packed_next(&walk->block, record)) {
        if (walk->next == buckets->directory.count) return false;
        fetch_ahead(buckets, walk->next);
        uint64_t word = *word_at(buckets, walk->next++);
        if (word != 0) walk->block = packed_walk(word_block(word), 0);
    }
    return true;
}

/* The places of a rectangle, as wide as there are buckets and as high as the longest was, are equally likely.
 * False: at this one there is no record. */
static bool lead(const struct buckets *buckets, uint64_t number, struct buckets_place *place)
{
    unsigned __int128 across = (unsigned __int128)number * buckets->directory.count;
    place->bucket = (uint64_t)(across >> 64);
    place->index = (size_t)((unsigned __int128)(uint64_t)across * buckets->longest >> 64);
    return place->index < word_count(*word_at(buckets, place->bucket));
}

static void fetch_word(const struct buckets *buckets, uint64_t number)
{
    uint64_t bucket = (uint64_t)((unsigned __int128)number * buckets->directory.count >> 64);
    fetch_line(word_at(buckets, bucket));
}

static void fill_lots(struct buckets *buckets, uint64_t (*random)(void *state), void *state)
{
    for (unsigned i = 0; i < BUCKETS_LOTS; i++) buckets->lots.numbers[i] = random(state);
    buckets->lots.filled = true;
}

/* The next number. Another one takes its place, whose bucket's word is fetched; of one that is half as far
 * away the word has come by now, and its block is fetched. */
static uint64_t draw_lot(struct buckets *buckets, uint64_t (*random)(void *state), void *state)
{
    struct buckets_lots *lots = &buckets->lots;
    uint64_t *lot = &lots->numbers[lots->next++ % BUCKETS_LOTS], number = *lot;
    *lot = random(state);
    fetch_word(buckets, *lot);
    struct buckets_place later;
    if (lead(buckets, lots->numbers[(lots->next + BUCKETS_LOTS / 2) % BUCKETS_LOTS], &later))
        fetch(word_block(*word_at(buckets, later.bucket)));
    return number;
}

/* Until a place has a record: the only way that favours no bucket. */
struct buckets_place buckets_at_random(struct buckets *buckets, uint64_t (*random)(void *state), void *state)
{
    REQUIRE(buckets->len > 0);
    if (!buckets->lots.filled) fill_lots(buckets, random, state);
    struct buckets_place place;
    while (!lead(buckets, draw_lot(buckets, random, state), &place)) {}
    place.record = packed_at(word_block(*word_at(buckets, place.bucket)), place.index);
    return place;
}

static uint64_t reversed(uint64_t bits)
{
    bits = (bits >> 1 & 0x5555555555555555) | (bits & 0x5555555555555555) << 1;
    bits = (bits >> 2 & 0x3333333333333333) | (bits & 0x3333333333333333) << 2;
    bits = (bits >> 4 & 0x0f0f0f0f0f0f0f0f) | (bits & 0x0f0f0f0f0f0f0f0f) << 4;
    return __builtin_bswap64(bits);
}

/* Counts in reversed bits, as table_scan() does: what a split or a merge moves is then always ahead, or was
 * shown already. */
uint64_t buckets_scan(const struct buckets *buckets, uint64_t cursor,
                      void (*visit)(void *context, const struct packed_record *record), void *context)
{
    uint64_t low_mask = buckets->mask >> 1;
    uint64_t bucket = bucket_of(buckets, cursor);
    bool is_split = bucket > low_mask || bucket + low_mask + 1 < buckets->directory.count;
    uint64_t mask = is_split ? buckets->mask : low_mask;

    uint64_t word = *word_at(buckets, bucket);
    if (word != 0) {
        struct packed_walk walk = packed_walk(word_block(word), 0);
        struct packed_record record;
        while (packed_next(&walk, &record)) visit(context, &record);
    }
    return reversed(reversed(cursor | ~mask) + 1);
}

static size_t move_outside(const struct buckets *buckets, char *block, const struct value_mover *mover)
{
    size_t moved = 0;
    struct packed_walk walk = packed_walk(block, 0);
    struct packed_record record;
    while (packed_next(&walk, &record)) {
        struct slice parts[2];
        size_t count = buckets->kind->outside(&record, parts);
        for (size_t i = 0; i < count; i++) {
            struct slice text = record_outside(parts[i]);
            void *now = mover->move(mover->context, (void *)(uintptr_t)text.data, text.len);
            record_move_outside((char *)(uintptr_t)parts[i].data, now);
        }
        moved += count;
    }
    return moved;
}

void buckets_compact(struct buckets *buckets, uint64_t *hand, size_t blocks, const struct value_mover *mover)
{
    size_t offered = 0;
    for (; *hand < buckets->directory.count && offered < blocks; (*hand)++) {
        uint64_t *word = word_at(buckets, *hand);
        if (*word == 0) continue;
        size_t size = packed_size(word_block(*word));
        char *block = mover->move(mover->context, word_block(*word), size);
        *word = word_of(block, word_count(*word));
        offered++;
        if (buckets->outside_bytes > 0) offered += move_outside(buckets, block, mover);
    }
    if (*hand >= buckets->directory.count) *hand = 0;
}

/* The directory's word, then the block. */
bool buckets_prefetch(const struct buckets *buckets, uint64_t hash, unsigned stage)
{
    const uint64_t *word = word_at(buckets, bucket_of(buckets, hash));
    if (stage == 0)
        fetch_line(word);
    else if (*word != 0)
        fetch_lines(word_block(*word), TIMED_LINES);
    return stage == 0;
}

static size_t check_bucket(const struct buckets *buckets, uint64_t bucket, size_t *outside_bytes)
{
    uint64_t word = *word_at(buckets, bucket);
    if (word == 0) return 0;
    const char *block = word_block(word);
    INVARIANT(packed_count(block) == word_count(word) && word_count(word) > 0);
    INVARIANT(word_count(word) <= buckets->longest);
    size_t size = packed_size(block);
    packed_check(block, size);

    struct packed_walk walk = packed_walk(block, 0);
    struct packed_record record;
    for (size_t i = 0; packed_next(&walk, &record); i++) {
        char scratch[NUMBER_I64_MAX];
        struct atom key = buckets->kind->key(&record);
        struct member member = member_of(atom_text(&key, scratch), buckets->seed);
        struct buckets_place place;
        INVARIANT(bucket_of(buckets, member.hash) == bucket);
        INVARIANT(buckets_find(buckets, &member, &place) && place.index == i);
        struct slice parts[2];
        size_t count = buckets->kind->outside(&record, parts);
        while (count-- > 0) *outside_bytes += block_real_size(record_outside(parts[count]).len);
    }
    return block_real_size(size);
}

void buckets_check(const struct buckets *buckets)
{
    size_t len = 0, block_bytes = 0, outside_bytes = 0;
    INVARIANT(buckets->directory.count <= buckets->mask);
    INVARIANT(buckets->directory.count > buckets->mask >> 1);
    for (uint64_t bucket = 0; bucket < buckets->directory.count; bucket++) {
        len += word_count(*word_at(buckets, bucket));
        block_bytes += check_bucket(buckets, bucket, &outside_bytes);
    }
    if (buckets->minima != NULL) minima_check(buckets->minima);
    INVARIANT(len == buckets->len);
    INVARIANT(block_bytes == buckets->block_bytes && outside_bytes == buckets->outside_bytes);
}
