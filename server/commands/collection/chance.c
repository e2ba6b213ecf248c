#include "server/commands/collection/chance.h"

#include "server/exec/call.h"
#include "server/exec/session.h"

uint64_t chance_next(void *state)
{
    struct chance *chance = state;
    uint64_t value = chance->state += UINT64_C(0x9e3779b97f4a7c15);
    value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
    return value ^ value >> 31;
}

struct chance chance_of(const struct call *call)
{
    struct chance chance = { call->session->id };
    chance.state = chance_next(&chance) ^ call->session->commands;
    chance.state = chance_next(&chance) ^ (uint64_t)call->now_ms;
    return chance;
}

/* The high half of a product: a limit is so far below 2^64 that none is favoured by more than anybody could
 * measure. */
uint64_t chance_below(struct chance *chance, uint64_t limit)
{
    return (uint64_t)((unsigned __int128)chance_next(chance) * limit >> 64);
}
