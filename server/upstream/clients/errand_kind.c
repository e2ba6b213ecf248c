#include "server/upstream/clients/errand_kind.h"

#include <stddef.h>

/* Every command of Redis that changes what its connection is, keeps it busy or makes Redis close it, and that
 * is not answered here (CLIENT, HELLO, AUTH, RESET, SELECT, MONITOR, QUIT, SHUTDOWN are). `below` names a
 * subcommand. */
static const struct {
    const char *name;
    const char *below; /* NULL: whatever follows */
    enum errand_kind kind;
} names[] = {
    /* What follows is queued, or depends on keys that are watched. */
    { "multi", NULL, KIND_MULTI },
    { "watch", NULL, KIND_WATCH },
    { "unwatch", NULL, KIND_UNWATCH },
    { "exec", NULL, KIND_EXEC },
    { "discard", NULL, KIND_DISCARD },
    /* Frames come that answer nothing. */
    { "subscribe", NULL, KIND_SUBSCRIBE },
    { "unsubscribe", NULL, KIND_UNSUBSCRIBE },
    { "psubscribe", NULL, KIND_PSUBSCRIBE },
    { "punsubscribe", NULL, KIND_PUNSUBSCRIBE },
    { "ssubscribe", NULL, KIND_SSUBSCRIBE },
    { "sunsubscribe", NULL, KIND_SUNSUBSCRIBE },
    /* They wait: for an element, for replicas, for a file. */
    { "blpop", NULL, KIND_BLOCK },
    { "brpop", NULL, KIND_BLOCK },
    { "brpoplpush", NULL, KIND_BLOCK },
    { "blmove", NULL, KIND_BLOCK },
    { "blmpop", NULL, KIND_BLOCK },
    { "bzpopmin", NULL, KIND_BLOCK },
    { "bzpopmax", NULL, KIND_BLOCK },
    { "bzmpop", NULL, KIND_BLOCK },
    { "wait", NULL, KIND_BLOCK },
    { "waitaof", NULL, KIND_BLOCK },
    /* Behind the script that is to be killed they would wait for ever. */
    { "script", "kill", KIND_BLOCK },
    { "function", "kill", KIND_BLOCK },
    /* The connection becomes a replica's, and what comes then is no reply. */
    { "sync", NULL, KIND_FORBIDDEN },
    { "psync", NULL, KIND_FORBIDDEN },
    { "replconf", NULL, KIND_FORBIDDEN },
    /* The connection becomes the debugger's, which reads what others send as its own commands. */
    { "script", "debug", KIND_FORBIDDEN },
    /* Flags of a connection to a node of a cluster, which this is not. */
    { "asking", NULL, KIND_CLUSTER },
    { "readonly", NULL, KIND_CLUSTER },
    { "readwrite", NULL, KIND_CLUSTER },
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

enum errand_kind errand_kind_named(struct slice name)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (is_called(i, name, NULL, 0)) return names[i].kind;
    return KIND_PLAIN;
}

bool errand_kind_blocks_by_option(struct slice name)
{
    return slice_equal_nocase(name, SLICE("xread")) || slice_equal_nocase(name, SLICE("xreadgroup"));
}

static bool is_blocking_read(struct slice name, const struct slice *argv, int argc)
{
    if (!errand_kind_blocks_by_option(name)) return false;
    for (int i = 1; i < argc; i++) {
        if (slice_equal_nocase(argv[i], SLICE("streams"))) return false;
        if (slice_equal_nocase(argv[i], SLICE("block"))) return true;
    }
    return false;
}

bool errand_kind_is_kill(struct slice name, const struct slice *argv, int argc)
{
    bool scripts = slice_equal_nocase(name, SLICE("script")) || slice_equal_nocase(name, SLICE("function"));
    return scripts && argc > 1 && slice_equal_nocase(argv[1], SLICE("kill"));
}

/* Without its arguments it is an error and changes nothing. An EXEC is the end in any case. */
static bool has_arity_of(enum errand_kind kind, int argc)
{
    if (kind == KIND_MULTI || kind == KIND_DISCARD || kind == KIND_UNWATCH) return argc == 1;
    return kind != KIND_WATCH || argc > 1;
}

enum errand_kind errand_kind_of(struct slice name, const struct slice *argv, int argc)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (is_called(i, name, argv, argc))
            return has_arity_of(names[i].kind, argc) ? names[i].kind : KIND_PLAIN;
    return is_blocking_read(name, argv, argc) ? KIND_BLOCK : KIND_PLAIN;
}
