#include "server/commands/zset/zset_reply.h"

#include "proto/reply.h"
#include "server/commands/collection/collection.h"
#include "server/exec/call.h"

void zset_reply_open(struct call *call, size_t count, bool with_scores)
{
    reply_array(call->reply, with_scores && call->reply->protocol == 2 ? count * 2 : count);
}

void zset_reply_member(struct call *call, const struct atom *member, const double *score)
{
    if (score != NULL && call->reply->protocol > 2) reply_array(call->reply, 2);
    collection_reply(call, member);
    if (score != NULL) reply_double(call->reply, *score);
}
