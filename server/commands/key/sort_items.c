#include "server/commands/key/sort_items.h"

#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/number.h"

static int compare_bytes(struct slice a, struct slice b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter == 0 ? 0 : memcmp(a.data, b.data, shorter);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static struct slice visible(struct slice text)
{
    return text.len == 0 ? text : slice_of(text.data, strnlen(text.data, text.len));
}

static int compare_texts(const struct sort_text *a, const struct sort_text *b, bool whole)
{
    char scratch[2][NUMBER_I64_MAX];
    struct atom x = sort_text_atom(a), y = sort_text_atom(b);
    struct slice first = atom_text(&x, scratch[0]), second = atom_text(&y, scratch[1]);
    return whole ? compare_bytes(first, second) : compare_bytes(visible(first), visible(second));
}

static int compare_weights(const struct sort_text *a, const struct sort_text *b, bool whole)
{
    bool lacks_a = sort_text_is_nothing(a), lacks_b = sort_text_is_nothing(b);
    if (lacks_a || lacks_b) return (int)lacks_b - (int)lacks_a;
    return compare_texts(a, b, whole);
}

static int compare_rising(const struct sort_order *order, const struct sort_item *a,
                          const struct sort_item *b)
{
    if (order->alpha && order->weighted) return compare_weights(&a->weight, &b->weight, order->whole);
    if (order->alpha) return compare_texts(&a->element, &b->element, order->whole);
    if (a->score != b->score) return a->score > b->score ? 1 : -1;
    return compare_texts(&a->element, &b->element, true);
}

static inline int compare(const struct sort_order *order, const struct sort_item *a,
                          const struct sort_item *b)
{
    int rising = compare_rising(order, a, b);
    return order->descending ? -rising : rising;
}

/* Below this, insertion costs less than halving. */
#define INSERTED 12

static void swap(struct sort_item *a, struct sort_item *b)
{
    struct sort_item kept = *a;
    *a = *b;
    *b = kept;
}

static void insert_each(struct sort_item *items, size_t len, const struct sort_order *order)
{
    for (size_t i = 1; i < len; i++) {
        for (size_t at = i; at > 0 && compare(order, &items[at - 1], &items[at]) > 0; at--)
            swap(&items[at - 1], &items[at]);
    }
}

/* `scratch` has room for the first half, which is moved there and merged with the second. */
static void merge(struct sort_item *items, size_t half, size_t len, struct sort_item *scratch,
                  const struct sort_order *order)
{
    if (compare(order, &items[half - 1], &items[half]) <= 0) return;
    memcpy(scratch, items, half * sizeof *items);
    size_t left = 0, right = half, at = 0;
    while (left < half && right < len) {
        bool from_right = compare(order, &scratch[left], &items[right]) > 0;
        items[at++] = from_right ? items[right++] : scratch[left++];
    }
    memcpy(&items[at], &scratch[left], (half - left) * sizeof *items);
}

static void sort_halves(struct sort_item *items, size_t len, struct sort_item *scratch,
                        const struct sort_order *order)
{
    if (len <= INSERTED) {
        insert_each(items, len, order);
        return;
    }
    size_t half = len / 2;
    sort_halves(items, half, scratch, order);
    sort_halves(items + half, len - half, scratch, order);
    merge(items, half, len, scratch, order);
}

void sort_items(struct sort_item *items, size_t len, const struct sort_order *order)
{
    struct sort_item *scratch = alloc_bytes(len / 2 * sizeof *items);
    sort_halves(items, len, scratch, order);
    alloc_free(scratch);
}

static struct sort_item *median(struct sort_item *a, struct sort_item *b, struct sort_item *c,
                                const struct sort_order *order)
{
    if (compare(order, a, b) < 0) {
        if (compare(order, b, c) < 0) return b;
        return compare(order, a, c) < 0 ? c : a;
    }
    if (compare(order, b, c) > 0) return b;
    return compare(order, a, c) < 0 ? a : c;
}

static struct sort_item *pivot_of(struct sort_item *items, size_t len, const struct sort_order *order)
{
    struct sort_item *low = items, *middle = items + len / 2, *high = items + len - 1;
    if (len == 7) return middle;
    if (len > 40) {
        size_t step = len / 8;
        low = median(low, low + step, low + 2 * step, order);
        middle = median(middle - step, middle, middle + step, order);
        high = median(high - 2 * step, high - step, high, order);
    }
    return median(low, middle, high, order);
}

static void swap_runs(struct sort_item *a, struct sort_item *b, size_t len)
{
    for (size_t i = 0; i < len; i++) swap(&a[i], &b[i]);
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Bring the items before the pivot to the left and those after it to the right, as many as told; equal ones
 * are gathered at the outer ends first, then brought to the middle. */
static void partition(struct sort_item *items, size_t len, const struct sort_order *order, size_t *before,
                      size_t *after)
{
    swap(&items[0], pivot_of(items, len, order));
    size_t equal_low = 1, low = 1, high = len, equal_high = len; /* unseen: [low, high) */
    for (;;) {
        int order_low = 0, order_high = 0;
        while (low < high && (order_low = compare(order, &items[low], &items[0])) <= 0) {
            if (order_low == 0) swap(&items[equal_low++], &items[low]);
            low++;
        }
        while (low < high && (order_high = compare(order, &items[high - 1], &items[0])) >= 0) {
            if (order_high == 0) swap(&items[high - 1], &items[--equal_high]);
            high--;
        }
        if (low >= high) break;
        swap(&items[low++], &items[--high]);
    }
    *before = low - equal_low;
    *after = equal_high - high;
    size_t run = smaller(equal_low, *before);
    swap_runs(items, items + low - run, run);
    run = smaller(*after, len - equal_high);
    swap_runs(items + low, items + len - run, run);
}

static bool overlap(size_t at, size_t len, size_t from, size_t count)
{
    return at < from + count && from < at + len;
}

/* `levels` bounds the time that unlucky pivots take: then all is sorted. */
static void sort_part(struct sort_item *items, size_t len, size_t from, size_t count, unsigned levels,
                      const struct sort_order *order)
{
    size_t at = 0; /* of what is left to be sorted */
    while (len >= 7) {
        if (levels-- == 0) {
            sort_items(items + at, len, order);
            return;
        }
        size_t before, after;
        partition(items + at, len, order, &before, &after);
        if (before > 1 && overlap(at, before, from, count)) {
            size_t inner = from > at ? from - at : 0;
            sort_part(items + at, before, inner, from + count - at - inner, levels, order);
        }
        at += len - after;
        len = after;
        if (after < 2 || !overlap(at, after, from, count)) return;
    }
    insert_each(items + at, len, order);
}

void sort_items_part(struct sort_item *items, size_t len, size_t from, size_t count,
                     const struct sort_order *order)
{
    unsigned levels = 8;
    for (size_t left = len; left > 0; left /= 2) levels += 2;
    if (count > 0) sort_part(items, len, from, count, levels, order);
}
