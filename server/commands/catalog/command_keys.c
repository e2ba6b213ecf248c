#include "server/commands/catalog/command_keys.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/reply.h"
#include "server/commands/catalog/wording.h"
#include "server/core/server.h"
#include "server/exec/call.h"
#include "server/exec/command/key_walk.h"
#include "server/exec/command/table.h"
#include "server/exec/errors/errors.h"

/* The call that is asked about: what follows COMMAND GETKEYS. */
struct question {
    const struct command_info *command;
    const struct slice *argv;
    int argc;
};

/* False: an error has been replied. */
static bool read_question(struct call *call, struct question *question)
{
    question->argv = call->argv + 2;
    question->argc = call->argc - 2;
    question->command = command_table_find_call(call->server->commands, question->argv, question->argc);
    if (question->command == NULL) {
        reply_error(call->reply, SLICE(ERR_COMMAND_INVALID));
    } else if (question->command->first_key == 0) {
        reply_error(call->reply, SLICE(ERR_COMMAND_KEYLESS));
    } else if (!command_accepts(question->command, question->argc)) {
        reply_error(call->reply, SLICE(ERR_COMMAND_ARGUMENTS));
    } else {
        return true;
    }
    return false;
}

/* A range of keys that is empty is no call to Redis, though the command may take it: PFMERGE without sources.
 */
static bool has_empty_range(const struct question *question)
{
    const struct key_spec *keys = question->command->row->keys;
    for (size_t i = 0; i < COMMAND_KEY_SPECS && keys[i].first != 0; i++) {
        if (keys[i].find == KEYS_AT && keys[i].first >= question->argc) return true;
    }
    return false;
}

static bool says_keys(const struct question *question)
{
    struct key_walk walk = key_walk(question->command->row, question->argv, question->argc);
    int keys = 0;
    while (key_next(&walk)) keys++;
    if (question->command->flags & CMD_NO_MANDATORY_KEYS) return true;
    return keys > 0 && !walk.broken && !has_empty_range(question);
}

static uint32_t use_of(const struct question *question, const struct key_spec *spec)
{
    return spec->use_of != NULL ? spec->use_of(question->argv, question->argc) : spec->use;
}

static void reply_key(struct reply *reply, struct slice key, uint32_t use)
{
    (void)use;
    reply_bulk(reply, key);
}

static void reply_key_and_flags(struct reply *reply, struct slice key, uint32_t use)
{
    reply_array(reply, 2);
    reply_bulk(reply, key);
    reply_set(reply, (size_t)__builtin_popcount(use));
    for (int i = 0; key_use_names[i] != NULL; i++) {
        if ((use & UINT32_C(1) << i) != 0) reply_status(reply, slice_of_cstr(key_use_names[i]));
    }
}

static void reply_keys(struct call *call,
                       void (*reply_one)(struct reply *reply, struct slice key, uint32_t use))
{
    struct question question;
    if (!read_question(call, &question)) return;
    if (!says_keys(&question)) {
        reply_error(call->reply, SLICE(ERR_COMMAND_ARGUMENTS_INVALID));
        return;
    }
    struct reply_mark mark = reply_open_counted(call->reply);
    size_t keys = 0;
    struct key_walk walk = key_walk(question.command->row, question.argv, question.argc);
    while (key_next(&walk)) {
        reply_one(call->reply, question.argv[walk.arg], use_of(&question, walk.spec));
        keys++;
    }
    reply_close_array(call->reply, mark, keys);
}

void command_get_keys(struct call *call)
{
    reply_keys(call, reply_key);
}

void command_get_keys_and_flags(struct call *call)
{
    reply_keys(call, reply_key_and_flags);
}
