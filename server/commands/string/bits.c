#include "storage/types/text/bits.h"

#include "proto/base/alloc.h"
#include "proto/base/number.h"
#include "proto/base/slice.h"
#include "server/commands/catalog/families.h"
#include "server/commands/string/bit_text.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"
#include "server/memory/memory_limit.h"

static bool read_bit(struct call *call, int arg, int64_t *bit)
{
    if (!call_arg_int_or(call, arg, bit, SLICE(ERR_BIT))) return false;
    if (*bit == 0 || *bit == 1) return true;
    reply_error(call->reply, SLICE(ERR_BIT));
    return false;
}

static void setbit(struct call *call)
{
    uint64_t at;
    int64_t bit;
    struct bit_text text;
    if (!bit_text_offset(call, 2, 0, &at) || !read_bit(call, 3, &bit)) return;
    if (!bit_text_open(call, (size_t)(at / 8) + 1, &text)) return;

    unsigned char *byte = (unsigned char *)text.bytes + at / 8;
    unsigned shift = 7 - at % 8;
    int64_t old = *byte >> shift & 1;
    *byte = (unsigned char)((*byte & ~(1u << shift)) | (unsigned)bit << shift);
    if (text.grew || old != bit) call_changed(call, 1, EVENT_SETBIT);
    reply_int(call->reply, old);
}

static void getbit(struct call *call)
{
    uint64_t at;
    if (!bit_text_offset(call, 2, 0, &at)) return;

    const struct entry *entry = call_find(call, 1);
    if (!call_wants_string(call, entry)) return;

    char scratch[NUMBER_I64_MAX];
    struct slice text = entry == NULL ? SLICE("") : entry_text(entry, scratch);
    reply_int(call->reply, (int64_t)bits_load(text, at, 1));
}

/* Some bits of a string, as two arguments and a unit say. */
struct range {
    int64_t first;
    int64_t last;
};

static bool read_unit(struct call *call, int arg, int64_t *bits)
{
    if (arg >= call->argc || call_arg_is(call, arg, "byte")) {
        *bits = 8;
        return true;
    }
    *bits = 1;
    if (call_arg_is(call, arg, "bit")) return true;
    reply_error(call->reply, SLICE(ERR_SYNTAX));
    return false;
}

/* Bring what counts units of `bits` from either end of a text to bits from its beginning. False: it is empty.
 */
static bool range_within(struct range *range, struct slice text, int64_t bits)
{
    int64_t len = (int64_t)text.len * 8 / bits;
    if (range->first < 0) range->first += len;
    if (range->last < 0) range->last += len;
    if (range->first < 0) range->first = 0;
    if (range->last < 0) range->last = 0;
    if (range->last >= len) range->last = len - 1;
    if (range->first > range->last) return false;
    *range = (struct range){ range->first * bits, range->last * bits + bits - 1 };
    return true;
}

/* The bits that BITCOUNT is asked for. False: replied. */
static bool count_range(struct call *call, struct slice text, struct range *range)
{
    int64_t bits = 8;
    *range = (struct range){ 0, -1 };
    if (call->argc == 3 || call->argc > 5) {
        reply_error(call->reply, SLICE(ERR_SYNTAX));
        return false;
    }
    if (call->argc > 3) {
        if (!call_arg_int(call, 2, &range->first) || !call_arg_int(call, 3, &range->last)) return false;
        bool is_backwards = range->first < 0 && range->last < 0 && range->first > range->last;
        if (!is_backwards && !read_unit(call, 4, &bits)) return false;
        if (is_backwards) *range = (struct range){ 1, 0 };
    }
    if (range_within(range, text, bits)) return true;
    reply_int(call->reply, 0);
    return false;
}

static void bitcount(struct call *call)
{
    const struct entry *entry = call_find(call, 1);
    if (!call_wants_string(call, entry)) return;
    if (entry == NULL) {
        reply_int(call->reply, 0);
        return;
    }
    char scratch[NUMBER_I64_MAX];
    struct slice text = entry_text(entry, scratch);
    struct range range;
    if (!count_range(call, text, &range)) return;
    reply_int(call->reply, (int64_t)bits_count(text, (uint64_t)range.first, (uint64_t)range.last));
}

