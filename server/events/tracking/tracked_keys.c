#include "server/events/tracking/tracked_keys.h"

#include <stdalign.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "server/events/tracking/tracked_record.h"
#include "storage/memory/fetch.h"

/* A key's place: `word` is 0 in one that is free. */
struct slot {
    uint64_t hash;
    uint64_t word;
};

/* A page is 1 to 8 units of 32 slots, of which the first is its header: sizes that the allocator has. */
#define UNIT_SLOTS 32u
#define UNITS_MAX  8u

struct page {
    uint32_t len;
    uint32_t depth;                  /* low bits of the hash that all its keys have in common */
    alignas(16) struct slot slots[]; /* none of which is in two cache lines */
};

/* In the directory: the address of a page, and its units less one in the bits that are 0 in any address. */
#define UNITS_MASK ((uintptr_t)(UNITS_MAX - 1))

static struct page *page_at(uintptr_t entry)
{
    return (struct page *)(entry & ~UNITS_MASK); /* NOLINT(performance-no-int-to-ptr) */
}

static unsigned units_at(uintptr_t entry)
{
    return (unsigned)(entry & UNITS_MASK) + 1;
}

static unsigned slots_in(unsigned units)
{
    return units * UNIT_SLOTS - 1;
}

static unsigned slots_at(uintptr_t entry)
{
    return slots_in(units_at(entry));
}

/* More keys than this make looking for one that is not there slow. */
static unsigned most_in(unsigned units)
{
    return slots_in(units) * 3 / 4;
}

static size_t page_bytes(unsigned units)
{
    return units * UNIT_SLOTS * sizeof(struct slot);
}

/* Or discharge, by what wraps around. Written under the lock only, so nothing is lost. */
static void charge(struct tracked_keys *keys, size_t bytes)
{
    atomic_store_explicit(&keys->bytes, tracked_keys_bytes(keys) + bytes, memory_order_relaxed);
}

static uintptr_t make_page(struct tracked_keys *keys, unsigned units, unsigned depth)
{
    struct page *page = alloc_zeroed(page_bytes(units));
    page->depth = depth;
    charge(keys, page_bytes(units));
    return (uintptr_t)page | (units - 1);
}

static void free_page(struct tracked_keys *keys, uintptr_t entry)
{
    charge(keys, 0 - page_bytes(units_at(entry)));
    alloc_free(page_at(entry));
}

/* Bits that neither the directory nor the choice of a shard uses. */
static unsigned home_of(uint64_t hash, unsigned slots)
{
    return (unsigned)((hash >> 40 & 0xffff) * slots >> 16);
}

/* The slot of `hash`, or the free one where it belongs. */
static inline struct slot *find_slot(uintptr_t entry, uint64_t hash)
{
    struct page *page = page_at(entry);
    unsigned slots = slots_at(entry);
    unsigned at = home_of(hash, slots);
    while (page->slots[at].word != 0 && page->slots[at].hash != hash) at = at + 1 < slots ? at + 1 : 0;
    return &page->slots[at];
}

static void put(uintptr_t entry, struct slot slot)
{
    *find_slot(entry, slot.hash) = slot;
    page_at(entry)->len++;
}

/* Close the gap: whoever stands behind it and has its home at it or before moves up. */
static void empty_slot(uintptr_t entry, struct slot *slot)
{
    struct page *page = page_at(entry);
    unsigned slots = slots_at(entry), gap = (unsigned)(slot - page->slots), at = gap;
    for (;;) {
        at = at + 1 < slots ? at + 1 : 0;
        if (page->slots[at].word == 0) break;
        unsigned home = home_of(page->slots[at].hash, slots);
        unsigned from_home = at >= home ? at - home : at + slots - home;
        unsigned from_gap = at >= gap ? at - gap : at + slots - gap;
        if (from_home < from_gap) continue;
        page->slots[gap] = page->slots[at];
        gap = at;
    }
    page->slots[gap] = (struct slot){ 0 };
    page->len--;
}

