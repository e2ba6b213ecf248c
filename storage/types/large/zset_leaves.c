#include "storage/types/large/zset_leaves.h"

#include "proto/base/contract.h"

/* A free number's word: a mark, then the free numbers before and behind it, each and one more. */
#define FREE       UINT64_C(1)
#define LINK_BITS  31
#define LINK_MASK  ((UINT64_C(1) << LINK_BITS) - 1)
#define BEFORE_BIT 1
#define BEHIND_BIT (BEFORE_BIT + LINK_BITS)

/* Fewer numbers than these are not worth the exchange. */
#define WORTH_SHRINKING 16

void zset_leaves_init(struct zset_leaves *leaves)
{
    *leaves = (struct zset_leaves){ 0 };
    segments_init(&leaves->words, sizeof(uint64_t));
}

void zset_leaves_clear(struct zset_leaves *leaves)
{
    segments_clear(&leaves->words);
}

void zset_leaves_copy(struct zset_leaves *leaves, const struct zset_leaves *from)
{
    zset_leaves_init(leaves);
    segments_extend(&leaves->words, from->words.count);
    for (uint32_t i = 0; i < from->words.count; i++)
        *zset_leaves_word(leaves, i) = *zset_leaves_word(from, i);
    leaves->first_free = from->first_free;
    leaves->free = from->free;
}

static bool is_free(const struct zset_leaves *leaves, uint32_t number)
{
    return *zset_leaves_word(leaves, number) & FREE;
}

static uint32_t link_of(uint64_t word, unsigned bit)
{
    return (uint32_t)(word >> bit & LINK_MASK);
}

static uint64_t free_word(uint32_t before, uint32_t behind)
{
    return FREE | (uint64_t)before << BEFORE_BIT | (uint64_t)behind << BEHIND_BIT;
}

static void set_before(struct zset_leaves *leaves, uint32_t link, uint32_t before)
{
    if (link == 0) return;
    uint64_t *word = zset_leaves_word(leaves, link - 1);
    *word = free_word(before, link_of(*word, BEHIND_BIT));
}

static void set_behind(struct zset_leaves *leaves, uint32_t link, uint32_t behind)
{
    if (link == 0) {
        leaves->first_free = behind;
        return;
    }
    uint64_t *word = zset_leaves_word(leaves, link - 1);
    *word = free_word(link_of(*word, BEFORE_BIT), behind);
}

static void add_free(struct zset_leaves *leaves, uint32_t number)
{
    *zset_leaves_word(leaves, number) = free_word(0, leaves->first_free);
    set_before(leaves, leaves->first_free, number + 1);
    leaves->first_free = number + 1;
    leaves->free++;
}

static void take_free(struct zset_leaves *leaves, uint32_t number)
{
    uint64_t word = *zset_leaves_word(leaves, number);
    uint32_t before = link_of(word, BEFORE_BIT), behind = link_of(word, BEHIND_BIT);
    set_behind(leaves, before, behind);
    set_before(leaves, behind, before);
    leaves->free--;
}

uint32_t zset_leaves_add(struct zset_leaves *leaves, char *block)
{
    uint32_t number = (uint32_t)leaves->words.count;
    if (leaves->free > 0) {
        number = leaves->first_free - 1;
        take_free(leaves, number);
    } else {
        REQUIRE(number < ZSET_LEAVES_MAX);
        segments_push(&leaves->words);
    }
    zset_leaves_set(leaves, number, block);
    return number;
}

static void drop_last_free(struct zset_leaves *leaves)
{
    while (leaves->words.count > 0 && is_free(leaves, (uint32_t)leaves->words.count - 1)) {
        take_free(leaves, (uint32_t)leaves->words.count - 1);
        segments_pop(&leaves->words);
    }
}

void zset_leaves_remove(struct zset_leaves *leaves, uint32_t number)
{
    add_free(leaves, number);
    drop_last_free(leaves);
}

bool zset_leaves_are_sparse(const struct zset_leaves *leaves)
{
    return leaves->words.count >= WORTH_SHRINKING && leaves->free > leaves->words.count / 2;
}

void zset_leaves_check(const struct zset_leaves *leaves)
{
    uint32_t free = 0, before = 0;
    for (uint32_t link = leaves->first_free; link > 0; free++) {
        uint64_t word = *zset_leaves_word(leaves, link - 1);
        INVARIANT(word & FREE && link_of(word, BEFORE_BIT) == before);
        before = link;
        link = link_of(word, BEHIND_BIT);
    }
    INVARIANT(free == leaves->free);
    for (uint32_t i = 0; i < leaves->words.count; i++) free -= is_free(leaves, i);
    INVARIANT(free == 0);
    INVARIANT(leaves->words.count == 0 || !is_free(leaves, (uint32_t)leaves->words.count - 1));
}
