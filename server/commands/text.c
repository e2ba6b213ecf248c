#include "server/commands/text.h"

#include <stdint.h>

#include "proto/base/number.h"
#include "server/call.h"
#include "server/commands/errors.h"
#include "server/config/settings.h"
#include "server/memory_limit.h"

void text_reply(struct call *call, const struct entry *entry)
{
    if (entry == NULL) {
        reply_null(call->reply);
        return;
    }
    char scratch[NUMBER_I64_MAX];
    reply_bulk(call->reply, entry_text(entry, scratch));
}

bool text_may_grow(struct call *call, size_t len, size_t more)
{
    size_t total;
    size_t limit =
        (size_t)atomic_load_explicit(&call_settings(call)->proto_max_bulk_len, memory_order_relaxed);

    if (__builtin_add_overflow(len, more, &total) || total > limit) {
        reply_error(call->reply, SLICE(ERR_STRING_TOO_LONG));
        return false;
    }
    if (memory_limit_has_room(call, total)) return true;
    reply_error(call->reply, SLICE(ERR_OUT_OF_MEMORY));
    return false;
}
