#include <stdbool.h>
#include <stddef.h>

#include "bench/types/cases.h"

/* Fields of 8 bytes, values of 16. */
#define PAIR(n)   " f000000" #n " {=16}"
#define TEN_PAIRS PAIR(0) PAIR(1) PAIR(2) PAIR(3) PAIR(4) PAIR(5) PAIR(6) PAIR(7) PAIR(8) PAIR(9)
#define MEMBER(n) " member:00000000" #n
#define TEN_MEMBERS                                                                                          \
    MEMBER(0) MEMBER(1) MEMBER(2) MEMBER(3) MEMBER(4) MEMBER(5) MEMBER(6) MEMBER(7) MEMBER(8) MEMBER(9)
#define SCORED(n) " {9999999}.{9999999}" MEMBER(n)
#define TEN_SCORED                                                                                           \
    SCORED(0) SCORED(1) SCORED(2) SCORED(3) SCORED(4) SCORED(5) SCORED(6) SCORED(7) SCORED(8) SCORED(9)
#define FIVE_ELEMENTS    " {=16} {=16} {=16} {=16} {=16}"
#define TWENTY_ELEMENTS  FIVE_ELEMENTS FIVE_ELEMENTS FIVE_ELEMENTS FIVE_ELEMENTS
#define HUNDRED_ELEMENTS TWENTY_ELEMENTS TWENTY_ELEMENTS TWENTY_ELEMENTS TWENTY_ELEMENTS TWENTY_ELEMENTS
#define SMALL            20000  /* small collections of each kind */
#define LARGE            500000 /* elements of a large one */
#define MILLION          1000000

const struct types_load types_loads[] = {
    { " small:", "HSET small:{+20000}" TEN_PAIRS, SMALL },
    { " large", "HSET large f{+500000} {=16}", LARGE },
    { " huge", "HSET huge f{+1000000} {=16}", MILLION },
    { " set", "SADD set member:::{+500000}", LARGE },
    { " zset", "ZADD zset {9999999}.{9999999} member:::{+500000}", LARGE },
    { " list", "RPUSH list element::{+500000}", LARGE },
    { " hundred", "RPUSH hundred" HUNDRED_ELEMENTS, 1 },
    { " bits", "SETBIT bits 8388607 1", 1 },
    { " bits:", "SETBIT bits:{3} 8388607 1", 20 },
    { " bits:", "SETBIT bits:{3} 1{#1000000} 1", 100000 },
    { " hll:", "PFADD hll:{3} {9999999} {9999999} {9999999} {9999999}", 100000 },
    { 0 },
};

#define REFILL_SET  "SADD pops member:::{+1000000}"
#define REFILL_ZSET "ZADD zpops {9999999}.{9999999} member:::{+1000000}"
#define REFILL_LIST "RPUSH lpops element::{+1000000}"

const struct types_operation types_operations[] = {
    { "HSET, 10 fields", "HSET small:{20000} f{10} {=16}", .limit = 0.45 },
    { "HSET, 500,000 fields", "HSET large f{500000} {=16}", .limit = 0.45 },
    { "HGET, 10 fields", "HGET small:{20000} f{10}", .limit = 0.45 },
    { "HGET, 500,000 fields", "HGET large f{500000}", .limit = 0.45 },
    { "HGETALL of 10 fields", "HGETALL small:{20000}", .limit = 0.60 },
    { "SADD", "SADD set member:::{1000000}", .limit = 0.45 },
    { "SISMEMBER", "SISMEMBER set member:::{1000000}", .limit = 0.45 },
    { "SPOP", "SPOP pops", .limit = 0.30, .requests = 200000, .refill = REFILL_SET, .refills = MILLION },
    { "ZADD", "ZADD zset {9999999}.{9999999} member:::{1000000}", .limit = 0.40 },
    { "ZSCORE", "ZSCORE zset member:::{500000}", .limit = 0.50 },
    { "ZRANK", "ZRANK zset member:::{500000}", .limit = 0.45 },
    { "ZRANGE 0 9", "ZRANGE zset 0 9", .limit = 0.60 },
    { "ZRANGEBYSCORE, LIMIT 10", "ZRANGEBYSCORE zset {9999999} +inf LIMIT 0 10", .limit = 0.30 },
    { "ZPOPMIN", "ZPOPMIN zpops", .limit = 0.35, .requests = 200000, .refill = REFILL_ZSET,
      .refills = LARGE },
    { "LPUSH", "LPUSH lpushes {=16}", .limit = 0.70, .requests = 200000 },
    { "LPOP", "LPOP lpops", .limit = 0.70, .requests = 200000, .refill = REFILL_LIST, .refills = 200000 },
    { "LRANGE of 100 elements", "LRANGE hundred 0 99", .limit = 0.55 },
    { "LINDEX, middle of 500,000", "LINDEX list 250000", .limit = 0.35 },
    { "SETBIT", "SETBIT bits 1{#1000000} 1", .limit = 0.80 },
    { "PFADD", "PFADD hll:{3} {9999999}", .limit = 0.80 },
    { "BITCOUNT of 1 MB", "BITCOUNT bits:0000000", .limit = 0.50, .is_long = true },
    { "BITOP of three of 1 MB", "BITOP OR result bits:0000000 bits:0000001 bits:0000002", .limit = 0.50,
      .is_long = true },
    { "PFCOUNT of three keys", "PFCOUNT hll:0000000 hll:0000001 hll:0000002", .limit = 0.50,
      .is_long = true },
    { "HGETALL of 1,000,000 fields", "HGETALL huge", .limit = 0.25, .requests = 3, .is_long = true },
    { 0 },
};

#define KEYS 100000

/* Keys are 16 bytes long. */
const struct types_memory types_memories[] = {
    { "hash, 10 x 24", "HSET hash:::::{+100000}" TEN_PAIRS, KEYS, KEYS, 10 * KEYS, 24, 11.5 },
    { "hash, 1,000,000 x 32", "HSET hash:::::::::::: field::::{+1000000} {=16}", MILLION, 1, MILLION, 32,
      12 },
    { "set, 10 x 16", "SADD set::::::{+100000}" TEN_MEMBERS, KEYS, KEYS, 10 * KEYS, 16, 6.8 },
    { "set, 1,000,000 x 16", "SADD set::::::::::::: member:::{+1000000}", MILLION, 1, MILLION, 16, 9 },
    { "set of 10 integers, of 8 bytes",
      "SADD set::::::{+100000} 1000 1001 1002 1003 1004 1005 1006 1007 1008 1009", KEYS, KEYS, 10 * KEYS, 8,
      3.9 },
    { "sorted set, 10 x 16 + 8", "ZADD zset:::::{+100000}" TEN_SCORED, KEYS, KEYS, 10 * KEYS, 24, 11.5 },
    { "sorted set, 1,000,000 x 16 + 8", "ZADD zset:::::::::::: {9999999}.{9999999} member:::{+1000000}",
      MILLION, 1, MILLION, 24, 16 },
    { "list, 20 x 16", "RPUSH list:::::{+100000}" TWENTY_ELEMENTS, KEYS, KEYS, 20 * KEYS, 16, 5.0 },
    { "list, 2,000,000 x 16", "RPUSH list::::::::::::" TWENTY_ELEMENTS, KEYS, 1, 20 * KEYS, 16, 2.0 },
    { 0 },
};
