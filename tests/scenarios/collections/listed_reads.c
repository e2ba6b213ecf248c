/*
 * Reads of lists, streams and HyperLogLogs, and of the bits of strings.
 */
#include <stdio.h>

#include "proto/base/number.h"
#include "proto/base/random.h"
#include "tests/scenarios/collections/sight.h"
#include "tests/support/client/reply_parts.h"

#define LIST   FAMILY_BIT(FAMILY_LIST)
#define STREAM FAMILY_BIT(FAMILY_STREAM)
#define SKETCH FAMILY_BIT(FAMILY_SKETCH)
#define PLAIN  FAMILY_BIT(FAMILY_PLAIN)

/* The newest element of a list is the first. */

static void build_lindex(struct draft *draft)
{
    sight_ask(draft, "LINDEX", ARGUMENTS("0"));
}

static void build_lrange_all(struct draft *draft)
{
    sight_ask(draft, "LRANGE", ARGUMENTS("0", "-1"));
}

static void build_lrange_first(struct draft *draft)
{
    sight_ask(draft, "LRANGE", ARGUMENTS("0", "0"));
}

static void settle_first(struct referee *referee, struct request *request, struct slice reply)
{
    struct leaves leaves = leaves_of(reply);
    struct slice first = { 0 };
    if (!sight_is_judged(referee, request, TYPE_LIST, reply)) return;
    leaves_next(&leaves, &first);
    sight_of_text(referee, request, first, reply);
}

static void build_llen(struct draft *draft)
{
    sight_ask(draft, "LLEN", NO_ARGUMENTS);
}

static void settle_llen(struct referee *referee, struct request *request, struct slice reply)
{
    if (!sight_is_judged(referee, request, TYPE_LIST, reply)) return;
    sight_of_len(referee, request, TYPE_LIST, sight_number(reply_part_text(reply)), reply);
}

static void build_lpos(struct draft *draft)
{
    char bytes[CONTENT_WORD_MAX];
    struct words words = { 0 };
    struct history *key = draft_key(draft, 0);
    uint32_t number = sight_draw_number(draft, key);
    draft_read_collection(draft, key);
    draft->request->parts[0].asked = number;
    words_add_text(&words, "LPOS");
    words_add(&words, draft_name(key));
    words_add(&words, content_token(bytes, key, number));
    words_end(&words, draft->out);
}

static bool is_other(const struct write *write, const struct wanted *wanted)
{
    return write->number != wanted->asked;
}

static void settle_lpos(struct referee *referee, struct request *request, struct slice reply)
{
    const struct part *part = &request->parts[0];
    struct wanted wanted = { .history = part->history, .asked = part->asked };
    char bytes[CONTENT_WORD_MAX];
    if (!sight_is_judged(referee, request, TYPE_LIST, reply)) return;
    wanted.found = sight_number(reply_part_text(reply));
    if (wanted.found == 0)
        sight_of_text(referee, request, content_token(bytes, part->history, part->asked), reply);
    else if (wanted.found < 0)
        sight_of_number(referee, request, &wanted, is_other, true, reply);
    else
        settle_complain(referee, request, 0, evidence_of_member(part->history, &part->view, part->asked),
                        reply);
}

/* The newest entry of a stream is the last. */

static void build_xrange(struct draft *draft)
{
    sight_ask(draft, "XRANGE", ARGUMENTS("-", "+"));
}

static void build_xrevrange(struct draft *draft)
{
    sight_ask(draft, "XREVRANGE", ARGUMENTS("+", "-", "COUNT", "1"));
}

static void settle_newest_entry(struct referee *referee, struct request *request, struct slice reply)
{
    struct leaves leaves = leaves_of(reply);
    struct slice text = { 0 };
    if (!sight_is_judged(referee, request, TYPE_STREAM, reply)) return;
    while (leaves_next(&leaves, &text)) continue;
    sight_of_text(referee, request, text, reply);
}

static void build_xlen(struct draft *draft)
{
    sight_ask(draft, "XLEN", NO_ARGUMENTS);
}

static void settle_xlen(struct referee *referee, struct request *request, struct slice reply)
{
    if (!sight_is_judged(referee, request, TYPE_STREAM, reply)) return;
    sight_of_len(referee, request, TYPE_STREAM, sight_number(reply_part_text(reply)), reply);
}

static void build_pfcount(struct draft *draft)
{
    sight_ask(draft, "PFCOUNT", NO_ARGUMENTS);
}

static void settle_pfcount(struct referee *referee, struct request *request, struct slice reply)
{
    if (!sight_is_judged(referee, request, TYPE_SKETCH, reply)) return;
    sight_of_len(referee, request, TYPE_SKETCH, sight_number(reply_part_text(reply)), reply);
}

