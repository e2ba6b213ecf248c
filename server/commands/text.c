#include "server/commands/text.h"

#include <stdint.h>

#include "proto/base/number.h"
#include "server/call.h"
#include "server/commands/errors.h"
#include "server/commands/table.h"
#include "server/config/settings.h"
#include "server/memory_limit.h"
#include "server/net/connection.h"

/* From here on it costs less to have what was replied so far leave at once, and the value from where it is,
 * than to copy all of it. */
#define IN_PLACE_MIN ((size_t)128 << 10)

/* What has left cannot be taken back: nothing may follow that would. */
static bool may_leave(const struct call *call, size_t len)
{
    bool reads_one = call->command->one_key && !(call->command->flags & CMD_WRITE);
    return len >= IN_PLACE_MIN && reads_one && call->session->replies == REPLIES_ON;
}

static void reply_in_place(struct call *call, struct slice value)
{
    reply_bulk_begin(call->reply, value.len);
    size_t taken = connection_send_value(session_connection(call->session), value);
    reply_bulk_end(call->reply, slice_of(value.data + taken, value.len - taken));
}

void text_reply(struct call *call, const struct entry *entry)
{
    if (entry == NULL) {
        reply_null(call->reply);
        return;
    }
    char scratch[NUMBER_I64_MAX];
    struct slice text = entry_text(entry, scratch);
    if (__builtin_expect(may_leave(call, text.len), 0))
        reply_in_place(call, text);
    else
        reply_bulk(call->reply, text);
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
