#include "server/commands/admin/debug_object.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/buffer.h"
#include "proto/base/number.h"
#include "proto/reply.h"
#include "server/commands/collection/collection.h"
#include "server/commands/key/encoding.h"
#include "server/config/settings.h"
#include "server/exec/call.h"
#include "server/exec/errors/errors.h"
#include "storage/shard/shard.h"
#include "storage/types/hash.h"
#include "storage/types/list.h"
#include "storage/types/set.h"
#include "storage/types/stream.h"
#include "storage/types/zset.h"

/* As an RDB file holds lengths, and strings without compression. */
static size_t length_bytes(size_t len)
{
    return len < 64 ? 1 : len < 16384 ? 2 : 5;
}

static size_t text_bytes(size_t len)
{
    return length_bytes(len) + len;
}

static size_t integer_bytes(int64_t number)
{
    char scratch[NUMBER_I64_MAX];
    if (number == (int8_t)number) return 2;
    if (number == (int16_t)number) return 3;
    if (number == (int32_t)number) return 5;
    return text_bytes(number_format_i64(scratch, number));
}

static size_t atom_bytes(const struct atom *atom)
{
    return atom_is_integer(atom) ? integer_bytes(atom->integer) : text_bytes(atom->text.len);
}

static size_t string_bytes(const struct entry *entry)
{
    size_t len = entry_text_len(entry);
    int64_t number;
    return len <= 11 && entry_integer(entry, &number) ? integer_bytes(number) : text_bytes(len);
}

static size_t list_bytes(const struct value *value)
{
    struct list_walk walk = list_walk(value, 0, LIST_TAIL);
    struct atom element;
    size_t bytes = 0;
    while (list_next(&walk, &element)) bytes += atom_bytes(&element);
    return bytes;
}

static size_t set_bytes(const struct value *value)
{
    struct set_walk walk = set_walk(value);
    struct atom member;
    size_t bytes = 0;
    while (set_next(&walk, &member)) bytes += atom_bytes(&member);
    return bytes;
}

static size_t hash_bytes(const struct value *value)
{
    struct hash_walk walk = hash_walk(value);
    struct atom field, text;
    size_t bytes = 0;
    while (hash_next(&walk, &field, &text)) bytes += atom_bytes(&field) + atom_bytes(&text);
    return bytes;
}

static size_t zset_bytes(const struct value *value)
{
    struct zset_walk walk = zset_walk(value, 0, ZSET_UP);
    struct atom member;
    double score;
    size_t bytes = 0;
    while (zset_next(&walk, &member, &score)) bytes += atom_bytes(&member) + sizeof(score);
    return bytes;
}

static size_t stream_bytes(const struct value *value)
{
    struct stream_walk walk = stream_walk(value, STREAM_ID_MIN);
    struct stream_entry entry;
    struct atom field, text;
    size_t bytes = 0;
    while (stream_next(&walk, &entry)) {
        bytes += sizeof(entry.id);
        for (size_t i = 0; i < entry.pairs; i++) {
            stream_entry_next(&entry, &field, &text);
            bytes += atom_bytes(&field) + atom_bytes(&text);
        }
    }
    return bytes;
}

static size_t value_bytes(const struct value *value)
{
    size_t len = length_bytes(value_len(value));
    if (value->type == &list_type) return len + list_bytes(value);
    if (value->type == &set_type) return len + set_bytes(value);
    if (value->type == &stream_type) return len + stream_bytes(value);
    return len + (value->type == &hash_type ? hash_bytes(value) : zset_bytes(value));
}

static size_t serialized_len(const struct call *call, const struct entry *entry)
{
    if (entry_value_type(entry) == NULL) return string_bytes(entry);
    struct value value = collection_of(call, 2, entry);
    return value_bytes(&value);
}

static const struct entry *wanted_entry(struct call *call)
{
    const struct entry *entry = call_peek(call, 2);
    if (entry == NULL) reply_error(call->reply, SLICE(ERR_NO_SUCH_KEY));
    return entry;
}

static bool is_kept_as(const struct call *call, const struct entry *entry, const char *encoding)
{
    return strcmp(encoding_name(call, 2, entry), encoding) == 0;
}

/* The nodes of a quicklist, as many as Redis would have made of what is in the list. */
static void write_quicklist(struct buffer *line, const struct call *call, const struct entry *entry)
{
    static const size_t node_bytes[] = { 4 << 10, 8 << 10, 16 << 10, 32 << 10, 64 << 10 };
    struct value list = collection_of(call, 2, entry);
    size_t len = value_len(&list), bytes = list_bytes(&list);
    int64_t size = list.limits->list_size;
    size_t nodes = size > 0 ? len / (size_t)size : bytes / node_bytes[-size - 1];
    nodes++;
    buffer_printf(line, " ql_nodes:%zu ql_avg_node:%.2f ql_listpack_max:%lld ql_compressed:%d", nodes,
                  (double)len / (double)nodes, (long long)size,
                  SETTING(call_settings(call), list_compress_depth) != 0);
    buffer_printf(line, " ql_uncompressed_size:%zu", bytes);
}

void debug_object(struct call *call)
{
    const struct entry *entry = wanted_entry(call);
    if (entry == NULL) return;
    const struct shard *shard = access_shard(&call->access, call_key(call, 2).hash);
    int64_t idle_ms = shard_idle_ms(shard, entry, call->now_ms);
    uint32_t used_s = (uint32_t)((call->now_ms - idle_ms) / 1000) & 0xffffff; /* Redis has 24 bits for it */
    struct buffer line = { 0 };
    buffer_printf(&line, "Value at:%p refcount:1 encoding:%s serializedlength:%zu lru:%u lru_seconds_idle:%u",
                  (const void *)entry, encoding_name(call, 2, entry), serialized_len(call, entry), used_s,
                  (unsigned)(idle_ms / 1000));
    if (is_kept_as(call, entry, "quicklist")) write_quicklist(&line, call, entry);
    reply_status(call->reply, buffer_slice(&line));
    buffer_clear(&line);
}

void debug_listpack(struct call *call)
{
    const struct entry *entry = wanted_entry(call);
    if (entry == NULL) return;
    if (is_kept_as(call, entry, "listpack"))
        reply_status(call->reply, SLICE("Listpack structure printed on stdout"));
    else
        reply_error(call->reply, SLICE(ERR_NOT_LISTPACK));
}

void debug_quicklist(struct call *call)
{
    const struct entry *entry = wanted_entry(call);
    if (entry == NULL) return;
    if (is_kept_as(call, entry, "quicklist"))
        reply_status(call->reply, SLICE("Quicklist structure printed on stdout"));
    else
        reply_error(call->reply, SLICE(ERR_NOT_QUICKLIST));
}

void debug_packed_threshold(struct call *call)
{
    reply_ok(call->reply);
}
