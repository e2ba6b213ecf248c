/*
 * Reads of hashes whose fields have deadlines.
 */
#include "proto/base/number.h"
#include "proto/base/random.h"
#include "tests/scenarios/collections/fields.h"
#include "tests/scenarios/collections/sight.h"
#include "tests/support/client/reply_parts.h"

#define FIELDS FAMILY_BIT(FAMILY_FIELDS)

unsigned fields_draw(struct draft *draft)
{
    return 1 + (unsigned)random_below(draft->random, FIELDS_ALL);
}

void fields_add_names(struct words *words, struct draft *draft, unsigned fields)
{
    char name[CONTENT_WORD_MAX];
    for (unsigned i = 0; i < FAMILY_WIDTH; i++) {
        if (fields >> i & 1) words_add(words, content_field(name, family_field(draft_key(draft, i))));
    }
}

void fields_add_counted(struct words *words, struct draft *draft, unsigned fields)
{
    words_add_text(words, "FIELDS");
    words_add_number(words, __builtin_popcount(fields));
    fields_add_names(words, draft, fields);
}

struct words fields_command(struct draft *draft, const char *command)
{
    struct words words = { 0 };
    words_add_text(&words, command);
    words_add(&words, draft_name(draft_key(draft, 0)));
    return words;
}

/* Those that the reply is about; all of a hash may come from a copy of it. */
static void look_at(struct draft *draft, unsigned fields)
{
    for (unsigned i = 0; i < FAMILY_WIDTH; i++) {
        if (fields >> i & 1) draft_read_collection(draft, draft_key(draft, i));
    }
}

static void look_through(struct draft *draft, unsigned fields)
{
    for (unsigned i = 0; i < FAMILY_WIDTH; i++) {
        if (fields >> i & 1) draft_read_through(draft, draft_key(draft, i));
    }
}

static void ask_for_one(struct draft *draft, const char *command)
{
    unsigned field = 1u << random_below(draft->random, FAMILY_WIDTH);
    struct words words = fields_command(draft, command);
    look_at(draft, field);
    fields_add_names(&words, draft, field);
    words_end(&words, draft->out);
}

static void ask_for_all(struct draft *draft, const char *command)
{
    struct words words = fields_command(draft, command);
    look_at(draft, FIELDS_ALL);
    words_end(&words, draft->out);
}

static void ask_for_some_upstream(struct draft *draft, const char *command)
{
    unsigned fields = fields_draw(draft);
    struct words words = fields_command(draft, command);
    look_through(draft, fields);
    fields_add_counted(&words, draft, fields);
    words_end(&words, draft->out);
}

static bool is_judged(struct referee *referee, struct slice reply)
{
    if (reply_is_error(reply)) referee->refused++;
    return !reply_is_error(reply);
}

static int64_t number_of(struct slice reply)
{
    return sight_number(reply_part_text(reply));
}

/* A field is there, and nothing is said of its value. */
static void settle_present(struct referee *referee, struct request *request, size_t i, struct slice reply)
{
    const struct part *part = &request->parts[i];
    referee->reads++;
    if (!history_may_be_present(part->history, &referee->visibility, &part->view))
        settle_complain(referee, request, i, "a field that is past its deadline, or was removed", reply);
}

static void settle_absent(struct referee *referee, struct request *request, size_t i, struct slice reply)
{
    settle_text(referee, request, i, slice_of("", 0), reply);
}

/* Values. */

static void build_hget(struct draft *draft)
{
    ask_for_one(draft, "HGET");
}

static void build_hmget(struct draft *draft)
{
    unsigned fields = fields_draw(draft);
    struct words words = fields_command(draft, "HMGET");
    look_at(draft, fields);
    fields_add_names(&words, draft, fields);
    words_end(&words, draft->out);
}

static void settle_values(struct referee *referee, struct request *request, struct slice reply)
{
    struct leaves leaves = leaves_of(reply);
    struct slice value = { 0 };
    if (!is_judged(referee, reply)) return;
    for (size_t i = 0; i < request->len && leaves_next(&leaves, &value); i++) {
        settle_text(referee, request, i, value, reply);
    }
}

static void build_hgetall(struct draft *draft)
{
    ask_for_all(draft, "HGETALL");
}

/* Which of the parts a field is; request->len: none. */
static size_t part_of(const struct request *request, struct slice field)
{
    char name[CONTENT_WORD_MAX];
    size_t i = 0;
    while (i < request->len &&
           !slice_equal(field, content_field(name, family_field(request->parts[i].history))))
        i++;
    return i;
}

/* What is found of each part, beginning with leaf number `from`: fields, each with its value. */
static void settle_pairs(struct referee *referee, struct request *request, struct slice reply, size_t from)
{
    struct leaves leaves = leaves_of(reply);
    struct slice field, value, found[REQUEST_PARTS] = { 0 };
    if (!is_judged(referee, reply)) return;
    for (size_t i = 0; i < from; i++) leaves_next(&leaves, &field);
    while (leaves_next(&leaves, &field) && leaves_next(&leaves, &value)) {
        size_t i = part_of(request, field);
        if (i == request->len) {
            settle_complain(referee, request, 0, "a field that was never written", reply);
            return;
        }
        found[i] = value;
    }
    for (size_t i = 0; i < request->len; i++) settle_text(referee, request, i, found[i], reply);
}

