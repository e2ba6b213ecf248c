/*
 * Reads of hashes and sets.
 */
#include <stdio.h>

#include "proto/base/random.h"
#include "tests/scenarios/collections/sight.h"
#include "tests/support/client/reply_parts.h"

#define HASH FAMILY_BIT(FAMILY_HASH)
#define SET  FAMILY_BIT(FAMILY_SET)

static void build_hget(struct draft *draft)
{
    sight_ask(draft, "HGET", ARGUMENTS("f0"));
}

static void settle_hget(struct referee *referee, struct request *request, struct slice reply)
{
    struct leaves leaves = leaves_of(reply);
    struct slice value = { 0 };
    if (!sight_is_judged(referee, request, TYPE_HASH, reply)) return;
    leaves_next(&leaves, &value);
    sight_of_text(referee, request, value, reply);
}

static void build_hmget(struct draft *draft)
{
    sight_ask(draft, "HMGET", ARGUMENTS("f0", "f1"));
}

static void settle_hmget(struct referee *referee, struct request *request, struct slice reply)
{
    struct leaves leaves = leaves_of(reply);
    struct slice values[2] = { 0 };
    if (!sight_is_judged(referee, request, TYPE_HASH, reply)) return;
    for (int i = 0; i < 2; i++) leaves_next(&leaves, &values[i]);
    sight_of_both(referee, request, values[0], values[1], reply);
}

static void build_hlen(struct draft *draft)
{
    sight_ask(draft, "HLEN", NO_ARGUMENTS);
}

static void settle_hlen(struct referee *referee, struct request *request, struct slice reply)
{
    if (!sight_is_judged(referee, request, TYPE_HASH, reply)) return;
    sight_of_len(referee, request, TYPE_HASH, sight_number(reply_part_text(reply)), reply);
}

static void build_hexists(struct draft *draft)
{
    char field[CONTENT_WORD_MAX];
    uint32_t index = (uint32_t)random_below(draft->random, CONTENT_PART);
    snprintf(field, sizeof field, "f%u", index);
    sight_ask(draft, "HEXISTS", ARGUMENTS(field));
    draft->request->parts[0].asked = index;
}

static bool has_field(const struct write *write, const struct wanted *wanted)
{
    if (write->type != TYPE_HASH) return wanted->found == 0;
    bool has = write->bytes == 0 || wanted->asked < write->bytes;
    return has == (wanted->found == 1);
}

static void settle_hexists(struct referee *referee, struct request *request, struct slice reply)
{
    const struct part *part = &request->parts[0];
    struct wanted wanted = { .history = part->history, .type = TYPE_HASH, .asked = part->asked };
    if (!sight_is_judged(referee, request, TYPE_HASH, reply)) return;
    wanted.found = sight_number(reply_part_text(reply));
    sight_of_number(referee, request, &wanted, has_field, wanted.found == 0, reply);
}

static void build_hgetall(struct draft *draft)
{
    sight_ask(draft, "HGETALL", NO_ARGUMENTS);
}

static void settle_hgetall(struct referee *referee, struct request *request, struct slice reply)
{
    struct leaves leaves = leaves_of(reply);
    struct slice field, value, found[2] = { 0 };
    if (!sight_is_judged(referee, request, TYPE_HASH, reply)) return;
    while (leaves_next(&leaves, &field) && leaves_next(&leaves, &value)) {
        if (slice_equal(field, SLICE("f0"))) found[0] = value;
        if (slice_equal(field, SLICE("f1"))) found[1] = value;
    }
    sight_of_both(referee, request, found[0], found[1], reply);
}

static void build_hkeys(struct draft *draft)
{
    sight_ask(draft, "HKEYS", NO_ARGUMENTS);
}

static void settle_hkeys(struct referee *referee, struct request *request, struct slice reply)
{
    if (!sight_is_judged(referee, request, TYPE_HASH, reply)) return;
    sight_of_len(referee, request, TYPE_HASH, (int64_t)leaves_count(reply), reply);
}

static void build_hvals(struct draft *draft)
{
    sight_ask(draft, "HVALS", NO_ARGUMENTS);
}

static void settle_hvals(struct referee *referee, struct request *request, struct slice reply)
{
    struct leaves leaves = leaves_of(reply);
    struct slice first = { 0 }, last = { 0 };
    size_t count = leaves_count(reply);
    if (!sight_is_judged(referee, request, TYPE_HASH, reply)) return;
    /* Of many, some may be older than the six that were written last, and nobody knows which. */
    if (count > CONTENT_PART) {
        sight_of_len(referee, request, TYPE_HASH, (int64_t)count, reply);
        return;
    }
    leaves_next(&leaves, &first);
    last = first;
    while (leaves_next(&leaves, &last)) continue;
    sight_of_both(referee, request, first, last, reply);
}

static void build_hstrlen(struct draft *draft)
{
    sight_ask(draft, "HSTRLEN", ARGUMENTS("f0"));
}

static bool has_value_bytes(const struct write *write, const struct wanted *wanted)
{
    return write->type == TYPE_HASH && value_bytes(write->number) == wanted->found;
}

static void settle_hstrlen(struct referee *referee, struct request *request, struct slice reply)
{
    struct wanted wanted = { .history = request->parts[0].history, .type = TYPE_HASH };
    if (!sight_is_judged(referee, request, TYPE_HASH, reply)) return;
    wanted.found = sight_number(reply_part_text(reply));
    if (wanted.found == 0)
        sight_of_text(referee, request, slice_of("", 0), reply);
    else
        sight_of_number(referee, request, &wanted, has_value_bytes, false, reply);
}

