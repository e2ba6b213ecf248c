#include "bench/instructions/script.h"

/* Ranges of keys that no other case touches. */
#define OTHER_KEYS 4096
#define ABSENT_AT  2000000
#define DOOMED_AT  3000000
#define NEW_AT     4000000
#define NEW_64_AT  5000000

#define OF_KEYS(case_name, test_name, at_depth, first, count, in_order)                                      \
    {                                                                                                        \
        .name = (case_name), .test = (test_name), .depth = (at_depth), .first_key = (first),                 \
        .keys = (count), .order = (in_order)                                                                 \
    }

/* At the depth at which collections are compared with others. */
#define OF_COLLECTION(case_name, text)                                                                       \
    {                                                                                                        \
        .name = (case_name), .depth = 16, .request = (text)                                                  \
    }

/* At the depth at which GET is counted, of values that depend on three tags. They are in a database of their
 * own, and as many that depend on nothing in another: what a look-up costs depends on how many there are. */
#define OF_PAGES(case_name, text, begin)                                                                     \
    {                                                                                                        \
        .name = (case_name), .depth = 64, .request = (text), .opening = (begin), .closing = from_pages       \
    }

/* A user with twenty rules, five of them patterns of keys, of which the last is that of the keys. */
static const char *const become_ruled[] = { "ACL SETUSER ruled on >secret ~user:* ~cart:* ~page:* "
                                            "%R~shared:* ~key:* -@all +@read +@write -@dangerous "
                                            "+expire +ttl +exists +del +incr +mget +mset -keys -scan +info",
                                            "AUTH ruled secret", NULL };
static const char *const become_default[] = { "AUTH default any", NULL };

static const char *const to_pages[] = { "SELECT 1", NULL };
static const char *const to_plain_pages[] = { "SELECT 2", NULL };
static const char *const from_pages[] = { "SELECT 0", NULL };

/* A thousand tags that no value has, bumped after all of them were born. Nothing forgets them, since no timer
 * fires. */
#define TEN(n) " t" n "0 t" n "1 t" n "2 t" n "3 t" n "4 t" n "5 t" n "6 t" n "7 t" n "8 t" n "9"
#define HUNDRED(n)                                                                                           \
    TEN(n "0")                                                                                               \
    TEN(n "1") TEN(n "2") TEN(n "3") TEN(n "4") TEN(n "5") TEN(n "6") TEN(n "7") TEN(n "8") TEN(n "9")
#define THOUSAND                                                                                             \
    HUNDRED("0")                                                                                             \
    HUNDRED("1")                                                                                             \
    HUNDRED("2") HUNDRED("3") HUNDRED("4") HUNDRED("5") HUNDRED("6") HUNDRED("7") HUNDRED("8") HUNDRED("9")
static const char *const to_old_pages[] = { "SELECT 1", "CACHE INVALIDATE TAGS" THOUSAND, NULL };

static const char *const announce[] = { "CONFIG SET notify-keyspace-events KEA", NULL };
/* Classes of nothing. */
static const char *const announce_nothing[] = { "CONFIG SET notify-keyspace-events K", NULL };

static const char *const track[] = { "HELLO 3", "CLIENT TRACKING ON", NULL };
static const char *const track_no_more[] = { "CLIENT TRACKING OFF", "HELLO 2", NULL };

/* At the depth of collections, keys that stand there from the start. */
#define OF_CLIENT(case_name, test_name, in_order, begin, end)                                                \
    {                                                                                                        \
        .name = (case_name), .test = (test_name), .depth = 16, .keys = SCRIPT_KEYS, .order = (in_order),     \
        .opening = (begin), .closing = (end)                                                                 \
    }

