#include "server/events/tracking/prefix_overlap.h"

#include <stdlib.h>

#include "proto/base/alloc.h"
#include "server/events/tracking/wanted.h"

static bool overlap_each_other(struct slice a, struct slice b)
{
    return prefix_begins(a, b) || prefix_begins(b, a);
}

static int compare_texts(const void *a, const void *b)
{
    return prefix_compare(*(const struct slice *)a, *(const struct slice *)b);
}

size_t prefix_sort(struct slice *texts, size_t count)
{
    if (count > 1) qsort(texts, count, sizeof *texts, compare_texts);
    size_t len = 0;
    for (size_t i = 0; i < count; i++)
        if (i == 0 || !slice_equal(texts[i], texts[len - 1])) texts[len++] = texts[i];
    return len;
}

/* How many of them are before `text`. */
static size_t count_before(const struct slice *existing, size_t count, struct slice text)
{
    size_t low = 0;
    for (size_t high = count; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (prefix_compare(existing[middle], text) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* They do not overlap with each other, but for the empty one, which comes without being asked for: so it is
 * that, or the neighbour on either side. */
static const struct slice *find_existing(const struct slice *existing, size_t count, struct slice text)
{
    if (count == 0) return NULL;
    if (existing[0].len == 0) return &existing[0];
    size_t before = count_before(existing, count, text);
    if (before > 0 && overlap_each_other(existing[before - 1], text)) return &existing[before - 1];
    if (before < count && overlap_each_other(existing[before], text)) return &existing[before];
    return NULL;
}

struct place {
    struct slice text;
    size_t at; /* among those given */
};

static int compare_places(const void *a, const void *b)
{
    return prefix_compare(((const struct place *)a)->text, ((const struct place *)b)->text);
}

static struct place *sorted(const struct slice *given, size_t count)
{
    struct place *places = alloc_bytes(count * sizeof *places);
    for (size_t i = 0; i < count; i++) places[i] = (struct place){ given[i], i };
    qsort(places, count, sizeof *places, compare_places);
    return places;
}

/* The first of them that overlaps with another; `count`: none does. In order, whatever a text begins with
 * stands before it, and all between the two begin with the same: `open` are those that the text at hand
 * begins with. Of those that an open one overlaps with the first has been looked at already. */
static size_t first_overlapping(const struct slice *given, size_t count)
{
    struct place *places = sorted(given, count);
    struct place *open = alloc_bytes(count * sizeof *open);
    size_t depth = 0, first = count;
    for (size_t i = 0; i < count; i++) {
        while (depth > 0 && !prefix_begins(open[depth - 1].text, places[i].text)) depth--;
        if (depth > 0 && places[i].at < first) first = places[i].at;
        if (depth > 0 && open[depth - 1].at < first) first = open[depth - 1].at;
        open[depth++] = places[i];
    }
    alloc_free(open);
    alloc_free(places);
    return first;
}

bool prefix_overlap_find(const struct slice *existing, size_t existing_count, const struct slice *given,
                         size_t given_count, struct prefix_overlap *overlap)
{
    size_t first = given_count > 1 ? first_overlapping(given, given_count) : given_count;
    for (size_t i = 0; i < given_count && i <= first; i++) {
        const struct slice *other = find_existing(existing, existing_count, given[i]);
        if (other == NULL) continue;
        *overlap = (struct prefix_overlap){ .given = given[i], .other = *other };
        return true;
    }
    if (first == given_count) return false;
    size_t other = first + 1;
    while (!overlap_each_other(given[first], given[other])) other++;
    *overlap = (struct prefix_overlap){ .given = given[first], .other = given[other], .is_new = true };
    return true;
}
