#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "proto/base/number.h"
#include "proto/base/slice.h"
#include "server/commands/catalog/families.h"
#include "server/commands/collection/collection.h"
#include "server/commands/key/sort_items.h"
#include "server/commands/key/sort_options.h"
#include "server/commands/key/sort_pattern.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"
#include "storage/types/list.h"
#include "storage/types/set.h"
#include "storage/types/zset.h"

/* One SORT under way. */
struct sort {
    struct call *call;
    struct sort_options options;
    struct value source;
    struct sort_item *items;
    size_t len;         /* items that were gathered */
    size_t from, count; /* those of them that are the result */
    struct buffer text; /* names of keys, numbers to be read */
    char *copies;       /* of all texts, when the keys were left */
};

static const struct value_type *type_of(const struct entry *entry)
{
    enum entry_type type = entry == NULL ? ENTRY_LIST : entry_type(entry);
    return type == ENTRY_SET ? &set_type : type == ENTRY_ZSET ? &zset_type : &list_type;
}

/* False: WRONGTYPE was replied. */
static bool open_source(struct sort *sort)
{
    return collection_read(sort->call, 1, type_of(call_peek(sort->call, 1)), &sort->source);
}

static void add(struct sort *sort, const struct atom *element)
{
    sort->items[sort->len++] = (struct sort_item){ .element = sort_text_of(element) };
}

static void gather_list(struct sort *sort, size_t index, size_t count, enum list_side towards)
{
    struct list_walk walk = list_walk(&sort->source, index, towards);
    struct atom element;
    while (sort->len < count && list_next(&walk, &element)) add(sort, &element);
}

static void gather_zset(struct sort *sort, size_t rank, size_t count, enum zset_direction direction)
{
    struct zset_walk walk = zset_walk(&sort->source, rank, direction);
    struct atom element;
    double score;
    while (sort->len < count && zset_next(&walk, &element, &score)) add(sort, &element);
}

static void gather_set(struct sort *sort, size_t from, size_t count)
{
    struct set_walk walk = set_walk(&sort->source);
    struct atom element;
    for (size_t i = 0; sort->len < count && set_next(&walk, &element); i++) {
        if (i >= from) add(sort, &element);
    }
}

/* `count` elements, at least one, from `from` on in the collection's own order, which a set has none to turn
 * round in. */
static void gather(struct sort *sort, size_t from, size_t count, bool backwards)
{
    size_t first = backwards ? value_len(&sort->source) - 1 - from : from;
    sort->items = alloc_bytes(count * sizeof *sort->items);
    if (sort->source.type == &list_type)
        gather_list(sort, first, count, backwards ? LIST_HEAD : LIST_TAIL);
    else if (sort->source.type == &zset_type)
        gather_zset(sort, first, count, backwards ? ZSET_DOWN : ZSET_UP);
    else
        gather_set(sort, from, count);
}

/* As strtod() reads it, so an empty text is 0, and what stands behind a zero byte does not count. */
static bool read_score(struct sort *sort, const struct atom *weight, double *score)
{
    if (atom_is_integer(weight)) {
        *score = (double)weight->integer;
        return true;
    }
    char *end;
    buffer_truncate(&sort->text, 0);
    buffer_append(&sort->text, weight->text.data, weight->text.len);
    buffer_append(&sort->text, "", 1);
    errno = 0;
    *score = strtod(sort->text.data, &end);
    return *end == '\0' && errno != ERANGE && !isnan(*score);
}

/* False: its weight is no number. One without a weight weighs 0, or, as text, less than any other. */
static bool weigh(struct sort *sort, struct sort_item *item)
{
    const struct sort_options *options = &sort->options;
    struct atom weight = sort_text_atom(&item->element);
    bool found =
        !options->has_by || sort_pattern_find(&options->by, sort->call, &weight, &sort->text, &weight);
    if (!options->alpha) {
        item->score = 0;
        return !found || read_score(sort, &weight, &item->score);
    }
    if (options->has_by) item->weight = found ? sort_text_of(&weight) : sort_text_nothing();
    return true;
}

