/* What is announced of each command, in its order: by example, as Redis does it. `2:del k` is of database 2.
 *
 * Of ours the change stream itself is heard; of a Redis its notifications. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/buffer.h"
#include "server/core/server.h"
#include "server/events/changes.h"
#include "storage/keyspace/keyspace.h"
#include "tests/support/client/client.h"
#include "tests/support/client/reply_parts.h"
#include "tests/support/fixture.h"
#include "tests/support/process/instance.h"

/* As DUMP says it. */
#define HELLO "\"\\x00\\x05hello\\x09\\x00\\xb3\\x80\\x8e\\xba1\\xb2C\\xbb\""

struct said {
    const char *command;
    const char *events;
};

static const struct said strings[] = {
    { "SET k v", "new k, set k" },
    { "SET k v", "set k" },
    { "SET k v EX 100", "set k, expire k" },
    { "SET k v KEEPTTL", "set k" },
    { "SET k v NX", "" },
    { "SET k v GET", "set k" },
    { "SET k v PXAT 99999999999999", "set k, expire k" },
    { "SET t v PX 100000 NX", "new t, set t, expire t" },
    { "SET absent v XX", "" },
    { "SETNX k v", "" },
    { "SETNX n v", "new n, set n" },
    { "SETEX k 100 v", "set k, expire k" },
    { "PSETEX p 100000 v", "new p, set p, expire p" },
    { "GETSET k v", "set k" },
    { "GETSET g v", "keymiss g, new g, set g" },
    { "MSET k 1 m 2 k 3", "set k, new m, set m, set k" },
    { "MSETNX m 1 x 2", "" },
    { "MSETNX y 1 z 2", "new y, set y, new z, set z" },
    { "APPEND k x", "append k" },
    { "APPEND a x", "new a, append a" },
    { "APPEND a \"\"", "append a" },
    { "SETRANGE k 1 x", "setrange k" },
    { "SETRANGE k 0 \"\"", "" },
    { "SETRANGE r 2 x", "new r, setrange r" },
    { "INCR i", "new i, incrby i" },
    { "DECRBY i 3", "incrby i" },
    { "INCRBYFLOAT i 1.5", "incrbyfloat i" },
    { "GET k", "" },
    { "GET absent", "keymiss absent" },
    { "MGET k absent m also", "keymiss absent, keymiss also" },
    { "STRLEN absent", "keymiss absent" },
    { "GETRANGE absent 0 1", "keymiss absent" },
    { "GETEX k", "" },
    { "GETEX k EX 100", "expire k" },
    { "GETEX k PERSIST", "persist k" },
    { "GETEX k PERSIST", "" },
    { "GETEX k EXAT 1", "del k" },
    { "GETEX absent EX 1", "keymiss absent" },
    { "GETDEL i", "del i" },
    { "GETDEL absent", "keymiss absent" },
    { "XACK absent g 1-1", "keymiss absent" },
    { "XCLAIM absent g c 0 1-1", "keymiss absent" },
    { "XAUTOCLAIM absent g c 0 0", "keymiss absent" },
};

