#include "storage/memory/segments.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "proto/base/contract.h"
#include "storage/memory/block.h"

/* Below this a segment is allocated: a process has some 65,000 mappings to spend, and there may be thousands
 * of small tables. */
#define MAPPED_BYTES_MIN 16384
/* Real memory that may lie unused behind the end before it is given back, as a part of all: keeps a table
 * that breathes from calling the kernel for each page. */
#define SLACK_PART 32

static _Atomic size_t mapped_bytes;

size_t segments_mapped_bytes(void)
{
    return atomic_load_explicit(&mapped_bytes, memory_order_relaxed);
}

/* Real memory of a mapping comes, or goes when `bytes` is negative: some pages at a time. */
static void account(struct segments *segments, size_t bytes)
{
    segments->bytes += bytes;
    segments->touched += bytes;
    atomic_fetch_add_explicit(&mapped_bytes, bytes, memory_order_relaxed);
}

static size_t first_item(unsigned index)
{
    return index == 0 ? 0 : (size_t)SEGMENTS_FIRST << (index - 1);
}

static size_t length_of(unsigned index)
{
    return index == 0 ? SEGMENTS_FIRST : first_item(index);
}

/* In whole cache lines. */
static size_t size_of(const struct segments *segments, unsigned index)
{
    return (length_of(index) * segments->item_bytes + 63) & ~(size_t)63;
}

static void *memory_of(const struct segments *segments, unsigned index)
{
    return (void *)(segments->base[index] + first_item(index) * segments->item_bytes);
}

static void add_segment(struct segments *segments, unsigned index)
{
    size_t size = size_of(segments, index);
    void *memory = MAP_FAILED;
    if (size >= MAPPED_BYTES_MIN)
        memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    segments->touched = 0;
    if (memory != MAP_FAILED) {
        /* A huge page would be real as a whole at the first touch. */
        madvise(memory, size, MADV_NOHUGEPAGE);
        segments->mapped |= UINT32_C(1) << index;
    } else {
        memory = block_alloc_lines(size);
        segments->bytes += size;
    }
    segments->base[index] = (uintptr_t)memory - first_item(index) * segments->item_bytes;
}

static void drop_segment(struct segments *segments, unsigned index)
{
    size_t size = size_of(segments, index);
    uint32_t bit = UINT32_C(1) << index;
    if (segments->mapped & bit) {
        munmap(memory_of(segments, index), size);
        account(segments, (size_t)0 - segments->touched);
    } else {
        block_free_lines(memory_of(segments, index), size);
        segments->bytes -= size;
    }
    segments->mapped &= ~bit;
    segments->base[index] = 0;
    /* The one before is full. */
    segments->touched = index > 0 && segments->mapped & bit >> 1 ? size_of(segments, index - 1) : 0;
}

void segments_init(struct segments *segments, size_t item_bytes)
{
    memset(segments, 0, sizeof *segments);
    segments->item_bytes = item_bytes;
    segments->page_bytes = (size_t)sysconf(_SC_PAGESIZE);
}

void segments_clear(struct segments *segments)
{
    for (unsigned index = SEGMENTS_MAX; index-- > 0;)
        if (segments->base[index] != 0) drop_segment(segments, index);
    segments->count = 0;
    INVARIANT(segments->bytes == 0);
}

/* The last segment is now used up to item `end`, within it. */
static void touch(struct segments *segments, unsigned index, size_t end)
{
    if (!(segments->mapped >> index & 1)) return;
    size_t bytes = (end - first_item(index)) * segments->item_bytes;
    if (bytes <= segments->touched) return;
    size_t pages = (bytes - segments->touched + segments->page_bytes - 1) / segments->page_bytes;
    account(segments, pages * segments->page_bytes);
}

void segments_push(struct segments *segments)
{
    REQUIRE(segments->count < (size_t)1 << SEGMENTS_COUNT_LOG2);
    size_t item = segments->count++;
    unsigned index = segments_index(item);
    if (item == first_item(index)) add_segment(segments, index);
    touch(segments, index, item + 1);
}

void segments_extend(struct segments *segments, size_t count)
{
    REQUIRE(count <= (size_t)1 << SEGMENTS_COUNT_LOG2);
    while (segments->count < count) {
        unsigned index = segments_index(segments->count);
        size_t end = first_item(index) + length_of(index);
        if (segments->count == first_item(index)) add_segment(segments, index);
        segments->count = count < end ? count : end;
        touch(segments, index, segments->count);
    }
}

static void give_back(struct segments *segments, unsigned index, size_t end)
{
    size_t page = segments->page_bytes;
    size_t kept = (end + page - 1) & ~(page - 1);
    char *memory = memory_of(segments, index);
    if (madvise(memory + kept, segments->touched - kept, MADV_DONTNEED) != 0) return;
    account(segments, kept - segments->touched);
}

void segments_pop(struct segments *segments)
{
    REQUIRE(segments->count > 0);
    size_t item = --segments->count;
    unsigned index = segments_index(item);
    size_t end = (item - first_item(index)) * segments->item_bytes;
    size_t slack = segments->page_bytes + segments->bytes / SLACK_PART;
    if (end == 0)
        drop_segment(segments, index);
    else if (segments->mapped >> index & 1 && segments->touched > end + slack)
        give_back(segments, index, end);
}