static size_t directory_len(const struct tracked_keys *keys)
{
    return (size_t)1 << keys->depth;
}

static uintptr_t *entry_of(const struct tracked_keys *keys, uint64_t hash)
{
    return &keys->directory[hash & (directory_len(keys) - 1)];
}

/* Whatever of the directory led to the page for the hashes that end in `low`, of `depth` bits, leads to
 * `entry`. */
static void redirect(struct tracked_keys *keys, uint64_t low, unsigned depth, uintptr_t entry)
{
    size_t step = (size_t)1 << depth;
    for (size_t i = low & (step - 1); i < directory_len(keys); i += step) keys->directory[i] = entry;
}

static void make_directory(struct tracked_keys *keys)
{
    keys->directory = alloc_bytes(sizeof *keys->directory);
    charge(keys, sizeof *keys->directory);
    keys->depth = 0;
    keys->directory[0] = make_page(keys, 1, 0);
}

static void double_directory(struct tracked_keys *keys)
{
    size_t len = directory_len(keys), bytes = len * sizeof *keys->directory;
    keys->directory = alloc_resize(keys->directory, 2 * bytes);
    memcpy(keys->directory + len, keys->directory, bytes);
    charge(keys, bytes);
    keys->depth++;
}

static void move_slots(uintptr_t from, uintptr_t to)
{
    const struct page *page = page_at(from);
    for (unsigned i = 0; i < slots_at(from); i++)
        if (page->slots[i].word != 0) put(to, page->slots[i]);
}

static void resize_page(struct tracked_keys *keys, uint64_t hash, unsigned units)
{
    uintptr_t old = *entry_of(keys, hash);
    unsigned depth = page_at(old)->depth;
    uintptr_t made = make_page(keys, units, depth);
    move_slots(old, made);
    redirect(keys, hash, depth, made);
    free_page(keys, old);
}

static unsigned units_for(unsigned len)
{
    unsigned units = 1;
    while (units < UNITS_MAX && most_in(units) <= len) units++;
    return units;
}

static void split_page(struct tracked_keys *keys, uint64_t hash)
{
    uintptr_t old = *entry_of(keys, hash);
    const struct page *page = page_at(old);
    unsigned depth = page->depth;
    if (depth == keys->depth) double_directory(keys);

    uint64_t bit = UINT64_C(1) << depth;
    unsigned with_bit = 0;
    for (unsigned i = 0; i < slots_at(old); i++)
        if (page->slots[i].word != 0 && page->slots[i].hash & bit) with_bit++;
    uintptr_t without = make_page(keys, units_for(page->len - with_bit), depth + 1);
    uintptr_t with = make_page(keys, units_for(with_bit), depth + 1);
    for (unsigned i = 0; i < slots_at(old); i++)
        if (page->slots[i].word != 0) put(page->slots[i].hash & bit ? with : without, page->slots[i]);

    redirect(keys, hash & ~bit, depth + 1, without);
    redirect(keys, hash | bit, depth + 1, with);
    free_page(keys, old);
}

static void make_room(struct tracked_keys *keys, uint64_t hash)
{
    uintptr_t entry = *entry_of(keys, hash);
    while (page_at(entry)->len >= most_in(units_at(entry))) {
        if (units_at(entry) < UNITS_MAX)
            resize_page(keys, hash, units_at(entry) + 1);
        else
            split_page(keys, hash);
        entry = *entry_of(keys, hash);
    }
}

/* A page without keys gives its part of the hashes to the other half of what it once was. */
static bool join_page(struct tracked_keys *keys, uint64_t hash)
{
    uintptr_t entry = *entry_of(keys, hash);
    unsigned depth = page_at(entry)->depth;
    if (depth == 0) return false;
    uintptr_t buddy = *entry_of(keys, hash ^ UINT64_C(1) << (depth - 1));
    if (page_at(buddy)->depth != depth) return false;
    if (page_at(entry)->len > 0 && page_at(buddy)->len > 0) return false;
    uintptr_t kept = page_at(entry)->len > 0 ? entry : buddy;
    page_at(kept)->depth = depth - 1;
    redirect(keys, hash, depth - 1, kept);
    free_page(keys, kept == entry ? buddy : entry);
    return true;
}

