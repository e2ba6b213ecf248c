#include "server/events/tracking/wanted.h"

#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/array.h"
#include "proto/base/contract.h"

int prefix_compare(struct slice a, struct slice b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common > 0 ? memcmp(a.data, b.data, common) : 0;
    if (order != 0 || a.len == b.len) return order;
    return a.len < b.len ? -1 : 1;
}

/* Where `text` is, or belongs. */
static size_t place_of(const struct wanted *wanted, struct slice text)
{
    size_t low = 0;
    for (size_t high = wanted->len; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (prefix_compare(wanted->items[middle].text, text) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_at(const struct wanted *wanted, size_t place, struct slice text)
{
    return place < wanted->len && slice_equal(wanted->items[place].text, text);
}

static size_t place_of_number(const struct wanted_prefix *prefix, uint32_t number)
{
    size_t low = 0;
    for (size_t high = prefix->len; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (prefix->numbers[middle] < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool wanted_match(const struct wanted *wanted, struct slice key)
{
    for (size_t i = 0; i < wanted->length_count; i++) {
        struct slice start = slice_of(key.data, wanted->lengths[i].bytes);
        if (start.len > key.len) return false;
        if (is_at(wanted, place_of(wanted, start), start)) return true;
    }
    return false;
}

static size_t place_of_length(const struct wanted *wanted, size_t bytes)
{
    size_t low = 0;
    for (size_t high = wanted->length_count; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (wanted->lengths[middle].bytes < bytes)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void add_length(struct wanted *wanted, size_t bytes)
{
    size_t place = place_of_length(wanted, bytes), count = wanted->length_count;
    if (place < count && wanted->lengths[place].bytes == bytes) {
        wanted->lengths[place].count++;
        return;
    }
    struct wanted_length added = { .bytes = bytes, .count = 1 };
    wanted->lengths = alloc_resize(wanted->lengths, (count + 1) * sizeof added);
    memmove(wanted->lengths + place + 1, wanted->lengths + place, (count - place) * sizeof added);
    wanted->lengths[place] = added;
    wanted->length_count++;
}

static void remove_length(struct wanted *wanted, size_t bytes)
{
    size_t place = place_of_length(wanted, bytes);
    struct wanted_length *at = &wanted->lengths[place];
    if (--at->count > 0) return;
    memmove(at, at + 1, (wanted->length_count - place - 1) * sizeof *at);
    wanted->length_count--;
}

static void add_number(struct wanted_prefix *prefix, uint32_t number)
{
    size_t at = place_of_number(prefix, number);
    if (at < prefix->len && prefix->numbers[at] == number) return;
    ARRAY_RESERVE(prefix->numbers, prefix->len, prefix->cap, 2);
    memmove(prefix->numbers + at + 1, prefix->numbers + at, (prefix->len - at) * sizeof number);
    prefix->numbers[at] = number;
    prefix->len++;
}

static void remove_number(struct wanted_prefix *prefix, uint32_t number)
{
    size_t at = place_of_number(prefix, number);
    if (at == prefix->len || prefix->numbers[at] != number) return;
    prefix->len--;
    memmove(prefix->numbers + at, prefix->numbers + at + 1, (prefix->len - at) * sizeof number);
}

static struct wanted_prefix make_prefix(struct wanted *wanted, struct slice text)
{
    add_length(wanted, text.len);
    return (struct wanted_prefix){ .text = slice_of(alloc_cstr(text.data, text.len), text.len) };
}

static void clear_prefix(struct wanted_prefix *prefix)
{
    alloc_free((char *)prefix->text.data);
    alloc_free(prefix->numbers);
}

/* Both are in order: they are merged, whatever their lengths, in one pass. */
void wanted_add(struct wanted *wanted, const struct slice *texts, size_t count, uint32_t number)
{
    struct wanted_prefix *merged = alloc_bytes((wanted->len + count) * sizeof *merged);
    size_t len = 0, old = 0;
    for (size_t i = 0; i < count; i++) {
        while (old < wanted->len && prefix_compare(wanted->items[old].text, texts[i]) < 0)
            merged[len++] = wanted->items[old++];
        bool known = old < wanted->len && slice_equal(wanted->items[old].text, texts[i]);
        merged[len] = known ? wanted->items[old++] : make_prefix(wanted, texts[i]);
        add_number(&merged[len++], number);
    }
    while (old < wanted->len) merged[len++] = wanted->items[old++];
    alloc_free(wanted->items);
    wanted->items = merged;
    wanted->len = len;
}

void wanted_remove(struct wanted *wanted, const struct slice *texts, size_t count, uint32_t number)
{
    size_t len = 0, i = 0;
    for (size_t old = 0; old < wanted->len; old++) {
        struct wanted_prefix prefix = wanted->items[old];
        while (i < count && prefix_compare(texts[i], prefix.text) < 0) i++;
        if (i < count && slice_equal(texts[i], prefix.text)) remove_number(&prefix, number);
        if (prefix.len > 0) {
            wanted->items[len++] = prefix;
        } else {
            remove_length(wanted, prefix.text.len);
            clear_prefix(&prefix);
        }
    }
    wanted->len = len;
}

void wanted_clear(struct wanted *wanted)
{
    for (size_t i = 0; i < wanted->len; i++) clear_prefix(&wanted->items[i]);
    alloc_free(wanted->items);
    alloc_free(wanted->lengths);
    *wanted = (struct wanted){ 0 };
}

void wanted_check(const struct wanted *wanted)
{
    size_t count = 0;
    for (size_t i = 0; i < wanted->length_count; i++) {
        INVARIANT(wanted->lengths[i].count > 0);
        INVARIANT(i == 0 || wanted->lengths[i - 1].bytes < wanted->lengths[i].bytes);
        count += wanted->lengths[i].count;
    }
    INVARIANT(count == wanted->len);
    for (size_t i = 0; i < wanted->len; i++) {
        const struct wanted_prefix *prefix = &wanted->items[i];
        INVARIANT(prefix->len > 0);
        INVARIANT(i == 0 || prefix_compare(wanted->items[i - 1].text, prefix->text) < 0);
        for (size_t j = 1; j < prefix->len; j++) INVARIANT(prefix->numbers[j - 1] < prefix->numbers[j]);
    }
}