/* Ask for members of a write: the first, or the first two. */
static void ask_for_members(struct draft *draft, const char *command, unsigned count)
{
    char bytes[CONTENT_WORD_MAX];
    struct words words = { 0 };
    struct history *key = draft_key(draft, 0);
    uint32_t number = sight_draw_number(draft, key);
    draft_read_collection(draft, key);
    draft->request->parts[0].asked = number;
    words_add_text(&words, command);
    words_add(&words, draft_name(key));
    for (unsigned i = 0; i < count; i++) words_add(&words, content_member(bytes, key, number, i));
    words_end(&words, draft->out);
}

static void build_sismember(struct draft *draft)
{
    ask_for_members(draft, "SISMEMBER", 1);
}

static void build_smismember(struct draft *draft)
{
    ask_for_members(draft, "SMISMEMBER", 2);
}

/* Whether the member that was asked for first is there, and the second, which never is without it. */
static void settle_members(struct referee *referee, struct request *request, struct slice reply)
{
    const struct part *part = &request->parts[0];
    struct leaves leaves = leaves_of(reply);
    struct slice first = { 0 }, second = { 0 };
    if (!sight_is_judged(referee, request, TYPE_SET, reply)) return;
    leaves_next(&leaves, &first);
    leaves_next(&leaves, &second);
    bool has = sight_number(first) == 1;
    struct moment now = referee_now(referee);
    const char *complaint = NULL;
    if (has)
        complaint = evidence_of_member(part->history, &part->view, part->asked);
    else if (evidence_must_show(part->history, &referee->visibility, &part->view, part->asked, now))
        complaint = "a member is missing: nothing removed it";
    else if (sight_number(second) == 1 && !part->history->unsure)
        complaint = "one write of several elements is seen in part";
    referee->reads++;
    settle_complain(referee, request, 0, complaint, reply);
}

static void build_scard(struct draft *draft)
{
    sight_ask(draft, "SCARD", NO_ARGUMENTS);
}

static void settle_scard(struct referee *referee, struct request *request, struct slice reply)
{
    const struct part *part = &request->parts[0];
    const struct history *history = part->history;
    if (!sight_is_judged(referee, request, TYPE_SET, reply)) return;
    int64_t found = sight_number(reply_part_text(reply)), least = 0;
    struct moment now = referee_now(referee);
    for (size_t i = 0; i < history->len; i++) {
        const struct write *write = &history->writes[i];
        if (evidence_must_show(history, &referee->visibility, &part->view, write->number, now))
            least += write->kind == WRITE_SET ? write->bytes : 1;
    }
    if (found < least)
        settle_complain(referee, request, 0, "members are missing: nothing removed them", reply);
    sight_of_len(referee, request, TYPE_SET, found, reply);
}

static void build_smembers(struct draft *draft)
{
    sight_ask(draft, "SMEMBERS", NO_ARGUMENTS);
}

static bool shows_write(struct slice reply, const struct history *history, uint32_t number)
{
    char bytes[CONTENT_WORD_MAX];
    struct slice member = content_member(bytes, history, number, 0), text;
    struct leaves leaves = leaves_of(reply);
    while (leaves_next(&leaves, &text)) {
        if (slice_equal(text, member)) return true;
    }
    return false;
}

static const char *judge_member(const struct part *part, struct slice text)
{
    struct token token;
    if (text.len <= TOKEN_BYTES || !token_read(text.data, &token)) return "a member that was never added";
    /* Of the other database: evidence_of_member() lets it pass if the two may have been exchanged. */
    bool own = token.key == part->history->id;
    if (!own && token.key / FAMILY_IDS != part->history->id / FAMILY_IDS) return "a member of another key";
    return evidence_of_member(part->history, &part->view, own ? token.write : UINT32_MAX);
}

static void settle_smembers(struct referee *referee, struct request *request, struct slice reply)
{
    const struct part *part = &request->parts[0];
    const struct history *history = part->history;
    struct leaves leaves = leaves_of(reply);
    struct slice text;
    if (!sight_is_judged(referee, request, TYPE_SET, reply)) return;
    sight_of_len(referee, request, TYPE_SET, (int64_t)leaves_count(reply), reply);
    if (leaves_count(reply) == 0 || history->unsure) return;
    while (leaves_next(&leaves, &text)) {
        settle_complain(referee, request, 0, judge_member(part, text), reply);
    }
    struct moment now = referee_now(referee);
    for (size_t i = 0; i < history->len; i++) {
        uint32_t number = history->writes[i].number;
        if (!evidence_must_show(history, &referee->visibility, &part->view, number, now)) continue;
        if (!shows_write(reply, history, number))
            settle_complain(referee, request, 0, "a member is missing: nothing removed it", reply);
    }
}

static const struct operation rows[] = {
    { "hash-hget", false, 4, HASH, build_hget, .settle = settle_hget },
    { "hash-hmget", false, 3, HASH, build_hmget, .settle = settle_hmget },
    { "hash-hlen", false, 2, HASH, build_hlen, .settle = settle_hlen },
    { "hash-hexists", false, 2, HASH, build_hexists, .settle = settle_hexists },
    { "hash-hgetall", false, 3, HASH, build_hgetall, .settle = settle_hgetall },
    { "hash-hkeys", false, 1, HASH, build_hkeys, .settle = settle_hkeys },
    { "hash-hvals", false, 2, HASH, build_hvals, .settle = settle_hvals },
    { "hash-hstrlen", false, 2, HASH, build_hstrlen, .settle = settle_hstrlen },
    { "sismember", false, 4, SET, build_sismember, .settle = settle_members },
    { "smismember", false, 3, SET, build_smismember, .settle = settle_members },
    { "scard", false, 2, SET, build_scard, .settle = settle_scard },
    { "smembers", false, 3, SET, build_smembers, .settle = settle_smembers },
};
const struct operation_table keyed_reads = { rows, sizeof rows / sizeof *rows };
