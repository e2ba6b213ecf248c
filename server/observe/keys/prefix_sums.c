#include "server/observe/keys/prefix_sums.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS (2 * PREFIX_ROWS)

void prefix_sums_clear(struct prefix_sums *sums)
{
    sums->keys = sums->bytes = 0;
    sums->len = 0;
    sums->is_full = false;
    memset(sums->index, 0, sizeof sums->index);
    memset(sums->candidates, 0, sizeof sums->candidates);
}

static bool is_it(const struct prefix_row *row, struct slice prefix, uint64_t hash)
{
    return row->hash == hash && slice_equal(prefix_row_name(row), prefix);
}

/* The slot of its row, or the free one in which its row is to be noted. */
static size_t slot_of(const struct prefix_sums *sums, struct slice prefix, uint64_t hash)
{
    size_t slot = hash % SLOTS;
    while (sums->index[slot] != 0 && !is_it(&sums->rows[sums->index[slot] - 1], prefix, hash))
        slot = (slot + 1) % SLOTS;
    return slot;
}

static void name_row(struct prefix_row *row, struct slice prefix, uint64_t hash)
{
    *row = (struct prefix_row){ .hash = hash, .len = prefix.len };
    if (prefix.len > 0) memcpy(row->name, prefix.data, prefix.len);
}

/* NULL: there is no room. */
static struct prefix_row *get_row(struct prefix_sums *sums, struct slice prefix, uint64_t hash)
{
    size_t slot = slot_of(sums, prefix, hash);
    if (sums->index[slot] != 0) return &sums->rows[sums->index[slot] - 1];
    if (sums->len == PREFIX_ROWS) return NULL;
    struct prefix_row *row = &sums->rows[sums->len++];
    name_row(row, prefix, hash);
    sums->index[slot] = (uint16_t)sums->len;
    return row;
}

/* The smallest gives way, and what it had goes on counting: it may have been of this one. */
static void add_candidate(struct prefix_sums *sums, struct slice prefix, uint64_t hash, uint64_t bytes)
{
    struct prefix_row *least = &sums->candidates[0];
    sums->is_full = true;
    for (size_t i = 0; i < PREFIX_CANDIDATES; i++) {
        struct prefix_row *row = &sums->candidates[i];
        if (row->bytes > 0 && is_it(row, prefix, hash)) {
            row->bytes += bytes;
            return;
        }
        if (row->bytes < least->bytes) least = row;
    }
    uint64_t had = least->bytes;
    name_row(least, prefix, hash);
    least->bytes = had + bytes;
}

void prefix_sums_add(struct prefix_sums *sums, struct slice prefix, uint64_t hash, unsigned keys,
                     uint64_t bytes)
{
    struct prefix_row *row = get_row(sums, prefix, hash);
    sums->keys += keys;
    sums->bytes += bytes;
    if (row == NULL) {
        add_candidate(sums, prefix, hash, bytes);
        return;
    }
    row->keys += keys;
    row->bytes += bytes;
}

void prefix_sums_seed(struct prefix_sums *sums, struct slice prefix, uint64_t hash)
{
    get_row(sums, prefix, hash);
}

const struct prefix_row *prefix_sums_find(const struct prefix_sums *sums, struct slice prefix, uint64_t hash)
{
    size_t slot = slot_of(sums, prefix, hash);
    return sums->index[slot] != 0 ? &sums->rows[sums->index[slot] - 1] : NULL;
}

static int largest_first(const void *left, const void *right)
{
    const struct prefix_row *a = *(const struct prefix_row *const *)left;
    const struct prefix_row *b = *(const struct prefix_row *const *)right;
    if (a->bytes != b->bytes) return a->bytes < b->bytes ? 1 : -1;
    return a->hash < b->hash ? 1 : a->hash > b->hash ? -1 : 0;
}

size_t prefix_sums_top(const struct prefix_sums *sums, const struct prefix_row **out, size_t most)
{
    const struct prefix_row *all[PREFIX_ROWS];
    size_t len = 0;
    for (size_t i = 0; i < sums->len; i++)
        if (sums->rows[i].bytes > 0) all[len++] = &sums->rows[i];
    qsort(all, len, sizeof *all, largest_first);
    if (len > most) len = most;
    memcpy(out, all, len * sizeof *all);
    return len;
}
