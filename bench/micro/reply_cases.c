/* Writing replies into a buffer that is emptied before it has to grow, as a loop's output buffer is. */
#include <stdint.h>

#include "bench/micro/case.h"
#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "proto/base/slice.h"
#include "proto/reply.h"

#define OUT_BYTES ((size_t)64 * 1024)

struct output {
    struct buffer buffer;
    struct reply reply;
};

static void *create(void)
{
    struct output *output = ALLOC_NEW(struct output);
    buffer_reserve(&output->buffer, 2 * OUT_BYTES);
    output->reply = (struct reply){ .out = &output->buffer, .protocol = 2 };
    return output;
}

static void destroy(void *context)
{
    struct output *output = context;
    buffer_clear(&output->buffer);
    alloc_free(output);
}

static void empty_when_full(struct output *output)
{
    if (output->buffer.len < OUT_BYTES) return;
    micro_use(output->buffer.data);
    output->buffer.len = 0;
}

static void write_ok(void *context, uint64_t count)
{
    struct output *output = context;
    for (uint64_t i = 0; i < count; i++) {
        reply_ok(&output->reply);
        empty_when_full(output);
    }
}

static void write_bulk(void *context, uint64_t count)
{
    struct output *output = context;
    for (uint64_t i = 0; i < count; i++) {
        reply_bulk(&output->reply, SLICE("abcdefghijklmnopqrstuvwxyz012345"));
        empty_when_full(output);
    }
}

static void write_int(void *context, uint64_t count)
{
    struct output *output = context;
    for (uint64_t i = 0; i < count; i++) {
        reply_int(&output->reply, (int64_t)(i * 7919));
        empty_when_full(output);
    }
}

static void write_null(void *context, uint64_t count)
{
    struct output *output = context;
    for (uint64_t i = 0; i < count; i++) {
        reply_null(&output->reply);
        empty_when_full(output);
    }
}

const struct micro_case reply_cases[] = {
    { "reply: OK", create, write_ok, destroy },
    { "reply: string of 32 bytes", create, write_bulk, destroy },
    { "reply: integer", create, write_int, destroy },
    { "reply: null", create, write_null, destroy },
    { 0 },
};
