#include "server/exec/command/placeholder.h"

#include <stddef.h>
#include <string.h>

struct meaning {
    const char *command; /* NULL: of every command */
    const char *name;
    enum syntax_type type;
};

/* The first that fits counts. */
static const struct meaning meanings[] = {
    { "bitfield", "value", SYNTAX_INTEGER },
    { "hincrbyfloat", "increment", SYNTAX_DOUBLE },
    { "incrbyfloat", "increment", SYNTAX_DOUBLE },
    { "pause", "timeout", SYNTAX_INTEGER },
    { "setbit", "value", SYNTAX_INTEGER },
    { "wait", "timeout", SYNTAX_INTEGER },
    { "waitaof", "timeout", SYNTAX_INTEGER },
    { "xautoclaim", "start", SYNTAX_STRING },
    { "xpending", "end", SYNTAX_STRING },
    { "xpending", "min-idle-time", SYNTAX_INTEGER },
    { "xpending", "start", SYNTAX_STRING },
    { "xrange", "end", SYNTAX_STRING },
    { "xrange", "start", SYNTAX_STRING },
    { "xrevrange", "end", SYNTAX_STRING },
    { "xrevrange", "start", SYNTAX_STRING },
    { "zcount", "max", SYNTAX_DOUBLE },
    { "zcount", "min", SYNTAX_DOUBLE },
    { "zrange", "start", SYNTAX_STRING },
    { "zrange", "stop", SYNTAX_STRING },
    { "zrangebyscore", "max", SYNTAX_DOUBLE },
    { "zrangebyscore", "min", SYNTAX_DOUBLE },
    { "zremrangebyscore", "max", SYNTAX_DOUBLE },
    { "zremrangebyscore", "min", SYNTAX_DOUBLE },
    { "zrevrangebyscore", "max", SYNTAX_DOUBLE },
    { "zrevrangebyscore", "min", SYNTAX_DOUBLE },
    { NULL, "bit", SYNTAX_INTEGER },
    { NULL, "client-id", SYNTAX_INTEGER },
    { NULL, "cluster_bus_port", SYNTAX_INTEGER },
    { NULL, "config-epoch", SYNTAX_INTEGER },
    { NULL, "count", SYNTAX_INTEGER },
    { NULL, "cursor", SYNTAX_INTEGER },
    { NULL, "db", SYNTAX_INTEGER },
    { NULL, "decrement", SYNTAX_INTEGER },
    { NULL, "destination-db", SYNTAX_INTEGER },
    { NULL, "end", SYNTAX_INTEGER },
    { NULL, "end-slot", SYNTAX_INTEGER },
    { NULL, "entries_added", SYNTAX_INTEGER },
    { NULL, "entries_read", SYNTAX_INTEGER },
    { NULL, "frequency", SYNTAX_INTEGER },
    { NULL, "height", SYNTAX_DOUBLE },
    { NULL, "increment", SYNTAX_INTEGER },
    { NULL, "index", SYNTAX_INTEGER },
    { NULL, "index1", SYNTAX_INTEGER },
    { NULL, "index2", SYNTAX_INTEGER },
    { NULL, "latitude", SYNTAX_DOUBLE },
    { NULL, "len", SYNTAX_INTEGER },
    { "genpass", "bits", SYNTAX_INTEGER },
    { NULL, "limit", SYNTAX_INTEGER },
    { NULL, "longitude", SYNTAX_DOUBLE },
    { NULL, "milliseconds", SYNTAX_INTEGER },
    { NULL, "ms", SYNTAX_INTEGER },
    { NULL, "min-match-len", SYNTAX_INTEGER },
    { NULL, "num-matches", SYNTAX_INTEGER },
    { NULL, "numids", SYNTAX_INTEGER },
    { NULL, "numkeys", SYNTAX_INTEGER },
    { NULL, "numlocal", SYNTAX_INTEGER },
    { NULL, "numreplicas", SYNTAX_INTEGER },
    { NULL, "offset", SYNTAX_INTEGER },
    { NULL, "port", SYNTAX_INTEGER },
    { NULL, "protover", SYNTAX_INTEGER },
    { NULL, "radius", SYNTAX_DOUBLE },
    { NULL, "rank", SYNTAX_INTEGER },
    { NULL, "samples", SYNTAX_INTEGER },
    { NULL, "score", SYNTAX_DOUBLE },
    { NULL, "seconds", SYNTAX_INTEGER },
    { NULL, "slot", SYNTAX_INTEGER },
    { NULL, "start", SYNTAX_INTEGER },
    { NULL, "start-slot", SYNTAX_INTEGER },
    { NULL, "stop", SYNTAX_INTEGER },
    { NULL, "timeout", SYNTAX_DOUBLE },
    { NULL, "version", SYNTAX_INTEGER },
    { NULL, "weight", SYNTAX_INTEGER },
    { NULL, "width", SYNTAX_DOUBLE },
    { NULL, "pattern", SYNTAX_PATTERN },
    { NULL, "ttl", SYNTAX_INTEGER },
    { NULL, "unix-time-seconds", SYNTAX_UNIX_TIME },
    { NULL, "unix-time-milliseconds", SYNTAX_UNIX_TIME },
};

