#include "storage/dress/bump_table.h"

#include <stdlib.h>

#include "proto/base/alloc.h"

#define CAPACITY_FIRST 16

static uint64_t get(const _Atomic uint64_t *word)
{
    return atomic_load_explicit(word, memory_order_acquire);
}

static void set(_Atomic uint64_t *word, uint64_t value)
{
    atomic_store_explicit(word, value, memory_order_release);
}

static uint64_t last_of(const struct bump *bump)
{
    uint64_t hard = get(&bump->hard), soft = get(&bump->soft);
    return hard > soft ? hard : soft;
}

static struct bump_table *create(size_t capacity)
{
    struct bump_table *table = alloc_zeroed(sizeof *table + capacity * sizeof table->slots[0]);
    table->capacity = capacity;
    return table;
}

size_t bump_table_bytes(const struct bump_table *table)
{
    return table != NULL ? sizeof *table + table->capacity * sizeof table->slots[0] : 0;
}

void bump_table_destroy(struct bump_table **table)
{
    alloc_free(*table);
    *table = NULL;
}

bool bump_table_has_room(const struct bump_table *table)
{
    return table != NULL && table->len < table->capacity / 4 * 3;
}

/* The slot of the tag, or the free one where it would be. The high bits chose the stripe. */
static struct bump *slot_of(const struct bump_table *table, uint64_t tag)
{
    const struct bump *slot;
    size_t i = tag & (table->capacity - 1);
    for (;; i = (i + 1) & (table->capacity - 1)) {
        slot = &table->slots[i];
        uint64_t there = get(&slot->tag);
        if (there == tag || there == 0) return (struct bump *)(uintptr_t)slot;
    }
}

struct bump *bump_table_find(const struct bump_table *table, uint64_t tag)
{
    if (table == NULL) return NULL;
    struct bump *slot = slot_of(table, tag);
    return get(&slot->tag) == tag ? slot : NULL;
}

struct bump *bump_table_add(struct bump_table *table, uint64_t tag)
{
    struct bump *slot = slot_of(table, tag);
    set(&slot->tag, tag);
    table->len++;
    return slot;
}

static void add_copy(struct bump_table *table, const struct bump *bump)
{
    struct bump *slot = bump_table_add(table, get(&bump->tag));
    set(&slot->hard_before, get(&bump->hard_before));
    set(&slot->hard, get(&bump->hard));
    set(&slot->soft_before, get(&bump->soft_before));
    set(&slot->soft, get(&bump->soft));
}

static struct bump_table *copy_behind(const struct bump_table *table, size_t capacity, uint64_t number)
{
    struct bump_table *copy = create(capacity);
    for (size_t i = 0; table != NULL && i < table->capacity; i++)
        if (get(&table->slots[i].tag) != 0 && last_of(&table->slots[i]) >= number)
            add_copy(copy, &table->slots[i]);
    return copy;
}

struct bump_table *bump_table_larger(const struct bump_table *table)
{
    return copy_behind(table, table != NULL ? 2 * table->capacity : CAPACITY_FIRST, 0);
}

size_t bump_table_count_behind(const struct bump_table *table, uint64_t number)
{
    size_t count = 0;
    for (size_t i = 0; table != NULL && i < table->capacity; i++)
        count += get(&table->slots[i].tag) != 0 && last_of(&table->slots[i]) >= number;
    return count;
}

struct bump_table *bump_table_behind(const struct bump_table *table, uint64_t number)
{
    size_t len = bump_table_count_behind(table, number), capacity = CAPACITY_FIRST;
    while (capacity / 4 * 3 <= len) capacity *= 2;
    return copy_behind(table, capacity, number);
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

uint64_t bump_table_median(const struct bump_table *table)
{
    uint64_t *numbers = alloc_zeroed(table->len * sizeof *numbers);
    size_t len = 0;
    for (size_t i = 0; i < table->capacity; i++)
        if (get(&table->slots[i].tag) != 0) numbers[len++] = last_of(&table->slots[i]);
    qsort(numbers, len, sizeof *numbers, compare);
    /* Above it, so that one that is alone goes. */
    uint64_t median = numbers[len / 2] + (len < 2);
    alloc_free(numbers);
    return median;
}

void bump_write(struct bump *bump, bool hard, uint64_t number)
{
    _Atomic uint64_t *last = hard ? &bump->hard : &bump->soft;
    _Atomic uint64_t *before = hard ? &bump->hard_before : &bump->soft_before;
    uint64_t old = get(last);
    if (old == number) return;
    set(before, old);
    set(last, number);
}

uint64_t bump_hard(const struct bump *bump, uint64_t seen)
{
    uint64_t last = get(&bump->hard);
    if (last <= seen) return last;
    uint64_t before = get(&bump->hard_before);
    return before <= seen ? before : UINT64_MAX;
}

uint64_t bump_soft(const struct bump *bump, uint64_t seen, uint64_t born)
{
    uint64_t last = get(&bump->soft), before = get(&bump->soft_before);
    if (last <= seen) return before > born && before < last ? before : last;
    return before <= seen ? before : UINT64_MAX;
}
