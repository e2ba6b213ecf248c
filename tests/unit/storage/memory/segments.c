#include "storage/memory/segments.h"

#include <criterion/criterion.h>
#include <stdint.h>

#include "proto/base/random.h"

#define ITEMS_MAX 100000

/* The bytes of all items are in some segment, whether allocated or mapped. */
static void grow_and_shrink(struct segments *segments, struct random *random)
{
    size_t count = random_below(random, ITEMS_MAX);
    while (segments->count < count) segments_push(segments);
    while (segments->count > count) segments_pop(segments);
    cr_assert_geq(segments->bytes, count * sizeof(uint64_t));
}

Test(segments, what_is_mapped_is_counted_for_the_process)
{
    struct random random = { 1 };
    struct segments some, more;
    size_t before = segments_mapped_bytes();
    segments_init(&some, sizeof(uint64_t));
    segments_init(&more, sizeof(uint64_t));
    for (int round = 0; round < 100; round++) {
        grow_and_shrink(&some, &random);
        grow_and_shrink(&more, &random);
        size_t mapped = segments_mapped_bytes() - before;
        cr_assert_leq(mapped, some.bytes + more.bytes);
        /* Segments below 16 KiB are allocated. */
        cr_assert_geq(mapped + 2 * 32768, some.bytes + more.bytes);
    }
    segments_clear(&some);
    segments_clear(&more);
    cr_assert_eq(segments_mapped_bytes(), before);
}
