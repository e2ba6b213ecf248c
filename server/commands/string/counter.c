#include "proto/base/number.h"
#include "proto/base/slice.h"
#include "server/commands/catalog/families.h"
#include "server/commands/string/sum.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"

static void put_integer(struct call *call, struct entry *entry, int64_t value)
{
    if (entry != NULL && entry_encoding(entry) == ENTRY_INT) {
        entry_set_integer(entry, value);
        return;
    }
    char text[NUMBER_I64_MAX];
    size_t len = number_format_i64(text, value);
    call_put_string(call, 1, entry, slice_of(text, len), call_deadline_ms(call, 1, entry));
}

static void increment(struct call *call, int64_t by)
{
    struct entry *entry = call_edit(call, 1);
    if (!call_wants_string(call, entry)) return;

    int64_t value = 0;
    if (entry != NULL && !entry_integer(entry, &value)) {
        reply_error(call->reply, SLICE(ERR_NOT_INTEGER));
        return;
    }
    if (!sum_integers(call, value, by, &value)) return;
    put_integer(call, entry, value);
    call_changed(call, 1, EVENT_INCRBY);
    reply_int(call->reply, value);
}

static void incr(struct call *call)
{
    increment(call, 1);
}

static void decr(struct call *call)
{
    increment(call, -1);
}

static void incrby(struct call *call)
{
    int64_t by;
    if (call_arg_int(call, 2, &by)) increment(call, by);
}

static void decrby(struct call *call)
{
    int64_t by;
    if (!call_arg_int(call, 2, &by)) return;
    if (by == INT64_MIN) {
        reply_error(call->reply, SLICE(ERR_DECR_OVERFLOW));
        return;
    }
    increment(call, -by);
}

static void incrbyfloat(struct call *call)
{
    struct entry *entry = call_edit(call, 1);
    if (!call_wants_string(call, entry)) return;

    char scratch[NUMBER_I64_MAX];
    long double value = 0;
    long double by;
    struct slice error = SLICE(ERR_NOT_FLOAT);
    if (entry != NULL && !sum_read_fraction(call, entry_text(entry, scratch), error, &value)) return;
    if (!sum_read_fraction(call, call->argv[2], error, &by)) return;

    char digits[NUMBER_DOUBLE_MAX];
    struct slice text;
    if (!sum_fractions(call, value, by, digits, &text)) return;
    call_put_string(call, 1, entry, text, call_deadline_ms(call, 1, entry));
    call_changed(call, 1, EVENT_INCRBYFLOAT);
    reply_bulk(call->reply, text);
}

const struct command counter_commands[] = {
    { "incr", incr, .syntax = "key", .keys = { KEY(1, KEY_RW | KEY_ACCESS | KEY_UPDATE) },
      .flags = CMD_WRITE | CMD_GROWS | CMD_FAST, .categories = ACL_STRING, .group = "string",
      .tier = TIER_WRITE, .since = "1.0.0", .cost = "O(1)", .reply = "integer",
      .summary = "Count up by one." },
    { "decr", decr, .syntax = "key", .keys = { KEY(1, KEY_RW | KEY_ACCESS | KEY_UPDATE) },
      .flags = CMD_WRITE | CMD_GROWS | CMD_FAST, .categories = ACL_STRING, .group = "string",
      .tier = TIER_WRITE, .since = "1.0.0", .cost = "O(1)", .reply = "integer",
      .summary = "Count down by one." },
    { "incrby", incrby, .syntax = "key increment", .keys = { KEY(1, KEY_RW | KEY_ACCESS | KEY_UPDATE) },
      .flags = CMD_WRITE | CMD_GROWS | CMD_FAST, .categories = ACL_STRING, .group = "string",
      .tier = TIER_WRITE, .since = "1.0.0", .cost = "O(1)", .reply = "integer",
      .summary = "Add to the integer of a key." },
    { "decrby", decrby, .syntax = "key decrement", .keys = { KEY(1, KEY_RW | KEY_ACCESS | KEY_UPDATE) },
      .flags = CMD_WRITE | CMD_GROWS | CMD_FAST, .categories = ACL_STRING, .group = "string",
      .tier = TIER_WRITE, .since = "1.0.0", .cost = "O(1)", .reply = "integer",
      .summary = "Subtract from the integer of a key." },
    { "incrbyfloat", incrbyfloat, .syntax = "key increment",
      .keys = { KEY(1, KEY_RW | KEY_ACCESS | KEY_UPDATE) }, .flags = CMD_WRITE | CMD_GROWS | CMD_FAST,
      .categories = ACL_STRING, .group = "string", .tier = TIER_WRITE, .since = "2.6.0", .cost = "O(1)",
      .reply = "bulk string", .summary = "Add to the number of a key, fractions included." },
    { 0 },
};
