#include "server/upstream/errands/dialect.h"

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

static void translate_databases(struct dialect *dialect, const struct call *call,
                                const struct database_spec *databases)
{
    if (databases->first == 0) return;
    int last = databases->word == NULL ? databases->last : call->argc - 1;
    for (int i = databases->first; i <= last; i++) {
        if (databases->word == NULL)
            translate_number(dialect, call, i);
        else if (call_arg_is(call, i, databases->word))
            translate_number(dialect, call, ++i);
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
    if (call->server->tier->url.db != 0 && command != NULL)
        translate_databases(dialect, call, &command->row->databases);
    return dialect->own != NULL ? dialect->own : call->argv;
}

void dialect_end(struct dialect *dialect)
{
    alloc_free(dialect->own);
}
