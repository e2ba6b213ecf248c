#include "storage/dump/dump_object.h"

#include "proto/base/contract.h"
#include "storage/dump/dump_hash.h"
#include "storage/dump/dump_hash_times.h"
#include "storage/dump/dump_list.h"
#include "storage/dump/dump_set.h"
#include "storage/dump/dump_stream.h"
#include "storage/dump/dump_type.h"
#include "storage/dump/dump_zset.h"
#include "storage/types/hash.h"
#include "storage/types/list.h"
#include "storage/types/set.h"
#include "storage/types/stream.h"
#include "storage/types/zset.h"

static const struct value_type *type_of(unsigned type)
{
    switch (type) {
    case DUMP_LIST:
    case DUMP_LIST_ZIPLIST:
    case DUMP_LIST_ZIPLISTS:
    case DUMP_LIST_LISTPACKS: return &list_type;
    case DUMP_SET:
    case DUMP_SET_INTSET:
    case DUMP_SET_LISTPACK: return &set_type;
    case DUMP_ZSET:
    case DUMP_ZSET_TEXT:
    case DUMP_ZSET_ZIPLIST:
    case DUMP_ZSET_LISTPACK: return &zset_type;
    case DUMP_HASH:
    case DUMP_HASH_ZIPMAP:
    case DUMP_HASH_ZIPLIST:
    case DUMP_HASH_LISTPACK:
    case DUMP_HASH_TIMES_OLD:
    case DUMP_HASH_TRIPLES_OLD:
    case DUMP_HASH_TIMES:
    case DUMP_HASH_TRIPLES: return &hash_type;
    case DUMP_STREAM_OLD:
    case DUMP_STREAM:
    case DUMP_STREAM_ACTIVE: return &stream_type;
    default: return NULL;
    }
}

bool dump_object_knows(unsigned type)
{
    return type == DUMP_STRING || type_of(type) != NULL;
}

static void read_collection(struct value *value, struct source *source, unsigned type, unsigned version)
{
    switch (type) {
    case DUMP_LIST: dump_list_read(source, ELEMENTS_TEXTS, value); break;
    case DUMP_LIST_ZIPLIST: dump_list_read(source, ELEMENTS_ZIPLIST, value); break;
    case DUMP_LIST_ZIPLISTS: dump_list_read_nodes(source, DUMP_NODES_ZIPLISTS, value); break;
    case DUMP_LIST_LISTPACKS: dump_list_read_nodes(source, DUMP_NODES_SAYING, value); break;
    case DUMP_SET: dump_set_read(source, ELEMENTS_TEXTS, value); break;
    case DUMP_SET_INTSET: dump_set_read(source, ELEMENTS_INTSET, value); break;
    case DUMP_SET_LISTPACK: dump_set_read(source, ELEMENTS_LISTPACK, value); break;
    case DUMP_ZSET: dump_zset_read(source, DUMP_SCORES_BINARY, value); break;
    case DUMP_ZSET_TEXT: dump_zset_read(source, DUMP_SCORES_TEXT, value); break;
    case DUMP_ZSET_ZIPLIST: dump_zset_read_packed(source, ELEMENTS_ZIPLIST, value); break;
    case DUMP_ZSET_LISTPACK: dump_zset_read_packed(source, ELEMENTS_LISTPACK, value); break;
    case DUMP_HASH: dump_hash_read(source, ELEMENTS_TEXT_PAIRS, value); break;
    case DUMP_HASH_ZIPMAP: dump_hash_read(source, ELEMENTS_ZIPMAP, value); break;
    case DUMP_HASH_ZIPLIST: dump_hash_read(source, ELEMENTS_ZIPLIST, value); break;
    case DUMP_HASH_LISTPACK: dump_hash_read(source, ELEMENTS_LISTPACK, value); break;
    case DUMP_HASH_TIMES_OLD:
    case DUMP_HASH_TRIPLES_OLD:
    case DUMP_HASH_TIMES:
    case DUMP_HASH_TRIPLES: dump_hash_times_read(source, type, version, value); break;
    case DUMP_STREAM_OLD: dump_stream_read(source, DUMP_STREAM_5_0, value); break;
    case DUMP_STREAM: dump_stream_read(source, DUMP_STREAM_7_0, value); break;
    case DUMP_STREAM_ACTIVE: dump_stream_read(source, DUMP_STREAM_7_2, value); break;
    default: source_fail(source);
    }
}

bool dump_object_read(struct dump_object *object, struct source *source, unsigned type)
{
    object->value = (struct value){ 0 };
    if (type == DUMP_STRING) {
        object->text = dump_text_read_bytes(source, &object->scratch);
    } else if (type_of(type) == NULL) {
        source_fail(source);
    } else {
        object->value = value_make(type_of(type), object->limits, object->seed);
        read_collection(&object->value, source, type, object->version);
    }
    const struct value_type *collection = object->value.type;
    bool is_empty = collection != NULL && collection != &stream_type && value_len(&object->value) == 0;
    if (!source->failed && !is_empty) return true;
    dump_object_clear(object);
    return false;
}

void dump_object_clear(struct dump_object *object)
{
    if (object->value.type != NULL) value_clear(&object->value);
    object->value = (struct value){ 0 };
    buffer_clear(&object->scratch);
}

static enum dump_type hash_form(const struct value *hash, enum dump_texts how)
{
    if (!dump_hash_is_timed(hash)) return DUMP_HASH;
    return how & DUMP_FOR_VALKEY ? DUMP_HASH_TIMES_OLD : DUMP_HASH_TIMES;
}

static void write_hash(struct buffer *out, const struct value *hash, enum dump_texts how)
{
    switch (hash_form(hash, how)) {
    case DUMP_HASH_TIMES: dump_hash_times_write(out, hash, how); break;
    case DUMP_HASH_TIMES_OLD: dump_hash_times_write_for_valkey(out, hash, how); break;
    default: dump_hash_write(out, hash, how);
    }
}

unsigned dump_object_type(const struct value *value, enum dump_texts how)
{
    const struct value_type *type = value->type;
    if (type == &list_type) return DUMP_LIST;
    if (type == &set_type) return DUMP_SET;
    if (type == &zset_type) return DUMP_ZSET;
    if (type == &stream_type) return DUMP_STREAM;
    REQUIRE(type == &hash_type);
    return hash_form(value, how);
}

void dump_object_write(struct buffer *out, const struct value *value, enum dump_texts how)
{
    if (value->type == &list_type)
        dump_list_write(out, value, how);
    else if (value->type == &set_type)
        dump_set_write(out, value, how);
    else if (value->type == &zset_type)
        dump_zset_write(out, value, how);
    else if (value->type == &stream_type)
        dump_stream_write(out, value, how);
    else
        write_hash(out, value, how);
}

void dump_object_write_text(struct buffer *out, struct slice text, enum dump_texts how)
{
    struct atom atom = { 0 };
    if (number_parse_i64(text, &atom.integer))
        dump_text_write_atom(out, &atom, how);
    else
        dump_text_write(out, text, how);
}
