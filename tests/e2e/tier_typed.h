/*
 * tier_typed.h - a value that is fetched whole, for tests of the near cache.
 *
 * Threads: one owner.
 */
#ifndef TESTS_E2E_TIER_TYPED_H
#define TESTS_E2E_TIER_TYPED_H

#include "tests/e2e/tier.h"
#include "tests/support/pace.h"

/* Ask until the value that `read`, a command of the type, reads is kept: near-cache-fill-after is 2. */
static inline void typed_fetch(struct tier_example *tier, const char *read)
{
    int64_t fills = tier_count(&tier->client, "nearcache_typed_fills");
    for (int i = 0; i < 2; i++) client_ask(&tier->client, read);
    tier_wait_count(&tier->client, "nearcache_typed_fills", fills + 1);
}

#endif
