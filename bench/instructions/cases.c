#include "bench/instructions/script.h"

/* Ranges of keys that no other case touches. */
#define OTHER_KEYS 4096
#define ABSENT_AT  2000000
#define DOOMED_AT  3000000
#define NEW_AT     4000000
#define NEW_64_AT  5000000

/* At the depth at which collections are compared with others. */
#define OF_COLLECTION(case_name, text)                                                                       \
    {                                                                                                        \
        .name = (case_name), .depth = 16, .request = (text)                                                  \
    }

/* 10,000 keys of 16 bytes with 32-byte values stand there from the start. */
static const struct script_case cases[] = {
    { "PING", "ping", 1, 0, SCRIPT_KEYS, SCRIPT_ANY, NULL },
    { "PING", "ping", 64, 0, SCRIPT_KEYS, SCRIPT_ANY, NULL },
    { "GET", "get", 1, 0, SCRIPT_KEYS, SCRIPT_ANY, NULL },
    { "GET", "get", 64, 0, SCRIPT_KEYS, SCRIPT_ANY, NULL },
    { "GET, absent", "get", 1, ABSENT_AT, OTHER_KEYS, SCRIPT_ANY, NULL },
    { "GET, absent", "get", 64, ABSENT_AT, OTHER_KEYS, SCRIPT_ANY, NULL },
    { "SET, same size", "set", 1, 0, SCRIPT_KEYS, SCRIPT_ANY, NULL },
    { "SET, same size", "set", 64, 0, SCRIPT_KEYS, SCRIPT_ANY, NULL },
    { "SET, new key", "set", 1, NEW_AT, OTHER_KEYS, SCRIPT_NEW, NULL },
    { "SET, new key", "set", 64, NEW_64_AT, OTHER_KEYS, SCRIPT_NEW, NULL },
    { "MGET, 10 keys", "mget", 1, 0, SCRIPT_KEYS, SCRIPT_ANY, NULL },
    { "MGET, 10 keys", "mget", 64, 0, SCRIPT_KEYS, SCRIPT_ANY, NULL },
    { "MSET, 10 keys", "mset", 1, 0, SCRIPT_KEYS, SCRIPT_ANY, NULL },
    { "MSET, 10 keys", "mset", 64, 0, SCRIPT_KEYS, SCRIPT_ANY, NULL },
    { "EXISTS", "exists", 1, 0, SCRIPT_KEYS, SCRIPT_ANY, NULL },
    { "EXISTS", "exists", 64, 0, SCRIPT_KEYS, SCRIPT_ANY, NULL },
    { "INCR", "incr", 1, SCRIPT_COUNTERS_AT, SCRIPT_COUNTERS, SCRIPT_ANY, NULL },
    { "INCR", "incr", 64, SCRIPT_COUNTERS_AT, SCRIPT_COUNTERS, SCRIPT_ANY, NULL },
    { "EXPIRE", "expire", 1, DOOMED_AT, OTHER_KEYS, SCRIPT_ONCE, NULL },
    { "EXPIRE", "expire", 64, DOOMED_AT, OTHER_KEYS, SCRIPT_ONCE, NULL },
    { "DEL", "del", 1, DOOMED_AT, OTHER_KEYS, SCRIPT_ONCE, NULL },
    { "DEL", "del", 64, DOOMED_AT, OTHER_KEYS, SCRIPT_ONCE, NULL },
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
};

const struct script_filling script_fillings[] = {
    { "HSET hash:{+1000} f0000000 {=16} f0000001 {=16} f0000002 {=16} f0000003 {=16} f0000004 {=16} "
      "f0000005 {=16} f0000006 {=16} f0000007 {=16} f0000008 {=16} f0000009 {=16}",
      1000 },
    { "HSET hash f{+20000} {=16}", 20000 },
    { "SADD set m{+20000}", 20000 },
    { "ZADD zset {9999999} m{+20000}", 20000 },
    { "RPUSH list {=16}", 20000 },
    { 0 },
};

const struct script_case *script_cases(size_t *count)
{
    *count = sizeof cases / sizeof cases[0];
    return cases;
}
