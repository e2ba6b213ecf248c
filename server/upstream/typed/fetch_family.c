#include "server/upstream/typed/fetch_family.h"

#include <stddef.h>

#include "proto/base/contract.h"
#include "proto/base/number.h"
#include "proto/reply_reader.h"
#include "storage/dump/dump_object.h"
#include "storage/types/hash.h"
#include "storage/types/list.h"
#include "storage/types/set.h"
#include "storage/types/zset.h"

/* The elements of an aggregate one after the other, aggregates inside it taken apart: maps and pairs of RESP3
 * read as the flat arrays of RESP2. */
struct flat {
    struct reply_reader reader;
    struct slice rest;
    bool failed;
};

static struct flat flat_of(struct slice reply)
{
    struct flat flat = { .rest = reply };
    reply_reader_clear(&flat.reader);
    return flat;
}

static bool is_aggregate(enum reply_type type)
{
    return type == REPLY_ARRAY || type == REPLY_SET || type == REPLY_MAP;
}

/* False: that was all, or something else than texts and numbers, which fails it. */
static bool flat_next(struct flat *flat, struct reply_element *element)
{
    size_t len;
    do {
        if (flat->rest.len == 0 || flat->failed) return false;
        bool read = reply_reader_next(&flat->reader, flat->rest, element, &len) == READER_READY;
        bool is_value = read && (element->type == REPLY_BULK || element->type == REPLY_DOUBLE);
        flat->failed = !is_value && !(read && is_aggregate(element->type));
        if (flat->failed) return false;
        flat->rest = slice_of(flat->rest.data + len, flat->rest.len - len);
    } while (element->type != REPLY_BULK && element->type != REPLY_DOUBLE);
    return true;
}

static bool read_hash(struct dump_object *object, struct slice reply)
{
    struct flat flat = flat_of(reply);
    struct reply_element field, value;
    object->value = value_make(&hash_type, object->limits, object->seed);
    while (flat_next(&flat, &field)) {
        struct member member = member_of(field.text, object->seed);
        if (!flat_next(&flat, &value) || !hash_put(&object->value, &member, value.text)) return false;
    }
    return !flat.failed;
}

static bool read_set(struct dump_object *object, struct slice reply)
{
    struct flat flat = flat_of(reply);
    struct reply_element element;
    object->value = value_make(&set_type, object->limits, object->seed);
    while (flat_next(&flat, &element)) {
        struct member member = member_of(element.text, object->seed);
        if (!set_add(&object->value, &member)) return false;
    }
    return !flat.failed;
}

static bool read_list(struct dump_object *object, struct slice reply)
{
    struct flat flat = flat_of(reply);
    struct reply_element element;
    object->value = value_make(&list_type, object->limits, object->seed);
    while (flat_next(&flat, &element)) list_push(&object->value, LIST_TAIL, element.text);
    list_expect(&object->value, 0, 0);
    return !flat.failed;
}

static bool read_score(const struct reply_element *element, double *score)
{
    *score = element->real;
    return element->type == REPLY_DOUBLE || number_parse_double(element->text, score);
}

static bool read_zset(struct dump_object *object, struct slice reply)
{
    struct flat flat = flat_of(reply);
    struct reply_element element, number;
    double score;
    object->value = value_make(&zset_type, object->limits, object->seed);
    while (flat_next(&flat, &element)) {
        struct member member = member_of(element.text, object->seed);
        if (!flat_next(&flat, &number) || !read_score(&number, &score)) return false;
        if (zset_put(&object->value, &member, score) != ZSET_ADDED) return false;
    }
    return !flat.failed;
}

static bool read_text(struct dump_object *object, struct slice reply)
{
    struct reply_element element = reply_reader_first(reply);
    object->text = element.text;
    return element.type == REPLY_BULK;
}

#define SORTED_SETS .length = "ZCARD", .whole = { "ZRANGE", "", "0", "-1", "WITHSCORES" }, .read = read_zset
#define STRINGS     .length = "STRLEN", .whole = { "GET", "" }, .read = read_text

static const struct fetch_family families[] = {
    { .category = ACL_HASH,
      .length = "HLEN",
      .whole = { "HGETALL", "" },
      .read = read_hash,
      .hides_ends = true },
    { .category = ACL_SET, .length = "SCARD", .whole = { "SMEMBERS", "" }, .read = read_set },
    { .category = ACL_LIST, .length = "LLEN", .whole = { "LRANGE", "", "0", "-1" }, .read = read_list },
    { .category = ACL_SORTED_SET, SORTED_SETS },
    { .category = ACL_GEO, SORTED_SETS },
    { .category = ACL_STREAM, .length = "XLEN" },
    { .category = ACL_BITMAP, STRINGS },
    { .category = ACL_HYPERLOGLOG, STRINGS },
};

const struct fetch_family *fetch_family_of(const struct command *row)
{
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        if (row->categories & families[i].category) return &families[i];
    INVARIANT(false);
    return NULL;
}
