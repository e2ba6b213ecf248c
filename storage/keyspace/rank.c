#include "storage/keyspace/rank.h"

#include "proto/base/contract.h"

#ifndef NDEBUG
/* A bit for each rank that is held. */
static _Thread_local unsigned held;

void rank_take(enum rank rank)
{
    REQUIRE(held < 1u << rank);
    held |= 1u << rank;
}

void rank_drop(enum rank rank)
{
    REQUIRE(held >> rank == 1);
    held &= ~(1u << rank);
}

void rank_require_none(void)
{
    REQUIRE(held == 0);
}
#endif
