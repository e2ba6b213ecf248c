#include "proto/base/number.h"
#include "proto/base/random.h"
#include "tests/scenarios/operations/evidence.h"
#include "tests/scenarios/operations/queue_operations.h"
#include "tests/support/client/reply_parts.h"

/* Keys that hold nothing but strings: GET of them never answers WRONGTYPE. */
#define STRINGS                                                                                              \
    (FAMILY_BIT(FAMILY_PLAIN) | FAMILY_BIT(FAMILY_TEXT) | FAMILY_BIT(FAMILY_PAIR) | FAMILY_BIT(FAMILY_TRIPLE))
#define TYPED       (STRINGS | FAMILY_BIT(FAMILY_TYPES))
#define COLLECTIONS (FAMILIES_OF_COLLECTIONS | FAMILY_BIT(FAMILY_SKETCH))

static struct history *any_key(struct draft *draft)
{
    return draft_key(draft, (unsigned)random_below(draft->random, family_width(draft->family->kind)));
}

/* A command whose only argument is the key. */
static void ask(struct draft *draft, struct slice name)
{
    struct history *key = any_key(draft);
    draft_read(draft, key);
    COMMAND(draft, name, draft_name(key));
}

static void build_get(struct draft *draft)
{
    ask(draft, SLICE("GET"));
}
static void build_exists(struct draft *draft)
{
    ask(draft, SLICE("EXISTS"));
}
static void build_strlen(struct draft *draft)
{
    ask(draft, SLICE("STRLEN"));
}
static void build_type(struct draft *draft)
{
    ask(draft, SLICE("TYPE"));
}
static void build_ttl(struct draft *draft)
{
    ask(draft, SLICE("TTL"));
}
static void build_pttl(struct draft *draft)
{
    ask(draft, SLICE("PTTL"));
}

static void settle_get(struct referee *referee, struct request *request, struct slice reply)
{
    settle_value(referee, request, 0, reply);
}

static void build_getrange(struct draft *draft)
{
    struct history *key = any_key(draft);
    draft_read(draft, key);
    COMMAND(draft, SLICE("GETRANGE"), draft_name(key), SLICE("0"), SLICE("-1"));
}

static void build_hget(struct draft *draft)
{
    struct history *key = any_key(draft);
    draft_read_collection(draft, key);
    COMMAND(draft, SLICE("HGET"), draft_name(key), SLICE("f"));
}

static void settle_hget(struct referee *referee, struct request *request, struct slice reply)
{
    if (!reply_begins(reply, "-WRONGTYPE")) {
        settle_value(referee, request, 0, reply);
        return;
    }
    const struct part *part = &request->parts[0];
    referee->reads++;
    settle_complain(referee, request, 0, history_read_present(part->history, &part->view, TYPE_STRING, 0),
                    reply);
}

/* A number as a reply, INT64_MIN when it is none. */
static int64_t number_of(struct slice reply)
{
    int64_t number;
    return number_parse_i64(reply_part_text(reply), &number) ? number : INT64_MIN;
}

static bool is_judged(struct referee *referee, struct slice reply)
{
    if (reply_is_error(reply)) {
        referee->refused++;
        return false;
    }
    referee->reads++;
    return true;
}

static bool is_any(const struct write *write, const struct wanted *wanted)
{
    (void)write;
    (void)wanted;
    return true;
}

static const char *read_exists(const struct part *part)
{
    struct wanted wanted = { .history = part->history };
    return evidence_fits(&part->view, &wanted, is_any) ? NULL : "a key that no longer exists";
}

static void settle_exists(struct referee *referee, struct request *request, struct slice reply)
{
    const struct part *part = &request->parts[0];
    if (!is_judged(referee, reply)) return;
    settle_complain(referee, request, 0,
                    number_of(reply) == 0 ? history_read_absent(part->history, &referee->visibility,
                                                                &part->view, referee_now(referee))
                                          : read_exists(part),
                    reply);
}

static void settle_strlen(struct referee *referee, struct request *request, struct slice reply)
{
    const struct part *part = &request->parts[0];
    int64_t bytes = number_of(reply);
    if (!is_judged(referee, reply)) return;
    settle_complain(referee, request, 0,
                    bytes == 0 ? history_read_absent(part->history, &referee->visibility, &part->view,
                                                     referee_now(referee))
                               : history_read_present(part->history, &part->view, TYPE_STRING, (size_t)bytes),
                    reply);
}

