#include <math.h>

#include "proto/base/number.h"
#include "proto/base/slice.h"
#include "server/call.h"
#include "server/commands/command.h"
#include "server/commands/errors.h"
#include "server/commands/families.h"

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
    if (__builtin_add_overflow(value, by, &value)) {
        reply_error(call->reply, SLICE(ERR_OVERFLOW));
        return;
    }
    put_integer(call, entry, value);
    call_changed(call, 1, "incrby");
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

static bool read_float(struct call *call, struct slice text, long double *value)
{
    if (number_parse_long_double(text, value)) return true;
    reply_error(call->reply, SLICE(ERR_NOT_FLOAT));
    return false;
}

static void incrbyfloat(struct call *call)
{
    struct entry *entry = call_edit(call, 1);
    if (!call_wants_string(call, entry)) return;

    char scratch[NUMBER_I64_MAX];
    long double value = 0;
    long double by;
    if (entry != NULL && !read_float(call, entry_text(entry, scratch), &value)) return;
    if (!read_float(call, call->argv[2], &by)) return;

    value += by;
    if (isnan(value) || isinf(value)) {
        reply_error(call->reply, SLICE(ERR_NAN_OR_INFINITY));
        return;
    }
    char digits[NUMBER_DOUBLE_MAX];
    struct slice text = slice_of(digits, number_format_long_double(digits, value));
    call_put_string(call, 1, entry, text, call_deadline_ms(call, 1, entry));
    call_changed(call, 1, "incrbyfloat");
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
