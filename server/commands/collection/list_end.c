#include "server/commands/collection/list_end.h"

#include "proto/base/slice.h"
#include "server/commands/collection/collection.h"
#include "server/exec/call.h"
#include "server/exec/errors/errors.h"

bool list_end_read(struct call *call, int arg, enum list_side *side)
{
    bool left = call_arg_is(call, arg, "left");
    *side = left ? LIST_HEAD : LIST_TAIL;
    if (left || call_arg_is(call, arg, "right")) return true;
    reply_error(call->reply, SLICE(ERR_SYNTAX));
    return false;
}

enum change_event list_end_push_event(enum list_side side)
{
    return side == LIST_HEAD ? EVENT_LPUSH : EVENT_RPUSH;
}

enum change_event list_end_pop_event(enum list_side side)
{
    return side == LIST_HEAD ? EVENT_LPOP : EVENT_RPOP;
}

size_t list_end_index(const struct value *list, enum list_side side)
{
    return side == LIST_HEAD ? 0 : value_len(list) - 1;
}

void list_end_pop(struct call *call, struct collection *list, enum list_side side, size_t count)
{
    size_t len = value_len(list->value);
    if (count > len) count = len;
    reply_array(call->reply, count);
    if (count > 0) {
        enum list_side inwards = side == LIST_HEAD ? LIST_TAIL : LIST_HEAD;
        struct list_walk walk = list_walk(list->value, list_end_index(list->value, side), inwards);
        struct atom element;
        for (size_t i = 0; i < count && list_next(&walk, &element); i++) collection_reply(call, &element);
        list_remove(list->value, side == LIST_HEAD ? 0 : len - count, count);
    }
    collection_commit(call, list, count > 0 ? list_end_pop_event(side) : EVENT_NONE);
}
