/* A sample of a command that read one key: its counters, its prefix, and the pace. */
#include <stdint.h>
#include <stdio.h>

#include "bench/micro/case.h"
#include "proto/base/alloc.h"
#include "proto/base/random.h"
#include "server/observe/hot_keys.h"
#include "server/observe/keys/prefix_hits.h"
#include "server/observe/keys/sample_pace.h"

#define NAMES (1 << 16)

struct samples_taken {
    struct hot_keys *hot;
    struct prefix_hits *prefixes;
    struct sample_pace pace;
    uint64_t names; /* that are asked for, of those below */
    char of[NAMES][16];
};

static void *create(uint64_t names)
{
    struct samples_taken *taken = ALLOC_NEW(struct samples_taken);
    struct prefix_rule rule = prefix_rule_make(SLICE(":"), 1);
    taken->hot = hot_keys_create(1);
    taken->prefixes = prefix_hits_create(1, 1, &rule);
    taken->names = names;
    sample_pace_init(&taken->pace, 1);
    for (uint64_t i = 0; i < NAMES; i++)
        snprintf(taken->of[i], sizeof taken->of[i], "user:%06u", (unsigned)i);
    return taken;
}

static void *create_few(void)
{
    return create(16);
}

static void *create_many(void)
{
    return create(NAMES);
}

static void take(void *context, uint64_t count)
{
    struct samples_taken *taken = context;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t number = random_below(&taken->pace.random, taken->names);
        struct hot_sample sample = { .name = slice_of(taken->of[number], sizeof "user:000000" - 1),
                                     .hash = (number + 1) * UINT64_C(0x9e3779b97f4a7c15),
                                     .weight = taken->pace.distance };
        hot_keys_add(taken->hot, 0, &sample);
        prefix_hits_add(taken->prefixes, 0, sample.name, sample.weight, 0);
        sample_pace_spend(&taken->pace, 1, (int64_t)(i >> 10));
    }
    micro_use(taken);
}

static void destroy(void *context)
{
    struct samples_taken *taken = context;
    hot_keys_destroy(&taken->hot);
    prefix_hits_destroy(&taken->prefixes);
    alloc_free(taken);
}

const struct micro_case sample_cases[] = {
    { "sample: of a hot key", create_few, take, destroy },
    { "sample: of a key that has no counter", create_many, take, destroy },
    { 0 },
};
