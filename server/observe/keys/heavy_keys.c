#include "server/observe/keys/heavy_keys.h"

#include <stdlib.h>
#include <string.h>

#define ROWS 32
#define WAYS (HEAVY_KEYS / ROWS)

/* Its counter, else the lightest of its row. */
static struct heavy_key *place(struct heavy_keys *heavy, uint64_t hash)
{
    struct heavy_key *row = &heavy->keys[(hash >> 32) % ROWS * WAYS], *least = row;
    for (size_t i = 0; i < WAYS; i++) {
        if (row[i].weight > 0 && row[i].hash == hash) return &row[i];
        if (row[i].weight < least->weight) least = &row[i];
    }
    return least;
}

void heavy_keys_add(struct heavy_keys *heavy, struct slice name, uint64_t hash, uint64_t weight)
{
    struct heavy_key *key = place(heavy, hash);
    if (key->weight == 0 || key->hash != hash) {
        size_t len = name.len < HEAVY_NAME_MAX ? name.len : HEAVY_NAME_MAX;
        *key = (struct heavy_key){
            .hash = hash, .weight = key->weight, .error = key->weight, .is_cut = len < name.len, .len = len
        };
        memcpy(key->name, name.data, len);
    }
    key->weight += weight;
}

static void merge(struct heavy_key *all, size_t *len, const struct heavy_key *key)
{
    for (size_t i = 0; i < *len; i++) {
        if (all[i].hash != key->hash) continue;
        all[i].weight += key->weight;
        all[i].error += key->error;
        return;
    }
    all[(*len)++] = *key;
}

size_t heavy_keys_merge(const struct heavy_keys *heavy, struct heavy_key *out, size_t len)
{
    for (size_t i = 0; i < HEAVY_KEYS; i++)
        if (heavy->keys[i].weight > 0) merge(out, &len, &heavy->keys[i]);
    return len;
}

static int heaviest_first(const void *left, const void *right)
{
    const struct heavy_key *a = left, *b = right;
    if (a->weight != b->weight) return a->weight < b->weight ? 1 : -1;
    return a->hash < b->hash ? 1 : a->hash > b->hash ? -1 : 0;
}

void heavy_keys_sort(struct heavy_key *keys, size_t len)
{
    qsort(keys, len, sizeof *keys, heaviest_first);
}
