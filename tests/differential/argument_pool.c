#include "tests/differential/argument_pool.h"

#include <stdio.h>
#include <string.h>

#include "tests/differential/arena.h"
#include "tests/support/random.h"

/* An element of a pool; the compiler counts. */
#define TEXT(literal)                                                                                        \
    {                                                                                                        \
        literal, sizeof(literal) - 1                                                                         \
    }

enum pool {
    VALUE,
    KEY,
    NUMBER,
    FLOAT,
    SECONDS,
    MILLISECONDS,
    UNIX_SECONDS,
    UNIX_MS,
    DB,
    PATTERN,
    CURSOR,
    TYPE,
    COMMAND,
    BLOCK_S,
    BLOCK_MS,
    NUMBER_OF_KEYS,
    STREAM_ID,
    SCRIPT,
    FUNCTION,
    LIBRARY,
    MEMBER,
};

/* The first entry that the placeholder's name ends in decides. */
static const struct {
    const char *ending;
    enum pool pool;
} pools[] = {
    { "unix-time-milliseconds", UNIX_MS },
    { "unix-time-seconds", UNIX_SECONDS },
    { "milliseconds", MILLISECONDS },
    { "seconds", SECONDS },
    { "timestamp", UNIX_MS },
    { "key", KEY },
    { "key1", KEY },
    { "key2", KEY },
    { "source", KEY },
    { "destination", KEY },
    { "increment", FLOAT },
    { "decrement", NUMBER },
    { "offset", NUMBER },
    { "start", NUMBER },
    { "end", NUMBER },
    { "stop", NUMBER },
    { "count", NUMBER },
    { "len", NUMBER },
    { "integer", NUMBER },
    { "db", DB },
    { "index", DB },
    { "index1", DB },
    { "index2", DB },
    { "pattern", PATTERN },
    { "cursor", CURSOR },
    { "type", TYPE },
    { "block-for-s", BLOCK_S },
    { "block-for-ms", BLOCK_MS },
    { "numkeys", NUMBER_OF_KEYS },
    { "stream-id", STREAM_ID },
    { "script", SCRIPT },
    { "function", FUNCTION },
    { "function-code", LIBRARY },
    { "member", MEMBER },
    { "field", MEMBER },
    { "group", MEMBER },
    { "groupname", MEMBER },
    { "consumer", MEMBER },
    { "consumername", MEMBER },
    { "command", COMMAND },
    { "command-name", COMMAND },
};

static const struct slice keys[] = {
    TEXT("k"),      TEXT("k2"),     TEXT("K"), TEXT("counter"),
    TEXT("user:1"), TEXT("user:2"), TEXT(""),  TEXT("bin\r\n\0\xff\x80"),
};

static const struct slice nonsense[] = {
    TEXT("abc"),
    TEXT(""),
    TEXT(" 1"),
    TEXT("1 "),
    TEXT("+1"),
    TEXT("1.5"),
    TEXT("007"),
    TEXT("-0"),
    TEXT("0x10"),
    TEXT("1e3"),
    TEXT("1\0"),
    TEXT("9223372036854775808"),
    TEXT("-9223372036854775809"),
    TEXT("99999999999999999999999"),
    TEXT("nan"),
    TEXT("inf"),
};

static const struct slice numbers[] = {
    TEXT("0"),
    TEXT("1"),
    TEXT("-1"),
    TEXT("2"),
    TEXT("3"),
    TEXT("-2"),
    TEXT("-5"),
    TEXT("10"),
    TEXT("255"),
    TEXT("1000"),
    TEXT("-1000"),
    TEXT("2147483647"),
    TEXT("2147483648"),
    TEXT("-2147483648"),
    TEXT("4294967296"),
    TEXT("9223372036854775807"),
    TEXT("9223372036854775806"),
    TEXT("-9223372036854775808"),
    TEXT("-9223372036854775807"),
};

/* Of these none is a deadline between now and the end of a slow test, whatever the unit. */
static const struct slice timeless[] = {
    TEXT("0"),
    TEXT("-1"),
    TEXT("-1000"),
    TEXT("9223372036854775807"),
    TEXT("-9223372036854775808"),
    TEXT("9223372036854775"),
    TEXT("9223372036854776"),
    TEXT("-9223372036854775"),
};

