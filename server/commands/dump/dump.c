#include "storage/dump/dump_payload.h"

#include "proto/base/buffer.h"
#include "server/commands/catalog/families.h"
#include "server/commands/collection/collection.h"
#include "server/commands/dump/payload.h"
#include "server/config/settings.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"

/* Others may have the key while a long payload is copied into the reply. */
static void dump(struct call *call)
{
    const struct entry *entry = call_find(call, 1);
    if (entry == NULL) {
        reply_null(call->reply);
        return;
    }
    struct buffer payload = { 0 };
    bool compressed = SETTING(call_settings(call), rdbcompression);
    payload_write(&payload, call, 1, entry, compressed ? DUMP_COMPRESSED : DUMP_PLAIN);
    call_leave_keys(call);
    reply_bulk(call->reply, buffer_slice(&payload));
    buffer_clear(&payload);
}

const struct command dump_commands[] = {
    { "dump", dump, .syntax = "key", .keys = { KEY(1, KEY_RO | KEY_ACCESS) }, .flags = CMD_READONLY,
      .categories = ACL_KEYSPACE, .group = "generic", .tier = TIER_PASS | TIER_RUNS_ALONE, .since = "2.6.0",
      .cost = "O(N), N being the length of the value", .reply = "bulk string or null",
      .summary = "A value in the bytes that RESTORE makes it from, here or in a Redis.",
      .tips = "nondeterministic_output" },
    { 0 },
};
