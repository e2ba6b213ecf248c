#include <string.h>

#include "proto/base/number.h"
#include "proto/base/slice.h"
#include "server/commands/catalog/families.h"
#include "server/commands/string/text.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"

static void length(struct call *call)
{
    const struct entry *entry = call_find(call, 1);
    if (!call_wants_string(call, entry)) return;
    reply_int(call->reply, entry == NULL ? 0 : (int64_t)entry_text_len(entry));
}

/* The part of `text` from `start` to `end`, both included, negative ones counted from its end. What lies
 * outside is cut off. */
static struct slice part_of(struct slice text, int64_t start, int64_t end)
{
    int64_t len = (int64_t)text.len;
    if (start < 0 && end < 0 && start > end) return SLICE("");

    if (start < 0) start += len;
    if (end < 0) end += len;
    if (start < 0) start = 0;
    if (end < 0) end = 0;
    if (end >= len) end = len - 1;
    if (start > end) return SLICE("");
    return slice_of(text.data + start, (size_t)(end - start + 1));
}

static void getrange(struct call *call)
{
    int64_t start;
    int64_t end;
    if (!call_arg_int(call, 2, &start) || !call_arg_int(call, 3, &end)) return;

    const struct entry *entry = call_find(call, 1);
    if (!call_wants_string(call, entry)) return;

    char scratch[NUMBER_I64_MAX];
    struct slice text = entry == NULL ? SLICE("") : entry_text(entry, scratch);
    text_reply_part(call, entry, part_of(text, start, end));
}

/* Write `patch` into the string of `entry` at `offset`, which may lie behind its end. */
static void overwrite(struct call *call, struct entry *entry, size_t offset, struct slice patch)
{
    size_t len = entry_text_len(entry);
    if (len < offset + patch.len) len = offset + patch.len;

    entry = call_resize_string(call, 1, entry, len);
    if (patch.len != 0) memcpy(entry_text_edit(entry) + offset, patch.data, patch.len);
    reply_int(call->reply, (int64_t)len);
}

static void append(struct call *call)
{
    struct slice more = call->argv[2];
    struct entry *entry = call_edit(call, 1);
    if (!call_wants_string(call, entry)) return;

    if (entry == NULL) {
        call_put_string(call, 1, NULL, more, ENTRY_NO_DEADLINE);
        reply_int(call->reply, (int64_t)more.len);
    } else {
        size_t len = entry_text_len(entry);
        if (!text_may_grow(call, len, more.len)) return;
        overwrite(call, entry, len, more);
    }
    call_changed(call, 1, EVENT_APPEND);
}

static void setrange(struct call *call)
{
    struct slice patch = call->argv[3];
    int64_t offset;
    if (!call_arg_int(call, 2, &offset)) return;
    if (offset < 0) {
        reply_error(call->reply, SLICE(ERR_OFFSET_RANGE));
        return;
    }
    struct entry *entry = call_edit(call, 1);
    if (!call_wants_string(call, entry)) return;
    if (patch.len == 0) {
        reply_int(call->reply, entry == NULL ? 0 : (int64_t)entry_text_len(entry));
        return;
    }
    if (!text_may_grow(call, (size_t)offset, patch.len)) return;

    if (entry == NULL) entry = call_put_string(call, 1, NULL, SLICE(""), ENTRY_NO_DEADLINE);
    overwrite(call, entry, (size_t)offset, patch);
    call_changed(call, 1, EVENT_SETRANGE);
}

const struct command string_range_commands[] = {
    { "append", append, .syntax = "key value", .keys = { KEY(1, KEY_RW | KEY_INSERT) },
      .flags = CMD_WRITE | CMD_GROWS | CMD_FAST, .categories = ACL_STRING, .group = "string",
      .tier = TIER_WRITE, .since = "2.0.0", .cost = "O(1), amortised over appends to the same key",
      .reply = "integer", .summary = "Make a string longer at its end." },
    { "strlen", length, .syntax = "key", .keys = { KEY(1, KEY_RO) }, .flags = CMD_READONLY | CMD_FAST,
      .categories = ACL_STRING, .group = "string", .tier = TIER_READ, .since = "2.2.0", .cost = "O(1)",
      .reply = "integer", .summary = "How many bytes a string has." },
    { "getrange", getrange, .syntax = "key start end", .keys = { KEY(1, KEY_RO | KEY_ACCESS) },
      .flags = CMD_READONLY, .categories = ACL_STRING, .group = "string", .tier = TIER_READ, .since = "2.4.0",
      .cost = "O(N), N being the length of the reply", .reply = "bulk string",
      .summary = "A part of a string." },
    { "substr", getrange, .syntax = "key start end", .keys = { KEY(1, KEY_RO | KEY_ACCESS) },
      .flags = CMD_READONLY, .categories = ACL_STRING, .group = "string", .tier = TIER_READ, .since = "1.0.0",
      .cost = "O(N), N being the length of the reply", .reply = "bulk string",
      .summary = "A part of a string: the old name of GETRANGE.", .deprecated_since = "2.0.0",
      .replaced_by = "`GETRANGE`" },
    { "setrange", setrange, .syntax = "key offset value", .keys = { KEY(1, KEY_RW | KEY_UPDATE) },
      .flags = CMD_WRITE | CMD_GROWS, .categories = ACL_STRING, .group = "string", .tier = TIER_WRITE,
      .since = "2.2.0", .cost = "O(N), N being the length of the value and of the gap before it",
      .reply = "integer", .summary = "Overwrite a part of a string, filling a gap with zero bytes." },
    { 0 },
};
