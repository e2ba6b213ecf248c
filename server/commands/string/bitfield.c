#include "storage/types/text/bitfield.h"

#include "proto/base/number.h"
#include "proto/base/slice.h"
#include "server/commands/catalog/families.h"
#include "server/commands/string/bit_text.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"

enum field_verb { FIELD_GET, FIELD_SET, FIELD_ADD };

/* One operation of a call. They are read twice rather than kept: all must be good before the first one runs.
 */
struct field_step {
    enum field_verb verb;
    enum bitfield_overflow overflow; /* what the latest OVERFLOW said */
    struct bitfield field;
    int64_t value;
    int next; /* the argument after it */
};

static bool refuse(struct call *call, struct slice error)
{
    reply_error(call->reply, error);
    return false;
}

static bool read_overflow(struct call *call, int arg, enum bitfield_overflow *overflow)
{
    if (call_arg_is(call, arg, "wrap"))
        *overflow = BITFIELD_WRAP;
    else if (call_arg_is(call, arg, "sat"))
        *overflow = BITFIELD_SATURATE;
    else if (call_arg_is(call, arg, "fail"))
        *overflow = BITFIELD_FAIL;
    else
        return refuse(call, SLICE(ERR_FIELD_OVERFLOW));
    return true;
}

/* "u8", "i64" */
static bool read_type(struct call *call, int arg, struct bitfield *field)
{
    struct slice text = call->argv[arg];
    int64_t width;
    if (text.len == 0 || (text.data[0] != 'i' && text.data[0] != 'u')) {
        return refuse(call, SLICE(ERR_FIELD_TYPE));
    }
    field->is_signed = text.data[0] == 'i';
    bool is_number = number_parse_i64(slice_of(text.data + 1, text.len - 1), &width);
    if (!is_number || width < 1 || width > (field->is_signed ? 64 : 63)) {
        return refuse(call, SLICE(ERR_FIELD_TYPE));
    }
    field->width = (unsigned)width;
    return true;
}

static bool read_verb(struct call *call, struct field_step *step)
{
    int arg = step->next, left = call->argc - arg - 1;
    if (call_arg_is(call, arg, "get") && left >= 2)
        step->verb = FIELD_GET;
    else if (call_arg_is(call, arg, "set") && left >= 3)
        step->verb = FIELD_SET;
    else if (call_arg_is(call, arg, "incrby") && left >= 3)
        step->verb = FIELD_ADD;
    else
        return refuse(call, SLICE(ERR_SYNTAX));
    return true;
}

enum reading { READ_STEP, READ_END, READ_REFUSED };

static enum reading read_step(struct call *call, struct field_step *step)
{
    while (step->next + 1 < call->argc && call_arg_is(call, step->next, "overflow")) {
        if (!read_overflow(call, step->next + 1, &step->overflow)) return READ_REFUSED;
        step->next += 2;
    }
    if (step->next == call->argc) return READ_END;
    if (!read_verb(call, step)) return READ_REFUSED;

    int arg = step->next;
    if (!read_type(call, arg + 1, &step->field)) return READ_REFUSED;
    if (!bit_text_offset(call, arg + 2, step->field.width, &step->field.at)) return READ_REFUSED;
    if (step->verb != FIELD_GET && !call_arg_int(call, arg + 3, &step->value)) return READ_REFUSED;
    step->next = arg + (step->verb == FIELD_GET ? 3 : 4);
    return READ_STEP;
}

/* What all the steps of a call come to. */
struct field_plan {
    size_t steps;
    size_t written_len; /* the length that the string must have for what is written; 0: nothing is */
};

static bool read_plan(struct call *call, struct field_plan *plan)
{
    struct field_step step = { .next = 2 };
    enum reading reading;
    *plan = (struct field_plan){ 0 };
    while ((reading = read_step(call, &step)) == READ_STEP) {
        size_t end = (size_t)((step.field.at + step.field.width - 1) / 8) + 1;
        if (step.verb != FIELD_GET && plan->written_len < end) plan->written_len = end;
        plan->steps++;
    }
    return reading == READ_END;
}