/* The bits that BITPOS is asked for. False: replied. */
static bool find_range(struct call *call, struct slice text, struct range *range)
{
    int64_t bits = 8;
    *range = (struct range){ 0, -1 };
    if (call->argc > 6) {
        reply_error(call->reply, SLICE(ERR_SYNTAX));
        return false;
    }
    if (call->argc > 3 && !call_arg_int(call, 3, &range->first)) return false;
    if (!read_unit(call, 5, &bits)) return false;
    if (call->argc > 4 && !call_arg_int(call, 4, &range->last)) return false;
    if (range_within(range, text, bits)) return true;
    reply_int(call->reply, -1);
    return false;
}

static void bitpos(struct call *call)
{
    int64_t bit;
    if (!call_arg_int(call, 2, &bit)) return;
    if (bit != 0 && bit != 1) {
        reply_error(call->reply, SLICE(ERR_BIT_ARGUMENT));
        return;
    }
    const struct entry *entry = call_find(call, 1);
    if (!call_wants_string(call, entry)) return;
    /* Behind its end a string goes on with zeros for ever, unless an end was named. */
    if (entry == NULL) {
        reply_int(call->reply, bit ? -1 : 0);
        return;
    }
    char scratch[NUMBER_I64_MAX];
    struct slice text = entry_text(entry, scratch);
    struct range range;
    if (!find_range(call, text, &range)) return;
    int64_t at = bits_find(text, bit, (uint64_t)range.first, (uint64_t)range.last);
    if (at < 0 && bit == 0 && call->argc < 5) at = range.last + 1;
    reply_int(call->reply, at);
}

/* What BITOP combines. */
struct sources {
    struct slice *texts;
    struct entry **entries; /* NULL: absent */
    char (*scratches)[NUMBER_I64_MAX];
    size_t longest;
};

#define SOURCES_AT 3

/* Borrows the keys' texts. False: replied, one is no string. */
static bool read_sources(struct call *call, struct sources *sources)
{
    for (int i = 0; i < call->argc - SOURCES_AT; i++) {
        struct entry *entry = call_find(call, i + SOURCES_AT);
        if (!call_wants_string(call, entry)) return false;
        sources->entries[i] = entry;
        sources->texts[i] = entry == NULL ? SLICE("") : entry_text(entry, sources->scratches[i]);
        if (sources->texts[i].len > sources->longest) sources->longest = sources->texts[i].len;
    }
    return true;
}

/* The result's key as a string that is as long as the longest source. It may be one of them: then what was
 * borrowed of it has moved. NULL: replied. */
static char *make_result(struct call *call, struct sources *sources)
{
    struct entry *old = call_edit(call, 2);
    size_t old_len = old != NULL && entry_type(old) == ENTRY_STRING ? entry_text_len(old) : 0;
    if (sources->longest > old_len && !memory_limit_has_room(call->server, sources->longest)) {
        reply_error(call->reply, SLICE(ERR_OUT_OF_MEMORY));
        return NULL;
    }
    struct entry *entry = old;
    if (old != NULL && entry_type(old) != ENTRY_STRING)
        entry = call_put_string(call, 2, old, SLICE(""), ENTRY_NO_DEADLINE);
    entry = bit_text_edit(call, 2, entry, sources->longest);
    if (entry_has_deadline(entry)) entry = call_set_deadline(call, 2, entry, ENTRY_NO_DEADLINE);
    char *text = entry_text_edit(entry);
    for (int i = 0; i < call->argc - SOURCES_AT; i++) {
        if (old != NULL && sources->entries[i] == old) sources->texts[i].data = text;
    }
    return text;
}

static void store_nothing(struct call *call)
{
    call_vacate(call, 2, call_edit(call, 2));
    reply_int(call->reply, 0);
}

static void combine(struct call *call, enum bits_operation operation, struct sources *sources)
{
    if (!read_sources(call, sources)) return;
    if (sources->longest == 0) {
        store_nothing(call);
        return;
    }
    char *result = make_result(call, sources);
    if (result == NULL) return;

    size_t count = (size_t)(call->argc - SOURCES_AT);
    bits_combine(operation, sources->texts, count, result, sources->longest);
    call_changed(call, 2, EVENT_SET);
    reply_int(call->reply, (int64_t)sources->longest);
}

#define FEW 8

static void combine_few(struct call *call, enum bits_operation operation)
{
    struct slice texts[FEW];
    struct entry *entries[FEW];
    char scratches[FEW][NUMBER_I64_MAX];
    combine(call, operation, &(struct sources){ texts, entries, scratches, 0 });
}