static const struct said bits[] = {
    { "SETBIT b 3 1", "new b, setbit b" },
    { "SETBIT b 3 1", "" },
    { "SETBIT b 3 0", "setbit b" },
    { "SETBIT c 100 0", "new c, setbit c" },
    { "GETBIT absent 1", "keymiss absent" },
    { "BITCOUNT absent", "keymiss absent" },
    { "BITPOS absent 1", "keymiss absent" },
    { "BITOP OR d b c", "new d, set d" },
    { "BITOP OR d b c", "set d" },
    { "BITOP AND d absent also", "keymiss absent, keymiss also, del d" },
    { "BITOP AND d absent", "keymiss absent" },
    { "RPUSH l x", "new l, rpush l" },
    { "BITOP OR l b c", "set l" },
    { "BITFIELD f SET u8 0 255", "new f, setbit f" },
    { "BITFIELD f SET u8 0 255", "" },
    { "BITFIELD f GET u8 0", "" },
    { "BITFIELD f INCRBY u8 0 1 SET u8 8 3", "setbit f" },
    { "BITFIELD absent GET u8 0", "keymiss absent" },
    { "BITFIELD f OVERFLOW FAIL INCRBY u8 8 255", "" },
    { "BITFIELD_RO absent GET u8 0", "keymiss absent" },
    { "PFADD p a", "new p, pfadd p" },
    { "PFADD p a", "" },
    { "PFADD q", "new q, pfadd q" },
    { "PFCOUNT p", "" },
    { "PFCOUNT p absent", "keymiss absent" },
    { "PFMERGE m p q", "keymiss m, new m, pfadd m" },
    { "PFMERGE m absent", "keymiss absent, pfadd m" },
};

static const struct said lists[] = {
    { "RPUSH l a b c", "new l, rpush l" },
    { "LPUSH l d", "lpush l" },
    { "LPUSHX l e", "lpush l" },
    { "RPUSHX absent e", "" },
    { "LPOP l", "lpop l" },
    { "RPOP l", "rpop l" },
    { "LPOP l 0", "" },
    { "LPOP absent", "" },
    { "LLEN absent", "keymiss absent" },
    { "LRANGE absent 0 1", "keymiss absent" },
    { "LINDEX absent 0", "keymiss absent" },
    { "LSET l 0 z", "lset l" },
    { "LSET l 9 z", "" },
    { "LSET absent 0 z", "" },
    { "LINSERT l BEFORE z y", "linsert l" },
    { "LINSERT l BEFORE absent y", "" },
    { "LREM l 0 absent", "" },
    { "LREM l 0 y", "lrem l" },
    { "LTRIM l 0 9", "ltrim l" },
    { "LTRIM l 0 0", "ltrim l" },
    { "LTRIM l 5 6", "ltrim l, del l" },
    { "LTRIM absent 0 1", "" },
    { "RPUSH l a", "new l, rpush l" },
    { "LREM l 0 a", "lrem l, del l" },
    { "RPUSH l a b", "new l, rpush l" },
    { "LPOP l 9", "lpop l, del l" },
    { "RPUSH l a b", "new l, rpush l" },
    { "LMOVE l m LEFT RIGHT", "new m, rpush m, lpop l" },
    { "LMOVE l l LEFT RIGHT", "rpush l, lpop l" },
    { "LMOVE l m RIGHT LEFT", "lpush m, rpop l, del l" },
    { "LMOVE absent m LEFT LEFT", "" },
    { "RPOPLPUSH m n", "new n, lpush n, rpop m" },
    { "RPOPLPUSH m m", "lpush m, rpop m" },
    { "LMPOP 2 absent n LEFT", "lpop n, del n" },
    { "LMPOP 1 absent LEFT", "" },
    { "RPUSH s 3 1 2", "new s, rpush s" },
    { "SORT s STORE t", "new t, sortstore t" },
    { "SORT s STORE t", "sortstore t" },
    { "SORT absent STORE t", "keymiss absent, del t" },
    { "SORT absent STORE t", "keymiss absent" },
    { "SORT s BY w_* GET #", "keymiss w_3, keymiss w_1, keymiss w_2" },
};

