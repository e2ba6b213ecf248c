#include "server/commands/key/sort_options.h"

#include "proto/base/alloc.h"
#include "proto/base/slice.h"
#include "server/exec/acl/call_rights.h"
#include "server/exec/acl/selector.h"
#include "server/exec/call.h"
#include "server/exec/errors/errors.h"
#include "server/exec/errors/errors_acl.h"
#include "server/exec/session/session.h"

static void add_get(struct sort_options *options, struct slice pattern)
{
    options->gets = alloc_resize(options->gets, (options->get_count + 1) * sizeof *options->gets);
    options->gets[options->get_count++] = sort_pattern_of(pattern);
}

static void set_by(struct sort_options *options, struct slice pattern)
{
    options->by = sort_pattern_of(pattern);
    options->has_by = true;
    if (!sort_pattern_varies(&options->by)) options->unordered = true;
}

static bool read_flag(struct sort_options *options, const struct call *call, int arg)
{
    if (call_arg_is(call, arg, "asc")) {
        options->descending = false;
    } else if (call_arg_is(call, arg, "desc")) {
        options->descending = true;
    } else if (call_arg_is(call, arg, "alpha")) {
        options->alpha = true;
    } else {
        return false;
    }
    return true;
}

/* A word with one argument. */
static bool read_pair(struct sort_options *options, const struct call *call, int arg, bool may_store)
{
    if (arg + 1 >= call->argc) return false;
    if (may_store && call_arg_is(call, arg, "store")) {
        options->store_arg = arg + 1;
    } else if (call_arg_is(call, arg, "by")) {
        set_by(options, call->argv[arg + 1]);
    } else if (call_arg_is(call, arg, "get")) {
        add_get(options, call->argv[arg + 1]);
    } else {
        return false;
    }
    return true;
}

/* What is looked up beside the key may be any key. */
static bool may_look_up(struct call *call, const char *option)
{
    if (call_may_reach_all(call, RIGHT_READ)) return true;
    reply_errorf(call->reply, ERR_SORT_DENIED_FMT, option);
    return false;
}

static bool is_entitled(const struct sort_options *options, struct call *call)
{
    if (options->has_by && sort_pattern_varies(&options->by) && !may_look_up(call, "BY")) return false;
    for (size_t i = 0; i < options->get_count; i++)
        if (sort_pattern_varies(&options->gets[i]) && !may_look_up(call, "GET")) return false;
    return true;
}

bool sort_options_read(struct sort_options *options, struct call *call, bool may_store)
{
    *options = (struct sort_options){ .limit = -1 };
    for (int arg = 2; arg < call->argc; arg++) {
        if (read_flag(options, call, arg)) continue;
        if (read_pair(options, call, arg, may_store)) {
            arg++;
        } else if (arg + 2 < call->argc && call_arg_is(call, arg, "limit")) {
            if (!call_arg_int(call, arg + 1, &options->skip)) return false;
            if (!call_arg_int(call, arg + 2, &options->limit)) return false;
            arg += 2;
        } else {
            reply_error(call->reply, SLICE(ERR_SYNTAX));
            return false;
        }
    }
    return is_entitled(options, call);
}

void sort_options_clear(struct sort_options *options)
{
    alloc_free(options->gets);
    options->gets = NULL;
}

size_t sort_options_range(const struct sort_options *options, size_t len, size_t *from)
{
    uint64_t skip = options->skip < 0 ? 0 : (uint64_t)options->skip;
    *from = skip < len ? (size_t)skip : len;
    size_t left = len - *from;
    if (options->limit < 0 || (uint64_t)options->limit > left) return left;
    return (size_t)options->limit;
}
