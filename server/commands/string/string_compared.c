/*
 * Commands about what a string is compared with: locks that only their owner takes away, values that only who
 * has seen them replaces.
 */
#include "proto/base/slice.h"
#include "server/commands/catalog/families.h"
#include "server/commands/string/string_condition.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/command/table.h"
#include "server/exec/errors/errors.h"

/* `entry` is NULL if the key is to stay. */
static void remove_and_count(struct call *call, struct entry *entry)
{
    if (entry != NULL) {
        call_remove(call, 1, entry);
        call_changed(call, 1, EVENT_DEL);
    }
    reply_int(call->reply, entry != NULL);
}

static void delifeq(struct call *call)
{
    struct entry *entry = call_find(call, 1);
    if (!call_wants_string(call, entry)) return;
    remove_and_count(call, string_condition_holds(STRING_IF_EQUAL, call->argv[2], entry) ? entry : NULL);
}

/* Of a key that is there. */
static bool may_delete(struct call *call, const struct entry *entry)
{
    enum string_condition condition = string_condition_named(call->argv[2]);
    if (entry_type(entry) != ENTRY_STRING) {
        reply_error(call->reply, SLICE(ERR_DELEX_TYPE));
    } else if (condition == STRING_ALWAYS) {
        reply_error(call->reply, SLICE(ERR_DELEX_CONDITION));
    } else if (string_condition_is_good(call, condition, 3)) {
        if (string_condition_holds(condition, call->argv[3], entry)) return true;
        reply_int(call->reply, 0);
    }
    return false;
}

/* A condition is looked at only if there is a key. */
static void delex(struct call *call)
{
    if (call->argc != 2 && call->argc != 4) {
        reply_errorf(call->reply, ERR_ARITY_FMT, call->command->row->name);
        return;
    }
    struct entry *entry = call->argc == 2 ? call_peek(call, 1) : call_find(call, 1);
    if (entry == NULL || call->argc == 2 || may_delete(call, entry)) remove_and_count(call, entry);
}

static void digest(struct call *call)
{
    char text[DIGEST_TEXT_LEN];
    const struct entry *entry = call_find(call, 1);
    if (!call_wants_string(call, entry)) return;
    if (entry == NULL) {
        reply_null(call->reply);
        return;
    }
    string_digest(entry, text);
    reply_bulk(call->reply, slice_of(text, sizeof text));
}

/* Without a condition it is a DEL. */
static uint32_t use_by_delex(const struct slice *argv, int argc)
{
    (void)argv;
    return argc > 2 ? KEY_RW | KEY_DELETE : KEY_RM | KEY_DELETE;
}

const struct command string_compared_commands[] = {
    { "delifeq", delifeq, .syntax = "key value", .keys = { KEY(1, KEY_RM | KEY_DELETE) },
      .flags = CMD_WRITE | CMD_FAST, .categories = ACL_STRING, .group = "string", .tier = TIER_WRITE,
      .since = "9.0.0", .origin = "Valkey", .cost = "O(N), N being the length of the value",
      .reply = "integer", .summary = "Remove a key if its string is the one told." },
    { "delex", delex,
      .syntax = "key [IFEQ ifeq-value | IFNE ifne-value | IFDEQ ifdeq-digest | IFDNE ifdne-digest]",
      .keys = { KEY(1, KEY_RW | KEY_DELETE | KEY_VARIABLE, .use_of = use_by_delex) },
      .flags = CMD_WRITE | CMD_FAST, .categories = ACL_STRING, .group = "string", .tier = TIER_WRITE,
      .since = "8.4.0", .cost = "O(N), N being the length of the string", .reply = "integer",
      .summary = "Remove a key if its string, or the digest of it, is the one told, or is another." },
    { "digest", digest, .syntax = "key", .keys = { KEY(1, KEY_RO | KEY_ACCESS) },
      .flags = CMD_READONLY | CMD_FAST, .categories = ACL_STRING, .group = "string", .tier = TIER_PASS,
      .since = "8.4.0", .cost = "O(N), N being the length of the string", .reply = "bulk string or null",
      .summary = "A digest of the string of a key: XXH3-64 in sixteen hexadecimal digits." },
    { 0 },
};