/* Of a string the first token is that of its last write. */

static void build_getbit(struct draft *draft)
{
    char offset[CONTENT_WORD_MAX];
    uint32_t bit = (uint32_t)random_below(draft->random, TOKEN_BYTES * 8);
    snprintf(offset, sizeof offset, "%u", bit);
    struct history *key = draft_key(draft, 0);
    draft_read_collection(draft, key);
    draft->request->parts[0].asked = bit;
    COMMAND(draft, SLICE("GETBIT"), draft_name(key), slice_of_cstr(offset));
}

static bool has_bit(const struct write *write, const struct wanted *wanted)
{
    char bytes[CONTENT_WORD_MAX];
    struct slice token = content_token(bytes, wanted->history, write->number);
    return (token.data[wanted->asked / 8] >> (7 - wanted->asked % 8) & 1) == wanted->found;
}

static void settle_getbit(struct referee *referee, struct request *request, struct slice reply)
{
    const struct part *part = &request->parts[0];
    struct wanted wanted = { .history = part->history, .asked = part->asked };
    if (!sight_is_judged(referee, request, TYPE_STRING, reply)) return;
    wanted.found = sight_number(reply_part_text(reply));
    sight_of_number(referee, request, &wanted, has_bit, wanted.found == 0, reply);
}

static void build_bitcount(struct draft *draft)
{
    struct history *key = draft_key(draft, 0);
    draft_read_collection(draft, key);
    COMMAND(draft, SLICE("BITCOUNT"), draft_name(key), SLICE("0"), SLICE("15"));
}

static bool has_bits(const struct write *write, const struct wanted *wanted)
{
    char bytes[CONTENT_WORD_MAX];
    struct slice token = content_token(bytes, wanted->history, write->number);
    int count = 0;
    for (size_t i = 0; i < token.len; i++) count += __builtin_popcount((unsigned char)token.data[i]);
    return count == wanted->found;
}

static void settle_bitcount(struct referee *referee, struct request *request, struct slice reply)
{
    struct wanted wanted = { .history = request->parts[0].history };
    if (!sight_is_judged(referee, request, TYPE_STRING, reply)) return;
    wanted.found = sight_number(reply_part_text(reply));
    if (wanted.found == 0)
        sight_of_text(referee, request, slice_of("", 0), reply);
    else
        sight_of_number(referee, request, &wanted, has_bits, false, reply);
}

/* A token is two numbers of 64 bits. */
static void build_bitfield(struct draft *draft)
{
    struct history *key = draft_key(draft, 0);
    draft_read_collection(draft, key);
    COMMAND(draft, SLICE("BITFIELD_RO"), draft_name(key), SLICE("GET"), SLICE("i64"), SLICE("#0"),
            SLICE("GET"), SLICE("i64"), SLICE("#1"));
}

static void settle_bitfield(struct referee *referee, struct request *request, struct slice reply)
{
    char token[TOKEN_BYTES];
    struct leaves leaves = leaves_of(reply);
    struct slice number;
    bool any = false;
    if (!sight_is_judged(referee, request, TYPE_STRING, reply)) return;
    for (int half = 0; half < 2 && leaves_next(&leaves, &number); half++) {
        int64_t value = 0;
        number_parse_i64(number, &value);
        any = any || value != 0;
        for (int i = 0; i < 8; i++) token[8 * half + i] = (char)((uint64_t)value >> (56 - 8 * i));
    }
    sight_of_text(referee, request, any ? slice_of(token, sizeof token) : slice_of("", 0), reply);
}

static const struct operation rows[] = {
    { "lindex", false, 3, LIST, build_lindex, .settle = settle_first },
    { "lrange", false, 3, LIST, build_lrange_all, .settle = settle_first },
    { "lrange-first", false, 2, LIST, build_lrange_first, .settle = settle_first },
    { "llen", false, 2, LIST, build_llen, .settle = settle_llen },
    { "lpos", false, 2, LIST, build_lpos, .settle = settle_lpos },
    { "xrange", false, 3, STREAM, build_xrange, .settle = settle_newest_entry },
    { "xrevrange", false, 4, STREAM, build_xrevrange, .settle = settle_newest_entry },
    { "xlen", false, 3, STREAM, build_xlen, .settle = settle_xlen },
    { "pfcount", false, 3, SKETCH, build_pfcount, .settle = settle_pfcount },
    { "getbit", false, 2, PLAIN, build_getbit, .settle = settle_getbit },
    { "bitcount", false, 2, PLAIN, build_bitcount, .settle = settle_bitcount },
    { "bitfield-ro", false, 2, PLAIN, build_bitfield, .settle = settle_bitfield },
};
const struct operation_table listed_reads = { rows, sizeof rows / sizeof *rows };
