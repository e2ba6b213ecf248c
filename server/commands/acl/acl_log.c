#include <stdint.h>

#include "server/commands/acl/acl_subcommands.h"
#include "server/core/server.h"
#include "server/exec/acl/acl_log.h"
#include "server/exec/call.h"
#include "server/exec/command/table.h"
#include "server/exec/errors/errors.h"
#include "server/exec/errors/refusal.h"

#define ENTRIES_SHOWN 10

static const char *reason_of(enum acl_denial denial)
{
    switch (denial) {
    case ACL_NO_COMMAND: return "command";
    case ACL_NO_KEY: return "key";
    case ACL_NO_CHANNEL: return "channel";
    case ACL_NO_LOGIN: return "auth";
    case ACL_NO_CERTIFIED: return "tls-cert";
    default: return "unknown";
    }
}

static const char *context_of(enum acl_context context)
{
    static const char *const names[] = {
        [ACL_TOP_LEVEL] = "toplevel", [ACL_IN_MULTI] = "multi", [ACL_IN_SCRIPT] = "lua"
    };
    return names[context];
}

struct listing {
    struct reply *reply;
    int64_t now_ms;
};

static void write_entry(void *context, const struct acl_entry *entry)
{
    const struct listing *listing = context;
    struct reply *reply = listing->reply;
    reply_map(reply, 10);
    reply_bulk_cstr(reply, "count");
    reply_int(reply, (int64_t)entry->count);
    reply_bulk_cstr(reply, "reason");
    reply_bulk_cstr(reply, reason_of(entry->denial));
    reply_bulk_cstr(reply, "context");
    reply_bulk_cstr(reply, context_of(entry->context));
    reply_bulk_cstr(reply, "object");
    reply_bulk(reply, buffer_slice(&entry->object));
    reply_bulk_cstr(reply, "username");
    reply_bulk(reply, buffer_slice(&entry->username));
    reply_bulk_cstr(reply, "age-seconds");
    reply_double(reply, (double)(listing->now_ms - entry->updated_ms) / 1000);
    reply_bulk_cstr(reply, "client-info");
    reply_bulk(reply, buffer_slice(&entry->client));
    reply_bulk_cstr(reply, "entry-id");
    reply_int(reply, (int64_t)entry->id);
    reply_bulk_cstr(reply, "timestamp-created");
    reply_int(reply, entry->created_ms);
    reply_bulk_cstr(reply, "timestamp-last-updated");
    reply_int(reply, entry->updated_ms);
}

void acl_log(struct call *call)
{
    struct listing listing = { .reply = call->reply, .now_ms = call->now_ms };
    int64_t count = ENTRIES_SHOWN;
    if (call->argc > 3) {
        refuse_subcommand_arguments(call, call->command->parent);
        return;
    }
    if (call->argc == 3 && call_arg_is(call, 2, "RESET")) {
        acl_log_reset(call->server->acl_log);
        reply_ok(call->reply);
        return;
    }
    if (call->argc == 3 && !call_arg_int(call, 2, &count)) return;
    struct reply_mark mark = reply_open_counted(call->reply);
    size_t most = count < 0 ? 0 : (size_t)count;
    size_t shown = acl_log_each(call->server->acl_log, most, write_entry, &listing);
    reply_close_array(call->reply, mark, shown);
}
