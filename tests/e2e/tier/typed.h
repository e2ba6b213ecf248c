/*
 * tier_typed.h - a value that is fetched whole, for tests of the near cache.
 *
 * Threads: one owner.
 */
#ifndef TESTS_E2E_TIER_TYPED_H
#define TESTS_E2E_TIER_TYPED_H

#include <criterion/criterion.h>

#include "tests/e2e/tier/tier.h"
#include "tests/support/pace.h"

/* Ask until the value that `read`, a command of the type, reads is kept: near-cache-fill-after is 2, but what
 * is on its way may be discarded for reasons of the link's. */
static inline void typed_fetch(struct tier_example *tier, const char *read)
{
    int64_t fills = tier_count(&tier->client, "nearcache_typed_fills");
    int64_t end_ms = pace_now_ms() + 10000 * PACE;
    do {
        cr_assert(pace_now_ms() < end_ms, "what %s reads is never kept", read);
        client_ask(&tier->client, read);
        pace_sleep_ms(1);
    } while (tier_count(&tier->client, "nearcache_typed_fills") == fills);
}

#endif
