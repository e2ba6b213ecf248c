#include "storage/memory/block.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifdef NUTHATCH_JEMALLOC
#include <jemalloc/jemalloc.h>

Test(block, computes_the_size_classes_that_jemalloc_has)
{
    for (size_t size = 1; size <= 70000; size++) cr_assert_eq(block_real_size(size), nallocx(size, 0));
    for (size_t size = 70001; size < (size_t)1 << 36; size += size / 97)
        cr_assert_eq(block_real_size(size), nallocx(size, 0));
}
#endif

Test(block, all_of_a_class_may_be_used)
{
    for (size_t size = 1; size < 5000; size += 7) {
        char *block = block_alloc(size);
        memset(block, 1, block_real_size(size));
        block_free(block, size);
    }
}

Test(block, keeps_what_both_sizes_have_when_resized)
{
    char *block = block_alloc(100);
    memset(block, 'x', 100);
    block = block_resize(block, 100, 70000);
    for (int i = 0; i < 100; i++) cr_assert_eq(block[i], 'x');
    block = block_resize(block, 70000, 10);
    for (int i = 0; i < 10; i++) cr_assert_eq(block[i], 'x');
    block_free(block, 10);
}

Test(block, lines_are_aligned_and_zeroed)
{
    for (size_t size = 64; size < 20000; size += 64) {
        char *lines = block_alloc_lines(size);
        cr_assert_eq((uintptr_t)lines % 64, 0);
        for (size_t i = 0; i < size; i++) cr_assert_eq(lines[i], 0);
        memset(lines, 1, size);
        block_free_lines(lines, size);
    }
}

#ifdef NUTHATCH_JEMALLOC

static size_t purged_at_once(void)
{
    size_t least = 0, len = sizeof least;
    cr_assert_eq(mallctl("arena.0.oversize_threshold", &least, &len, NULL, 0), 0);
    return least;
}

Test(block, what_joins_eight_megabytes_is_given_back_at_once_or_later)
{
    block_free(block_alloc(100), 100);
    block_purge_at_once(false);
    cr_assert_eq(purged_at_once(), SIZE_MAX);
    block_purge_at_once(true);
    cr_assert_eq(purged_at_once(), (size_t)8 << 20);
}

static size_t fact_of_class(unsigned class, const char *fact)
{
    char name[64];
    union {
        size_t size;
        uint32_t count;
    } value = { 0 };
    size_t len = strcmp(fact, "nregs") == 0 ? sizeof value.count : sizeof value.size;
    snprintf(name, sizeof name, "arenas.bin.%u.%s", class, fact);
    cr_assert_eq(mallctl(name, &value, &len, NULL, 0), 0);
    return len == sizeof value.count ? value.count : value.size;
}

Test(block, slabs_waste_no_tail_and_spread_their_bookkeeping)
{
    for (unsigned class = 0;; class ++) {
        size_t size = fact_of_class(class, "size");
        if (size > 4096) return;
        size_t count = fact_of_class(class, "nregs");
        cr_assert_eq(fact_of_class(class, "slab_size"), size * count, "class %zu", size);
        cr_assert(140 / count <= size / 64 + 1, "class %zu", size);
    }
}

#endif