enum syntax_type placeholder_type(const char *command, const char *name)
{
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        const struct meaning *meaning = &meanings[i];
        if (meaning->command != NULL && strcmp(meaning->command, command) != 0) continue;
        if (strcmp(meaning->name, name) == 0) return meaning->type;
    }
    return SYNTAX_STRING;
}

struct wording {
    const char *command; /* NULL: of every command */
    const char *first;
    const char *name;
};

static const char *wording_of(const struct wording *wordings, const char *command, const char *first)
{
    for (const struct wording *wording = wordings; first != NULL && wording->name != NULL; wording++) {
        if (wording->command != NULL && strcmp(wording->command, command) != 0) continue;
        if (strcmp(wording->first, first) == 0) return wording->name;
    }
    return NULL;
}

const char *placeholder_token_name(const char *command, const char *token)
{
    static const struct wording wordings[] = {
        { "geoadd", "CH", "change" },      { "sort", "ALPHA", "sorting" },
        { "sort_ro", "ALPHA", "sorting" }, { "zadd", "CH", "change" },
        { "zadd", "INCR", "increment" },   { NULL, "=", "equal" },
        { NULL, "~", "approximately" },    { NULL, "*", "auto_id" },
        { NULL, "$", "new_id" },           { 0 },
    };
    return wording_of(wordings, command, token);
}

const char *placeholder_choice_name(const char *command, const char *token, bool again)
{
    static const struct wording wordings[] = {
        { "blmove", "LEFT", "wherefrom" },  { "lmove", "LEFT", "wherefrom" },
        { NULL, "NX", "condition" },        { "delex", "IFEQ", "condition" },
        { NULL, "KEEPREF", "condition" },   { "setslot", "IMPORTING", "subcommand" },
        { "failover", "FORCE", "options" }, { "restore", "FLUSH", "policy" },
        { NULL, "EX", "expiration" },       { NULL, "ASYNC", "async" },
        { NULL, "WRITE", "mode" },          { NULL, "YES", "mode" },
        { "tracking", "ON", "status" },     { NULL, "TIMEOUT", "timeout_error" },
        { NULL, "ASC", "order" },           { NULL, "M", "unit" },
        { NULL, "LEFT", "where" },          { NULL, "MIN", "where" },
        { NULL, "BEFORE", "where" },        { NULL, "BYSCORE", "sortby" },
        { NULL, "GT", "comparison" },       { NULL, "BYTE", "index_unit" },
        { NULL, "SUM", "aggregate" },       { "bitop", "AND", "operation" },
        { NULL, "FROMMEMBER", "from" },     { NULL, "circle", "by" },
        { "bitfield", "GET", "operation" }, { NULL, "SET", "write_operation" },
        { NULL, "MAXLEN", "strategy" },     { NULL, "=", "operator" },
        { NULL, "*", "id_or_auto" },        { NULL, "id", "id" },
        { "log", "count", "operation" },    { 0 },
    };
    const char *name = wording_of(wordings, command, token);
    return again && name != NULL && strcmp(name, "wherefrom") == 0 ? "whereto" : name;
}

const char *placeholder_block_name(const char *command, const char *first)
{
    static const struct wording wordings[] = {
        { "hrandfield", "count", "options" },
        { "zrandmember", "count", "options" },
        { "bitcount", "start", "index" },
        { "bitpos", "start", "index" },
        { "bitpos", "end", "end_index" },
        { "bitfield", "wrap_sat_fail", "write" },
        { NULL, "radius", "circle" },
        { NULL, "width", "box" },
        { NULL, "strategy", "trim" },
        { "xread", "key", "streams" },
        { "xreadgroup", "key", "streams" },
        { "xpending", "min-idle-time", "filters" },
        { NULL, "full", "full" },
        { NULL, "count", "count" },
        { 0 },
    };
    return wording_of(wordings, command, first);
}
