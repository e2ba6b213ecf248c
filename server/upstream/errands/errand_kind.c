#include "server/upstream/errands/errand_kind.h"

#include <stddef.h>
#include <string.h>

#include "server/exec/command/command.h"
#include "server/exec/command/table.h"
#include "server/upstream/roster/roster.h"

/* Commands of Redis that this server has not, and that change what their connection is, keep it busy or make
 * Redis close it. `below` names a subcommand. */
static const struct {
    const char *name;
    const char *below; /* NULL: whatever follows */
    enum command_kind kind;
} names[] = {
    /* Behind the script that is to be killed it would wait for ever. */
    { "function", "kill", KIND_KILL },
    /* Redis takes them for HTTP and closes the connection; so does this server, before they get here. */
    { "post", NULL, KIND_FORBIDDEN },
    { "host:", NULL, KIND_FORBIDDEN },
};

static bool is_called(size_t at, struct slice name, const struct slice *argv, int argc)
{
    if (!slice_equal_nocase(name, slice_of_cstr(names[at].name))) return false;
    return names[at].below == NULL ||
           (argc > 1 && slice_equal_nocase(argv[1], slice_of_cstr(names[at].below)));
}

bool errand_kind_is_subscription(enum command_kind kind)
{
    switch (kind) {
    case KIND_SUBSCRIBE:
    case KIND_UNSUBSCRIBE:
    case KIND_PSUBSCRIBE:
    case KIND_PUNSUBSCRIBE:
    case KIND_SSUBSCRIBE:
    case KIND_SUNSUBSCRIBE: return true;
    default: return false;
    }
}

/* Before the names of the streams. */
static bool is_told_to_block(const struct slice *argv, int argc)
{
    for (int i = 1; i < argc; i++) {
        if (slice_equal_nocase(argv[i], SLICE("streams"))) return false;
        if (slice_equal_nocase(argv[i], SLICE("block"))) return true;
    }
    return false;
}

/* Without its arguments it is an error and changes nothing. An EXEC is the end in any case. */
static bool has_arity_of(enum command_kind kind, int argc)
{
    if (kind == KIND_MULTI || kind == KIND_DISCARD || kind == KIND_UNWATCH) return argc == 1;
    return kind != KIND_WATCH || argc > 1;
}

/* It is about this server, and nothing of it goes over a connection of the upstream's by itself. */
static bool is_of_ours(enum command_kind kind)
{
    switch (kind) {
    case KIND_PING:
    case KIND_SELECT:
    case KIND_HELLO:
    case KIND_REPLIES:
    case KIND_LEAVE: return true;
    default: return false;
    }
}

static enum command_kind kind_of_row(const struct command *row, const struct slice *argv, int argc)
{
    if (row->kind == KIND_MAY_BLOCK) return is_told_to_block(argv, argc) ? KIND_BLOCK : KIND_PLAIN;
    if (row->kind == KIND_PLAIN && (row->flags & CMD_BLOCKING)) return KIND_BLOCK;
    return !is_of_ours(row->kind) && has_arity_of(row->kind, argc) ? row->kind : KIND_PLAIN;
}

/* A row of the upstream's says that it may wait, not when. */
static enum command_kind kind_of_foreign(const struct roster *roster, struct slice name,
                                         const struct slice *argv, int argc)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (is_called(i, name, argv, argc)) return names[i].kind;
    const struct roster_row *row = roster_find(roster, name);
    return row != NULL && row->blocks ? KIND_BLOCK : KIND_PLAIN;
}

/* Of a container its subcommand, where that is one. */
static const struct command_info *called(const struct command_info *command, const struct slice *argv,
                                         int argc)
{
    if (command->subcommand_count == 0 || argc < 2) return command;
    const struct command_info *below = command_find_subcommand(command, argv[1]);
    return below != NULL ? below : command;
}

enum command_kind errand_kind_of(const struct command_info *command, const struct roster *roster,
                                 struct slice name, const struct slice *argv, int argc)
{
    if (command == NULL) return kind_of_foreign(roster, name, argv, argc);
    command = called(command, argv, argc);
    enum command_kind kind = kind_of_row(command->row, argv, argc);
    bool refused = kind == KIND_FORBIDDEN || kind == KIND_CLUSTER;
    return refused && !command_accepts(command, argc) ? KIND_PLAIN : kind;
}
