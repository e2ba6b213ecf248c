#include <stdlib.h>

#include "proto/base/alloc.h"
#include "proto/base/number.h"
#include "server/commands/catalog/families.h"
#include "server/commands/collection/collection.h"
#include "server/commands/collection/numkeys.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"
#include "storage/types/set.h"

/* The sets of a command, in the order of its keys; what has no key is empty. */
#define OPERANDS_FEW 8
struct operands {
    struct value *sets;
    size_t len;
    struct value few[OPERANDS_FEW];
};

static void clear(struct operands *operands)
{
    if (operands->sets != operands->few) alloc_free(operands->sets);
}

/* False: replied. */
static bool read(struct operands *operands, struct call *call, int first, int end)
{
    operands->len = (size_t)(end - first);
    operands->sets = operands->few;
    if (operands->len > OPERANDS_FEW) operands->sets = alloc_bytes(operands->len * sizeof *operands->sets);
    for (int arg = first; arg < end; arg++) {
        if (collection_read(call, arg, &set_type, &operands->sets[arg - first])) continue;
        clear(operands);
        return false;
    }
    return true;
}

static int smaller_first(const void *a, const void *b)
{
    size_t x = value_len(a), y = value_len(b);
    return (x > y) - (x < y);
}

static int larger_first(const void *a, const void *b)
{
    return smaller_first(b, a);
}

static size_t total_of(const struct value *sets, size_t len)
{
    size_t total = 0;
    for (size_t i = 0; i < len; i++) total += value_len(&sets[i]);
    return total;
}

/* Where the members of a result go: into a set, or else into the reply, or else they are counted only. */
struct sink {
    struct call *call;
    struct value *set;
    bool replies;
    size_t len;
    size_t limit; /* 0: none */
};

static void take(struct sink *sink, const struct atom *atom, const struct member *member)
{
    sink->len++;
    if (sink->set != NULL) {
        set_add(sink->set, member);
    } else if (sink->replies) {
        collection_reply(sink->call, atom);
    }
}

/* At most so many are to come. */
static void expect(struct sink *sink, size_t members)
{
    if (sink->set != NULL) set_reserve(sink->set, members);
}

/* Before the first is taken. */
static void begin(struct sink *sink, bool as_integers)
{
    if (sink->set == NULL) return;
    if (as_integers)
        set_begin_ints(sink->set);
    else
        set_begin_list(sink->set);
}

static bool is_full(const struct sink *sink)
{
    return sink->limit != 0 && sink->len == sink->limit;
}

typedef void operation(struct operands *operands, struct sink *sink);

/* The smallest one leads; each of its members is hashed once, whatever the number of the others. Since all
 * sets of the process hash alike, a walk through one asks another for its buckets in about the order in which
 * they stand: fetching them ahead gains nothing. */
static bool all_have(const struct value *sets, size_t len, const struct member *member)
{
    for (size_t i = 0; i < len; i++) {
        if (!set_has(&sets[i], member)) return false;
    }
    return true;
}

static void intersect(struct operands *operands, struct sink *sink)
{
    struct value *sets = operands->sets;
    qsort(sets, operands->len, sizeof *sets, smaller_first);
    expect(sink, value_len(&sets[0]));
    begin(sink, set_is_intset(&sets[0]));
    struct atom atom;
    for (struct set_walk walk = set_walk(&sets[0]); !is_full(sink) && set_next(&walk, &atom);) {
        char scratch[NUMBER_I64_MAX];
        struct member member = member_of_atom(&atom, scratch, sets[0].seed);
        if (all_have(sets + 1, operands->len - 1, &member)) take(sink, &atom, &member);
    }
    if (sink->set != NULL) set_end_list(sink->set);
}

/* Is a member of the set `index` in none of those before it? Only what lies beside the largest, which is the
 * first, has to be remembered, and the last one's members not even that. */
static bool is_new(const struct operands *operands, size_t index, struct value *seen,
                   const struct member *member)
{
    if (index == 0) return true;
    if (set_has(&operands->sets[0], member)) return false;
    if (index + 1 == operands->len) return !set_has(seen, member);
    return set_add(seen, member);
}

static size_t largest_of(const struct value *sets, size_t len)
{
    size_t largest = 0;
    for (size_t i = 0; i < len; i++)
        if (value_len(&sets[i]) > largest) largest = value_len(&sets[i]);
    return largest;
}

/* A copy of the largest is the quickest start; where it decides what the result is called they come in the
 * order in which they were said. */
static void unite_into(struct value *set, struct operands *operands)
{
    struct value *sets = operands->sets;
    if (set_is_spread_at(set->limits, largest_of(sets, operands->len)))
        qsort(sets, operands->len, sizeof *sets, larger_first);
    set_reserve(set, total_of(sets, operands->len));
    for (size_t i = 0; i < operands->len; i++) set_add_all(set, &sets[i]);
}

