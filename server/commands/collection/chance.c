#include "server/commands/collection/chance.h"

#include "server/exec/call.h"
#include "server/exec/session/session.h"

uint64_t chance_next(void *state)
{
    return random_next(&((struct chance *)state)->random);
}

struct chance chance_of(const struct call *call)
{
    struct random random = { call->session->id };
    random.state = random_next(&random) ^ call->session->commands;
    random.state = random_next(&random) ^ (uint64_t)call->now_ms;
    return (struct chance){ random };
}

uint64_t chance_below(struct chance *chance, uint64_t limit)
{
    return random_below(&chance->random, limit);
}
