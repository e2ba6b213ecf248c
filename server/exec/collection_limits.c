#include "server/exec/collection_limits.h"

#include <stdatomic.h>
#include <stddef.h>

#include "server/config/settings.h"
#include "server/core/loop.h"
#include "server/exec/call.h"

enum { LIST_BYTES_SETTINGS = 5, LIST_ELEMENTS_MAX = 1 << 15 };

/* As Redis takes what its range allows and its lists do not. */
static int64_t list_size(int64_t set)
{
    if (set == 0) return 1;
    if (set < -LIST_BYTES_SETTINGS) return -LIST_BYTES_SETTINGS;
    return set < LIST_ELEMENTS_MAX ? set : LIST_ELEMENTS_MAX;
}

struct value_limits collection_limits_read(const struct settings *settings)
{
    return (struct value_limits){
        .hash_entries = (size_t)SETTING(settings, hash_max_listpack_entries),
        .hash_value = (size_t)SETTING(settings, hash_max_listpack_value),
        .set_ints = (size_t)SETTING(settings, set_max_intset_entries),
        .set_entries = (size_t)SETTING(settings, set_max_listpack_entries),
        .set_value = (size_t)SETTING(settings, set_max_listpack_value),
        .zset_entries = (size_t)SETTING(settings, zset_max_listpack_entries),
        .zset_value = (size_t)SETTING(settings, zset_max_listpack_value),
        .list_size = list_size(SETTING(settings, list_max_listpack_size)),
        .stream_node_bytes = (size_t)SETTING(settings, stream_node_max_bytes),
        .stream_node_entries = (size_t)SETTING(settings, stream_node_max_entries),
    };
}

const struct value_limits *collection_limits(const struct call *call)
{
    struct collection_limits *known = call->loop->limits;
    const struct settings *settings = call_settings(call);
    uint64_t version = atomic_load_explicit(&settings->version, memory_order_acquire);
    if (__builtin_expect(known->version != version, 0))
        *known = (struct collection_limits){ .limits = collection_limits_read(settings), .version = version };
    return &known->limits;
}
