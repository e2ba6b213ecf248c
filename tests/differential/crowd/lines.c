#include "tests/differential/crowd/lines.h"

#include <string.h>

#include "proto/base/contract.h"
#include "proto/base/random.h"

#define LEN(array) (sizeof(array) / sizeof *(array))

static const struct line lines[] = {
    { THEME_DATA, 6, "SET $text $value" },
    { THEME_DATA, 2, "SET $any $value" },
    { THEME_DATA, 2, "SET $text $value PX $ms" },
    { THEME_DATA, 1, "SET $text $value XX GET" },
    { THEME_DATA, 2, "SETNX $text $value" },
    { THEME_DATA, 4, "INCR $text" },
    { THEME_DATA, 2, "APPEND $text $value" },
    { THEME_DATA, 1, "SETRANGE $text 2 $value" },
    { THEME_DATA, 3, "MSET $text $value $text $value" },
    { THEME_DATA, 1, "MSETNX $text $value $text $value" },
    { THEME_DATA, 1, "GETDEL $text" },
    { THEME_DATA, 1, "GETEX $text PX $ms" },
    { THEME_DATA, 5, "GET $text" },
    { THEME_DATA, 2, "MGET $text $text $any" },
    { THEME_DATA, 5, "DEL $any" },
    { THEME_DATA, 2, "DEL $any $any $any" },
    { THEME_DATA, 1, "UNLINK $any $any" },
    { THEME_DATA, 3, "EXISTS $any $any" },
    { THEME_DATA, 2, "TYPE $any" },
    { THEME_DATA, 2, "TOUCH $any" },
    { THEME_DATA, 1, "KEYS *" },
    { THEME_DATA, 1, "DBSIZE" },
    { THEME_DATA, 3, "RENAME $any $any" },
    { THEME_DATA, 2, "RENAMENX $any $any" },
    { THEME_DATA, 3, "COPY $any $any REPLACE" },
    { THEME_DATA, 1, "COPY $any $any DB $db" },
    { THEME_DATA, 2, "MOVE $any $db" },
    { THEME_DATA, 1, "FLUSHALL" },
    { THEME_DATA, 1, "FLUSHDB" },
    { THEME_DATA, 3, "SELECT $db" },
    { THEME_DATA, 2, "SWAPDB 0 1" },
    { THEME_DATA, 1, "SWAPDB $db $db" },
    { THEME_DATA, 5, "$push $list $value" },
    { THEME_DATA, 3, "$push $list 1 2 3" },
    { THEME_DATA, 2, "LPOP $list" },
    { THEME_DATA, 1, "RPOP $list 2" },
    { THEME_DATA, 2, "LMOVE $list $list LEFT RIGHT" },
    { THEME_DATA, 1, "RPOPLPUSH $list $list" },
    { THEME_DATA, 1, "LMPOP 2 $list $list LEFT COUNT 2" },
    { THEME_DATA, 1, "LTRIM $list 1 0" },
    { THEME_DATA, 1, "LREM $list 0 1" },
    { THEME_DATA, 1, "LINSERT $list BEFORE 1 0" },
    { THEME_DATA, 1, "LSET $list 0 2" },
    { THEME_DATA, 2, "LRANGE $list 0 -1" },
    { THEME_DATA, 2, "SORT $list STORE $list" },
    { THEME_DATA, 1, "SORT $set STORE $list" },
    { THEME_DATA, 3, "SADD $set $value" },
    { THEME_DATA, 2, "SREM $set $value" },
    { THEME_DATA, 1, "SMOVE $set $set $value" },
    { THEME_DATA, 1, "SINTERSTORE $set $set $set" },
    { THEME_DATA, 2, "SUNIONSTORE $set $set $set" },
    { THEME_DATA, 1, "SISMEMBER $set $value" },
    { THEME_DATA, 3, "HSET $hash $value $value" },
    { THEME_DATA, 2, "HDEL $hash $value" },
    { THEME_DATA, 1, "HINCRBY $hash f 1" },
    { THEME_DATA, 2, "HGET $hash $value" },
    { THEME_DATA, 3, "ZADD $zset $int $value" },
    { THEME_DATA, 1, "ZADD $zset INCR 1 $value" },
    { THEME_DATA, 2, "ZREM $zset $value" },
    { THEME_DATA, 1, "ZPOPMIN $zset" },
    { THEME_DATA, 1, "ZUNIONSTORE $zset 2 $zset $set" },
    { THEME_DATA, 1, "ZRANGESTORE $zset $zset 0 -1" },
    { THEME_DATA, 1, "ZREMRANGEBYRANK $zset 0 -1" },
    { THEME_DATA, 1, "ZRANGE $zset 0 -1" },
    { THEME_DATA, 1, "ZSCORE $zset $value" },
    { THEME_DATA, 1, "PFADD $text $value" },
    { THEME_DATA, 1, "GEOADD $zset 13.361 38.115 palermo" },
    { THEME_DATA, 1, "PERSIST $any" },
    { THEME_DATA, 1, "NOSUCH thing" },

    { THEME_TRANSACTIONS, 8, "MULTI" },
    { THEME_TRANSACTIONS, 8, "EXEC" },
    { THEME_TRANSACTIONS, 2, "DISCARD" },
    { THEME_TRANSACTIONS, 6, "WATCH $any" },
    { THEME_TRANSACTIONS, 2, "WATCH $any $any $any" },
    { THEME_TRANSACTIONS, 1, "UNWATCH" },
    { THEME_TRANSACTIONS, 2, "GET" },
    { THEME_TRANSACTIONS, 1, "NOSUCH command" },
    { THEME_TRANSACTIONS, 2, "INCR $list" },
    { THEME_TRANSACTIONS, 4, "MULTI | INCR $text | RPUSH $list $value | EXEC" },
    { THEME_TRANSACTIONS, 2, "MULTI | INCR $list | SET $text $value | GET $text | EXEC" },
    { THEME_TRANSACTIONS, 2, "MULTI | SET $text | EXEC" },
    { THEME_TRANSACTIONS, 2, "MULTI | SELECT $db | SET $text $value | EXEC | GET $text" },
    { THEME_TRANSACTIONS, 2, "WATCH $text | GET $text | MULTI | SET $text $value | EXEC" },
    { THEME_TRANSACTIONS, 2, "MULTI | DEL $any $any | EXEC" },
    { THEME_TRANSACTIONS, 1, "MULTI | FLUSHALL | SET $text $value | KEYS * | EXEC" },
    { THEME_TRANSACTIONS, 1, "MULTI | SWAPDB 0 1 | GET $text | EXEC" },
    { THEME_TRANSACTIONS, 1, "MULTI | RENAME $any $any | EXISTS $any $any | EXEC" },
    { THEME_TRANSACTIONS, 1, "MULTI | EXEC" },
    { THEME_TRANSACTIONS, 1, "MULTI | MULTI | WATCH $any | DISCARD" },
    { THEME_TRANSACTIONS, 1, "MULTI | HELLO $protocol | GET $text | EXEC" },
    { THEME_TRANSACTIONS, 1, "MULTI | RESET | GET $text" },
    { THEME_TRANSACTIONS, 1, "MULTI | PING | ECHO x | EXEC x" },
    { THEME_TRANSACTIONS, 1, "MULTI | SUBSCRIBE $channel | PUBLISH $channel $value | EXEC" },
    { THEME_TRANSACTIONS, 1, "MULTI | UNSUBSCRIBE $channel | UNWATCH | EXEC" },
    { THEME_TRANSACTIONS, 1, "MULTI | CLIENT SETNAME n | CLIENT GETNAME | CLIENT ID | EXEC" },
    { THEME_TRANSACTIONS, 1, "MULTI | $bpop $list $wait | BLMOVE $list $list LEFT LEFT $wait | EXEC" },
    { THEME_TRANSACTIONS, 1, "MULTI | BZPOPMIN $zset $zset $wait | EXEC" },
    { THEME_TRANSACTIONS, 1, "CONFIG SET maxmemory 1" },
    { THEME_TRANSACTIONS, 2, "CONFIG SET maxmemory 0" },
    { THEME_TRANSACTIONS, 1, "MULTI | SET $text $value | CONFIG SET maxmemory 1 | INCR $text | EXEC" },
    { THEME_TRANSACTIONS, 1, "MULTI | PEXPIRE $any 0 | GET $any | EXEC" },
    { THEME_TRANSACTIONS, 1, "MULTI | QUIT" },

    { THEME_PUBSUB, 5, "SUBSCRIBE $channel" },
    { THEME_PUBSUB, 2, "SUBSCRIBE $channel $channel" },
    { THEME_PUBSUB, 3, "PSUBSCRIBE $pattern" },
    { THEME_PUBSUB, 2, "SSUBSCRIBE $channel" },
    { THEME_PUBSUB, 2, "UNSUBSCRIBE $channel" },
    { THEME_PUBSUB, 1, "UNSUBSCRIBE" },
    { THEME_PUBSUB, 1, "PUNSUBSCRIBE $pattern" },
    { THEME_PUBSUB, 1, "PUNSUBSCRIBE" },
    { THEME_PUBSUB, 1, "SUNSUBSCRIBE $channel" },
    { THEME_PUBSUB, 1, "SUNSUBSCRIBE" },
    { THEME_PUBSUB, 8, "PUBLISH $channel $value" },
    { THEME_PUBSUB, 2, "PUBLISH $channel 1 | PUBLISH $channel 2" },
    { THEME_PUBSUB, 3, "SPUBLISH $channel $value" },
    { THEME_PUBSUB, 1, "MULTI | PUBLISH $channel 1 | SPUBLISH $channel 2 | EXEC" },
    { THEME_PUBSUB, 1, "PUBSUB CHANNELS" },
    { THEME_PUBSUB, 1, "PUBSUB CHANNELS $pattern" },
    { THEME_PUBSUB, 2, "PUBSUB NUMSUB $channel $channel" },
    { THEME_PUBSUB, 1, "PUBSUB NUMPAT" },
    { THEME_PUBSUB, 1, "PUBSUB SHARDCHANNELS" },
    { THEME_PUBSUB, 1, "PUBSUB SHARDNUMSUB $channel" },
    { THEME_PUBSUB, 1, "PUBSUB NUMSUB" },
    { THEME_PUBSUB, 1, "PING" },
    { THEME_PUBSUB, 1, "PING hello" },
    { THEME_PUBSUB, 1, "RESET" },
    { THEME_PUBSUB, 1, "QUIT" },
    { THEME_PUBSUB, 1, "HELLO $protocol" },
    { THEME_PUBSUB, 1, "SUBSCRIBE" },

    { THEME_NOTIFICATIONS, 4, "CONFIG SET notify-keyspace-events $classes" },
    { THEME_NOTIFICATIONS, 4, "PSUBSCRIBE __key*__:*" },
    { THEME_NOTIFICATIONS, 2, "SUBSCRIBE __keyspace@0__:$any" },
    { THEME_NOTIFICATIONS, 1, "SUBSCRIBE __keyevent@0__:del __keyevent@1__:set" },
    { THEME_NOTIFICATIONS, 1, "CONFIG GET notify-keyspace-events" },
    { THEME_NOTIFICATIONS, 3, "PEXPIRE $any $ms" },
    { THEME_NOTIFICATIONS, 2, "EXPIREAT $any 1" },
    { THEME_NOTIFICATIONS, 2, "MULTI | SET $text $value | DEL $any $any | RPUSH $list 1 | EXEC" },
    { THEME_NOTIFICATIONS, 2, "HSETNX $hash f v" },
    { THEME_NOTIFICATIONS, 1, "HINCRBYFLOAT $hash g 1.5" },
    { THEME_NOTIFICATIONS, 1, "INCRBYFLOAT $text 1.5" },
    { THEME_NOTIFICATIONS, 1, "SETBIT $text 3 1" },
    { THEME_NOTIFICATIONS, 1, "BITFIELD $text SET u8 0 65" },
    { THEME_NOTIFICATIONS, 1, "BITOP AND $text $text $any" },
    { THEME_NOTIFICATIONS, 1, "PFMERGE $text $text" },
    { THEME_NOTIFICATIONS, 1, "ZDIFFSTORE $zset 2 $zset $zset" },
    { THEME_NOTIFICATIONS, 1, "ZREMRANGEBYSCORE $zset 0 5" },
    { THEME_NOTIFICATIONS, 1, "ZMPOP 2 $zset $zset MAX COUNT 2" },
    { THEME_NOTIFICATIONS, 1, "GEOSEARCHSTORE $zset $zset FROMLONLAT 13 38 BYRADIUS 200 km" },
    { THEME_NOTIFICATIONS, 1, "SDIFFSTORE $set $set $set" },
    { THEME_NOTIFICATIONS, 1, "LPUSHX $list 1" },
    { THEME_NOTIFICATIONS, 1, "GETSET $text $value" },
    { THEME_NOTIFICATIONS, 1, "SET $text $value KEEPTTL" },

    { THEME_TRACKING, 6, "CLIENT TRACKING ON" },
    { THEME_TRACKING, 2, "CLIENT TRACKING ON NOLOOP" },
    { THEME_TRACKING, 2, "CLIENT TRACKING ON OPTIN" },
    { THEME_TRACKING, 2, "CLIENT TRACKING ON OPTOUT" },
    { THEME_TRACKING, 2, "CLIENT TRACKING ON BCAST" },
    { THEME_TRACKING, 2, "CLIENT TRACKING ON BCAST PREFIX $prefix" },
    { THEME_TRACKING, 1, "CLIENT TRACKING ON BCAST PREFIX $prefix PREFIX $prefix NOLOOP" },
    { THEME_TRACKING, 1, "CLIENT TRACKING ON PREFIX $prefix" },
    { THEME_TRACKING, 4, "CLIENT TRACKING ON REDIRECT $client" },
    { THEME_TRACKING, 1, "CLIENT TRACKING ON REDIRECT $client BCAST" },
    { THEME_TRACKING, 1, "CLIENT TRACKING ON OPTIN OPTOUT" },
    { THEME_TRACKING, 1, "CLIENT TRACKING ON BCAST OPTIN" },
    { THEME_TRACKING, 2, "CLIENT TRACKING OFF" },
    { THEME_TRACKING, 3, "CLIENT CACHING YES | GET $text" },
    { THEME_TRACKING, 2, "CLIENT CACHING NO | GET $text" },
    { THEME_TRACKING, 1, "CLIENT CACHING YES" },
    { THEME_TRACKING, 1, "CLIENT CACHING maybe" },
    { THEME_TRACKING, 1, "CLIENT CACHING YES | MULTI | GET $text | GET $text | EXEC | GET $text" },
    { THEME_TRACKING, 2, "CLIENT TRACKINGINFO" },
    { THEME_TRACKING, 1, "CLIENT GETREDIR" },
    { THEME_TRACKING, 5, "SUBSCRIBE __redis__:invalidate" },
    { THEME_TRACKING, 6, "GET $text" },
    { THEME_TRACKING, 3, "MGET $text $text" },
    { THEME_TRACKING, 2, "EXISTS $any" },
    { THEME_TRACKING, 2, "LRANGE $list 0 -1" },
    { THEME_TRACKING, 1, "MULTI | GET $text | SET $text $value | EXEC" },
    { THEME_TRACKING, 1, "GET $text | SET $text $value | GET $text" },
    { THEME_TRACKING, 1, "MULTI | SET $text 1 | SET $text 2 | DEL $any | EXEC" },
    { THEME_TRACKING, 1, "FLUSHALL" },
    { THEME_TRACKING, 1, "FLUSHDB" },
    { THEME_TRACKING, 1, "HELLO $protocol" },
    { THEME_TRACKING, 1, "RESET" },

    { THEME_BLOCKING, 6, "$bpop $list $wait" },
    { THEME_BLOCKING, 3, "$bpop $list $list $wait" },
    { THEME_BLOCKING, 3, "BLMOVE $list $list $end $end $wait" },
    { THEME_BLOCKING, 2, "BRPOPLPUSH $list $list $wait" },
    { THEME_BLOCKING, 2, "BLMPOP $wait 2 $list $list $end COUNT 2" },
    { THEME_BLOCKING, 2, "BLMPOP $wait 1 $list $end" },
    { THEME_BLOCKING, 2, "BZPOPMIN $zset $wait" },
    { THEME_BLOCKING, 1, "BZPOPMAX $zset $zset $wait" },
    { THEME_BLOCKING, 1, "BZMPOP $wait 2 $zset $zset MIN COUNT 2" },
    { THEME_BLOCKING, 1, "$bpop $any $any $wait" },
    { THEME_BLOCKING, 1, "$bpop $list $wait | GET $text | $bpop $list $wait | PING" },
    { THEME_BLOCKING, 1, "$bpop $list -1" },
    { THEME_BLOCKING, 1, "$bpop $list nan" },
    { THEME_BLOCKING, 8, "$push $list $value" },
    { THEME_BLOCKING, 4, "$push $list 1 2 3" },
    { THEME_BLOCKING, 3, "ZADD $zset 1 a 2 b" },
    { THEME_BLOCKING, 2, "MULTI | $push $list 1 | $push $list 2 | LPOP $list | EXEC" },
    { THEME_BLOCKING, 1, "MULTI | $push $list 1 | DEL $list | EXEC" },
    { THEME_BLOCKING, 1, "MULTI | $push $list 1 | $bpop $list $wait | $push $list 2 | EXEC" },
    { THEME_BLOCKING, 1, "MULTI | DEL $list | ZADD $list 1 a | EXEC" },
    { THEME_BLOCKING, 2, "RENAME $any $list" },
    { THEME_BLOCKING, 2, "COPY $any $list REPLACE" },
    { THEME_BLOCKING, 2, "SORT $list STORE $list" },
    { THEME_BLOCKING, 2, "LMOVE $list $list RIGHT LEFT" },
    { THEME_BLOCKING, 2, "CLIENT UNBLOCK $client" },
    { THEME_BLOCKING, 1, "CLIENT UNBLOCK $client TIMEOUT" },
    { THEME_BLOCKING, 1, "CLIENT UNBLOCK $client ERROR" },
    { THEME_BLOCKING, 1, "CLIENT KILL ID $client" },
    { THEME_BLOCKING, 1, "MOVE $list $db" },
    { THEME_BLOCKING, 1, "SWAPDB 0 1" },
    { THEME_BLOCKING, 1, "SET $list $value" },
    { THEME_BLOCKING, 2, "@CLOSE" },

    { THEME_CLIENTS, 2, "CLIENT KILL ID $client" },
    { THEME_CLIENTS, 1, "CLIENT KILL ID $client SKIPME no" },
    { THEME_CLIENTS, 1, "CLIENT KILL TYPE pubsub" },
    { THEME_CLIENTS, 1, "MULTI | SET $text $value | CLIENT KILL ID $client SKIPME no | GET $text | EXEC" },
    { THEME_CLIENTS, 2, "CLIENT UNBLOCK $client" },
    { THEME_CLIENTS, 1, "CLIENT UNBLOCK $client NOSUCH" },
    { THEME_CLIENTS, 2, "CLIENT REPLY SKIP | SET $text $value | GET $text" },
    { THEME_CLIENTS, 2, "CLIENT REPLY OFF | GET $text | SET $text $value | CLIENT REPLY ON" },
    { THEME_CLIENTS, 1, "CLIENT REPLY OFF | PUBLISH $channel x | MULTI | GET a | EXEC | CLIENT REPLY ON" },
    { THEME_CLIENTS, 1, "CLIENT REPLY OFF | SUBSCRIBE $channel | PUBLISH $channel x | RESET" },
    { THEME_CLIENTS, 1, "CLIENT PAUSE 100000 WRITE" },
    { THEME_CLIENTS, 3, "CLIENT UNPAUSE" },
    { THEME_CLIENTS, 2, "CLIENT SETNAME $value" },
    { THEME_CLIENTS, 1, "CLIENT GETNAME" },
    { THEME_CLIENTS, 1, "CLIENT ID" },
    { THEME_CLIENTS, 1, "CLIENT NO-EVICT ON" },
    { THEME_CLIENTS, 3, "RESET" },
    { THEME_CLIENTS, 3, "HELLO $protocol" },
    { THEME_CLIENTS, 1, "HELLO 3 SETNAME me" },
    { THEME_CLIENTS, 1, "HELLO 4" },
    { THEME_CLIENTS, 1, "QUIT" },
    { THEME_CLIENTS, 2, "SELECT $db" },
    { THEME_CLIENTS, 2, "@CLOSE" },

    { THEME_TIME, 4, "PEXPIRE $any $ms" },
    { THEME_TIME, 2, "PEXPIRE $any $ms NX" },
    { THEME_TIME, 4, "SET $text $value PX $ms" },
    { THEME_TIME, 2, "PTTL $any" },
    { THEME_TIME, 1, "PEXPIRE $any 0" },
    { THEME_TIME, 1, "EXPIREAT $any 1" },
    { THEME_TIME, 1, "WATCH $text" },
    { THEME_TIME, 1, "MULTI | GET $text | EXEC" },
    { THEME_TIME, 2, "GET $text" },
    { THEME_TIME, 1, "EXISTS $any" },
    { THEME_TIME, 1, "PERSIST $any" },
    { THEME_TIME, 9, "@MOVE $move" },
};

