/*
 * CACHE: values with a soft deadline, and who computes them.
 */
#include "server/commands/cache/cache.h"

#include "server/commands/admin/help.h"
#include "server/commands/cache/cache_tags.h"
#include "server/commands/catalog/families.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"

static void help(struct call *call)
{
    static const char *const lines[] = {
        "GET <key> [LEASE <milliseconds> | PEEK] [WAIT <milliseconds>] [FRESH] [VERSION <version>] [META]",
        "    The value with its state, and a token for the one who is to compute it.",
        "INFO <key>",
        "    What is known of the value, and why it is fresh, stale or dead.",
        "INVALIDATE [SOFT] <KEYS <key> [<key> ...] | TAGS <tag> [<tag> ...] | MATCH <pattern>>",
        "    Let values be old: gone, or with SOFT stale for as long as they have grace.",
        "RELEASE <key> <token> [RETRY <milliseconds> | PASS <milliseconds> | RENEW <milliseconds>]",
        "    End a lease without a value.",
        "SCAN <cursor> [MATCH <pattern>] [TAG <tag>] [STATE <FRESH | STALE | DEAD>] [COUNT <count>]",
        "    Some of the keys, stale and dead ones as well, and a cursor for the next call.",
        "SET <key> <value> [TOKEN <token>] [EX <seconds> | PX <milliseconds>] [GRACE <milliseconds>]",
        "    [TAGS <number> <tag> [<tag> ...]] [VERSION <version>] [COST <milliseconds>] [JITTER <percent>]",
        "    [TYPE <media-type>]",
        "    Store a value with what it depends on, and end the lease.",
        "TOP <HOT | BIG | PREFIX> [COUNT <count>] [RESET]",
        "    The keys that are asked for most, in samples of the last half minute; the largest; or what keys",
        "    take by prefix, and how their reads hit. RESET begins the samples anew.",
        NULL,
    };
    help_reply(call, lines);
}

#define CACHE .group = "cache", .tier = TIER_PASS, .since = "7.2.4"

static const struct command cache_subcommands[] = {
    { "get", cache_get,
      .syntax = "key [LEASE milliseconds | PEEK] [WAIT milliseconds] [FRESH] [VERSION version] [META]",
      .keys = { KEY(2, KEY_RO | KEY_ACCESS) }, .flags = CMD_READONLY | CMD_BLOCKING, CACHE,
      .cost = "O(1), and O(N) for N tags of the value",
      .reply = "array of the state, the value or null, a token or null, and with META a map",
      .summary = "Get a value with its state, or a lease to compute it." },
    { "set", cache_set,
      .syntax = "key value [TOKEN token] [<EX seconds | PX milliseconds>] [GRACE milliseconds] "
                "[TAGS numtags tag [tag ...]] [VERSION version] [COST milliseconds] [JITTER percent] "
                "[TYPE media-type]",
      .keys = { KEY(2, KEY_OW | KEY_UPDATE) }, .tags = cache_tags_given, .flags = CMD_WRITE | CMD_GROWS,
      CACHE, .kind = KIND_UNLEASE, .cost = "O(N) for N tags, and the length of the value",
      .reply = "OK, or null if the token is no longer good",
      .summary = "Store a value with its life, grace, tags and version." },
    { "invalidate", cache_invalidate,
      .syntax = "[SOFT] <KEYS key [key ...] | TAGS tag [tag ...] | MATCH pattern>",
      .keys = { KEYS_ALL_BEHIND("KEYS", 2, KEY_RM | KEY_DELETE, .values = "SOFT") },
      .tags = cache_tags_bumped, .shards = cache_shards_of_invalidate,
      .flags = CMD_WRITE | CMD_NO_MANDATORY_KEYS, CACHE, .kind = KIND_BLOCK,
      .cost = "O(N) for N keys, or N tags however many keys have them; with MATCH for all N keys there are",
      .reply = "integer: the keys that were visible, or the tags",
      .summary = "Let values be old from now on, by key, by tag or by pattern." },
    { "info", cache_info, .syntax = "key", .keys = { KEY(2, KEY_RO | KEY_ACCESS) }, .flags = CMD_READONLY,
      CACHE, .kind = KIND_BLOCK, .cost = "O(N) for the bytes of the value, up to 1 MB",
      .reply = "map, or null if there is nothing", .summary = "What is known of a value, and why." },
    { "scan", cache_scan,
      .syntax = "cursor [MATCH pattern] [TAG tag] [STATE <FRESH | STALE | DEAD>] [COUNT count]",
      .tags = cache_tags_scanned, .flags = CMD_READONLY | CMD_STEPS, CACHE, .kind = KIND_BLOCK,
      .cost = "O(1) for a call with the default COUNT, O(N) for all N keys",
      .reply = "array of a cursor and an array of bulk strings",
      .summary = "Some of the keys, stale and dead ones as well, and a cursor for the next call." },
    { "release", cache_release,
      .syntax = "key token [RETRY milliseconds | PASS milliseconds | RENEW milliseconds]",
      .keys = { KEY(2, KEY_RW | KEY_UPDATE) }, .flags = CMD_WRITE | CMD_FAST, CACHE, .kind = KIND_UNLEASE,
      .cost = "O(1)", .reply = "integer: 1, or 0 if the token is no longer good or RENEW finds no value",
      .summary = "End a lease without a value." },
    { "top", cache_top, .syntax = "<HOT | BIG | PREFIX> [COUNT count] [RESET]",
      .flags = CMD_APART | CMD_ADMIN | CMD_LOADING | CMD_STALE, .group = "cache", .tier = TIER_LOCAL,
      .since = "7.2.4", .cost = "O(1); of BIG and PREFIX O(N) for N keys, in slices, once in a while",
      .reply = "array of maps: name, database, and how often it is asked for; name, type, bytes and length; "
               "prefix, keys, bytes, hits and misses",
      .summary = "Get the keys that are asked for most, the largest, or what keys take by prefix." },
    { "help", help, .syntax = "", .flags = CMD_LOADING | CMD_STALE, .group = "cache", .tier = TIER_LOCAL,
      .since = "7.2.4", .cost = "O(1)", .reply = "array", .summary = "Explain the subcommands." },
    { 0 },
};

const struct command cache_commands[] = {
    { "cache", .syntax = "", CACHE, .cost = "Depends on the subcommand",
      .summary = "Values with a soft deadline, and who computes them.", .subcommands = cache_subcommands },
    { 0 },
};
