#include "storage/shard/change.h"

#include <stddef.h>

#include "proto/base/contract.h"

static const struct {
    const char *name;
    enum change_class class;
} events[EVENTS] = {
    [EVENT_SILENT] = { NULL, CHANGE_SILENT },
    [EVENT_ABSENT] = { NULL, CHANGE_ABSENT },
    [EVENT_APPEND] = { "append", CHANGE_STRING },
    [EVENT_COPY_TO] = { "copy_to", CHANGE_GENERIC },
    [EVENT_DEL] = { "del", CHANGE_GENERIC },
    [EVENT_EVICTED] = { "evicted", CHANGE_EVICTED },
    [EVENT_EXPIRE] = { "expire", CHANGE_GENERIC },
    [EVENT_EXPIRED] = { "expired", CHANGE_EXPIRED },
    [EVENT_GEORADIUSSTORE] = { "georadiusstore", CHANGE_SORTED_SET },
    [EVENT_GEOSEARCHSTORE] = { "geosearchstore", CHANGE_SORTED_SET },
    [EVENT_HDEL] = { "hdel", CHANGE_HASH },
    [EVENT_HINCRBY] = { "hincrby", CHANGE_HASH },
    [EVENT_HINCRBYFLOAT] = { "hincrbyfloat", CHANGE_HASH },
    [EVENT_HEXPIRE] = { "hexpire", CHANGE_HASH },
    [EVENT_HEXPIRED] = { "hexpired", CHANGE_HASH },
    [EVENT_HPERSIST] = { "hpersist", CHANGE_HASH },
    [EVENT_HSET] = { "hset", CHANGE_HASH },
    [EVENT_INCRBY] = { "incrby", CHANGE_STRING },
    [EVENT_INCRBYFLOAT] = { "incrbyfloat", CHANGE_STRING },
    [EVENT_KEYMISS] = { "keymiss", CHANGE_MISS },
    [EVENT_LINSERT] = { "linsert", CHANGE_LIST },
    [EVENT_LPOP] = { "lpop", CHANGE_LIST },
    [EVENT_LPUSH] = { "lpush", CHANGE_LIST },
    [EVENT_LREM] = { "lrem", CHANGE_LIST },
    [EVENT_LSET] = { "lset", CHANGE_LIST },
    [EVENT_LTRIM] = { "ltrim", CHANGE_LIST },
    [EVENT_MOVE_FROM] = { "move_from", CHANGE_GENERIC },
    [EVENT_MOVE_TO] = { "move_to", CHANGE_GENERIC },
    [EVENT_NEW] = { "new", CHANGE_NEW },
    [EVENT_PERSIST] = { "persist", CHANGE_GENERIC },
    [EVENT_PFADD] = { "pfadd", CHANGE_STRING },
    [EVENT_RENAME_FROM] = { "rename_from", CHANGE_GENERIC },
    [EVENT_RENAME_TO] = { "rename_to", CHANGE_GENERIC },
    [EVENT_RESTORE] = { "restore", CHANGE_GENERIC },
    [EVENT_RPOP] = { "rpop", CHANGE_LIST },
    [EVENT_RPUSH] = { "rpush", CHANGE_LIST },
    [EVENT_SADD] = { "sadd", CHANGE_SET },
    [EVENT_SDIFFSTORE] = { "sdiffstore", CHANGE_SET },
    [EVENT_SET] = { "set", CHANGE_STRING },
    [EVENT_SETBIT] = { "setbit", CHANGE_STRING },
    [EVENT_SETRANGE] = { "setrange", CHANGE_STRING },
    [EVENT_SINTERSTORE] = { "sinterstore", CHANGE_SET },
    [EVENT_SORTSTORE] = { "sortstore", CHANGE_LIST },
    [EVENT_SPOP] = { "spop", CHANGE_SET },
    [EVENT_STALE] = { NULL, CHANGE_EXPIRED },
    [EVENT_SREM] = { "srem", CHANGE_SET },
    [EVENT_SUNIONSTORE] = { "sunionstore", CHANGE_SET },
    [EVENT_XADD] = { "xadd", CHANGE_STREAM },
    [EVENT_XDEL] = { "xdel", CHANGE_STREAM },
    [EVENT_XGROUP_CREATE] = { "xgroup-create", CHANGE_STREAM | CHANGE_ASIDE },
    [EVENT_XGROUP_CREATECONSUMER] = { "xgroup-createconsumer", CHANGE_STREAM | CHANGE_ASIDE },
    [EVENT_XGROUP_DELCONSUMER] = { "xgroup-delconsumer", CHANGE_STREAM | CHANGE_ASIDE },
    [EVENT_XGROUP_DESTROY] = { "xgroup-destroy", CHANGE_STREAM | CHANGE_ASIDE },
    [EVENT_XGROUP_SETID] = { "xgroup-setid", CHANGE_STREAM | CHANGE_ASIDE },
    [EVENT_XSETID] = { "xsetid", CHANGE_STREAM | CHANGE_ASIDE },
    [EVENT_XTRIM] = { "xtrim", CHANGE_STREAM },
    [EVENT_ZADD] = { "zadd", CHANGE_SORTED_SET },
    [EVENT_ZDIFFSTORE] = { "zdiffstore", CHANGE_SORTED_SET },
    [EVENT_ZINCR] = { "zincr", CHANGE_SORTED_SET },
    [EVENT_ZINTERSTORE] = { "zinterstore", CHANGE_SORTED_SET },
    [EVENT_ZPOPMAX] = { "zpopmax", CHANGE_SORTED_SET },
    [EVENT_ZPOPMIN] = { "zpopmin", CHANGE_SORTED_SET },
    [EVENT_ZRANGESTORE] = { "zrangestore", CHANGE_SORTED_SET },
    [EVENT_ZREM] = { "zrem", CHANGE_SORTED_SET },
    [EVENT_ZREMRANGEBYLEX] = { "zremrangebylex", CHANGE_SORTED_SET },
    [EVENT_ZREMRANGEBYRANK] = { "zremrangebyrank", CHANGE_SORTED_SET },
    [EVENT_ZREMRANGEBYSCORE] = { "zremrangebyscore", CHANGE_SORTED_SET },
    [EVENT_ZUNIONSTORE] = { "zunionstore", CHANGE_SORTED_SET },
};

struct change change_of(enum change_event event, unsigned db, struct key key, uint64_t origin)
{
    REQUIRE((unsigned)event < EVENTS && events[event].class != 0);
    return (struct change){
        .key = key,
        .db = db,
        .class = events[event].class,
        .which = event,
        .event = events[event].name,
        .origin = origin,
    };
}