static enum value_type type_of(const struct history *history, struct slice reply)
{
    static const char *const names[] = {
        [TYPE_HASH] = "+hash", [TYPE_SET] = "+set",       [TYPE_LIST] = "+list",
        [TYPE_ZSET] = "+zset", [TYPE_STREAM] = "+stream",
    };
    for (size_t type = TYPE_HASH; type < sizeof names / sizeof *names; type++) {
        if (reply_begins(reply, names[type])) return (enum value_type)type;
    }
    return history->is_sketch ? TYPE_SKETCH : TYPE_STRING;
}

static void settle_type(struct referee *referee, struct request *request, struct slice reply)
{
    const struct part *part = &request->parts[0];
    const char *complaint = NULL;
    if (!is_judged(referee, reply)) return;
    if (reply_begins(reply, "+none")) {
        complaint =
            history_read_absent(part->history, &referee->visibility, &part->view, referee_now(referee));
    } else {
        complaint = history_read_present(part->history, &part->view, type_of(part->history, reply), 0);
    }
    settle_complain(referee, request, 0, complaint, reply);
}

static void settle_deadline(struct referee *referee, struct request *request, struct slice reply,
                            int64_t unit_ms)
{
    const struct part *part = &request->parts[0];
    int64_t left = number_of(reply);
    const char *complaint = NULL;
    if (!is_judged(referee, reply)) return;
    struct moment now = referee_now(referee);
    if (left == -2) {
        complaint = history_read_absent(part->history, &referee->visibility, &part->view, now);
    } else {
        complaint = history_read_deadline(part->history, &referee->visibility, &part->view,
                                          left < 0 ? -1 : left * unit_ms, unit_ms, now);
    }
    settle_complain(referee, request, 0, complaint, reply);
}

static void settle_ttl(struct referee *referee, struct request *request, struct slice reply)
{
    settle_deadline(referee, request, reply, 1000);
}

static void settle_pttl(struct referee *referee, struct request *request, struct slice reply)
{
    settle_deadline(referee, request, reply, 1);
}

static void build_mget(struct draft *draft)
{
    struct slice argv[1 + REQUEST_PARTS] = { SLICE("MGET") };
    size_t count = 2 + random_below(draft->random, REQUEST_PARTS - 1);
    for (size_t i = 0; i < count; i++) {
        struct history *key = draft_key(draft, 0);
        draft_read(draft, key);
        argv[1 + i] = draft_name(key);
        draft->family = keyspace_draw(&draft->referee->keyspace, FAMILY_BIT(FAMILY_PLAIN), draft->random,
                                      draft->request->sent);
    }
    draft_command(draft, argv, 1 + count);
}

static void settle_mget(struct referee *referee, struct request *request, struct slice reply)
{
    if (reply_is_error(reply)) {
        referee->refused++;
        return;
    }
    for (size_t i = 0; i < request->len; i++) settle_value(referee, request, i, reply_part(reply, i));
}

static void build_triple(struct draft *draft)
{
    for (unsigned i = 0; i < 3; i++) draft_read(draft, draft_key(draft, i));
    COMMAND(draft, SLICE("MGET"), draft_name(draft_key(draft, 0)), draft_name(draft_key(draft, 1)),
            draft_name(draft_key(draft, 2)));
}

/* What is written together is read together, where it was written. Of a foreign write an instance may hear in
 * two steps: when a read of one key follows it in the same turn of the upstream, the reply with the new value
 * comes before the news of the others. Where there is no news each key is as old as it is. */
static void check_together(struct referee *referee, struct request *request, const struct token tokens[3],
                           struct slice reply)
{
    uint32_t newest = 0;
    for (size_t i = 0; i < 3; i++) newest = tokens[i].write > newest ? tokens[i].write : newest;
    if (tokens[0].write == newest && tokens[1].write == newest && tokens[2].write == newest) return;
    bool heard_of =
        referee->visibility.by_time || !history_is_own(request->parts[0].history, newest, request->place);
    if (request->place != PLACE_UPSTREAM && heard_of) {
        referee->torn++;
        return;
    }
    settle_complain(referee, request, 0, "MGET saw one write of several keys in part", reply);
}

static void settle_triple(struct referee *referee, struct request *request, struct slice reply)
{
    struct token tokens[3] = { 0 };
    settle_mget(referee, request, reply);
    if (reply_is_error(reply)) return;
    for (size_t i = 0; i < 3; i++) {
        struct slice value = reply_part_text(reply_part(reply, i));
        if (request->parts[i].history->unsure) return;
        if (value.len >= TOKEN_BYTES) token_read(value.data, &tokens[i]);
    }
    check_together(referee, request, tokens, reply);
}

static void build_eval(struct draft *draft)
{
    struct history *key = any_key(draft);
    draft_read_through(draft, key);
    COMMAND(draft, SLICE("EVAL"), SLICE("return redis.call('GET', KEYS[1])"), SLICE("1"), draft_name(key));
}

