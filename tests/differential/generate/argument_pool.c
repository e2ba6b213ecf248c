#include "tests/differential/generate/argument_pool.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/random.h"
#include "tests/differential/generate/arena.h"
#include "tests/differential/generate/payload_pool.h"
#include "tests/differential/generate/script_pool.h"

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
    IDLE,
    SCRIPT,
    FUNCTION,
    LIBRARY,
    MEMBER,
    SCORE,
    SCORE_BOUND,
    LONGITUDE,
    LATITUDE,
    DISTANCE,
    BIT,
    BIT_TYPE,
    BIT_OFFSET,
    BIT_OPERATION,
    PAYLOAD,
};

/* The first entry of the command's group, or of any, that the placeholder's name ends in decides. */
static const struct {
    const char *ending;
    enum pool pool;
    const char *group; /* NULL: any */
} pools[] = {
    { "offset", BIT_OFFSET, "bitmap" },
    { "value", BIT, "bitmap" },
    { "operation", BIT_OPERATION, "bitmap" },
    { "encoding", BIT_TYPE, "bitmap" },
    { "bit", BIT, "bitmap" },
    { "start", STREAM_ID, "stream" },
    { "end", STREAM_ID, "stream" },
    { "id", STREAM_ID, "stream" },
    { "threshold", STREAM_ID, "stream" },
    { "time", IDLE, "stream" },
    { "milliseconds", BLOCK_MS, "stream" },
    { "ms", NUMBER, "stream" },
    { "start", SCORE_BOUND, "sorted-set" },
    { "stop", SCORE_BOUND, "sorted-set" },
    { "min", SCORE_BOUND, "sorted-set" },
    { "max", SCORE_BOUND, "sorted-set" },
    { "increment", SCORE, "sorted-set" },
    { "dst", KEY, NULL },
    { "src", KEY, NULL },
    { "unix-time-milliseconds", UNIX_MS, NULL },
    { "unix-time-seconds", UNIX_SECONDS, NULL },
    { "milliseconds", MILLISECONDS, NULL },
    { "seconds", SECONDS, NULL },
    { "timestamp", UNIX_MS, NULL },
    { "key", KEY, NULL },
    { "source", KEY, NULL },
    { "destination", KEY, NULL },
    { "increment", FLOAT, NULL },
    { "decrement", NUMBER, NULL },
    { "offset", NUMBER, NULL },
    { "start", NUMBER, NULL },
    { "end", NUMBER, NULL },
    { "stop", NUMBER, NULL },
    { "count", NUMBER, NULL },
    { "limit", NUMBER, NULL },
    { "len", NUMBER, NULL },
    { "integer", NUMBER, NULL },
    { "db", DB, NULL },
    { "index", DB, NULL },
    { "pattern", PATTERN, NULL },
    { "cursor", CURSOR, NULL },
    { "type", TYPE, NULL },
    { "block-for-s", BLOCK_S, NULL },
    { "timeout", BLOCK_S, NULL },
    { "block-for-ms", BLOCK_MS, NULL },
    { "numkeys", NUMBER_OF_KEYS, NULL },
    { "stream-id", STREAM_ID, NULL },
    { "script", SCRIPT, NULL },
    { "function", FUNCTION, NULL },
    { "function-code", LIBRARY, NULL },
    { "member", MEMBER, NULL },
    { "field", MEMBER, NULL },
    { "group", MEMBER, NULL },
    { "groupname", MEMBER, NULL },
    { "consumer", MEMBER, NULL },
    { "consumername", MEMBER, NULL },
    { "command", COMMAND, NULL },
    { "command-name", COMMAND, NULL },
    { "score", SCORE, NULL },
    { "weight", SCORE, NULL },
    { "longitude", LONGITUDE, NULL },
    { "latitude", LATITUDE, NULL },
    { "radius", DISTANCE, NULL },
    { "width", DISTANCE, NULL },
    { "height", DISTANCE, NULL },
    { "element", MEMBER, NULL },
    { "pivot", MEMBER, NULL },
    { "rank", NUMBER, NULL },
    { "num-matches", NUMBER, NULL },
    { "ttl", MILLISECONDS, NULL },
    { "serialized-value", PAYLOAD, "generic" },
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
    TEXT("0x1p3"),
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

/* None is between the times that anything may have been idle at one server and at another. */
static const struct slice idle_times[] = {
    TEXT("0"), TEXT("0"), TEXT("0"), TEXT("-1"), TEXT("100000000"), TEXT("9223372036854775807"), TEXT("x"),
};

static const struct slice members[] = {
    TEXT("a"), TEXT("b"), TEXT("c"), TEXT("d"), TEXT("1"), TEXT("2"), TEXT("field"), TEXT(""), TEXT("\xff\0"),
};

static const struct slice scores[] = {
    TEXT("0"),    TEXT("1"),       TEXT("2"),   TEXT("3"),    TEXT("-1"),   TEXT("1.5"),
    TEXT("2.5"),  TEXT("-0"),      TEXT("10"),  TEXT("1e20"), TEXT("0.25"), TEXT("inf"),
    TEXT("-inf"), TEXT("1000000"), TEXT("nan"), TEXT("x"),
};

static const struct slice score_bounds[] = {
    TEXT("-inf"), TEXT("+inf"), TEXT("(1"),    TEXT("(2"),   TEXT("1.5"),  TEXT("(1.5"), TEXT("0"),
    TEXT("1"),    TEXT("2"),    TEXT("3"),     TEXT("10"),   TEXT("("),    TEXT("nan"),  TEXT("(inf"),
    TEXT(""),     TEXT(" 1"),   TEXT("1e400"), TEXT("1\0x"), TEXT("(nan"), TEXT("1 "),   TEXT("0x10"),
};

static const struct slice lex_bounds[] = {
    TEXT("-"),  TEXT("+"),  TEXT("[a"),   TEXT("(a"),   TEXT("[b"), TEXT("(b"), TEXT("[c"),
    TEXT("(d"), TEXT("[m"), TEXT("(m30"), TEXT("[m59"), TEXT("["),  TEXT("("),  TEXT("a"),
    TEXT("-"),  TEXT("+"),  TEXT("-\0"),  TEXT("+x"),   TEXT(""),   TEXT("[1"), TEXT("[\xff"),
};

static const struct slice longitudes[] = {
    TEXT("13.361389"), TEXT("15.087269"), TEXT("0"),          TEXT("-180"), TEXT("180"),
    TEXT("179.999"),   TEXT("-179.999"),  TEXT("12.5"),       TEXT("15"),   TEXT("181"),
    TEXT("2.352222"),  TEXT("2.3521"),    TEXT("-122.41942"), TEXT("x"),
};

static const struct slice latitudes[] = {
    TEXT("38.115556"),    TEXT("37.502669"), TEXT("0"),   TEXT("85.05112878"),
    TEXT("-85.05112878"), TEXT("86"),        TEXT("37"),  TEXT("48.85661"),
    TEXT("48.8567"),      TEXT("37.77493"),  TEXT("-60"), TEXT("x"),
};

static const struct slice distances[] = {
    TEXT("1"),   TEXT("100"),   TEXT("200"), TEXT("0"),  TEXT("1000"), TEXT("5000"),
    TEXT("0.5"), TEXT("20000"), TEXT("1e9"), TEXT("-1"), TEXT("x"),
};

static const struct slice bit_types[] = {
    TEXT("u8"),  TEXT("i8"),  TEXT("u1"),  TEXT("i1"), TEXT("u16"), TEXT("i32"), TEXT("u63"),
    TEXT("i64"), TEXT("u64"), TEXT("i65"), TEXT("u0"), TEXT("u"),   TEXT("x8"),  TEXT("i5"),
};

static const struct slice bit_offsets[] = {
    TEXT("0"),          TEXT("1"),   TEXT("7"),  TEXT("8"),  TEXT("9"),    TEXT("63"),
    TEXT("64"),         TEXT("#0"),  TEXT("#1"), TEXT("#3"), TEXT("#-1"),  TEXT("-1"),
    TEXT("4294967295"), TEXT("100"), TEXT("17"), TEXT("x"),  TEXT("8001"),
};

static const struct slice bits[] = {
    TEXT("0"), TEXT("1"), TEXT("1"), TEXT("2"), TEXT("-1"), TEXT("255"), TEXT("128"), TEXT("-129"), TEXT("x"),
};

static const struct slice bit_operations[] = {
    TEXT("AND"), TEXT("OR"), TEXT("xor"), TEXT("NOT"), TEXT("not"), TEXT("NAND"),
};

static const struct slice sort_patterns[] = {
    TEXT("#"),     TEXT("k*"),   TEXT("*"),      TEXT("nosort"),   TEXT("h*->a"),
    TEXT("h1->*"), TEXT("h2->"), TEXT("user:*"), TEXT("*->field"), TEXT("counter"),
};

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

/* `group` is NULL where only the kinds of pools matter that mean the same for all. */
static enum pool pool_of(struct slice name, const char *group)
{
    if (name.len > 1 && isdigit((unsigned char)name.data[name.len - 1])) name.len--; /* "key1" is a key */
    for (size_t i = 0; i < sizeof pools / sizeof *pools; i++) {
        struct slice ending = slice_of_cstr(pools[i].ending);
        if (pools[i].group != NULL && (group == NULL || strcmp(pools[i].group, group) != 0)) continue;
        if (name.len < ending.len) continue;
        if (slice_equal(slice_of(name.data + name.len - ending.len, ending.len), ending))
            return pools[i].pool;
    }
    return VALUE;
}

bool argument_pool_is_key(struct slice name)
{
    return pool_of(name, NULL) == KEY;
}

bool argument_pool_is_score(struct slice name, const char *group)
{
    return pool_of(name, group) == SCORE;
}

bool argument_pool_is_number_of_keys(struct slice name)
{
    return pool_of(name, NULL) == NUMBER_OF_KEYS;
}

bool argument_pool_is_time(struct slice name)
{
    enum pool pool = pool_of(name, NULL);
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

static struct slice numbered(const char *stem, struct random *random, struct arena *arena)
{
    char text[8];
    int len = snprintf(text, sizeof text, "%s%d", stem, (int)random_below(random, 3));
    return arena_copy(arena, slice_of(text, (size_t)len));
}

/* Which members lie between two is defined for equal scores only: those are under keys of their own. */
static bool wants_equal_scores(const char *command, struct random *random)
{
    if (strstr(command, "lex") != NULL) return true;
    bool writes = strcmp(command, "zadd") == 0 || strcmp(command, "zincrby") == 0;
    return writes && random_chance(random, 25);
}

/* Keys of one type in three of four calls; which one, for a command of any type, is chosen now. */
static struct slice draw_typed_key(const struct argument_place *place, struct random *random,
                                   struct arena *arena)
{
    const char *group = place->group;
    if (wants_equal_scores(place->command, random)) return numbered("y", random, arena);
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
        return numbered(families[i].stem, random, arena);
    }
    return PICK(keys);
}

/* `place` is NULL where any will do. */
static struct slice draw_key(const struct argument_place *place, struct random *random, struct arena *arena)
{
    if (place != NULL && place->group != NULL && random_chance(random, 75))
        return draw_typed_key(place, random, arena);
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

static struct slice draw_bound(const char *command, struct random *random)
{
    if (strstr(command, "lex") != NULL) return PICK(lex_bounds);
    if (strstr(command, "rank") != NULL || strcmp(command, "zrevrange") == 0) return PICK(numbers);
    if (strncmp(command, "zrange", 6) != 0 || strstr(command, "score") != NULL) return PICK(score_bounds);
    switch (random_below(random, 3)) {
    case 0: return PICK(lex_bounds);
    case 1: return PICK(score_bounds);
    default: return PICK(numbers);
    }
}

/* Hardly ever the same: Redis sorts what is equally far in no order. */
static struct slice draw_degrees(struct random *random, struct arena *arena)
{
    double spread = random_chance(random, 80) ? 5 : 85;
    double share = (double)(random_next(random) >> 11) * 0x1p-53;
    char text[32];
    snprintf(text, sizeof text, "%.14f", 20 + (2 * share - 1) * spread);
    return arena_copy(arena, slice_of_cstr(text));
}

/* XREAD's + is younger than Redis 7.0. */
static struct slice draw_stream_id(const char *command, struct random *random)
{
    struct slice id = PICK(stream_ids);
    return strcmp(command, "xread") == 0 && slice_equal(id, SLICE("+")) ? SLICE("$") : id;
}

/* Pools that hold their own nonsense, since not every nonsense is harmless in their place. */
static struct slice draw_careful(enum pool pool, const char *command, struct random *random,
                                 struct arena *arena)
{
    switch (pool) {
    case SCORE: return random_chance(random, 90) ? PICK(scores) : PICK(floats);
    case SCORE_BOUND: return draw_bound(command, random);
    case LONGITUDE: return random_chance(random, 90) ? draw_degrees(random, arena) : PICK(longitudes);
    case LATITUDE: return random_chance(random, 90) ? draw_degrees(random, arena) : PICK(latitudes);
    case DISTANCE: return PICK(distances);
    case BIT: return PICK(bits);
    case BIT_TYPE: return PICK(bit_types);
    case BIT_OFFSET: return PICK(bit_offsets);
    case BIT_OPERATION: return PICK(bit_operations);
    case PAYLOAD: return PICK(payload_pool);
    case BLOCK_S: return PICK(blocks_s);
    case BLOCK_MS: return PICK(blocks_ms);
    case NUMBER_OF_KEYS: return PICK(key_counts);
    case IDLE: return PICK(idle_times);
    case STREAM_ID: return draw_stream_id(command, random);
    case SCRIPT: return PICK(script_pool);
    case FUNCTION: return PICK(function_pool);
    case LIBRARY: return PICK(library_pool);
    default: return draw_member(random, arena);
    }
}

bool argument_pool_is_careful(struct slice name, const char *group)
{
    enum pool pool = pool_of(name, group);
    return pool == BLOCK_S || pool == BLOCK_MS;
}

/* Half of them of the size that counts and indexes have. */
static struct slice draw_number(struct random *random, struct arena *arena)
{
    if (random_chance(random, 12)) return PICK(nonsense);
    return random_chance(random, 50) ? printed((long long)random_below(random, 14) - 2, arena)
                                     : PICK(numbers);
}

struct slice argument_pool_draw(const struct argument_place *place, struct random *random,
                                struct arena *arena)
{
    enum pool pool = pool_of(place->name, place->group);
    if (pool >= BLOCK_S) return draw_careful(pool, place->command, random, arena);
    if (pool != KEY && pool != VALUE && random_chance(random, 4)) {
        return argument_pool_draw_wild(place->timed, random, arena);
    }
    switch (pool) {
    case KEY: return draw_key(place, random, arena);
    case NUMBER: return draw_number(random, arena);
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
    case PATTERN: return strncmp(place->command, "sort", 4) == 0 ? PICK(sort_patterns) : PICK(patterns);
    case CURSOR: return random_chance(random, 90) ? SLICE("0") : PICK(nonsense);
    case TYPE: return PICK(types);
    case COMMAND: return PICK(commands);
    default: break;
    }
    return draw_value(place->timed, random, arena);
}