static void combine_many(struct call *call, enum bits_operation operation)
{
    size_t count = (size_t)(call->argc - SOURCES_AT);
    struct sources sources = { .texts = alloc_bytes(count * sizeof *sources.texts),
                               .entries = alloc_bytes(count * sizeof *sources.entries),
                               .scratches = alloc_bytes(count * sizeof *sources.scratches) };
    combine(call, operation, &sources);
    alloc_free(sources.texts);
    alloc_free(sources.entries);
    alloc_free(sources.scratches);
}

static const char *const operations[] = {
    [BITS_AND] = "AND",   [BITS_OR] = "OR",       [BITS_XOR] = "XOR",     [BITS_NOT] = "NOT",
    [BITS_DIFF] = "DIFF", [BITS_DIFF1] = "DIFF1", [BITS_ANDOR] = "ANDOR", [BITS_ONE] = "ONE",
};

static bool read_operation(struct call *call, enum bits_operation *operation)
{
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
        *operation = (enum bits_operation)i;
        if (call_arg_is(call, 1, operations[i])) return true;
    }
    reply_error(call->reply, SLICE(ERR_SYNTAX));
    return false;
}

/* False: replied. */
static bool has_sources(struct call *call, enum bits_operation operation)
{
    int count = call->argc - SOURCES_AT;
    bool needs_two = operation >= BITS_DIFF && operation != BITS_ONE;
    if (operation == BITS_NOT && count != 1)
        reply_error(call->reply, SLICE(ERR_BITOP_NOT));
    else if (needs_two && count < 2)
        reply_errorf(call->reply, ERR_BITOP_TWO_FMT, operations[operation]);
    else
        return true;
    return false;
}

static void bitop(struct call *call)
{
    enum bits_operation operation;
    if (!read_operation(call, &operation) || !has_sources(call, operation)) return;
    if (call->argc - SOURCES_AT <= FEW)
        combine_few(call, operation);
    else
        combine_many(call, operation);
}

const struct command bit_commands[] = {
    { "setbit", setbit, .syntax = "key offset value", .keys = { KEY(1, KEY_RW | KEY_ACCESS | KEY_UPDATE) },
      .flags = CMD_WRITE | CMD_GROWS, .categories = ACL_BITMAP, .group = "bitmap", .tier = TIER_PASS,
      .since = "2.2.0", .cost = "O(1)", .reply = "integer: the bit that was there",
      .summary = "Set or clear one bit of a string." },
    { "getbit", getbit, .syntax = "key offset", .keys = { KEY(1, KEY_RO | KEY_ACCESS) },
      .flags = CMD_READONLY | CMD_FAST, .categories = ACL_BITMAP, .group = "bitmap",
      .tier = TIER_PASS | TIER_TYPED, .since = "2.2.0", .cost = "O(1)", .reply = "integer",
      .summary = "One bit of a string." },
    { "bitcount", bitcount, .syntax = "key [start end [BYTE | BIT]]", .keys = { KEY(1, KEY_RO | KEY_ACCESS) },
      .flags = CMD_READONLY, .categories = ACL_BITMAP, .group = "bitmap", .tier = TIER_PASS | TIER_TYPED,
      .since = "2.6.0", .cost = "O(N), N being the length of the string", .reply = "integer",
      .summary = "How many bits of a string are set." },
    { "bitpos", bitpos, .syntax = "key bit [start [end [BYTE | BIT]]]",
      .keys = { KEY(1, KEY_RO | KEY_ACCESS) }, .flags = CMD_READONLY, .categories = ACL_BITMAP,
      .group = "bitmap", .tier = TIER_PASS | TIER_TYPED, .since = "2.8.7",
      .cost = "O(N), N being the length of the string", .reply = "integer: -1 when there is none",
      .summary = "The first bit of a string that is set, or clear." },
    { "bitop", bitop, .syntax = "<AND | OR | XOR | NOT | DIFF | DIFF1 | ANDOR | ONE> destkey key [key ...]",
      .keys = { KEY(2, KEY_OW | KEY_UPDATE), KEYS(3, -1, 1, KEY_RO | KEY_ACCESS) },
      .flags = CMD_WRITE | CMD_GROWS, .categories = ACL_BITMAP, .group = "bitmap", .tier = TIER_PASS,
      .since = "2.6.0", .cost = "O(N), N being the length of the strings",
      .reply = "integer: the length of what was stored",
      .summary = "Store what strings come to when their bits are combined." },
    { 0 },
};