/* 10,000 keys of 16 bytes with 32-byte values stand there from the start. */
static const struct script_case cases[] = {
    OF_KEYS("PING", "ping", 1, 0, SCRIPT_KEYS, SCRIPT_ANY),
    OF_KEYS("PING", "ping", 64, 0, SCRIPT_KEYS, SCRIPT_ANY),
    OF_KEYS("GET", "get", 1, 0, SCRIPT_KEYS, SCRIPT_ANY),
    OF_KEYS("GET", "get", 64, 0, SCRIPT_KEYS, SCRIPT_ANY),
    OF_KEYS("GET, absent", "get", 1, ABSENT_AT, OTHER_KEYS, SCRIPT_ANY),
    OF_KEYS("GET, absent", "get", 64, ABSENT_AT, OTHER_KEYS, SCRIPT_ANY),
    OF_KEYS("SET, same size", "set", 1, 0, SCRIPT_KEYS, SCRIPT_ANY),
    OF_KEYS("SET, same size", "set", 64, 0, SCRIPT_KEYS, SCRIPT_ANY),
    OF_KEYS("SET, new key", "set", 1, NEW_AT, OTHER_KEYS, SCRIPT_NEW),
    OF_KEYS("SET, new key", "set", 64, NEW_64_AT, OTHER_KEYS, SCRIPT_NEW),
    OF_KEYS("MGET, 10 keys", "mget", 1, 0, SCRIPT_KEYS, SCRIPT_ANY),
    OF_KEYS("MGET, 10 keys", "mget", 64, 0, SCRIPT_KEYS, SCRIPT_ANY),
    OF_KEYS("MSET, 10 keys", "mset", 1, 0, SCRIPT_KEYS, SCRIPT_ANY),
    OF_KEYS("MSET, 10 keys", "mset", 64, 0, SCRIPT_KEYS, SCRIPT_ANY),
    OF_KEYS("EXISTS", "exists", 1, 0, SCRIPT_KEYS, SCRIPT_ANY),
    OF_KEYS("EXISTS", "exists", 64, 0, SCRIPT_KEYS, SCRIPT_ANY),
    OF_KEYS("INCR", "incr", 1, SCRIPT_COUNTERS_AT, SCRIPT_COUNTERS, SCRIPT_ANY),
    OF_KEYS("INCR", "incr", 64, SCRIPT_COUNTERS_AT, SCRIPT_COUNTERS, SCRIPT_ANY),
    OF_KEYS("EXPIRE", "expire", 1, DOOMED_AT, OTHER_KEYS, SCRIPT_ONCE),
    OF_KEYS("EXPIRE", "expire", 64, DOOMED_AT, OTHER_KEYS, SCRIPT_ONCE),
    OF_KEYS("DEL", "del", 1, DOOMED_AT, OTHER_KEYS, SCRIPT_ONCE),
    OF_KEYS("DEL", "del", 64, DOOMED_AT, OTHER_KEYS, SCRIPT_ONCE),
    OF_COLLECTION("HGET, 10 fields", "HGET hash:{1000} f{10}"),
    OF_COLLECTION("HSET, 10 fields", "HSET hash:{1000} f{10} {=16}"),
    OF_COLLECTION("HGETALL, 10 fields", "HGETALL hash:{1000}"),
    OF_COLLECTION("HGET, 20,000 fields", "HGET hash f{20000}"),
    OF_COLLECTION("HSET, 20,000 fields", "HSET hash f{20000} {=16}"),
    OF_COLLECTION("SISMEMBER, 20,000", "SISMEMBER set m{20000}"),
    OF_COLLECTION("SADD, half of them new", "SADD set m{40000}"),
    OF_COLLECTION("SPOP", "SPOP set"),
    OF_COLLECTION("ZADD, moved or new", "ZADD zset {9999999} m{40000}"),
    OF_COLLECTION("ZSCORE", "ZSCORE zset m{20000}"),
    OF_COLLECTION("ZRANK", "ZRANK zset m{20000}"),
    OF_COLLECTION("ZRANGE 0 9", "ZRANGE zset 0 9"),
    OF_COLLECTION("ZPOPMIN", "ZPOPMIN zset"),
    OF_COLLECTION("LPUSH", "LPUSH list {=16}"),
    OF_COLLECTION("LPOP", "LPOP list"),
    OF_COLLECTION("LRANGE, 100", "LRANGE list 0 99"),
    OF_COLLECTION("LINDEX in the middle", "LINDEX list 10000"),
    OF_PAGES("CACHE GET, 3 tags", "CACHE GET page:{10000}", to_pages),
    OF_PAGES("GET, 3 tags", "GET page:{10000}", to_pages),
    OF_PAGES("GET, beside no tags", "GET page:{10000}", to_plain_pages),
    OF_PAGES("CACHE GET, 1,000 bumps since", "CACHE GET page:{10000}", to_old_pages),
    OF_PAGES("GET, 1,000 bumps since", "GET page:{10000}", to_pages),
    { .name = "SET, KEA and nobody listens",
      .test = "set",
      .depth = 64,
      .keys = SCRIPT_KEYS,
      .order = SCRIPT_ANY,
      .opening = announce,
      .closing = announce_nothing },
    OF_CLIENT("GET", "get", SCRIPT_ANY, NULL, NULL),
    OF_CLIENT("GET, user with 20 rules", "get", SCRIPT_ANY, become_ruled, become_default),
    OF_CLIENT("SET, user with 20 rules", "set", SCRIPT_ANY, become_ruled, become_default),
    OF_CLIENT("MGET, user with 20 rules", "mget", SCRIPT_ANY, become_ruled, become_default),
    OF_CLIENT("MGET, 10 keys", "mget", SCRIPT_ANY, NULL, NULL),
    OF_CLIENT("GET, tracked from now on", "get", SCRIPT_ANY, track, track_no_more),
    OF_CLIENT("GET, tracked", "get", SCRIPT_READ, track, track_no_more),
};

const struct script_filling script_fillings[] = {
    { "HSET hash:{+1000} f0000000 {=16} f0000001 {=16} f0000002 {=16} f0000003 {=16} f0000004 {=16} "
      "f0000005 {=16} f0000006 {=16} f0000007 {=16} f0000008 {=16} f0000009 {=16}",
      1000 },
    { "HSET hash f{+20000} {=16}", 20000 },
    { "SADD set m{+20000}", 20000 },
    { "ZADD zset {9999999} m{+20000}", 20000 },
    { "RPUSH list {=16}", 20000 },
    { "SELECT 1", 1 },
    { "CACHE SET page:{+10000} {=32} EX 3600 TAGS 3 user:{+10000} list:{100} site", 10000 },
    { "SELECT 2", 1 },
    { "SET page:{+10000} {=32}", 10000 },
    { "SELECT 0", 1 },
    { 0 },
};

const struct script_case *script_cases(size_t *count)
{
    *count = sizeof cases / sizeof cases[0];
    return cases;
}