static void unite(struct operands *operands, struct sink *sink)
{
    struct value *sets = operands->sets;
    begin(sink, true);
    if (sink->set != NULL) {
        unite_into(sink->set, operands);
        return;
    }
    qsort(sets, operands->len, sizeof *sets, larger_first);
    struct value seen = collection_make(sink->call, &set_type);
    for (size_t i = 0; i < operands->len; i++) {
        struct atom atom;
        for (struct set_walk walk = set_walk(&sets[i]); set_next(&walk, &atom);) {
            char scratch[NUMBER_I64_MAX];
            struct member member = member_of_atom(&atom, scratch, sets[0].seed);
            if (is_new(operands, i, &seen, &member)) take(sink, &atom, &member);
        }
    }
    value_clear(&seen);
}

static bool one_has(const struct value *sets, size_t len, const struct member *member)
{
    for (size_t i = 0; i < len; i++) {
        if (set_has(&sets[i], member)) return true;
    }
    return false;
}

static void subtract_from(const struct value *first, const struct value *others, size_t len,
                          struct sink *sink)
{
    struct atom atom;
    for (struct set_walk walk = set_walk(first); set_next(&walk, &atom);) {
        char scratch[NUMBER_I64_MAX];
        struct member member = member_of_atom(&atom, scratch, first->seed);
        if (!one_has(others, len, &member)) take(sink, &atom, &member);
    }
}

/* A set of which the members of others are taken away has the name of what it was: as Redis does, which holds
 * the others against the first several times over, `sets` being those that are there. */
static bool is_taken_away(const struct value *sets, size_t len)
{
    size_t first = value_len(&sets[0]);
    return first * len / 2 > total_of(sets, len);
}

static void remove_all(struct value *set, const struct value *others)
{
    struct atom atom;
    for (struct set_walk walk = set_walk(others); value_len(set) > 0 && set_next(&walk, &atom);) {
        char scratch[NUMBER_I64_MAX];
        struct member member = member_of_atom(&atom, scratch, others->seed);
        set_remove(set, &member);
    }
}

/* A member costs this many look-ups to be added to a set. */
#define ADDING_COST 8

/* The first set's members are sought in each of the others, the largest first; or, when that is less work, in
 * the union of them. */
static void subtract(struct operands *operands, struct sink *sink)
{
    const struct value *first = &operands->sets[0];
    struct value *others = operands->sets + 1;
    size_t len = operands->len - 1;
    qsort(others, len, sizeof *others, larger_first);
    while (len > 0 && value_len(&others[len - 1]) == 0) len--;
    begin(sink, true);
    if (sink->set != NULL && is_taken_away(first, len + 1)) {
        set_add_all(sink->set, first);
        for (size_t i = 0; i < len; i++) remove_all(sink->set, &others[i]);
        return;
    }
    expect(sink, value_len(first));
    if (len < 2 || total_of(others, len) >= value_len(first) / ADDING_COST * (len - 1)) {
        subtract_from(first, others, len, sink);
        return;
    }
    struct value together = collection_make(sink->call, &set_type);
    struct operands addends = { .sets = others, .len = len };
    struct sink into = { .call = sink->call, .set = &together };
    unite(&addends, &into);
    subtract_from(first, &together, 1, sink);
    value_clear(&together);
}

static void reply_with(struct call *call, operation *operate)
{
    struct operands operands;
    if (!read(&operands, call, 1, call->argc)) return;

    struct sink sink = { .call = call, .replies = true };
    struct reply_mark mark = reply_open_counted(call->reply);
    operate(&operands, &sink);
    reply_close_set(call->reply, mark, sink.len);
    clear(&operands);
}

/* What is made is held apart until it is whole: the destination may be among the sources. */
static void store(struct call *call, operation *operate, enum change_event event)
{
    struct operands operands;
    if (!read(&operands, call, 2, call->argc)) return;

    struct value result = collection_make(call, &set_type);
    struct sink sink = { .call = call, .set = &result };
    operate(&operands, &sink);
    reply_int(call->reply, (int64_t)value_len(&result));
    collection_store(call, 1, &result, event);
    clear(&operands);
}

static void sinter(struct call *call)
{
    reply_with(call, intersect);
}

static void sinterstore(struct call *call)
{
    store(call, intersect, EVENT_SINTERSTORE);
}

static void sunion(struct call *call)
{
    reply_with(call, unite);
}

static void sunionstore(struct call *call)
{
    store(call, unite, EVENT_SUNIONSTORE);
}

