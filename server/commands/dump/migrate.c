#include "server/commands/catalog/families.h"
#include "server/commands/dump/migration.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"
#include "server/exec/errors/errors_dump.h"

/* As Redis takes a timeout that is none. */
#define TIMEOUT_MS 1000

struct wish {
    struct migration_options options;
    int first_key, last_key;
};

static bool read_keys(struct call *call, int arg, struct wish *wish)
{
    if (call->argv[3].len > 0) {
        reply_error(call->reply, SLICE(ERR_MIGRATE_KEYS));
        return false;
    }
    wish->first_key = arg + 1;
    wish->last_key = call->argc - 1;
    return true;
}

/* `*arg` is moved to the last argument that was read. */
static bool read_option(struct call *call, int *arg, struct wish *wish)
{
    struct migration_options *options = &wish->options;
    int left = call->argc - 1 - *arg, at = *arg;
    if (call_arg_is(call, at, "copy")) return options->copy = true;
    if (call_arg_is(call, at, "replace")) return options->replace = true;
    if (call_arg_is(call, at, "keys")) {
        *arg = call->argc;
        return read_keys(call, at, wish);
    }
    bool named = call_arg_is(call, at, "auth2");
    if ((named && left < 2) || (!named && (left < 1 || !call_arg_is(call, at, "auth")))) {
        reply_error(call->reply, SLICE(ERR_SYNTAX));
        return false;
    }
    if (named) options->user = call->argv[++*arg];
    options->password = call->argv[++*arg];
    return true;
}

static bool read_wish(struct call *call, struct wish *wish)
{
    *wish = (struct wish){ .options = { .host = call->argv[1], .port = call->argv[2] },
                           .first_key = 3,
                           .last_key = 3 };
    for (int arg = 6; arg < call->argc; arg++)
        if (!read_option(call, &arg, wish)) return false;
    if (!call_arg_int(call, 5, &wish->options.timeout_ms) || !call_arg_int(call, 4, &wish->options.db))
        return false;
    if (wish->options.timeout_ms <= 0) wish->options.timeout_ms = TIMEOUT_MS;
    wish->options.keys = wish->last_key - wish->first_key + 1;
    return true;
}

static void migrate(struct call *call)
{
    struct wish wish;
    struct migration *migration = NULL;
    if (!read_wish(call, &wish)) return;
    for (int arg = wish.first_key; arg <= wish.last_key; arg++) {
        const struct entry *entry = call_find(call, arg);
        if (entry == NULL) continue;
        if (migration == NULL) migration = migration_create(call, &wish.options);
        migration_add(migration, call, arg, entry);
    }
    call_leave_keys(call);
    if (migration != NULL)
        migration_start(migration, call);
    else
        reply_status(call->reply, SLICE("NOKEY"));
}

#define MIGRATE_SYNTAX                                                                                       \
    "host port key destination-db timeout [COPY] [REPLACE] "                                                 \
    "[AUTH password | AUTH2 username password] [KEYS key [key ...]]"

const struct command migrate_commands[] = {
    { "migrate", migrate, .syntax = MIGRATE_SYNTAX,
      .keys = { { .first = 3,
                  .last = 3,
                  .step = 1,
                  .find = KEYS_EITHER,
                  .use = KEY_RW | KEY_ACCESS | KEY_DELETE },
                { .first = -2,
                  .last = -1,
                  .step = 1,
                  .find = KEYS_REST,
                  .word = "KEYS",
                  .use = KEY_RW | KEY_ACCESS | KEY_DELETE | KEY_INCOMPLETE } },
      .flags = CMD_WRITE | CMD_APART, .categories = ACL_KEYSPACE | ACL_DANGEROUS, .group = "generic",
      .tier = TIER_PASS | TIER_RUNS_ALONE, .since = "2.6.0",
      .cost = "O(N), N being the length of the values, and the time that the other server takes",
      .reply = "OK, or NOKEY", .summary = "Take keys to another server. Only the client that asked waits.",
      .tips = "nondeterministic_output" },
    { 0 },
};