static void get_fields(struct call *call, const struct field_plan *plan)
{
    const struct entry *entry = call_find(call, 1);
    if (!call_wants_string(call, entry)) return;

    char scratch[NUMBER_I64_MAX];
    struct slice text = entry == NULL ? SLICE("") : entry_text(entry, scratch);
    struct field_step step = { .next = 2 };
    reply_array(call->reply, plan->steps);
    while (read_step(call, &step) == READ_STEP) reply_int(call->reply, bitfield_get(text, &step.field));
}

/* Whether something was changed. */
static bool run_step(struct call *call, const struct field_step *step, const struct bit_text *text)
{
    int64_t old = bitfield_get(slice_of(text->bytes, text->len), &step->field);
    if (step->verb == FIELD_GET) {
        reply_int(call->reply, old);
        return false;
    }
    int64_t value = step->verb == FIELD_SET ? step->value : old;
    bool fits = step->verb == FIELD_SET ? bitfield_fit(&step->field, step->overflow, &value)
                                        : bitfield_add(&step->field, step->overflow, &value, step->value);
    if (!fits) {
        reply_null(call->reply);
        return false;
    }
    bitfield_set(text->bytes, &step->field, value);
    reply_int(call->reply, step->verb == FIELD_SET ? old : value);
    return text->grew || value != old;
}

static void change_fields(struct call *call, const struct field_plan *plan)
{
    struct bit_text text;
    if (!bit_text_open(call, plan->written_len, &text)) return;

    bool changed = false;
    struct field_step step = { .next = 2 };
    reply_array(call->reply, plan->steps);
    while (read_step(call, &step) == READ_STEP) changed |= run_step(call, &step, &text);
    if (changed) call_changed(call, 1, EVENT_SETBIT);
}

static void bitfield(struct call *call)
{
    struct field_plan plan;
    if (!read_plan(call, &plan)) return;
    if (plan.written_len == 0)
        get_fields(call, &plan);
    else
        change_fields(call, &plan);
}

static void bitfield_ro(struct call *call)
{
    struct field_plan plan;
    if (!read_plan(call, &plan)) return;
    if (plan.written_len == 0)
        get_fields(call, &plan);
    else
        reply_error(call->reply, SLICE(ERR_FIELD_READ_ONLY));
}

/* What only gets, reads; what is not understood may write. */
static uint32_t use_by_bitfield(const struct slice *argv, int argc)
{
    for (int i = 2; i < argc;) {
        if (slice_equal_nocase(argv[i], SLICE("get")) && i + 2 < argc)
            i += 3;
        else if (slice_equal_nocase(argv[i], SLICE("overflow")) && i + 1 < argc)
            i += 2;
        else
            return KEY_RW | KEY_ACCESS | KEY_UPDATE;
    }
    return KEY_RO | KEY_ACCESS;
}

const struct command bitfield_commands[] = {
    { "bitfield", bitfield,
      .syntax = "key [<GET encoding offset | [OVERFLOW <WRAP | SAT | FAIL>] <SET encoding offset value | "
                "INCRBY encoding offset increment>> ...]",
      .keys = { KEY(1, KEY_RW | KEY_ACCESS | KEY_UPDATE | KEY_VARIABLE,
                    .note = "This command allows both access and modification of the key",
                    .use_of = use_by_bitfield) },
      .flags = CMD_WRITE | CMD_GROWS, .categories = ACL_BITMAP, .group = "bitmap", .tier = TIER_PASS,
      .since = "3.2.0", .cost = "O(1) for each operation",
      .reply = "array of integers, null where FAIL forbade it",
      .summary = "Read, set and count up integers of any width in a string." },
    { "bitfield_ro", bitfield_ro, .syntax = "key [GET encoding offset [GET encoding offset ...]]",
      .keys = { KEY(1, KEY_RO | KEY_ACCESS) }, .flags = CMD_READONLY | CMD_FAST, .categories = ACL_BITMAP,
      .group = "bitmap", .tier = TIER_PASS | TIER_TYPED, .since = "6.0.0", .cost = "O(1) for each operation",
      .reply = "array of integers", .summary = "Read integers of any width in a string." },
    { 0 },
};