static void settle_hgetall(struct referee *referee, struct request *request, struct slice reply)
{
    settle_pairs(referee, request, reply, 0);
}

static void build_hscan(struct draft *draft)
{
    struct words words = fields_command(draft, "HSCAN");
    look_through(draft, FIELDS_ALL);
    words_add_text(&words, "0");
    words_add_text(&words, "COUNT");
    words_add_text(&words, "100");
    words_end(&words, draft->out);
}

static void settle_hscan(struct referee *referee, struct request *request, struct slice reply)
{
    settle_pairs(referee, request, reply, 1);
}

static void build_hrandfield(struct draft *draft)
{
    struct words words = fields_command(draft, "HRANDFIELD");
    look_through(draft, FIELDS_ALL);
    words_add_text(&words, "10");
    words_add_text(&words, "WITHVALUES");
    words_end(&words, draft->out);
}

static void build_hvals(struct draft *draft)
{
    ask_for_all(draft, "HVALS");
}

/* Whose a value is its token says, unless the databases were exchanged. */
static void settle_hvals(struct referee *referee, struct request *request, struct slice reply)
{
    struct leaves leaves = leaves_of(reply);
    struct slice value, found[REQUEST_PARTS] = { 0 };
    struct token token;
    if (!is_judged(referee, reply)) return;
    while (leaves_next(&leaves, &value)) {
        if (value.len < TOKEN_BYTES || !token_read(value.data, &token)) {
            settle_complain(referee, request, 0, "a value that was never written", reply);
            return;
        }
        size_t i = token.key % FAMILY_IDS / DATABASES;
        if (i < request->len) found[i] = value;
    }
    for (size_t i = 0; i < request->len; i++) settle_text(referee, request, i, found[i], reply);
}

/* What is there. */

static void build_hkeys(struct draft *draft)
{
    ask_for_all(draft, "HKEYS");
}

static void settle_hkeys(struct referee *referee, struct request *request, struct slice reply)
{
    struct leaves leaves = leaves_of(reply);
    struct slice field;
    bool found[REQUEST_PARTS + 1] = { 0 };
    if (!is_judged(referee, reply)) return;
    while (leaves_next(&leaves, &field)) found[part_of(request, field)] = true;
    if (found[request->len]) settle_complain(referee, request, 0, "a field that was never written", reply);
    for (size_t i = 0; i < request->len; i++) {
        (found[i] ? settle_present : settle_absent)(referee, request, i, reply);
    }
}

/* Whether a field may be among those that make a length, or the key. */
static bool may_count(const struct referee *referee, const struct part *part)
{
    return referee->counts_due || history_may_be_present(part->history, &referee->visibility, &part->view);
}

static void build_hlen(struct draft *draft)
{
    ask_for_all(draft, "HLEN");
}

static void settle_hlen(struct referee *referee, struct request *request, struct slice reply)
{
    const struct visibility *visibility = &referee->visibility;
    int64_t found = number_of(reply), least = 0, most = 0;
    struct moment now = referee_now(referee);
    if (!is_judged(referee, reply)) return;
    for (size_t i = 0; i < request->len; i++) {
        const struct part *part = &request->parts[i];
        least += !history_may_be_absent(part->history, visibility, &part->view, now);
        most += may_count(referee, part);
    }
    referee->reads++;
    if (found < least)
        settle_complain(referee, request, 0, "fields are missing: nothing removed them", reply);
    if (found > most) settle_complain(referee, request, 0, "more fields than there may be", reply);
}

static void build_hexists(struct draft *draft)
{
    ask_for_one(draft, "HEXISTS");
}

static void settle_hexists(struct referee *referee, struct request *request, struct slice reply)
{
    if (!is_judged(referee, reply)) return;
    (number_of(reply) == 1 ? settle_present : settle_absent)(referee, request, 0, reply);
}

static void build_hstrlen(struct draft *draft)
{
    ask_for_one(draft, "HSTRLEN");
}

static void settle_hstrlen(struct referee *referee, struct request *request, struct slice reply)
{
    const struct part *part = &request->parts[0];
    int64_t bytes = number_of(reply);
    if (!is_judged(referee, reply)) return;
    if (bytes == 0) {
        settle_absent(referee, request, 0, reply);
        return;
    }
    settle_present(referee, request, 0, reply);
    settle_complain(referee, request, 0,
                    history_read_present(part->history, &part->view, TYPE_STRING, (size_t)bytes), reply);
}

/* A hash is there as long as a field of it is. */
static void build_exists(struct draft *draft)
{
    ask_for_all(draft, "EXISTS");
}

static void build_type(struct draft *draft)
{
    ask_for_all(draft, "TYPE");
}

