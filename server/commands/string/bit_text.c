#include "server/commands/string/bit_text.h"

#include <stdatomic.h>

#include "proto/base/number.h"
#include "proto/reply.h"
#include "server/config/settings.h"
#include "server/exec/call.h"
#include "server/exec/errors/errors.h"
#include "server/memory/memory_limit.h"
#include "storage/entry/long_text.h"

bool bit_text_offset(struct call *call, int arg, unsigned width, uint64_t *offset)
{
    struct slice text = call->argv[arg];
    bool counts_fields = width > 0 && text.len > 0 && text.data[0] == '#';
    if (counts_fields) text = slice_of(text.data + 1, text.len - 1);

    int64_t value;
    int64_t limit = atomic_load_explicit(&call_settings(call)->proto_max_bulk_len, memory_order_relaxed);
    bool is_number = number_parse_i64(text, &value);
    /* A product that is too large wraps around, as Redis's does. */
    if (is_number && counts_fields) value = (int64_t)((uint64_t)value * width);
    if (is_number && value >= 0 && value / 8 < limit) {
        *offset = (uint64_t)value;
        return true;
    }
    reply_error(call->reply, SLICE(ERR_BIT_OFFSET));
    return false;
}

struct entry *bit_text_edit(struct call *call, int arg, struct entry *entry, size_t len)
{
    if (entry == NULL) entry = call_put_string(call, arg, NULL, SLICE(""), ENTRY_NO_DEADLINE);
    /* A long text may be on its way to a client, who must not see it change. */
    bool is_ready = entry_encoding(entry) == ENTRY_RAW && len < PIN_MIN && entry_text_len(entry) == len;
    return is_ready ? entry : call_resize_string(call, arg, entry, len);
}

bool bit_text_open(struct call *call, size_t len, struct bit_text *text)
{
    struct entry *entry = call_edit(call, 1);
    if (!call_wants_string(call, entry)) return false;

    size_t old_len = entry == NULL ? 0 : entry_text_len(entry);
    text->grew = len > old_len;
    if (text->grew && !memory_limit_has_room(call->server, len)) {
        reply_error(call->reply, SLICE(ERR_OUT_OF_MEMORY));
        return false;
    }
    text->len = text->grew ? len : old_len;
    text->bytes = entry_text_edit(bit_text_edit(call, 1, entry, text->len));
    return true;
}