static const struct said sets[] = {
    { "SADD s a b", "new s, sadd s" },
    { "SADD s a", "" },
    { "SREM s absent", "" },
    { "SREM s a", "srem s" },
    { "SREM absent a", "" },
    { "SCARD absent", "keymiss absent" },
    { "SISMEMBER absent a", "keymiss absent" },
    { "SMEMBERS absent", "keymiss absent" },
    { "SPOP absent", "" },
    { "SPOP s 0", "" },
    { "SPOP s", "spop s, del s" },
    { "SADD s a b c", "new s, sadd s" },
    { "SPOP s 1", "spop s" },
    { "SPOP s 9", "spop s, del s" },
    { "SADD s a", "new s, sadd s" },
    { "SREM s a", "srem s, del s" },
    { "SADD s a b", "new s, sadd s" },
    { "SMOVE s t a", "srem s, new t, sadd t" },
    { "SMOVE s t a", "" },
    { "SMOVE s t b", "srem s, del s, sadd t" },
    { "SMOVE absent t b", "" },
    { "SMOVE t t a", "" },
    { "SADD s a b c", "new s, sadd s" },
    { "SADD u b c d", "new u, sadd u" },
    { "SINTERSTORE d s u", "new d, sinterstore d" },
    { "SINTERSTORE d s u", "sinterstore d" },
    { "SINTERSTORE d s absent", "keymiss absent, del d" },
    { "SINTERSTORE d s absent", "keymiss absent" },
    { "SUNIONSTORE d s u", "new d, sunionstore d" },
    { "SDIFFSTORE d s u", "sdiffstore d" },
    { "SDIFFSTORE d s s", "del d" },
    { "SDIFF absent s", "keymiss absent" },
    { "SUNION absent s", "keymiss absent" },
    { "SINTERCARD 2 s absent", "keymiss absent" },
};

static const struct said hashes[] = {
    { "HSET h f v", "new h, hset h" },
    { "HSET h f v", "hset h" },
    { "HSET h f v g w", "hset h" },
    { "HMSET h f v", "hset h" },
    { "HSETNX h f v", "" },
    { "HSETNX h n v", "hset h" },
    { "HDEL h n", "hdel h" },
    { "HDEL h absent", "" },
    { "HDEL absent f", "" },
    { "HGET absent f", "keymiss absent" },
    { "HGET h absent", "" },
    { "HGETALL absent", "keymiss absent" },
    { "HLEN absent", "keymiss absent" },
    { "HINCRBY h i 1", "hincrby h" },
    { "HINCRBY h f 1", "" },
    { "HINCRBYFLOAT h i 1.5", "hincrbyfloat h" },
    { "HINCRBY j i 1", "new j, hincrby j" },
    { "HDEL h f g i", "hdel h, del h" },
    { "HRANDFIELD absent", "keymiss absent" },
    { "HSCAN absent 0", "keymiss absent" },
};