static void give_back(struct tracked_keys *keys, uint64_t hash)
{
    if (keys->len == 0) {
        tracked_keys_clear(keys);
        return;
    }
    uintptr_t entry = *entry_of(keys, hash);
    unsigned units = units_at(entry), len = page_at(entry)->len;
    if (units > 1 && len < slots_in(units - 1) / 2) resize_page(keys, hash, units - 1);
    while (join_page(keys, hash)) continue;
}

static void clear_page(struct tracked_keys *keys, uintptr_t entry)
{
    struct page *page = page_at(entry);
    for (unsigned i = 0; page->len > 0; i++) {
        if (page->slots[i].word == 0) continue;
        struct tracked tracked = { 0 };
        tracked_word_take(page->slots[i].word, &tracked);
        tracked_clear(&tracked);
        page->len--;
    }
    free_page(keys, entry);
}

bool tracked_keys_dig(struct tracked_keys *keys, size_t *at, size_t pages)
{
    if (keys->directory == NULL) return false;
    for (; *at < directory_len(keys); (*at)++) {
        uintptr_t entry = keys->directory[*at];
        if (entry == 0) continue;
        if (pages-- == 0) return true;
        redirect(keys, *at, page_at(entry)->depth, 0);
        clear_page(keys, entry);
    }
    alloc_free(keys->directory);
    keys->directory = NULL;
    keys->depth = 0;
    keys->len = keys->items = keys->records = 0;
    atomic_store_explicit(&keys->bytes, 0, memory_order_relaxed); /* others read it meanwhile */
    return false;
}

void tracked_keys_clear(struct tracked_keys *keys)
{
    size_t at = 0;
    tracked_keys_dig(keys, &at, SIZE_MAX);
}

static __attribute__((noinline)) enum tracked_add add_reader(struct tracked_keys *keys, struct slot *slot,
                                                             uint32_t number)
{
    size_t before = tracked_word_bytes(slot->word);
    keys->records -= tracked_word_is_record(slot->word);
    tracked_word_add(&slot->word, number);
    keys->records += tracked_word_is_record(slot->word);
    charge(keys, tracked_word_bytes(slot->word) - before);
    keys->items++;
    return TRACKED_BY_ONE_MORE;
}

enum tracked_add tracked_keys_add(struct tracked_keys *keys, uint64_t hash, uint32_t number)
{
    if (keys->directory == NULL) return TRACKED_UNKNOWN;
    struct slot *slot = find_slot(*entry_of(keys, hash), hash);
    if (slot->word == 0) return TRACKED_UNKNOWN;
    return tracked_word_has(slot->word, number) ? TRACKED_ALREADY : add_reader(keys, slot, number);
}

void tracked_keys_begin(struct tracked_keys *keys, uint64_t hash, uint32_t number, struct slice name)
{
    if (keys->directory == NULL) make_directory(keys);
    make_room(keys, hash);
    struct slot added = { .hash = hash, .word = tracked_word(number, name) };
    put(*entry_of(keys, hash), added);
    charge(keys, tracked_word_bytes(added.word));
    keys->records += tracked_word_is_record(added.word);
    keys->len++;
    keys->items++;
}

bool tracked_keys_know(const struct tracked_keys *keys, uint64_t hash)
{
    return keys->directory != NULL && find_slot(*entry_of(keys, hash), hash)->word != 0;
}

bool tracked_keys_has(const struct tracked_keys *keys, uint64_t hash, uint32_t number)
{
    if (keys->directory == NULL) return false;
    uint64_t word = find_slot(*entry_of(keys, hash), hash)->word;
    return word != 0 && tracked_word_has(word, number);
}

