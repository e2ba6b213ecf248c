#include "server/commands/collection/draw.h"

#include "proto/base/buffer.h"
#include "proto/base/number.h"
#include "proto/reply.h"
#include "server/commands/collection/collection.h"
#include "server/config/settings.h"
#include "server/exec/call.h"
#include "server/exec/errors/errors.h"
#include "storage/types/set.h"

/* A walk takes about a third of what as many draws and look-ups of repeats take. */
#define WALK_SHARE 3

static bool read_count(struct draw_options *options, struct call *call)
{
    if (!call_arg_int(call, 2, &options->count)) return false;
    if (options->count != INT64_MIN) return true;
    reply_error(call->reply, SLICE(ERR_LONG_RANGE));
    return false;
}

bool draw_options_read(struct draw_options *options, struct call *call, const char *pairing)
{
    *options = (struct draw_options){ 0 };
    if (!read_count(options, call)) return false;
    if (call->argc == 3) return true;
    if (call->argc > 4 || pairing == NULL || !call_arg_is(call, 3, pairing)) {
        reply_error(call->reply, SLICE(ERR_SYNTAX));
        return false;
    }
    options->paired = true;
    if (options->count >= -INT64_MAX / 2 && options->count <= INT64_MAX / 2) return true;
    reply_error(call->reply, SLICE(ERR_VALUE_RANGE));
    return false;
}

/* RESP2 has pairs flat. */
static void open(struct call *call, const struct draw_options *options, size_t len)
{
    bool flat = options->paired && call->reply->protocol == 2;
    reply_array(call->reply, flat ? len * 2 : len);
}

static void tell(struct call *call, const struct draw *draw, bool paired, const struct drawn *drawn)
{
    if (paired && call->reply->protocol > 2) reply_array(call->reply, 2);
    collection_reply(call, &drawn->element);
    if (paired) draw->tell(call, drawn);
}

/* No element takes less of a reply than an empty string. */
#define ELEMENT_MIN (sizeof("$0\r\n\r\n") - 1)

/* What is drawn with repeats has no bound in what is stored: its reply may be as long as a string. Values are
 * copied, so that what was written can be taken back. */
static bool write_repeats(struct call *call, struct draw *draw, const struct draw_options *options)
{
    struct buffer *out = call->reply->out;
    size_t limit = (size_t)SETTING(call_settings(call), proto_max_bulk_len), start = out->len;
    uint64_t count = (uint64_t)-options->count;
    if (count > limit / ELEMENT_MIN) return false;

    struct drawn drawn;
    open(call, options, (size_t)count);
    for (; count > 0 && !buffer_is_full(out); count--) {
        if (out->len - start > limit) return false;
        draw->pick(draw, &drawn);
        tell(call, draw, options->paired, &drawn);
    }
    return true;
}

static void draw_with_repeats(struct call *call, struct draw *draw, const struct draw_options *options)
{
    struct reply_values *values = call->reply->values;
    size_t start = call->reply->out->len;
    call->reply->values = NULL;
    bool fits = write_repeats(call, draw, options);
    call->reply->values = values;
    if (fits) return;
    buffer_truncate(call->reply->out, start);
    reply_error(call->reply, SLICE(ERR_VALUE_RANGE));
}

/* Each is wanted with the chance that those still wanted have among those still to come, so that every choice
 * is equally likely and none has to be remembered. */
static void walk(struct call *call, struct draw *draw, bool paired, size_t wanted)
{
    struct drawn drawn;
    for (size_t left = value_len(draw->value); wanted > 0 && draw->next(draw, &drawn); left--) {
        if (chance_below(&draw->chance, left) >= wanted) continue;
        tell(call, draw, paired, &drawn);
        wanted--;
    }
}

static void draw_distinct(struct call *call, struct draw *draw, bool paired, size_t wanted)
{
    struct value told = collection_make(call, &set_type);
    while (wanted > 0) {
        char scratch[NUMBER_I64_MAX];
        struct drawn drawn;
        draw->pick(draw, &drawn);
        struct member member = member_of_atom(&drawn.element, scratch, told.seed);
        if (!set_add(&told, &member)) continue;
        tell(call, draw, paired, &drawn);
        wanted--;
    }
    value_clear(&told);
}

void draw_reply(struct call *call, struct draw *draw, const struct draw_options *options)
{
    size_t len = value_len(draw->value);
    if (len == 0 || options->count == 0) {
        reply_array(call->reply, 0);
        return;
    }
    if (options->count < 0) {
        draw_with_repeats(call, draw, options);
        return;
    }
    size_t wanted = (uint64_t)options->count < len ? (size_t)options->count : len;
    open(call, options, wanted);
    if (draw->value->root == NULL || wanted > len / WALK_SHARE) {
        walk(call, draw, options->paired, wanted);
    } else {
        draw_distinct(call, draw, options->paired, wanted);
    }
}