static const struct said sorted_sets[] = {
    { "ZADD z 1 a", "new z, zadd z" },
    { "ZADD z 1 a", "" },
    { "ZADD z 2 a", "zadd z" },
    { "ZADD z NX 3 a", "" },
    { "ZADD z XX 3 absent", "" },
    { "ZADD absent XX 1 a", "" },
    { "ZADD z INCR 1 a", "zincr z" },
    { "ZADD z NX INCR 1 a", "" },
    { "ZINCRBY z 1 a", "zincr z" },
    { "ZINCRBY y 1 a", "new y, zincr y" },
    { "ZADD z CH 9 a 8 b", "zadd z" },
    { "ZREM z absent", "" },
    { "ZREM absent a", "" },
    { "ZREM z a b", "zrem z, del z" },
    { "ZADD z 1 a 2 b 3 c 4 d", "new z, zadd z" },
    { "ZSCORE absent a", "keymiss absent" },
    { "ZSCORE z absent", "" },
    { "ZRANK absent a", "keymiss absent" },
    { "ZRANGE absent 0 1", "keymiss absent" },
    { "ZREMRANGEBYRANK z 0 0", "zremrangebyrank z" },
    { "ZREMRANGEBYRANK z 9 9", "" },
    { "ZREMRANGEBYSCORE z 2 2", "zremrangebyscore z" },
    { "ZREMRANGEBYLEX z - +", "zremrangebylex z, del z" },
    { "ZADD z 1 a 2 b 3 c", "new z, zadd z" },
    { "ZPOPMIN z", "zpopmin z" },
    { "ZPOPMAX z", "zpopmax z" },
    { "ZPOPMIN z 9", "zpopmin z, del z" },
    { "ZPOPMIN z", "" },
    { "ZADD z 1 a 2 b 3 c", "new z, zadd z" },
    { "ZPOPMIN z 0", "" },
    { "ZMPOP 2 absent z MIN", "zpopmin z" },
    { "ZMPOP 1 z MAX COUNT 9", "zpopmax z, del z" },
    { "ZADD z 1 a 2 b", "new z, zadd z" },
    { "ZADD y 1 b 2 c", "zadd y" },
    { "ZRANGESTORE d z 0 -1", "new d, zrangestore d" },
    { "ZRANGESTORE d z 0 0", "zrangestore d" },
    { "ZRANGESTORE d z 9 9", "del d" },
    { "ZRANGESTORE d z 9 9", "" },
    { "ZUNIONSTORE d 2 z y", "new d, zunionstore d" },
    { "ZINTERSTORE d 2 z y", "zinterstore d" },
    { "ZDIFFSTORE d 2 z absent", "keymiss absent, zdiffstore d" },
    { "ZINTERSTORE d 2 z absent", "keymiss absent, del d" },
    { "ZUNION 2 z absent", "keymiss absent" },
    { "GEOADD g 13.361389 38.115556 P", "new g, zadd g" },
    { "GEOADD g 13.361389 38.115556 P", "" },
    { "GEOADD absent XX 1 1 P", "" },
    { "GEODIST absent a b", "keymiss absent" },
    { "GEOSEARCHSTORE d g FROMLONLAT 13 38 BYRADIUS 200 km", "new d, geosearchstore d" },
    { "GEOSEARCHSTORE d g FROMLONLAT 13 38 BYRADIUS 200 km", "geosearchstore d" },
    { "GEOSEARCHSTORE d g FROMLONLAT 0 0 BYRADIUS 1 km", "del d" },
    { "GEORADIUS g 13 38 200 km STORE d", "new d, georadiusstore d" },
    { "GEORADIUS g 0 0 1 km STORE d", "del d" },
    { "GEORADIUS absent 0 0 1 km", "keymiss absent" },
};

static const struct said keys[] = {
    { "SET k v", "new k, set k" },
    { "EXPIRE k 100", "expire k" },
    { "EXPIRE k 100 NX", "" },
    { "PEXPIREAT k 99999999999999", "expire k" },
    { "PERSIST k", "persist k" },
    { "PERSIST k", "" },
    { "EXPIRE absent 1", "" },
    { "EXPIRE k -1", "del k" },
    { "SET k v", "new k, set k" },
    { "EXISTS k absent", "keymiss absent" },
    { "TYPE absent", "keymiss absent" },
    { "TTL absent", "keymiss absent" },
    { "TOUCH k absent", "keymiss absent" },
    { "OBJECT ENCODING absent", "" },
    { "OBJECT ENCODING k", "" },
    { "DEL k absent", "del k" },
    { "UNLINK k", "" },
    { "SET k v", "new k, set k" },
    { "RENAME k l", "new l, rename_from k, rename_to l" },
    { "RENAME l l", "" },
    { "SET k v", "new k, set k" },
    { "RENAME k l", "new l, rename_from k, rename_to l" },
    { "RENAMENX l m", "new m, rename_from l, rename_to m" },
    { "SET k v", "new k, set k" },
    { "RENAMENX k m", "" },
    { "RENAME absent m", "" },
    { "COPY m n", "new n, copy_to n" },
    { "COPY m n", "" },
    { "COPY m n REPLACE", "new n, copy_to n" },
    { "COPY absent n", "keymiss absent" },
    { "COPY m m DB 1", "1:new m, 1:copy_to m" },
    { "MOVE m 1", "" },
    { "MOVE n 2", "2:new n, move_from n, 2:move_to n" },
    { "SELECT 2", "" },
    { "SET o v EX 100", "2:new o, 2:set o, 2:expire o" },
    { "MOVE o 3", "3:new o, 2:move_from o, 3:move_to o" },
    { "SELECT 0", "" },
    { "FLUSHDB", "" },
    { "FLUSHALL", "" },
    { "SET k v", "new k, set k" },
    { "SWAPDB 0 1", "" },
    { "KEYS *", "" },
    { "SCAN 0", "" },
    { "DBSIZE", "" },
    { "RESTORE restored 0 " HELLO, "new restored, restore restored" },
    { "RESTORE restored 100000 " HELLO " REPLACE", "new restored, restore restored" },
    { "RESTORE restored 1 " HELLO " REPLACE ABSTTL", "del restored" },
    { "RESTORE restored 1 " HELLO " REPLACE ABSTTL", "" },
};

