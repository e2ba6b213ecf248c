#include "server/events/tracking/tracked_record.h"

#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "server/events/tracking/tracked_keys.h"
#include "storage/memory/fetch.h"

struct tracked_record {
    uint32_t len;
    uint32_t room;
    uint32_t name_len;  /* names are shorter than 512 MB */
    uint32_t numbers[]; /* room for so many; behind them the name */
};

#define SPAN_MARK (UINT64_C(1) << 63)

static uint64_t pair_of(uint32_t first, uint32_t second)
{
    return (uint64_t)second << 32 | (uint64_t)first << 1 | 1;
}

static uint64_t span_of(uint32_t lowest, uint32_t bits)
{
    return SPAN_MARK | (uint64_t)(bits >> 1) << 32 | (uint64_t)lowest << 1 | 1;
}

static struct tracked_record *record_of(uint64_t word)
{
    return (struct tracked_record *)(uintptr_t)word; /* NOLINT(performance-no-int-to-ptr) */
}

static uint64_t word_of_record(struct tracked_record *record)
{
    return (uint64_t)(uintptr_t)record;
}

static size_t size_of(size_t room, size_t name_len)
{
    return sizeof(struct tracked_record) + room * sizeof(uint32_t) + name_len;
}

static char *name_of(struct tracked_record *record)
{
    return (char *)&record->numbers[record->room];
}

static struct tracked_record *make(uint32_t room, struct slice name)
{
    struct tracked_record *record = alloc_bytes(size_of(room, name.len));
    REQUIRE(name.len <= UINT32_MAX);
    *record = (struct tracked_record){ .room = room, .name_len = (uint32_t)name.len };
    if (name.len > 0) memcpy(name_of(record), name.data, name.len);
    return record;
}

static struct tracked_record *with_more_room(struct tracked_record *record)
{
    struct slice name = slice_of(name_of(record), record->name_len);
    struct tracked_record *larger = make(record->room + record->room / 2 + 2, name);
    larger->len = record->len;
    memcpy(larger->numbers, record->numbers, record->len * sizeof record->numbers[0]);
    alloc_free(record);
    return larger;
}