static void sdiff(struct call *call)
{
    reply_with(call, subtract);
}

static void sdiffstore(struct call *call)
{
    store(call, subtract, EVENT_SDIFFSTORE);
}

/* LIMIT, which may be said again: the last counts. False: replied. */
static bool read_limit(struct call *call, int from, int64_t *limit)
{
    *limit = 0;
    for (int arg = from; arg < call->argc; arg += 2) {
        if (arg + 1 == call->argc || !call_arg_is(call, arg, "limit")) {
            reply_error(call->reply, SLICE(ERR_SYNTAX));
            return false;
        }
        if (!numkeys_read_limit(call, arg + 1, limit)) return false;
    }
    return true;
}

static void sintercard(struct call *call)
{
    int keys;
    int64_t limit;
    struct operands operands;
    if (!numkeys_read(call, 1, SLICE(ERR_NUMKEYS_EXCESS), &keys)) return;
    if (!read_limit(call, 2 + keys, &limit) || !read(&operands, call, 2, 2 + keys)) return;

    struct sink sink = { .call = call, .limit = (size_t)limit };
    intersect(&operands, &sink);
    reply_int(call->reply, (int64_t)sink.len);
    clear(&operands);
}

const struct command set_algebra_commands[] = {
    { "sinter", sinter, .syntax = "key [key ...]", .keys = { KEYS(1, -1, 1, KEY_RO | KEY_ACCESS) },
      .flags = CMD_READONLY, .categories = ACL_SET, .tier = TIER_PASS, .group = "set", .since = "1.0.0",
      .cost = "O(N M), N being the size of the smallest of M sets", .reply = "set of bulk strings",
      .summary = "What several sets have in common.", .tips = "nondeterministic_output_order" },
    { "sinterstore", sinterstore, .syntax = "destination key [key ...]",
      .keys = { KEY(1, KEY_RW | KEY_UPDATE), KEYS(2, -1, 1, KEY_RO | KEY_ACCESS) },
      .flags = CMD_WRITE | CMD_GROWS, .categories = ACL_SET, .tier = TIER_PASS, .group = "set",
      .since = "1.0.0", .cost = "O(N M), N being the size of the smallest of M sets", .reply = "integer",
      .summary = "Store what several sets have in common." },
    { "sintercard", sintercard, .syntax = "numkeys key [key ...] [LIMIT limit]",
      .keys = { KEYS_COUNTED(1, KEY_RO | KEY_ACCESS) }, .flags = CMD_READONLY, .categories = ACL_SET,
      .tier = TIER_PASS, .group = "set", .since = "7.0.0",
      .cost = "O(N M), N being the size of the smallest of M sets", .reply = "integer",
      .summary = "How many members several sets have in common." },
    { "sunion", sunion, .syntax = "key [key ...]", .keys = { KEYS(1, -1, 1, KEY_RO | KEY_ACCESS) },
      .flags = CMD_READONLY, .categories = ACL_SET, .tier = TIER_PASS, .group = "set", .since = "1.0.0",
      .cost = "O(N), N being the number of members in all sets", .reply = "set of bulk strings",
      .summary = "What at least one of several sets has.", .tips = "nondeterministic_output_order" },
    { "sunionstore", sunionstore, .syntax = "destination key [key ...]",
      .keys = { KEY(1, KEY_OW | KEY_UPDATE), KEYS(2, -1, 1, KEY_RO | KEY_ACCESS) },
      .flags = CMD_WRITE | CMD_GROWS, .categories = ACL_SET, .tier = TIER_PASS, .group = "set",
      .since = "1.0.0", .cost = "O(N), N being the number of members in all sets", .reply = "integer",
      .summary = "Store what at least one of several sets has." },
    { "sdiff", sdiff, .syntax = "key [key ...]", .keys = { KEYS(1, -1, 1, KEY_RO | KEY_ACCESS) },
      .flags = CMD_READONLY, .categories = ACL_SET, .tier = TIER_PASS, .group = "set", .since = "1.0.0",
      .cost = "O(N), N being the number of members in all sets", .reply = "set of bulk strings",
      .summary = "What only the first of several sets has.", .tips = "nondeterministic_output_order" },
    { "sdiffstore", sdiffstore, .syntax = "destination key [key ...]",
      .keys = { KEY(1, KEY_OW | KEY_UPDATE), KEYS(2, -1, 1, KEY_RO | KEY_ACCESS) },
      .flags = CMD_WRITE | CMD_GROWS, .categories = ACL_SET, .tier = TIER_PASS, .group = "set",
      .since = "1.0.0", .cost = "O(N), N being the number of members in all sets", .reply = "integer",
      .summary = "Store what only the first of several sets has." },
    { 0 },
};