/* Sooner or later a script about it needs these. */
static const struct line openings[] = {
    { THEME_NOTIFICATIONS, 3, "CONFIG SET notify-keyspace-events KEA" },
    { THEME_NOTIFICATIONS, 2, "CONFIG SET notify-keyspace-events AKEmn" },
    { THEME_NOTIFICATIONS, 1, "CONFIG SET notify-keyspace-events $classes" },
    { THEME_TRACKING, 1, "CLIENT TRACKING ON" },
    { THEME_TRACKING, 1, "CLIENT TRACKING ON BCAST" },
    { THEME_TRACKING, 2, "SUBSCRIBE __redis__:invalidate" },
    { THEME_PUBSUB, 2, "SUBSCRIBE $channel $channel" },
    { THEME_PUBSUB, 1, "PSUBSCRIBE $pattern" },
    { THEME_BLOCKING, 1, "$bpop $list $wait" },
};

enum theme theme_find(const char *name)
{
    static const char *const names[] = {
        "data", "transactions", "pubsub", "notifications", "tracking", "blocking", "clients", "time",
    };
    size_t theme = 0;
    while (theme < THEME_COUNT && strcmp(names[theme], name) != 0) theme++;
    return (enum theme)theme;
}

static const struct line *draw(const struct line *from, size_t len, enum theme theme, struct random *random)
{
    size_t total = 0;
    for (size_t i = 0; i < len; i++) total += from[i].theme == theme ? from[i].weight : 0;
    if (total == 0) return NULL;
    size_t left = random_below(random, total);
    for (size_t i = 0; i < len; i++) {
        if (from[i].theme != theme) continue;
        if (left < from[i].weight) return &from[i];
        left -= from[i].weight;
    }
    return NULL;
}