static void build_eval_undeclared(struct draft *draft)
{
    struct history *key = any_key(draft);
    draft_read_through(draft, key);
    COMMAND(draft, SLICE("EVAL"), SLICE("return redis.call('GET', ARGV[1])"), SLICE("0"), draft_name(key));
}

static void build_multi(struct draft *draft)
{
    struct history *key = any_key(draft);
    draft_read_through(draft, key);
    draft->request->prelude = 2;
    COMMAND(draft, SLICE("MULTI"));
    COMMAND(draft, SLICE("GET"), draft_name(key));
    COMMAND(draft, SLICE("EXEC"));
}

static void settle_multi(struct referee *referee, struct request *request, struct slice reply)
{
    if (reply_is_error(reply) || reply_part(reply, 0).len == 0) {
        referee->refused++;
    } else {
        settle_value(referee, request, 0, reply_part(reply, 0));
    }
}

static void draft_number(struct draft *draft, struct slice name, int64_t number)
{
    char digits[NUMBER_I64_MAX];
    COMMAND(draft, name, slice_of(digits, number_format_i64(digits, number)));
}

/* After it the client is as it was when it came, and comes back to its database. */
static void build_reset(struct draft *draft)
{
    struct history *key = any_key(draft);
    draft_read(draft, key);
    draft->request->prelude = 2;
    COMMAND(draft, SLICE("RESET"));
    draft_number(draft, SLICE("SELECT"), draft->db);
    COMMAND(draft, SLICE("GET"), draft_name(key));
}

static void build_hello(struct draft *draft)
{
    struct history *key = any_key(draft);
    draft_read(draft, key);
    draft->request->prelude = 1;
    draft_number(draft, SLICE("HELLO"), random_chance(draft->random, 50) ? 2 : 3);
    COMMAND(draft, SLICE("GET"), draft_name(key));
}

static void build_counter(struct draft *draft)
{
    ask(draft, SLICE("GET"));
}

static void settle_counter(struct referee *referee, struct request *request, struct slice reply)
{
    const struct part *part = &request->parts[0];
    int64_t count = number_of(reply);
    if (!is_judged(referee, reply)) return;
    struct moment now = referee_now(referee);
    history_note(part->history, (struct event){ .at = now,
                                                .began = request->sent.tick,
                                                .what = "get",
                                                .phase = EVENT_READ,
                                                .number = count > 0 ? (uint32_t)count : 0,
                                                .place = (short)request->place,
                                                .client = (short)request->client });
    settle_complain(referee, request, 0,
                    history_read_count(part->history, &part->view, count < 0 ? 0 : count, now), reply);
}

const struct operation told_operation = { "get-told", false, 0, 0, NULL, .settle = settle_get };

static const struct operation rows[] = {
    { "get", false, 10, TYPED, build_get, .settle = settle_get },
    { "mget", false, 4, FAMILY_BIT(FAMILY_PLAIN), build_mget, .settle = settle_mget },
    { "mget-together", false, 6, FAMILY_BIT(FAMILY_TRIPLE), build_triple, .settle = settle_triple },
    { "getrange", false, 3, STRINGS, build_getrange, .settle = settle_get },
    { "exists", false, 4, TYPED | COLLECTIONS, build_exists, .settle = settle_exists },
    { "strlen", false, 3, STRINGS, build_strlen, .settle = settle_strlen },
    { "type", false, 4, TYPED | COLLECTIONS, build_type, .settle = settle_type },
    { "ttl", false, 2, FAMILY_BIT(FAMILY_PLAIN), build_ttl, .settle = settle_ttl },
    { "pttl", false, 4, TYPED | COLLECTIONS, build_pttl, .settle = settle_pttl },
    { "hget", false, 5, FAMILY_BIT(FAMILY_TYPES), build_hget, .settle = settle_hget },
    { "get-counter", false, 6, FAMILY_BIT(FAMILY_COUNTER), build_counter, .settle = settle_counter },
    { "eval-get", false, 1, STRINGS, build_eval, .settle = settle_get },
    { "eval-get-undeclared", false, 1, STRINGS, build_eval_undeclared, .settle = settle_get },
    { "reset-get", false, 1, STRINGS, build_reset, .settle = settle_get },
    { "hello-get", false, 1, STRINGS, build_hello, .settle = settle_get },
    { "lrange-all", false, 2, FAMILY_BIT(FAMILY_QUEUE), build_lrange, .settle = settle_lrange },
    { "multi-get", false, 1, STRINGS, build_multi, .settle = settle_multi },
};
const struct operation_table read_operations = { rows, sizeof rows / sizeof *rows };
