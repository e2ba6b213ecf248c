#include <stddef.h>

#include "proto/reply.h"
#include "server/commands/catalog/families.h"
#include "server/events/watch/watch.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"
#include "server/exec/errors/errors_transaction.h"
#include "server/exec/session/session.h"
#include "server/exec/transaction/multi.h"
#include "server/exec/transaction/multi_run.h"
#include "server/exec/transaction/watches.h"
#include "server/script/interlude.h"

static void multi(struct call *call)
{
    if (call->session->multi != NULL) {
        reply_error(call->reply, SLICE(ERR_NESTED_MULTI));
        return;
    }
    multi_begin(call->session);
    reply_ok(call->reply);
}

static void discard(struct call *call)
{
    if (call->session->multi == NULL) {
        reply_error(call->reply, SLICE(ERR_NO_MULTI_TO_DISCARD));
        return;
    }
    multi_end(call->session);
    reply_ok(call->reply);
}

static bool let_rest(const struct multi_rest *rest)
{
    return interlude_run(&(struct interlude_work){ .call = rest->call,
                                                   .kept = rest->kept,
                                                   .run = rest->run,
                                                   .answer = rest->answer,
                                                   .context = rest->context });
}

/* Who watches sees the end of keys that have run out before anything else is said. */
static void exec(struct call *call)
{
    struct session *session = call->session;
    if (session->multi == NULL) {
        reply_error(call->reply, SLICE(ERR_NO_MULTI_TO_EXEC));
        return;
    }
    bool holds = watch_holds(call);
    if (session->multi->doomed) {
        reply_error(call->reply, SLICE(ERR_EXEC_ABORT));
        multi_end(session);
    } else if (!holds) {
        reply_null_array(call->reply);
        multi_end(session);
    } else {
        watch_end(session); /* what it changes itself is no reason */
        multi_run(call, let_rest);
    }
}

/* All that it executes and all that it watches. */
static uint64_t shards_of_exec(const struct call *call)
{
    const struct multi *multi = call->session->multi;
    return multi != NULL ? multi->shards | watches_shards(call->session) : 0;
}

static void watch(struct call *call)
{
    if (call->session->multi != NULL) {
        reply_error(call->reply, SLICE(ERR_WATCH_IN_MULTI));
        return;
    }
    for (int i = 1; i < call->argc; i++) watch_key(call, i);
    reply_ok(call->reply);
}

static void unwatch(struct call *call)
{
    watch_end(call->session);
    reply_ok(call->reply);
}

#define ALWAYS (CMD_NOSCRIPT | CMD_LOADING | CMD_STALE)
#define FAST   (ALWAYS | CMD_FAST | CMD_ALLOW_BUSY)
#define GROUP  .categories = ACL_TRANSACTION, .group = "transactions", .tier = TIER_PASS

const struct command transaction_commands[] = {
    { "multi", multi, .syntax = "", .flags = FAST | CMD_UNQUEUED, GROUP, .kind = KIND_MULTI, .since = "1.2.0",
      .cost = "O(1)", .reply = "OK", .summary = "Queue what follows, to be run by EXEC all at once." },
    { "exec", exec, .syntax = "", .shards = shards_of_exec,
      .flags = ALWAYS | CMD_SKIP_SLOWLOG | CMD_UNQUEUED | CMD_ENDS_MULTI | CMD_EXECUTES, GROUP,
      .kind = KIND_EXEC, .since = "1.2.0", .cost = "that of what was queued",
      .reply = "array of the replies, or null if a watched key has changed",
      .summary = "Run what was queued since MULTI; others see all of it or nothing." },
    { "discard", discard, .syntax = "", .flags = FAST | CMD_UNQUEUED | CMD_ENDS_MULTI, GROUP,
      .kind = KIND_DISCARD, .since = "2.0.0", .cost = "O(N) for N queued commands and watched keys",
      .reply = "OK", .summary = "Forget what was queued since MULTI." },
    { "watch", watch, .syntax = "key [key ...]", .keys = { KEYS(1, -1, 1, KEY_RO) },
      .flags = FAST | CMD_UNQUEUED, GROUP, .kind = KIND_WATCH, .since = "2.2.0", .cost = "O(N) for N keys",
      .reply = "OK", .summary = "Let the next EXEC run only if none of these keys has changed by then." },
    { "unwatch", unwatch, .syntax = "", .flags = FAST, GROUP, .kind = KIND_UNWATCH, .since = "2.2.0",
      .cost = "O(N) for N watched keys", .reply = "OK", .summary = "Forget all watched keys." },
    { 0 },
};
