#include "server/upstream/clients/dialect.h"

#include <stdio.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/number.h"
#include "server/core/server.h"
#include "server/exec/call.h"
#include "server/exec/command/table.h"
#include "server/upstream/tier_state.h"

struct slice dialect_name(const struct call *call, const struct command_info *command)
{
    return command_table_upstream_name(call->server->commands, command, call->argv[0]);
}

static void make_own(struct dialect *dialect, const struct call *call)
{
    if (dialect->own != NULL) return;
    size_t bytes = (size_t)call->argc * sizeof(struct slice);
    dialect->own = alloc_bytes(bytes);
    memcpy(dialect->own, call->argv, bytes);
}

static void translate_number(struct dialect *dialect, const struct call *call, int arg)
{
    int64_t db;
    if (arg >= call->argc || !number_parse_i64(call->argv[arg], &db) || db != 0) return;
    int len = snprintf(dialect->number, sizeof(dialect->number), "%u", call->server->tier->url.db);
    make_own(dialect, call);
    dialect->own[arg] = slice_of(dialect->number, (size_t)len);
}

static void translate_option(struct dialect *dialect, const struct call *call, const char *option, int from)
{
    for (int i = from; i < call->argc; i++)
        if (call_arg_is(call, i, option)) translate_number(dialect, call, ++i);
}

/* All commands with an argument that names a database of the server that runs them. */
static void translate_databases(struct dialect *dialect, const struct call *call, struct slice name)
{
    if (slice_equal_nocase(name, SLICE("select"))) translate_number(dialect, call, 1);
    if (slice_equal_nocase(name, SLICE("move"))) translate_number(dialect, call, 2);
    if (slice_equal_nocase(name, SLICE("copy"))) translate_option(dialect, call, "db", 3);
    if (slice_equal_nocase(name, SLICE("swapdb"))) {
        translate_number(dialect, call, 1);
        translate_number(dialect, call, 2);
    }
}

const struct slice *dialect_begin(struct dialect *dialect, const struct call *call,
                                  const struct command_info *command)
{
    struct slice name = dialect_name(call, command);
    dialect->own = NULL;
    if (name.data != call->argv[0].data) {
        make_own(dialect, call);
        dialect->own[0] = name;
    }
    if (call->server->tier->url.db != 0) translate_databases(dialect, call, name);
    return dialect->own != NULL ? dialect->own : call->argv;
}

void dialect_end(struct dialect *dialect)
{
    alloc_free(dialect->own);
}