static void take_slot(struct tracked_keys *keys, uintptr_t entry, struct slot *slot, struct tracked *tracked)
{
    tracked->hash = slot->hash;
    tracked_word_take(slot->word, tracked);
    charge(keys, 0 - tracked_word_bytes(slot->word));
    keys->records -= tracked_word_is_record(slot->word);
    keys->items -= tracked->len;
    keys->len--;
    empty_slot(entry, slot);
    give_back(keys, tracked->hash);
}

bool tracked_keys_take(struct tracked_keys *keys, uint64_t hash, struct tracked *tracked)
{
    if (keys->directory == NULL) return false;
    uintptr_t entry = *entry_of(keys, hash);
    struct slot *slot = find_slot(entry, hash);
    if (slot->word == 0) return false;
    take_slot(keys, entry, slot, tracked);
    return true;
}

bool tracked_keys_draw(struct tracked_keys *keys, uint64_t random, struct tracked *tracked)
{
    if (keys->directory == NULL) return false;
    size_t at = random & (directory_len(keys) - 1);
    while (page_at(keys->directory[at])->len == 0) at = (at + 1) & (directory_len(keys) - 1);
    uintptr_t entry = keys->directory[at];
    struct page *page = page_at(entry);
    unsigned slot = (unsigned)((random >> 40) % slots_at(entry));
    while (page->slots[slot].word == 0) slot = slot + 1 < slots_at(entry) ? slot + 1 : 0;
    take_slot(keys, entry, &page->slots[slot], tracked);
    return true;
}

void tracked_keys_prefetch(const struct tracked_keys *keys, uint64_t hash)
{
    if (keys->directory == NULL) return;
    uintptr_t entry = *entry_of(keys, hash);
    fetch_line(&page_at(entry)->slots[home_of(hash, slots_at(entry))]);
}

void tracked_keys_prefetch_readers(const struct tracked_keys *keys, uint64_t hash)
{
    if (keys->records > 0) tracked_word_prefetch(find_slot(*entry_of(keys, hash), hash)->word);
}

struct sums {
    size_t len;
    size_t items;
    size_t bytes;
    size_t records;
};

static void check_page(uintptr_t entry, size_t at, struct sums *sums)
{
    struct page *page = page_at(entry);
    unsigned len = 0;
    for (unsigned i = 0; i < slots_at(entry); i++) {
        const struct slot *slot = &page->slots[i];
        if (slot->word == 0) continue;
        tracked_word_check(slot->word);
        INVARIANT(((slot->hash ^ at) & ((UINT64_C(1) << page->depth) - 1)) == 0);
        INVARIANT(find_slot(entry, slot->hash) == slot);
        sums->items += tracked_word_len(slot->word);
        sums->bytes += tracked_word_bytes(slot->word);
        sums->records += tracked_word_is_record(slot->word);
        len++;
    }
    INVARIANT(len == page->len && len <= most_in(units_at(entry)));
    sums->len += len;
    sums->bytes += page_bytes(units_at(entry));
}

void tracked_keys_check(const struct tracked_keys *keys)
{
    struct sums sums = { 0 };
    size_t len = keys->directory != NULL ? directory_len(keys) : 0;
    for (size_t i = 0; i < len; i++) {
        uintptr_t entry = keys->directory[i];
        unsigned depth = page_at(entry)->depth;
        INVARIANT(depth <= keys->depth);
        size_t first = i & (((size_t)1 << depth) - 1);
        INVARIANT(keys->directory[first] == entry);
        if (first == i) check_page(entry, i, &sums);
    }
    sums.bytes += len * sizeof *keys->directory;
    INVARIANT(sums.len == keys->len && sums.items == keys->items && sums.bytes == tracked_keys_bytes(keys));
    INVARIANT(sums.records == keys->records);
    INVARIANT((keys->len > 0) == (keys->directory != NULL));
}