const struct line *lines_draw(enum theme theme, struct random *random)
{
    return draw(lines, LEN(lines), theme, random);
}

const char *lines_opening(enum theme theme, struct random *random)
{
    const struct line *line = draw(openings, LEN(openings), theme, random);
    return line == NULL ? NULL : line->text;
}

/* Few of each, so that clients meet. Keys live for tens of seconds, waiting takes some seconds more, and time
 * is moved by a little less, besides a millisecond with each step: nothing is due at the very moment that is
 * reached. */
static const struct words {
    const char *name;
    const char *texts[8];
} words[] = {
    { "text", { "a", "b", "ab" } },
    { "list", { "l", "m", "l2" } },
    { "set", { "s", "t" } },
    { "hash", { "h" } },
    { "zset", { "z", "y" } },
    { "any", { "a", "b", "l", "m", "s", "h", "z", "missing" } },
    { "value", { "1", "x", "10", "v" } },
    { "int", { "0", "1", "2.5", "-1" } },
    { "push", { "LPUSH", "RPUSH" } },
    { "bpop", { "BLPOP", "BRPOP" } },
    { "end", { "LEFT", "RIGHT" } },
    { "wait", { "0", "17", "37.5", "107", "0" } },
    { "ms", { "10000", "20000", "50000", "1" } },
    { "move", { "9900", "19900", "39900", "99900" } },
    { "db", { "0", "1", "0", "1", "9" } },
    { "protocol", { "2", "3" } },
    { "channel", { "c", "d", "cc" } },
    { "pattern", { "c*", "*", "d", "[cd]" } },
    { "classes", { "KEA", "", "Kg$", "El", "AKE", "KEmnx", "K" } },
    { "prefix", { "a", "l", "ab", "" } },
};

static const char *draw_text(const struct words *of, struct random *random)
{
    size_t len = 0;
    while (len < LEN(of->texts) && of->texts[len] != NULL) len++;
    return of->texts[random_below(random, len)];
}

const char *lines_word(struct slice name, size_t clients, struct random *random)
{
    static const char *const client_names[] = { "@1", "@2", "@3", "@4", "@5" };
    if (slice_equal(name, SLICE("client"))) return client_names[random_below(random, clients)];
    for (size_t i = 0; i < LEN(words); i++)
        if (slice_equal(name, slice_of_cstr(words[i].name))) return draw_text(&words[i], random);
    REQUIRE(!"every word behind a dollar is in the table");
    return NULL;
}
