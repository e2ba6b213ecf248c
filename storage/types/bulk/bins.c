#include "storage/types/bulk/bins.h"

#include "proto/base/alloc.h"
#include "proto/base/bytes.h"
#include "proto/base/contract.h"
#include "storage/memory/fetch.h"

/* A bin's buckets make 200 KB; of more bins than this the ends would not stay in the cache. */
#define BUCKETS_LOG2 10
#define BINS_MAX     1024

/* As large as the slabs that blocks of buckets come from, so that those take the place of what is freed. */
#define CHUNK_BYTES 32768

/* A chunk was written long ago: so far ahead of the reader it is on its way back into the cache. */
#define READ_AHEAD 512
/* And the end of a chunk, that of a writer. */
#define WRITE_AHEAD 192

struct chunk {
    struct chunk *next;
    char *end; /* of what was written, once that is known */
    char bytes[];
};

/* Where the next record goes stands here, not in the chunk: all bins together are a few lines that stay near,
 * and a chunk is only touched where it is written. */
struct bin {
    struct chunk *first, *last;
    char *at, *end; /* of the last chunk: what is free */
    size_t count;
};

/* Before the bytes of a record: its hash, and its length with the mark on top. */
#define LEAD (sizeof(uint64_t) + sizeof(uint32_t))

void bins_init(struct bins *bins, uint64_t buckets)
{
    *bins = (struct bins){ .buckets = buckets, .shift = BUCKETS_LOG2 };
    while (buckets >> bins->shift >= BINS_MAX) bins->shift++;
    bins->count = (size_t)(buckets >> bins->shift) + 1;
    bins->items = alloc_zeroed(bins->count * sizeof *bins->items);
    bins->starts = alloc_bytes((((size_t)1 << bins->shift) + 1) * sizeof *bins->starts);
}

static __attribute__((noinline)) void add_chunk(struct bin *bin, size_t needed)
{
    size_t size = needed > CHUNK_BYTES - sizeof(struct chunk) ? needed : CHUNK_BYTES - sizeof(struct chunk);
    struct chunk *chunk = alloc_bytes(sizeof *chunk + size);
    chunk->next = NULL;
    if (bin->last != NULL) {
        bin->last->end = bin->at;
        bin->last->next = chunk;
    } else {
        bin->first = chunk;
    }
    bin->last = chunk;
    bin->at = chunk->bytes;
    bin->end = chunk->bytes + size;
}

void bins_add(struct bins *bins, uint64_t hash, const struct packed_new *record)
{
    struct bin *bin = &bins->items[bins_bucket(hash, bins->buckets) >> bins->shift];
    const struct slice *parts = record->parts;
    size_t len = parts[0].len + parts[1].len + parts[2].len;
    REQUIRE(len <= PACKED_RECORD_MAX);
    if ((size_t)(bin->end - bin->at) < LEAD + len) add_chunk(bin, LEAD + len);
    char *at = bin->at;
    uint32_t length = (uint32_t)len | (uint32_t)record->mark << 31;
    fetch_line_to_write(at + WRITE_AHEAD);
    memcpy(at, &hash, sizeof hash);
    memcpy(at + sizeof hash, &length, sizeof length);
    at += LEAD;
    for (size_t i = 0; i < 3; i++) {
        bytes_copy(at, parts[i].data, parts[i].len);
        at += parts[i].len;
    }
    bin->at = at;
    bin->count++;
}

static void make_room(struct bins *bins, size_t count)
{
    if (count <= bins->cap) return;
    bins->cap = count + count / 4;
    bins->found = alloc_resize(bins->found, bins->cap * sizeof *bins->found);
    bins->sorted = alloc_resize(bins->sorted, bins->cap * sizeof *bins->sorted);
}

static void find_all(const struct bin *bin, struct binned *found)
{
    for (const struct chunk *chunk = bin->first; chunk != NULL; chunk = chunk->next) {
        const char *at = chunk->bytes, *end = chunk == bin->last ? bin->at : chunk->end;
        while (at < end) {
            uint64_t hash = bytes_load64(at);
            uint32_t length = bytes_load32(at + sizeof hash);
            fetch_line(at + READ_AHEAD);
            at += LEAD;
            found->hash = hash;
            found->piece.bytes = at;
            found++->piece.length = length;
            at += length & PACKED_RECORD_MAX;
        }
    }
}

static size_t within_bin(const struct bins *bins, uint64_t hash)
{
    return (size_t)bins_bucket(hash, bins->buckets) & (((size_t)1 << bins->shift) - 1);
}

size_t bins_sort(struct bins *bins, size_t bin)
{
    size_t count = bins->items[bin].count, *starts = bins->starts, room = (size_t)1 << bins->shift;
    make_room(bins, count);
    find_all(&bins->items[bin], bins->found);
    memset(starts, 0, (room + 1) * sizeof *starts);
    for (size_t i = 0; i < count; i++) starts[within_bin(bins, bins->found[i].hash) + 1]++;
    for (size_t i = 0; i < room; i++) starts[i + 1] += starts[i];
    for (size_t i = 0; i < count; i++)
        bins->sorted[starts[within_bin(bins, bins->found[i].hash)]++] = bins->found[i];
    return count;
}

void bins_free(struct bins *bins, size_t bin)
{
    for (struct chunk *chunk = bins->items[bin].first, *next; chunk != NULL; chunk = next) {
        next = chunk->next;
        alloc_free(chunk);
    }
    bins->items[bin] = (struct bin){ 0 };
}

void bins_clear(struct bins *bins)
{
    for (size_t bin = 0; bin < bins->count; bin++) bins_free(bins, bin);
    alloc_free(bins->items);
    alloc_free(bins->starts);
    alloc_free(bins->found);
    alloc_free(bins->sorted);
    *bins = (struct bins){ 0 };
}