static bool weigh_all(struct sort *sort)
{
    bool are_numbers = true;
    for (size_t i = 0; i < sort->len; i++) {
        if (!weigh(sort, &sort->items[i])) are_numbers = false;
    }
    if (!are_numbers) reply_error(sort->call->reply, SLICE(ERR_SORT_SCORE));
    return are_numbers;
}

/* From so many elements on nobody else waits for the keys while they are sorted. */
#define LONG 1000

static size_t text_len(const struct sort_text *text)
{
    return text->data != NULL && text->number > 0 ? (size_t)text->number : 0;
}

/* Returns where the next one goes. */
static char *copy_text(struct sort_text *text, char *to)
{
    size_t len = text_len(text);
    if (len == 0) return to;
    memcpy(to, text->data, len);
    text->data = to;
    return to + len;
}

/* Take all texts along and let others have the keys, unless they are needed for the result. */
static void leave_keys(struct sort *sort)
{
    const struct sort_options *options = &sort->options;
    bool is_weighed_by_text = options->alpha && options->has_by;
    bool is_worth_it = sort->call->access.keyspace->locking && sort->len >= LONG;
    if (!is_worth_it || options->store_arg != 0 || options->get_count > 0) return;

    size_t size = 0;
    for (size_t i = 0; i < sort->len; i++) {
        size += text_len(&sort->items[i].element);
        if (is_weighed_by_text) size += text_len(&sort->items[i].weight);
    }
    char *to = sort->copies = alloc_bytes(size);
    for (size_t i = 0; i < sort->len; i++) {
        to = copy_text(&sort->items[i].element, to);
        if (is_weighed_by_text) to = copy_text(&sort->items[i].weight, to);
    }
    call_leave_keys(sort->call);
}

/* A part is enough, except where it could come out another one: texts that are equal up to a zero byte. */
static void put_in_order(struct sort *sort)
{
    const struct sort_options *options = &sort->options;
    struct sort_order order = { .alpha = options->alpha,
                                .weighted = options->has_by,
                                .whole = options->store_arg != 0,
                                .descending = options->descending };
    bool is_part = sort->count < sort->len;
    if (is_part && (!options->alpha || options->has_by))
        sort_items_part(sort->items, sort->len, sort->from, sort->count, &order);
    else
        sort_items(sort->items, sort->len, &order);
}

/* A set has no order that could be kept, so what is stored of it gets one. */
static void settle_options(struct sort *sort)
{
    struct sort_options *options = &sort->options;
    bool must_order = options->unordered && options->store_arg != 0 && sort->source.type == &set_type;
    if (!must_order) return;
    options->unordered = false;
    options->alpha = true;
    options->has_by = false;
}

/* False: replied. */
static bool find_result(struct sort *sort)
{
    size_t len = value_len(&sort->source);
    settle_options(sort);
    sort->count = sort_options_range(&sort->options, len, &sort->from);
    if (sort->options.unordered) {
        if (sort->count > 0) gather(sort, sort->from, sort->count, sort->options.descending);
        sort->from = 0;
        return true;
    }
    if (len == 0) return true;
    gather(sort, 0, len, false);
    if (!weigh_all(sort)) return false;
    leave_keys(sort);
    put_in_order(sort);
    return true;
}

/* Each of the result's values, in order; NULL where GET finds nothing. */
static void emit_all(struct sort *sort, void put(void *context, const struct atom *value), void *context)
{
    const struct sort_options *options = &sort->options;
    for (size_t i = sort->from; i < sort->from + sort->count; i++) {
        struct atom element = sort_text_atom(&sort->items[i].element), value;
        if (options->get_count == 0) put(context, &element);
        for (size_t g = 0; g < options->get_count; g++) {
            bool found = sort_pattern_find(&options->gets[g], sort->call, &element, &sort->text, &value);
            put(context, found ? &value : NULL);
        }
    }
}