#define SAID(table) table, sizeof table / sizeof table[0]

struct ears {
    struct fixture *ours; /* NULL: it is a Redis */
    struct instance redis;
    struct client client;
    struct client subscriber;
    pthread_mutex_t lock;
    struct buffer heard;
};

static void note(struct ears *ears, unsigned db, struct slice event, struct slice key)
{
    if (ears->heard.len > 0) buffer_printf(&ears->heard, ", ");
    if (db != 0) buffer_printf(&ears->heard, "%u:", db);
    buffer_printf(&ears->heard, "%.*s %.*s", (int)event.len, event.data, (int)key.len, key.data);
}

/* On a thread of the server. */
static void on_change(void *context, unsigned shard, const struct change *change)
{
    struct ears *ears = context;
    (void)shard;
    if (change->event == NULL) return;
    pthread_mutex_lock(&ears->lock);
    note(ears, change->db, slice_of_cstr(change->event), change->key.name);
    pthread_mutex_unlock(&ears->lock);
}

static void open_ours(struct ears *ears)
{
    ears->ours = fixture_open(OPTIONS("--threads", "2"));
    keyspace_listen(ears->ours->server->keyspace, &(struct change_listener){ on_change, ears });
    changes_listen(ears->ours->server->changes, CHANGES_NOTIFY);
    fixture_connect(ears->ours, &ears->client);
}

static void open_redis(struct ears *ears)
{
    instance_start(&ears->redis, INSTANCE_NUTHATCH, OPTIONS("--notify-keyspace-events", "KEAmn"));
    cr_assert(client_open_tcp(&ears->client, ears->redis.port));
    cr_assert(client_open_tcp(&ears->subscriber, ears->redis.port));
    client_ask(&ears->subscriber, "PSUBSCRIBE __keyevent@*__:*");
    client_ask(&ears->subscriber, "SUBSCRIBE barrier");
}

static void ears_open(struct ears *ears)
{
    *ears = (struct ears){ 0 };
    pthread_mutex_init(&ears->lock, NULL);
    if (instance_is_redis(INSTANCE_NUTHATCH))
        open_redis(ears);
    else
        open_ours(ears);
}

static void ears_close(struct ears *ears)
{
    client_close(&ears->client);
    if (ears->ours != NULL) {
        fixture_close(&ears->ours);
    } else {
        client_close(&ears->subscriber);
        instance_stop(&ears->redis);
    }
    buffer_clear(&ears->heard);
}

/* "__keyevent@0__:set" */
static void note_message(struct ears *ears, struct slice channel, struct slice key)
{
    char name[64];
    unsigned db;
    int event_at = 0;
    snprintf(name, sizeof name, "%.*s", (int)channel.len, channel.data);
    cr_assert_eq(sscanf(name, "__keyevent@%u__:%n", &db, &event_at), 1);
    note(ears, db, slice_of_cstr(name + event_at), key);
}