static const struct slice floats[] = {
    TEXT("1.5"),
    TEXT("0.1"),
    TEXT("-0.1"),
    TEXT("3.0"),
    TEXT("1e10"),
    TEXT("1e-7"),
    TEXT("5.0e3"),
    TEXT("1e308"),
    TEXT("1.7976931348623157e308"),
    TEXT("3.14159265358979323846"),
    TEXT("-inf"),
    TEXT("0x1p3"),
    TEXT(".5"),
};

static const struct slice dbs[] = {
    TEXT("0"), TEXT("0"),  TEXT("1"),  TEXT("1"),          TEXT("2"),
    TEXT("3"), TEXT("15"), TEXT("16"), TEXT("2147483648"), TEXT("-1"),
};

static const struct slice patterns[] = {
    TEXT("*"),     TEXT("k*"),    TEXT("?"),     TEXT("user:?"), TEXT("user:[12]"), TEXT("[^k]*"),
    TEXT("[a-j]"), TEXT("[j-a]"), TEXT("\\k"),   TEXT("[k"),     TEXT(""),          TEXT("*\xff*"),
    TEXT("k\\"),   TEXT("**?**"), TEXT("[\\k]"), TEXT("[]k]"),   TEXT("*\r\n*"),    TEXT("[^]"),
};

static const struct slice types[] = {
    TEXT("string"), TEXT("STRING"), TEXT("hash"),       TEXT("set"),
    TEXT("list"),   TEXT("zset"),   TEXT("nosuchtype"), TEXT(""),
};

static const struct slice commands[] = {
    TEXT("get"),
    TEXT("SET"),
    TEXT("mset"),
    TEXT("del"),
    TEXT("rename"),
    TEXT("object"),
    TEXT("object|encoding"),
    TEXT("client|id"),
    TEXT("ping"),
    TEXT("nosuch"),
};

/* How long a blocking command waits: not so long that the test does, and never for ever. */
static const struct slice blocks_s[] = { TEXT("0.001"), TEXT("0.01"), TEXT("0.02"), TEXT("-1"), TEXT("abc") };
static const struct slice blocks_ms[] = { TEXT("1"), TEXT("5"), TEXT("20"), TEXT("-1"), TEXT("abc") };

static const struct slice key_counts[] = {
    TEXT("1"), TEXT("1"), TEXT("2"), TEXT("2"), TEXT("0"), TEXT("-1")
};

static const struct slice stream_ids[] = {
    TEXT("1-1"), TEXT("1-2"), TEXT("2-1"), TEXT("3-7"), TEXT("5"), TEXT("9-9"), TEXT("0"),    TEXT("0-0"),
    TEXT("-"),   TEXT("+"),   TEXT("$"),   TEXT(">"),   TEXT("x"), TEXT("7-*"), TEXT("(1-1"),
};

static const struct slice members[] = {
    TEXT("a"), TEXT("b"), TEXT("c"), TEXT("d"), TEXT("1"), TEXT("2"), TEXT("field"), TEXT(""), TEXT("\xff\0"),
};

static const struct slice scripts[] = {
    TEXT("return 1"),
    TEXT("return KEYS"),
    TEXT("return {ARGV[1], 2.7, false, true, {ok='fine'}, 'x'}"),
    TEXT("return redis.call('GET', KEYS[1])"),
    TEXT("return redis.pcall('INCR', KEYS[1])"),
    TEXT("return redis.call('SET', KEYS[1], ARGV[1] or 'v')"),
    TEXT("redis.call('RPUSH', 'k', 'x') return redis.call('LRANGE', 'k', 0, -1)"),
    TEXT("return redis.call('DEL', 'k', 'k2', 'user:1')"),
    TEXT("return redis.error_reply('MY error')"),
    TEXT("return redis.sha1hex(KEYS[1] or '')"),
    TEXT("redis.setresp(3) return redis.call('HGETALL', KEYS[1])"),
    TEXT("return nosuch.thing"),
    TEXT("not lua"),
};

