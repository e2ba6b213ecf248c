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

static bool is_inline(uint64_t word)
{
    return word & 1;
}

static uint32_t first_of(uint64_t word)
{
    return (uint32_t)word >> 1;
}

static uint32_t second_of(uint64_t word)
{
    return (uint32_t)(word >> 32);
}

static uint64_t word_of(uint32_t first, uint32_t second)
{
    return (uint64_t)second << 32 | (uint64_t)first << 1 | 1;
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

static bool add_to_record(uint64_t *word, uint32_t number)
{
    struct tracked_record *record = record_of(*word);
    if (has_number(record, number)) return false;
    uint32_t place = place_of(record, number);
    if (record->len == record->room) record = with_more_room(record);
    memmove(&record->numbers[place + 1], &record->numbers[place],
            (record->len - place) * sizeof record->numbers[0]);
    record->numbers[place] = number;
    record->len++;
    *word = word_of_record(record);
    return true;
}

uint64_t tracked_word(uint32_t number, struct slice name)
{
    REQUIRE(number > 0 && number <= TRACKED_NUMBER_MAX);
    if (name.len == 0) return word_of(number, 0);
    struct tracked_record *record = make(1, name);
    record->numbers[record->len++] = number;
    return word_of_record(record);
}

bool tracked_word_add(uint64_t *word, uint32_t number)
{
    if (!is_inline(*word)) return add_to_record(word, number);
    uint32_t first = first_of(*word), second = second_of(*word);
    if (first == number || second == number) return false;
    if (second == 0) {
        *word = word_of(first, number);
        return true;
    }
    *word = word_of_record(make(4, SLICE("")));
    add_to_record(word, first);
    add_to_record(word, second);
    return add_to_record(word, number);
}

bool tracked_word_has(uint64_t word, uint32_t number)
{
    if (is_inline(word)) return first_of(word) == number || second_of(word) == number;
    return has_number(record_of(word), number);
}

void tracked_word_take(uint64_t word, struct tracked *tracked)
{
    *tracked = (struct tracked){ .hash = tracked->hash };
    if (is_inline(word)) {
        tracked->few[0] = first_of(word);
        tracked->few[1] = second_of(word);
        tracked->numbers = tracked->few;
        tracked->len = tracked->few[1] != 0 ? 2 : 1;
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
    if (!is_inline(word)) return record_of(word)->len;
    return second_of(word) != 0 ? 2 : 1;
}

size_t tracked_word_bytes(uint64_t word)
{
    return is_inline(word) ? 0 : size_of(record_of(word)->room, record_of(word)->name_len);
}

void tracked_clear(struct tracked *tracked)
{
    alloc_free(tracked->record);
    *tracked = (struct tracked){ 0 };
}

void tracked_word_prefetch(uint64_t word)
{
    if (word == 0 || is_inline(word)) return;
    const struct tracked_record *record = record_of(word);
    fetch_line(record);
    fetch_line(&record->numbers[9]);
}

void tracked_word_check(uint64_t word)
{
    if (is_inline(word)) {
        INVARIANT(first_of(word) != 0 && first_of(word) != second_of(word));
        return;
    }
    const struct tracked_record *record = record_of(word);
    INVARIANT(record->len > 0 && record->len <= record->room);
    for (uint32_t i = 1; i < record->len; i++) INVARIANT(record->numbers[i - 1] < record->numbers[i]);
}