static void settle_any(struct referee *referee, struct request *request, struct slice reply, bool there)
{
    bool any = false;
    if (!is_judged(referee, reply)) return;
    for (size_t i = 0; i < request->len; i++) {
        const struct part *part = &request->parts[i];
        if (there)
            any = any || may_count(referee, part);
        else
            settle_absent(referee, request, i, reply);
    }
    referee->reads++;
    if (there && !any) settle_complain(referee, request, 0, "a hash of which no field may be left", reply);
}

static void settle_exists(struct referee *referee, struct request *request, struct slice reply)
{
    settle_any(referee, request, reply, number_of(reply) == 1);
}

static void settle_type(struct referee *referee, struct request *request, struct slice reply)
{
    settle_any(referee, request, reply, reply_begins(reply, "+hash"));
}

/* Deadlines. */

static void build_hpttl(struct draft *draft)
{
    ask_for_some_upstream(draft, "HPTTL");
}

static void build_httl(struct draft *draft)
{
    ask_for_some_upstream(draft, "HTTL");
}

static void build_hpexpiretime(struct draft *draft)
{
    ask_for_some_upstream(draft, "HPEXPIRETIME");
}

/* `left` is what a reply says of one: -2 no such field, -1 no deadline, or how much time is left. */
static void settle_left(struct referee *referee, struct request *request, size_t i, int64_t left,
                        int64_t unit_ms, struct slice reply)
{
    const struct part *part = &request->parts[i];
    if (left == -2) {
        settle_absent(referee, request, i, reply);
        return;
    }
    settle_present(referee, request, i, reply);
    settle_complain(referee, request, i,
                    history_read_deadline(part->history, &referee->visibility, &part->view,
                                          left == -1 ? -1 : left * unit_ms, unit_ms, referee_now(referee)),
                    reply);
}

static void settle_ttls(struct referee *referee, struct request *request, struct slice reply, int64_t unit_ms)
{
    struct leaves leaves = leaves_of(reply);
    struct slice text = { 0 };
    if (!is_judged(referee, reply)) return;
    for (size_t i = 0; i < request->len && leaves_next(&leaves, &text); i++) {
        int64_t left = INT64_MIN;
        number_parse_i64(text, &left);
        settle_left(referee, request, i, left, unit_ms, reply);
    }
}

static void settle_hpttl(struct referee *referee, struct request *request, struct slice reply)
{
    settle_ttls(referee, request, reply, 1);
}

static void settle_httl(struct referee *referee, struct request *request, struct slice reply)
{
    settle_ttls(referee, request, reply, 1000);
}

static void settle_hpexpiretime(struct referee *referee, struct request *request, struct slice reply)
{
    struct leaves leaves = leaves_of(reply);
    struct slice text = { 0 };
    int64_t at = 0, now_ms = referee_unix_ms(referee, referee_now(referee).ms);
    if (!is_judged(referee, reply)) return;
    for (size_t i = 0; i < request->len && leaves_next(&leaves, &text); i++) {
        if (!number_parse_i64(text, &at)) continue;
        /* One that is just over counts as none left: it was not, when the answer was given. */
        int64_t left_ms = at < 0 ? at : at > now_ms ? at - now_ms : 0;
        settle_left(referee, request, i, left_ms, 1, reply);
    }
}

static const struct operation rows[] = {
    { "fields-hget", false, 6, FIELDS, build_hget, .settle = settle_values, .newer = true },
    { "fields-hmget", false, 5, FIELDS, build_hmget, .settle = settle_values, .newer = true },
    { "fields-hgetall", false, 5, FIELDS, build_hgetall, .settle = settle_hgetall, .newer = true },
    { "fields-hvals", false, 2, FIELDS, build_hvals, .settle = settle_hvals, .newer = true },
    { "fields-hscan", false, 1, FIELDS, build_hscan, .settle = settle_hscan, .newer = true },
    { "fields-hrandfield", false, 1, FIELDS, build_hrandfield, .settle = settle_hgetall, .newer = true },
    { "fields-hkeys", false, 2, FIELDS, build_hkeys, .settle = settle_hkeys, .newer = true },
    { "fields-hlen", false, 4, FIELDS, build_hlen, .settle = settle_hlen, .newer = true },
    { "fields-hexists", false, 3, FIELDS, build_hexists, .settle = settle_hexists, .newer = true },
    { "fields-hstrlen", false, 2, FIELDS, build_hstrlen, .settle = settle_hstrlen, .newer = true },
    { "fields-exists", false, 2, FIELDS, build_exists, .settle = settle_exists, .newer = true },
    { "fields-type", false, 1, FIELDS, build_type, .settle = settle_type, .newer = true },
    { "hpttl", false, 2, FIELDS, build_hpttl, .settle = settle_hpttl, .newer = true },
    { "httl", false, 1, FIELDS, build_httl, .settle = settle_httl, .newer = true },
    { "hpexpiretime", false, 1, FIELDS, build_hpexpiretime, .settle = settle_hpexpiretime, .newer = true },
};
const struct operation_table field_reads = { rows, sizeof rows / sizeof *rows };
