#include "server/upstream/errand_kind.h"

#include <stddef.h>

static const struct {
    const char *name;
    enum errand_kind kind;
} names[] = {
    { "multi", KIND_MULTI },
    { "watch", KIND_WATCH },
    { "unwatch", KIND_UNWATCH },
    { "exec", KIND_EXEC },
    { "discard", KIND_DISCARD },
    { "subscribe", KIND_SUBSCRIBE },
    { "unsubscribe", KIND_UNSUBSCRIBE },
    { "psubscribe", KIND_PSUBSCRIBE },
    { "punsubscribe", KIND_PUNSUBSCRIBE },
    { "ssubscribe", KIND_SSUBSCRIBE },
    { "sunsubscribe", KIND_SUNSUBSCRIBE },
    { "blpop", KIND_BLOCK },
    { "brpop", KIND_BLOCK },
    { "brpoplpush", KIND_BLOCK },
    { "blmove", KIND_BLOCK },
    { "blmpop", KIND_BLOCK },
    { "bzpopmin", KIND_BLOCK },
    { "bzpopmax", KIND_BLOCK },
    { "bzmpop", KIND_BLOCK },
    { "wait", KIND_BLOCK },
    { "waitaof", KIND_BLOCK },
    { "sync", KIND_FORBIDDEN },
    { "psync", KIND_FORBIDDEN },
    { "replconf", KIND_FORBIDDEN },
};

enum errand_kind errand_kind_named(struct slice name)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (slice_equal_nocase(name, slice_of_cstr(names[i].name))) return names[i].kind;
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

/* Behind the script that is to be killed it would wait for ever. */
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
    enum errand_kind kind = errand_kind_named(name);
    if (kind != KIND_PLAIN) return has_arity_of(kind, argc) ? kind : KIND_PLAIN;
    return is_blocking_read(name, argv, argc) || errand_kind_is_kill(name, argv, argc) ? KIND_BLOCK
                                                                                       : KIND_PLAIN;
}