static const struct slice libraries[] = {
    TEXT("#!lua name=one\nredis.register_function('f', function(keys, args) return #keys end)"),
    TEXT("#!lua name=two\nredis.register_function('g', function(keys, args) return redis.call('SET', "
         "keys[1], args[1]) end)"),
    TEXT("#!lua name=three\nredis.register_function{function_name='h', callback=function(keys, args) return "
         "redis.call('GET', keys[1]) end, flags={'no-writes'}}"),
    TEXT("no library"),
};

static const struct slice functions[] = { TEXT("f"), TEXT("g"), TEXT("h"), TEXT("nosuch") };

static const struct slice words[] = {
    TEXT("v"),
    TEXT("value"),
    TEXT("Hello, World"),
    TEXT("ohmytext"),
    TEXT("mynewtext"),
    TEXT("with space"),
    TEXT("quo\"te'"),
    TEXT("\r\n"),
    TEXT("\0"),
    TEXT("\xc3\xa9"),
    TEXT("*1\r\n$4\r\nPING\r\n"),
};

#define PICK(pool) pool[random_below(random, sizeof pool / sizeof *pool)]

static enum pool pool_of(struct slice name)
{
    for (size_t i = 0; i < sizeof pools / sizeof *pools; i++) {
        struct slice ending = slice_of_cstr(pools[i].ending);
        if (name.len < ending.len) continue;
        if (slice_equal(slice_of(name.data + name.len - ending.len, ending.len), ending))
            return pools[i].pool;
    }
    return VALUE;
}

bool argument_pool_is_key(struct slice name)
{
    return pool_of(name) == KEY;
}

bool argument_pool_is_time(struct slice name)
{
    enum pool pool = pool_of(name);
    return pool == SECONDS || pool == MILLISECONDS || pool == UNIX_SECONDS || pool == UNIX_MS;
}

static struct slice filled(size_t len, struct random *random, struct arena *arena)
{
    char *bytes = arena_bytes(arena, len);
    for (size_t i = 0; i < len; i++) bytes[i] = (char)random_next(random);
    /* Half of them text, so that integers and patterns have something to meet. */
    if (random_chance(random, 50)) memset(bytes, 'a' + (int)random_below(random, 3), len);
    return slice_of(bytes, len);
}

static struct slice printed(long long number, struct arena *arena)
{
    char text[32];
    return arena_copy(arena, slice_of(text, (size_t)snprintf(text, sizeof text, "%lld", number)));
}

/* Anywhere between two numbers: equal draws are so rare that comparisons of deadlines have one answer. */
static struct slice between(long long low, long long high, struct random *random, struct arena *arena)
{
    return printed(low + (long long)(random_next(random) % (uint64_t)(high - low)), arena);
}

static struct slice draw_value(bool timed, struct random *random, struct arena *arena)
{
    /* 44 and 45 bytes: on either side of the longest string that Redis embeds in its object. */
    static const size_t lengths[] = { 1, 20, 21, 43, 44, 45, 46, 64, 1000 };
    switch (random_below(random, 16)) {
    case 0: return slice_of("", 0);
    case 1:
    case 2: return PICK(nonsense);
    case 3:
    case 4:
    case 5:
    case 6: return timed ? PICK(timeless) : PICK(numbers);
    case 7:
    case 8:
        /* 1.5 and 3.0 are no deadlines: those are integers. */
        return PICK(floats);
    case 9:
    case 10: return filled(PICK(lengths), random, arena);
    case 11: return random_chance(random, 15) ? filled(10240, random, arena) : PICK(words);
    default: return PICK(words);
    }
}

/* Keys of one type in three of four calls; which one, for a command of any type, is chosen now. */
static struct slice draw_typed_key(const char *group, struct random *random, struct arena *arena)
{
    static const struct {
        const char *group, *stem;
    } families[] = {
        { "hash", "h" }, { "set", "s" },         { "list", "l" },   { "sorted-set", "z" },
        { "geo", "z" },  { "hyperloglog", "p" }, { "bitmap", "b" }, { "stream", "x" },
    };
    size_t any = random_below(random, sizeof families / sizeof *families);
    bool generic = strcmp(group, "generic") == 0;
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        if (generic ? i != any : strcmp(group, families[i].group) != 0) continue;
        char text[8];
        int len = snprintf(text, sizeof text, "%s%d", families[i].stem, (int)random_below(random, 3));
        return arena_copy(arena, slice_of(text, (size_t)len));
    }
    return PICK(keys);
}