static void read_messages(struct ears *ears)
{
    struct slice message;
    client_ask(&ears->client, "PUBLISH barrier x");
    for (;;) {
        cr_assert(client_read(&ears->subscriber, &message));
        if (slice_equal(reply_part_text(reply_part(message, 0)), SLICE("message"))) return;
        note_message(ears, reply_part_text(reply_part(message, 2)), reply_part_text(reply_part(message, 3)));
    }
}

static void expect_said(struct ears *ears, const struct said *said)
{
    buffer_truncate(&ears->heard, 0);
    client_ask(&ears->client, said->command);
    if (ears->ours == NULL) read_messages(ears);
    pthread_mutex_lock(&ears->lock);
    struct slice heard = buffer_slice(&ears->heard);
    cr_assert(slice_equal(heard, slice_of_cstr(said->events)), "%s: %.*s\n", said->command, (int)heard.len,
              heard.data);
    pthread_mutex_unlock(&ears->lock);
}

static void expect_all(const struct said *said, size_t count)
{
    struct ears ears;
    ears_open(&ears);
    for (size_t i = 0; i < count; i++) expect_said(&ears, &said[i]);
    ears_close(&ears);
}

Test(keyspace_events, of_strings)
{
    expect_all(SAID(strings));
}

Test(keyspace_events, of_bits_and_hyperloglogs)
{
    expect_all(SAID(bits));
}

Test(keyspace_events, of_lists)
{
    expect_all(SAID(lists));
}

Test(keyspace_events, of_sets)
{
    expect_all(SAID(sets));
}

Test(keyspace_events, of_hashes)
{
    expect_all(SAID(hashes));
}

/* As Redis 8 announces them. */
static const struct said field_deadlines[] = {
    { "HSET h a 1 b 2 c 3 d 4", "new h, hset h" },
    { "HEXPIRE h 100 FIELDS 2 a zz", "hexpire h" },
    { "HEXPIRE h 100 FIELDS 1 zz", "" },
    { "HTTL absent FIELDS 1 a", "keymiss absent" },
    { "HPERSIST h FIELDS 2 a b", "hpersist h" },
    { "HPERSIST h FIELDS 2 a b", "" },
    { "HEXPIRE h 0 FIELDS 1 a", "hdel h" },
    { "HGETEX h FIELDS 1 b", "" },
    { "HGETEX h EX 100 FIELDS 2 b zz", "hexpire h" },
    { "HGETEX h PERSIST FIELDS 2 b c", "hpersist h" },
    { "HGETEX h PERSIST FIELDS 2 b c", "" },
    { "HGETEX h PXAT 1 FIELDS 1 b", "hdel h" },
    { "HGETDEL h FIELDS 1 zz", "" },
    { "HGETDEL h FIELDS 1 c", "hdel h" },
    { "HSETEX h FIELDS 1 e 1", "hset h" },
    { "HSETEX h EX 100 FIELDS 1 e 1", "hset h, hexpire h" },
    { "HSETEX h FNX EX 100 FIELDS 1 e 1", "" },
    { "HSETEX h KEEPTTL FIELDS 1 e 1", "hset h" },
    { "HSETEX h EXAT 1 FIELDS 1 e 1", "hset h, hdel h" },
    { "HSETEX h FXX EXAT 1 FIELDS 1 d 1", "hset h, hdel h, del h" },
    { "HSETEX n EX 100 FIELDS 1 d 1", "new n, hset n, hexpire n" },
    { "HINCRBY n i 1", "hincrby n" },
    { "HGETDEL n FIELDS 2 d i", "hdel n, del n" },
};

Test(keyspace_events, of_deadlines_of_fields)
{
    if (instance_is_redis(INSTANCE_NUTHATCH)) cr_skip_test("Redis 7.0 has no deadlines of fields");
    expect_all(SAID(field_deadlines));
}

Test(keyspace_events, of_sorted_sets_and_places)
{
    expect_all(SAID(sorted_sets));
}

Test(keyspace_events, of_keys_as_such)
{
    expect_all(SAID(keys));
}
