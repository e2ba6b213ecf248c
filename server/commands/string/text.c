#include "server/commands/string/text.h"

#include <stdint.h>

#include "proto/base/contract.h"
#include "proto/base/number.h"
#include "server/config/settings.h"
#include "server/exec/call.h"
#include "server/exec/command/table.h"
#include "server/exec/errors/errors.h"
#include "server/memory/memory_limit.h"
#include "storage/entry/long_text.h"

/* From here on it costs less to pin a value than to copy it. */
#define IN_PLACE_MIN ((size_t)128 << 10)
/* In a reply that is so large already, whatever can be pinned: its buffer grows by being copied, and each
 * page of it costs more than what a piece does. */
#define LARGE_REPLY ((size_t)1 << 20)

static bool is_sent_in_place(const struct call *call, size_t len)
{
    if (__builtin_expect(len < PIN_MIN, 1) || call->reply->values == NULL) return false;
    return len >= IN_PLACE_MIN || call->reply->out->len >= LARGE_REPLY;
}

static __attribute__((noinline)) void reply_in_place(struct call *call, const struct entry *entry)
{
    struct pin pin;
    bool is_pinned = pin_take(&pin, entry);
    INVARIANT(is_pinned);
    if (!reply_bulk_in_place(call->reply, pin.text, pin.place)) pin_drop(&pin);
}

void text_reply(struct call *call, const struct entry *entry)
{
    if (entry == NULL) {
        reply_null(call->reply);
        return;
    }
    char scratch[NUMBER_I64_MAX];
    struct slice text = entry_text(entry, scratch);
    if (__builtin_expect(is_sent_in_place(call, text.len), 0))
        reply_in_place(call, entry);
    else
        reply_bulk(call->reply, text);
}

static __attribute__((noinline)) void reply_in_place_framed(struct call *call, const struct entry *entry,
                                                            const struct reply_frame *frame)
{
    reply_begun(call->reply, slice_of(frame->before, frame->before_len));
    reply_in_place(call, entry);
    reply_begun(call->reply, slice_of(frame->behind, frame->behind_len));
}

void text_reply_framed(struct call *call, const struct entry *entry, const struct reply_frame *frame)
{
    char scratch[NUMBER_I64_MAX];
    struct slice text = entry_text(entry, scratch);
    if (__builtin_expect(is_sent_in_place(call, text.len), 0))
        reply_in_place_framed(call, entry, frame);
    else
        reply_bulk_framed(call->reply, frame, text);
}

void text_reply_part(struct call *call, const struct entry *entry, struct slice part)
{
    struct pin pin;
    if (!is_sent_in_place(call, part.len) || !pin_take(&pin, entry))
        reply_bulk(call->reply, part);
    else if (!reply_bulk_in_place(call->reply, part, pin.place))
        pin_drop(&pin);
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
    if (memory_limit_has_room(call->server, total)) return true;
    reply_error(call->reply, SLICE(ERR_OUT_OF_MEMORY));
    return false;
}