static struct slice draw_key(const char *group, struct random *random, struct arena *arena)
{
    if (group != NULL && random_chance(random, 75)) return draw_typed_key(group, random, arena);
    if (random_chance(random, 98)) return PICK(keys);
    char *bytes = arena_bytes(arena, 400);
    memset(bytes, 'L', 400);
    return slice_of(bytes, 400);
}

/* `soon` is far enough away for the slowest test, `late` for nothing to overflow. */
static struct slice draw_deadline(long long soon, long long late, struct random *random, struct arena *arena)
{
    switch (random_below(random, 8)) {
    case 0: return PICK(timeless);
    case 1: return PICK(nonsense);
    default: return between(soon, late, random, arena);
    }
}

struct slice argument_pool_draw_wild(bool timed, struct random *random, struct arena *arena)
{
    switch (random_below(random, 4)) {
    case 0: return PICK(nonsense);
    case 1: return timed ? PICK(timeless) : PICK(numbers);
    case 2: return draw_key(NULL, random, arena);
    default: return draw_value(timed, random, arena);
    }
}

/* Some are few, to meet again; of others there are so many that collections grow. */
static struct slice draw_member(struct random *random, struct arena *arena)
{
    switch (random_below(random, 10)) {
    case 0: return draw_value(false, random, arena);
    case 1:
    case 2: return printed((long long)random_below(random, 40) - 10, arena);
    case 3:
    case 4: {
        char text[16];
        int len = snprintf(text, sizeof text, "m%d", (int)random_below(random, 60));
        return arena_copy(arena, slice_of(text, (size_t)len));
    }
    default: return PICK(members);
    }
}

/* Pools that hold their own nonsense, since not every nonsense is harmless in their place. */
static struct slice draw_careful(enum pool pool, struct random *random, struct arena *arena)
{
    switch (pool) {
    case BLOCK_S: return PICK(blocks_s);
    case BLOCK_MS: return PICK(blocks_ms);
    case NUMBER_OF_KEYS: return PICK(key_counts);
    case STREAM_ID: return PICK(stream_ids);
    case SCRIPT: return PICK(scripts);
    case FUNCTION: return PICK(functions);
    case LIBRARY: return PICK(libraries);
    default: return draw_member(random, arena);
    }
}

bool argument_pool_is_careful(struct slice name)
{
    enum pool pool = pool_of(name);
    return pool == BLOCK_S || pool == BLOCK_MS;
}

struct slice argument_pool_draw(const struct argument_place *place, struct random *random,
                                struct arena *arena)
{
    enum pool pool = pool_of(place->name);
    bool timed = place->timed;
    if (pool >= BLOCK_S) return draw_careful(pool, random, arena);
    if (pool != KEY && pool != VALUE && random_chance(random, 4)) {
        return argument_pool_draw_wild(timed, random, arena);
    }
    switch (pool) {
    case KEY: return draw_key(place->group, random, arena);
    case NUMBER: return random_chance(random, 12) ? PICK(nonsense) : PICK(numbers);
    case FLOAT:
        if (random_chance(random, 12)) return PICK(nonsense);
        return random_chance(random, 50) ? PICK(floats) : PICK(numbers);
    case SECONDS: return draw_deadline(100000, 1000000000, random, arena);
    case MILLISECONDS: return draw_deadline(100000000, 1000000000000, random, arena);
    case UNIX_SECONDS:
        if (random_chance(random, 15)) return between(1, 1000000000, random, arena);
        return draw_deadline(4102444800, 40000000000, random, arena);
    case UNIX_MS:
        if (random_chance(random, 15)) return between(1, 1000000000000, random, arena);
        return draw_deadline(4102444800000, 40000000000000, random, arena);
    case DB: return random_chance(random, 10) ? PICK(nonsense) : PICK(dbs);
    case PATTERN: return PICK(patterns);
    case CURSOR: return random_chance(random, 90) ? SLICE("0") : PICK(nonsense);
    case TYPE: return PICK(types);
    case COMMAND: return PICK(commands);
    default: break;
    }
    return draw_value(timed, random, arena);
}
