#include "storage/types/blocks/value.h"

#include "storage/memory/block.h"

/* Of Redis 7.2. */
const struct value_limits value_limits_default = {
    .hash_entries = 512,
    .hash_value = 64,
    .set_ints = 512,
    .set_entries = 128,
    .set_value = 64,
    .zset_entries = 128,
    .zset_value = 64,
    .list_size = -2,
    .stream_node_bytes = 4096,
    .stream_node_entries = 100,
};

static void resize(struct value *value, size_t len)
{
    if (len == 0) {
        if (value->packed != NULL) block_free(value->packed, value->packed_len);
        value->packed = NULL;
    } else if (value->packed == NULL) {
        value->packed = block_alloc(len);
    } else {
        value->packed = block_resize(value->packed, value->packed_len, len);
    }
    value->packed_len = len;
}

const struct value_home value_heap = { .resize = resize };

struct value value_make(const struct value_type *type, const struct value_limits *limits, uint64_t seed)
{
    return (struct value){ .type = type, .home = &value_heap, .limits = limits, .seed = seed };
}

/* What a value in a shard's home keeps packed is the entry's to free. */
void value_clear(struct value *value)
{
    if (value->root != NULL)
        while (value->type->drain(value->root, SIZE_MAX)) continue;
    if (value->home == &value_heap && value->packed != NULL) resize(value, 0);
    value->root = NULL;
    value->packed = NULL;
    value->packed_len = 0;
}
