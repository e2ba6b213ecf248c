#include "storage/types/bulk/buckets_fill.h"

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "storage/memory/block.h"
#include "storage/types/large/buckets_layout.h"

#define FIRST 64

void buckets_fill_init(struct buckets_fill *fill, struct buckets *buckets, size_t records, size_t bytes)
{
    REQUIRE(buckets->len == 0);
    *fill = (struct buckets_fill){ .buckets = buckets };
    buckets_size(buckets, records, bytes);
    bins_init(&fill->bins, buckets->directory.count);
}

struct slice buckets_fill_outside(struct buckets_fill *fill, struct slice text,
                                  char scratch[RECORD_OUTSIDE_LEN])
{
    struct record_form form;
    buckets_keep(fill->buckets, &form, text);
    memcpy(scratch, form.scratch, RECORD_OUTSIDE_LEN);
    return slice_of(scratch, RECORD_OUTSIDE_LEN);
}

static struct packed_record record_of(const struct packed_piece *piece)
{
    return (struct packed_record){ slice_of(piece->bytes, piece->length & PACKED_RECORD_MAX),
                                   piece->length >> 31 };
}

static bool is_same_key(const struct buckets_kind *kind, const struct packed_piece *a,
                        const struct packed_piece *b)
{
    char a_text[NUMBER_I64_MAX], b_text[NUMBER_I64_MAX];
    struct packed_record a_record = record_of(a), b_record = record_of(b);
    struct atom a_key = kind->key(&a_record), b_key = kind->key(&b_record);
    return slice_equal(atom_text(&a_key, a_text), atom_text(&b_key, b_text));
}

static bool is_there(const struct buckets_fill *fill, const struct binned *binned)
{
    for (size_t i = 0; i < fill->count; i++) {
        if (__builtin_expect(fill->hashes[i] != binned->hash, 1)) continue;
        if (is_same_key(fill->buckets->kind, &fill->pieces[i], &binned->piece)) return true;
    }
    return false;
}

static void refuse(struct buckets_fill *fill, const struct binned *binned)
{
    struct packed_record record = record_of(&binned->piece);
    struct slice parts[2];
    size_t count = fill->buckets->kind->outside(&record, parts);
    for (size_t i = 0; i < count; i++) buckets_let_go(fill->buckets, parts[i]);
    fill->comes_twice = true;
}

static void accept(struct buckets_fill *fill, const struct binned *binned)
{
    if (fill->count == fill->cap) {
        fill->cap = fill->cap > 0 ? 2 * fill->cap : FIRST;
        fill->pieces = alloc_resize(fill->pieces, fill->cap * sizeof *fill->pieces);
        fill->hashes = alloc_resize(fill->hashes, fill->cap * sizeof *fill->hashes);
    }
    fill->hashes[fill->count] = binned->hash;
    fill->pieces[fill->count] = binned->piece;
    fill->pieces[fill->count++].tag = buckets_tag(binned->hash);
}

static void put_block(struct buckets_fill *fill, uint64_t bucket)
{
    struct buckets *buckets = fill->buckets;
    size_t count = fill->count, size = packed_pieces_size(fill->pieces, count, PACKED_TAGGED);
    char *block = block_alloc(size);
    packed_of_pieces(block, fill->pieces, count, PACKED_TAGGED);
    *word_at(buckets, bucket) = word_of(block, count);
    buckets->block_bytes += block_real_size(size);
    buckets->len += count;
    if (buckets->longest < count) buckets->longest = count;
}

/* The bucket that the first of these belongs to: how many do. */
static size_t fill_bucket(struct buckets_fill *fill, const struct binned *first, const struct binned *end)
{
    const struct binned *binned = first;
    uint64_t bucket = bucket_of(fill->buckets, first->hash);
    fill->count = 0;
    for (; binned < end && bucket_of(fill->buckets, binned->hash) == bucket; binned++) {
        if (is_there(fill, binned))
            refuse(fill, binned);
        else
            accept(fill, binned);
    }
    put_block(fill, bucket);
    return (size_t)(binned - first);
}

bool buckets_fill_end(struct buckets_fill *fill)
{
    struct bins *bins = &fill->bins;
    for (size_t bin = 0; bin < bins->count; bin++) {
        size_t len = bins_sort(bins, bin);
        for (size_t at = 0; at < len;) at += fill_bucket(fill, bins->sorted + at, bins->sorted + len);
        bins_free(bins, bin);
    }
    bins_clear(bins);
    alloc_free(fill->pieces);
    alloc_free(fill->hashes);
    return !fill->comes_twice;
}