/* The place of `number`, or where it belongs. */
static uint32_t place_of(const struct tracked_record *record, uint32_t number)
{
    uint32_t low = 0;
    for (uint32_t high = record->len; low < high;) {
        uint32_t middle = low + (high - low) / 2;
        if (record->numbers[middle] < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Up to so many are looked through from end to end, which a core does faster than it is wrong about the next
 * half. */
#define FEW 32

static bool has_number(const struct tracked_record *record, uint32_t number)
{
    bool has = false;
    if (record->len <= FEW) {
        for (uint32_t i = 0; i < record->len; i++) has |= record->numbers[i] == number;
        return has;
    }
    uint32_t place = place_of(record, number);
    return place < record->len && record->numbers[place] == number;
}

static void add_to_record(uint64_t *word, uint32_t number)
{
    struct tracked_record *record = record_of(*word);
    uint32_t place = place_of(record, number);
    if (record->len == record->room) record = with_more_room(record);
    memmove(&record->numbers[place + 1], &record->numbers[place],
            (record->len - place) * sizeof record->numbers[0]);
    record->numbers[place] = number;
    record->len++;
    *word = word_of_record(record);
}

/* A span and one more; 0: that is too far from one of them. */
static uint64_t widen(uint64_t span, uint32_t number)
{
    uint32_t lowest = tracked_word_first(span), bits = tracked_word_bits(span);
    if (number > lowest)
        return number - lowest < TRACKED_SPAN ? span_of(lowest, bits | UINT32_C(1) << (number - lowest)) : 0;
    uint32_t below = lowest - number;
    bool fits = below < TRACKED_SPAN && bits >> (TRACKED_SPAN - below) == 0;
    return fits ? span_of(number, bits << below | 1) : 0;
}

/* Those of a word that is no record, the lowest first in a span. Their count. */
static size_t list(uint64_t word, uint32_t numbers[TRACKED_SPAN])
{
    uint32_t first = tracked_word_first(word), second = tracked_word_second(word);
    size_t len = 0;
    numbers[len++] = first;
    if (!tracked_word_is_span(word)) {
        if (second != 0) numbers[len++] = second;
        return len;
    }
    for (uint32_t bits = tracked_word_bits(word) & ~UINT32_C(1); bits != 0; bits &= bits - 1)
        numbers[len++] = first + (uint32_t)__builtin_ctz(bits);
    return len;
}

/* A pair, or a span, and one more, as a span; 0: they are too far from each other. */
static uint64_t span_with(uint64_t word, uint32_t number)
{
    uint64_t span = word;
    if (!tracked_word_is_span(word))
        span = widen(span_of(tracked_word_first(word), 1), tracked_word_second(word));
    return span != 0 ? widen(span, number) : 0;
}

static uint64_t record_with(uint64_t word, uint32_t number)
{
    uint32_t numbers[TRACKED_SPAN];
    size_t len = list(word, numbers);
    uint64_t made = word_of_record(make((uint32_t)len + 2, SLICE("")));
    for (size_t i = 0; i < len; i++) add_to_record(&made, numbers[i]);
    add_to_record(&made, number);
    return made;
}

uint64_t tracked_word(uint32_t number, struct slice name)
{
    REQUIRE(number > 0 && number <= TRACKED_NUMBER_MAX);
    if (name.len == 0) return pair_of(number, 0);
    struct tracked_record *record = make(1, name);
    record->numbers[record->len++] = number;
    return word_of_record(record);
}

void tracked_word_add(uint64_t *word, uint32_t number)
{
    if (tracked_word_is_record(*word)) {
        add_to_record(word, number);
    } else if (!tracked_word_is_span(*word) && tracked_word_second(*word) == 0) {
        *word = pair_of(tracked_word_first(*word), number);
    } else {
        uint64_t span = span_with(*word, number);
        *word = span != 0 ? span : record_with(*word, number);
    }
}

__attribute__((noinline)) bool tracked_record_has(uint64_t word, uint32_t number)
{
    return has_number(record_of(word), number);
}

void tracked_word_take(uint64_t word, struct tracked *tracked)
{
    tracked->record = NULL;
    tracked->name = SLICE("");
    if (!tracked_word_is_record(word)) {
        tracked->len = list(word, tracked->few);
        tracked->numbers = tracked->few;
        return;
    }
    struct tracked_record *record = record_of(word);
    tracked->record = record;
    tracked->numbers = record->numbers;
    tracked->len = record->len;
    tracked->name = slice_of(name_of(record), record->name_len);
}

size_t tracked_word_len(uint64_t word)
{
    if (tracked_word_is_record(word)) return record_of(word)->len;
    if (tracked_word_is_span(word)) return (size_t)__builtin_popcount(tracked_word_bits(word));
    return tracked_word_second(word) != 0 ? 2 : 1;
}

size_t tracked_word_bytes(uint64_t word)
{
    if (!tracked_word_is_record(word)) return 0;
    return size_of(record_of(word)->room, record_of(word)->name_len);
}

void tracked_clear(struct tracked *tracked)
{
    alloc_free(tracked->record);
    tracked->record = NULL;
    tracked->len = 0;
}

void tracked_word_prefetch(uint64_t word)
{
    if (word == 0 || !tracked_word_is_record(word)) return;
    const struct tracked_record *record = record_of(word);
    fetch_line(record);
    fetch_line(&record->numbers[9]);
}

void tracked_word_check(uint64_t word)
{
    if (!tracked_word_is_record(word)) {
        INVARIANT(tracked_word_first(word) != 0);
        INVARIANT(tracked_word_is_span(word) || tracked_word_first(word) != tracked_word_second(word));
        return;
    }
    const struct tracked_record *record = record_of(word);
    INVARIANT(record->len > 0 && record->len <= record->room);
    for (uint32_t i = 1; i < record->len; i++) INVARIANT(record->numbers[i - 1] < record->numbers[i]);
}