static void put_in_reply(void *context, const struct atom *value)
{
    struct call *call = context;
    if (value != NULL)
        collection_reply(call, value);
    else
        reply_null(call->reply);
}

/* What is stored, until one of it may not be an element. */
struct stored {
    struct call *call;
    struct value list;
    bool refused;
};

static void put_in_list(void *context, const struct atom *value)
{
    struct stored *stored = context;
    char scratch[NUMBER_I64_MAX];
    struct slice text = value != NULL ? atom_text(value, scratch) : SLICE("");
    stored->refused = stored->refused || !collection_takes(stored->call, text);
    if (!stored->refused) list_push(&stored->list, LIST_TAIL, text);
}

static void store(struct sort *sort, size_t len)
{
    struct call *call = sort->call;
    struct stored stored = { .call = call, .list = collection_make(call, &list_type) };
    emit_all(sort, put_in_list, &stored);
    if (stored.refused) {
        value_clear(&stored.list);
        return;
    }
    list_expect(&stored.list, 0, 0);
    collection_store(call, sort->options.store_arg, &stored.list, EVENT_SORTSTORE);
    reply_int(call->reply, (int64_t)len);
}

static void answer(struct sort *sort)
{
    struct call *call = sort->call;
    size_t each = sort->options.get_count > 0 ? sort->options.get_count : 1;
    size_t len = sort->count * each;
    if (sort->options.store_arg == 0) {
        reply_array(call->reply, len);
        emit_all(sort, put_in_reply, call);
        return;
    }
    store(sort, len);
}

static void run(struct call *call, bool may_store)
{
    struct sort sort = { .call = call };
    if (sort_options_read(&sort.options, call, may_store) && open_source(&sort) && find_result(&sort))
        answer(&sort);
    sort_options_clear(&sort.options);
    buffer_clear(&sort.text);
    alloc_free(sort.items);
    alloc_free(sort.copies);
}

static void sort(struct call *call)
{
    run(call, true);
}

static void sort_ro(struct call *call)
{
    run(call, false);
}

#define SORT_VALUES "BY+ GET+ LIMIT++ STORE+"
#define SORT_KEYS                                                                                            \
    KEY(1, KEY_RO | KEY_ACCESS),                                                                             \
        KEYS_FROM_VALUES("BY GET", 2, KEY_RO | KEY_ACCESS, .values = SORT_VALUES,                            \
                         .note = "For the optional BY/GET keyword. It is marked 'unknown' because the key "  \
                                 "names derive from the content of the key we sort")
#define SORT_COST                                                                                            \
    "O(N+M*log(M)), N being the number of elements and M the number of those in the reply; O(N) unsorted"

const struct command sort_commands[] = {
    { "sort", sort,
      .syntax = "key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC | DESC] [ALPHA] "
                "[STORE destination]",
      .keys = { SORT_KEYS,
                KEY_HIDDEN("STORE", 2, KEY_OW | KEY_UPDATE, .values = SORT_VALUES,
                           .note = "For the optional STORE keyword. It is marked 'unknown' because "
                                   "the keyword can appear anywhere in the argument array") },
      .flags = CMD_WRITE | CMD_GROWS, .categories = ACL_SET | ACL_SORTED_SET | ACL_LIST | ACL_DANGEROUS,
      .group = "generic", .tier = TIER_PASS, .since = "1.0.0", .cost = SORT_COST,
      .reply = "array of bulk strings and nulls; with STORE an integer",
      .summary = "The elements of a list, set or sorted set in another order, or what stands for them." },
    { "sort_ro", sort_ro,
      .syntax = "key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC | DESC] [ALPHA]",
      .keys = { SORT_KEYS }, .flags = CMD_READONLY,
      .categories = ACL_SET | ACL_SORTED_SET | ACL_LIST | ACL_DANGEROUS, .group = "generic",
      .tier = TIER_PASS, .since = "7.0.0", .cost = SORT_COST, .reply = "array of bulk strings and nulls",
      .summary = "The elements of a list, set or sorted set in another order, without storing them." },
    { 0 },
};
