#include "server/core/take_back.h"

#include "proto/reply.h"
#include "storage/entry/long_text.h"

void take_back(struct reply *reply, size_t start)
{
    struct reply_values *values = reply->values;
    while (values != NULL && values->len > 0 && values->items[values->len - 1].at > start) {
        struct reply_value *value = &values->items[--values->len];
        values->bytes -= value->text.len;
        pin_drop(&(struct pin){ .text = value->text, .place = value->holder });
    }
    buffer_truncate(reply->out, start);
}
