#include "bench/instructions/script.h"

/* Ranges of keys that no other case touches. */
#define OTHER_KEYS 4096
#define ABSENT_AT  2000000
#define DOOMED_AT  3000000
#define NEW_AT     4000000
#define NEW_64_AT  5000000

/* 10,000 keys of 16 bytes with 32-byte values stand there from the start. */
static const struct script_case cases[] = {
    { "PING", "ping", 1, 0, SCRIPT_KEYS, SCRIPT_ANY },
    { "PING", "ping", 64, 0, SCRIPT_KEYS, SCRIPT_ANY },
    { "GET", "get", 1, 0, SCRIPT_KEYS, SCRIPT_ANY },
    { "GET", "get", 64, 0, SCRIPT_KEYS, SCRIPT_ANY },
    { "GET, absent", "get", 1, ABSENT_AT, OTHER_KEYS, SCRIPT_ANY },
    { "GET, absent", "get", 64, ABSENT_AT, OTHER_KEYS, SCRIPT_ANY },
    { "SET, same size", "set", 1, 0, SCRIPT_KEYS, SCRIPT_ANY },
    { "SET, same size", "set", 64, 0, SCRIPT_KEYS, SCRIPT_ANY },
    { "SET, new key", "set", 1, NEW_AT, OTHER_KEYS, SCRIPT_NEW },
    { "SET, new key", "set", 64, NEW_64_AT, OTHER_KEYS, SCRIPT_NEW },
    { "MGET, 10 keys", "mget", 1, 0, SCRIPT_KEYS, SCRIPT_ANY },
    { "MGET, 10 keys", "mget", 64, 0, SCRIPT_KEYS, SCRIPT_ANY },
    { "MSET, 10 keys", "mset", 1, 0, SCRIPT_KEYS, SCRIPT_ANY },
    { "MSET, 10 keys", "mset", 64, 0, SCRIPT_KEYS, SCRIPT_ANY },
    { "EXISTS", "exists", 1, 0, SCRIPT_KEYS, SCRIPT_ANY },
    { "EXISTS", "exists", 64, 0, SCRIPT_KEYS, SCRIPT_ANY },
    { "INCR", "incr", 1, SCRIPT_COUNTERS_AT, SCRIPT_COUNTERS, SCRIPT_ANY },
    { "INCR", "incr", 64, SCRIPT_COUNTERS_AT, SCRIPT_COUNTERS, SCRIPT_ANY },
    { "EXPIRE", "expire", 1, DOOMED_AT, OTHER_KEYS, SCRIPT_ONCE },
    { "EXPIRE", "expire", 64, DOOMED_AT, OTHER_KEYS, SCRIPT_ONCE },
    { "DEL", "del", 1, DOOMED_AT, OTHER_KEYS, SCRIPT_ONCE },
    { "DEL", "del", 64, DOOMED_AT, OTHER_KEYS, SCRIPT_ONCE },
};

const struct script_case *script_cases(size_t *count)
{
    *count = sizeof cases / sizeof cases[0];
    return cases;
}
