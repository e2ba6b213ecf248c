#include "server/commands/script/function_payload.h"

#include "proto/base/buffer.h"
#include "proto/reply.h"
#include "server/config/settings.h"
#include "server/core/server.h"
#include "server/exec/call.h"
#include "server/exec/command/table.h"
#include "server/exec/errors/errors_dump.h"
#include "server/exec/errors/errors_function.h"
#include "server/exec/errors/refusal.h"
#include "server/script/functions/functions.h"
#include "server/script/functions/library.h"
#include "server/script/functions/loading.h"
#include "storage/dump/dump_libraries.h"
#include "storage/dump/dump_payload.h"

void function_dump(struct call *call)
{
    struct buffer payload = { 0 };
    const struct functions *functions = call->server->functions;
    bool compressed = SETTING(call_settings(call), rdbcompression);
    for (struct library *at = NULL; (at = functions_next(functions, at)) != NULL;)
        dump_libraries_write(&payload, library_text(at), compressed ? DUMP_COMPRESSED : DUMP_PLAIN);
    dump_libraries_end(&payload, 0);
    reply_bulk(call->reply, buffer_slice(&payload));
    buffer_clear(&payload);
}

enum policy { POLICY_APPEND, POLICY_REPLACE, POLICY_FLUSH, POLICY_WRONG };

static enum policy read_policy(const struct call *call)
{
    if (call->argc == 3 || call_arg_is(call, 3, "append")) return POLICY_APPEND;
    if (call_arg_is(call, 3, "replace")) return POLICY_REPLACE;
    return call_arg_is(call, 3, "flush") ? POLICY_FLUSH : POLICY_WRONG;
}

/* Into those that are apart still. */
static bool load_all(struct call *call, struct functions *apart, struct dump_libraries *libraries,
                     struct buffer *error)
{
    struct slice text;
    for (;;) {
        switch (dump_libraries_next(libraries, &text)) {
        case DUMP_LIBRARY_END: return true;
        case DUMP_LIBRARY_CUT: buffer_printf(error, ERR_PAYLOAD_NO_LIBRARY); return false;
        case DUMP_LIBRARY_EARLY: buffer_printf(error, ERR_PAYLOAD_EARLY); return false;
        case DUMP_LIBRARY_FOREIGN: buffer_printf(error, ERR_PAYLOAD_FOREIGN); return false;
        case DUMP_LIBRARY:
            if (loading_run(apart, call, text, false, error) == NULL) return false;
        }
    }
}

/* Of a library that is there and will be replaced, if it is one. */
static bool is_replaced(const struct functions *apart, const struct function *function)
{
    return functions_find_library(apart, library_name(function->library)) != NULL;
}

static bool may_join(const struct functions *functions, const struct functions *apart, bool replace,
                     struct buffer *error)
{
    for (struct library *at = NULL; (at = functions_next(apart, at)) != NULL;) {
        if (!replace && functions_find_library(functions, library_name(at)) != NULL) {
            buffer_printf(error, ERR_LIBRARY_PRESENT_FMT, at->name);
            return false;
        }
    }
    for (struct library *at = NULL; (at = functions_next(apart, at)) != NULL;) {
        for (const struct function *own = at->functions; own != NULL; own = own->next) {
            const struct function *other = functions_find(functions, function_name(own));
            if (other == NULL || is_replaced(apart, other)) continue;
            buffer_printf(error, ERR_FUNCTION_KNOWN_FMT, own->name);
            return false;
        }
    }
    return true;
}

/* Those that are replaced go first: the new ones may have their functions in other libraries. */
static void join(struct functions *functions, struct functions *apart)
{
    for (struct library *at = NULL; (at = functions_next(apart, at)) != NULL;) {
        struct library *old = functions_find_library(functions, library_name(at));
        if (old != NULL) functions_remove(functions, old);
    }
    for (struct library *at; (at = functions_next(apart, NULL)) != NULL;) {
        functions_take(apart, at);
        functions_add(functions, at, NULL);
    }
}

/* Nothing has changed where it fails. */
static bool restore(struct call *call, enum policy policy, struct buffer *error)
{
    struct dump_libraries libraries;
    struct functions *functions = call->server->functions;
    struct functions *apart = functions_create_beside(functions, call->loop);
    dump_libraries_open(&libraries, call->argv[2]);
    bool good = load_all(call, apart, &libraries, error);
    dump_libraries_close(&libraries);
    if (good && policy == POLICY_FLUSH) functions_flush(functions);
    good = good && may_join(functions, apart, policy == POLICY_REPLACE, error);
    if (good) join(functions, apart);
    functions_destroy(&apart);
    return good;
}

void function_restore(struct call *call)
{
    struct buffer error = { 0 };
    if (call->argc > 4) {
        refuse_subcommand_arguments(call, call->command->parent);
        return;
    }
    enum policy policy = read_policy(call);
    if (policy == POLICY_WRONG)
        reply_error(call->reply, SLICE(ERR_RESTORE_POLICY));
    else if (!dump_payload_is_whole(call->argv[2]))
        reply_error(call->reply, SLICE(ERR_PAYLOAD_FOOT));
    else if (restore(call, policy, &error))
        reply_ok(call->reply);
    else
        reply_errorf(call->reply, "ERR %.*s", (int)error.len, error.data);
    buffer_clear(&error);
}
