#include "server/commands/admin/debug_protocol.h"

#include <stddef.h>

#include "proto/reply.h"
#include "server/exec/call.h"
#include "server/exec/errors/errors.h"

static void string(struct reply *reply)
{
    reply_bulk_cstr(reply, "Hello World");
}

static void integer(struct reply *reply)
{
    reply_int(reply, 12345);
}

static void double_number(struct reply *reply)
{
    reply_double(reply, 3.141);
}

static void big_number(struct reply *reply)
{
    reply_big_number(reply, SLICE("1234567999999999999999999999999999999"));
}

static void three_numbers(struct reply *reply)
{
    for (int i = 0; i < 3; i++) reply_int(reply, i);
}

static void array(struct reply *reply)
{
    reply_array(reply, 3);
    three_numbers(reply);
}

static void set(struct reply *reply)
{
    reply_set(reply, 3);
    three_numbers(reply);
}

static void map(struct reply *reply)
{
    reply_map(reply, 3);
    for (int i = 0; i < 3; i++) {
        reply_int(reply, i);
        reply_bool(reply, i == 1);
    }
}

static void attribute(struct reply *reply)
{
    if (reply_attribute(reply, 1)) {
        reply_bulk_cstr(reply, "key-popularity");
        reply_array(reply, 2);
        reply_bulk_cstr(reply, "key:123");
        reply_int(reply, 90);
    }
    reply_bulk_cstr(reply, "Some real reply following the attribute");
}

static void push(struct reply *reply)
{
    if (reply->protocol == 2) {
        reply_error(reply, SLICE(ERR_RESP2_NO_PUSH));
        return;
    }
    reply_push(reply, 2);
    reply_bulk_cstr(reply, "server-cpu-usage");
    reply_int(reply, 42);
    reply_bulk_cstr(reply, "Some real reply following the push reply");
}

static void verbatim(struct reply *reply)
{
    reply_verbatim(reply, "txt", SLICE("This is a verbatim\nstring"));
}

static void yes(struct reply *reply)
{
    reply_bool(reply, true);
}

static void no(struct reply *reply)
{
    reply_bool(reply, false);
}

void debug_protocol(struct call *call)
{
    static const struct {
        const char *name;
        void (*write)(struct reply *reply);
    } types[] = {
        { "string", string },   { "integer", integer },   { "double", double_number },
        { "null", reply_null }, { "bignum", big_number }, { "array", array },
        { "set", set },         { "map", map },           { "attrib", attribute },
        { "push", push },       { "verbatim", verbatim }, { "true", yes },
        { "false", no },
    };
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (!call_arg_is(call, 2, types[i].name)) continue;
        types[i].write(call->reply);
        return;
    }
    reply_error(call->reply, SLICE(ERR_PROTOCOL_TYPE));
}
