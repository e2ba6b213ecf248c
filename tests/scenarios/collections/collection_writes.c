/*
 * Writes of collections: as a whole, of a part of what is there, and so that nothing is left.
 */
#include "proto/base/random.h"
#include "tests/scenarios/collections/content.h"
#include "tests/scenarios/operations/operation.h"

#define HASH        FAMILY_BIT(FAMILY_HASH)
#define SET         FAMILY_BIT(FAMILY_SET)
#define LIST        FAMILY_BIT(FAMILY_LIST)
#define ZSET        FAMILY_BIT(FAMILY_ZSET)
#define STREAM      FAMILY_BIT(FAMILY_STREAM)
#define SKETCH      FAMILY_BIT(FAMILY_SKETCH)
#define COLLECTIONS FAMILIES_OF_COLLECTIONS

/* A whole that is being written: to the family's key, of its type or of another. */
struct whole {
    struct history *key;
    enum value_type type;
    uint32_t number, len;
};

static struct whole begin_whole(struct draft *draft, enum value_type type)
{
    struct whole whole = { .key = draft_key(draft, 0), .type = type };
    whole.number = draft_add_write(draft, whole.key, (struct write){ .kind = WRITE_SET, .type = type });
    whole.len = content_len(type, whole.number);
    return whole;
}

static struct whole begin_own_whole(struct draft *draft)
{
    return begin_whole(draft, family_type(draft->family->kind));
}

static void say(struct draft *draft, const char *command, struct slice key)
{
    COMMAND(draft, slice_of_cstr(command), key);
}

/* The commands that fill an empty key, as many as are said. */
static unsigned fill(struct draft *draft, const struct whole *whole, struct slice key)
{
    struct words words = { 0 };
    char token[CONTENT_WORD_MAX];
    const char *verb = content_verb(whole->type);
    for (unsigned i = 0; verb == NULL && i < whole->len; i++) {
        COMMAND(draft, SLICE("XADD"), key, SLICE("*"), SLICE("v"),
                content_token(token, whole->key, whole->number));
    }
    if (verb == NULL) return whole->len;
    words_add_text(&words, verb);
    words_add(&words, key);
    content_add(&words, whole->key, whole->type, whole->number, whole->len);
    words_end(&words, draft->out);
    return 1;
}

static void build_multi(struct draft *draft)
{
    struct whole whole = begin_own_whole(draft);
    COMMAND(draft, SLICE("MULTI"));
    say(draft, "DEL", draft_name(whole.key));
    draft->request->prelude = 2 + fill(draft, &whole, draft_name(whole.key));
    COMMAND(draft, SLICE("EXEC"));
}

/* Filled under another name, which nobody else sees. */
static void build_rename(struct draft *draft)
{
    struct whole whole = begin_own_whole(draft);
    struct slice key = draft_name(whole.key), other = SLICE("under-construction");
    COMMAND(draft, SLICE("MULTI"));
    say(draft, "DEL", other);
    draft->request->prelude = 3 + fill(draft, &whole, other);
    COMMAND(draft, SLICE("RENAME"), other, key);
    COMMAND(draft, SLICE("EXEC"));
}

/* The key is declared, or an argument like any other. */
static void write_by_script(struct draft *draft, const struct whole *whole, bool declared)
{
    struct words words = { 0 };
    char token[CONTENT_WORD_MAX];
    const char *verb = content_verb(whole->type);
    words_add_text(&words, "EVAL");
    words_add_text(&words, verb == NULL
                               ? "local k = KEYS[1] or table.remove(ARGV, 1) redis.call('DEL', k) "
                                 "for i = 1, ARGV[1] do redis.call('XADD', k, '*', 'v', ARGV[2]) end return 1"
                               : "local k = KEYS[1] or table.remove(ARGV, 1) redis.call('DEL', k) "
                                 "return redis.call(ARGV[1], k, unpack(ARGV, 2))");
    words_add_text(&words, declared ? "1" : "0");
    words_add(&words, draft_name(whole->key));
    if (verb == NULL) {
        words_add_number(&words, whole->len);
        words_add(&words, content_token(token, whole->key, whole->number));
    } else {
        words_add_text(&words, verb);
        content_add(&words, whole->key, whole->type, whole->number, whole->len);
    }
    words_end(&words, draft->out);
}

static void build_script(struct draft *draft)
{
    struct whole whole = begin_own_whole(draft);
    write_by_script(draft, &whole, true);
}

static void build_script_undeclared(struct draft *draft)
{
    struct whole whole = begin_own_whole(draft);
    write_by_script(draft, &whole, false);
}

static void build_restore(struct draft *draft)
{
    struct whole whole = begin_own_whole(draft);
    struct buffer payload = { 0 };
    content_dump(&payload, whole.key, whole.type, whole.number);
    COMMAND(draft, SLICE("RESTORE"), draft_name(whole.key), SLICE("0"), buffer_slice(&payload),
            SLICE("REPLACE"));
    buffer_clear(&payload);
}

/* Something else than the family holds. */
static void build_retype(struct draft *draft)
{
    static const enum value_type types[] = { TYPE_HASH, TYPE_SET,    TYPE_LIST,
                                             TYPE_ZSET, TYPE_STREAM, TYPE_STRING };
    enum value_type type = types[random_below(draft->random, sizeof types / sizeof *types)];
    struct whole whole = begin_whole(draft, type);
    char value[VALUE_TOKENS_MAX * TOKEN_BYTES];
    if (type == TYPE_STRING)
        COMMAND(draft, SLICE("SET"), draft_name(whole.key), value_write(value, whole.key, whole.number));
    else
        write_by_script(draft, &whole, true);
}

/* What replaces a part, or comes before all others or behind them. */

static uint32_t begin_part(struct draft *draft)
{
    return draft_add_write(draft, draft_key(draft, 0),
                           (struct write){ .kind = WRITE_PART, .type = family_type(draft->family->kind) });
}

static void add_six(struct draft *draft, const char *verb)
{
    struct words words = { 0 };
    struct history *key = draft_key(draft, 0);
    uint32_t number = begin_part(draft);
    words_add_text(&words, verb);
    words_add(&words, draft_name(key));
    content_add(&words, key, family_type(draft->family->kind), number, CONTENT_PART);
    words_end(&words, draft->out);
}

static void build_hset(struct draft *draft)
{
    add_six(draft, random_chance(draft->random, 50) ? "HSET" : "HMSET");
}

static void build_zadd(struct draft *draft)
{
    add_six(draft, "ZADD");
}

static void build_sadd(struct draft *draft)
{
    char member[CONTENT_WORD_MAX];
    struct history *key = draft_key(draft, 0);
    uint32_t number = begin_part(draft);
    COMMAND(draft, SLICE("SADD"), draft_name(key), content_member(member, key, number, 0));
}

static void push(struct draft *draft, const char *command)
{
    char token[CONTENT_WORD_MAX];
    struct history *key = draft_key(draft, 0);
    uint32_t number = begin_part(draft);
    COMMAND(draft, slice_of_cstr(command), draft_name(key), content_token(token, key, number));
}

static void build_lpush(struct draft *draft)
{
    push(draft, "LPUSH");
}

static void build_lpushx(struct draft *draft)
{
    push(draft, "LPUSHX");
}

static void build_lpush_ltrim(struct draft *draft)
{
    COMMAND(draft, SLICE("MULTI"));
    push(draft, "LPUSH");
    COMMAND(draft, SLICE("LTRIM"), draft_name(draft_key(draft, 0)), SLICE("0"), SLICE("7"));
    COMMAND(draft, SLICE("EXEC"));
    draft->request->prelude = 3;
}

static void build_lset(struct draft *draft)
{
    char token[CONTENT_WORD_MAX];
    struct history *key = draft_key(draft, 0);
    uint32_t number = begin_part(draft);
    COMMAND(draft, SLICE("LSET"), draft_name(key), SLICE("0"), content_token(token, key, number));
}

static void build_xadd(struct draft *draft)
{
    char token[CONTENT_WORD_MAX];
    struct history *key = draft_key(draft, 0);
    uint32_t number = begin_part(draft);
    COMMAND(draft, SLICE("XADD"), draft_name(key), SLICE("MAXLEN"), SLICE("10"), SLICE("*"), SLICE("v"),
            content_token(token, key, number));
}

static void build_xadd_nomkstream(struct draft *draft)
{
    char token[CONTENT_WORD_MAX];
    struct history *key = draft_key(draft, 0);
    uint32_t number = begin_part(draft);
    COMMAND(draft, SLICE("XADD"), draft_name(key), SLICE("NOMKSTREAM"), SLICE("*"), SLICE("v"),
            content_token(token, key, number));
}

/* It then has all the elements that there are. */
static void build_pfadd(struct draft *draft)
{
    struct words words = { 0 };
    struct history *key = draft_key(draft, 0);
    uint32_t number = draft_add_write(
        draft, key, (struct write){ .kind = WRITE_PART, .type = TYPE_SKETCH, .bytes = CONTENT_SKETCH });
    words_add_text(&words, "PFADD");
    words_add(&words, draft_name(key));
    content_add(&words, key, TYPE_SKETCH, number, CONTENT_SKETCH);
    words_end(&words, draft->out);
}

/* What leaves nothing. */

static struct slice begin_removal(struct draft *draft)
{
    struct history *key = draft_key(draft, 0);
    draft_add_write(draft, key, (struct write){ .kind = WRITE_GONE });
    return draft_name(key);
}

static void build_hdel(struct draft *draft)
{
    struct words words = { 0 };
    char field[CONTENT_WORD_MAX];
    words_add_text(&words, "HDEL");
    words_add(&words, begin_removal(draft));
    for (unsigned i = 0; i < CONTENT_MOST; i++) words_add(&words, content_field(field, i));
    words_end(&words, draft->out);
}

#define MORE_THAN_ALL SLICE("100000")

static void build_spop(struct draft *draft)
{
    COMMAND(draft, SLICE("SPOP"), begin_removal(draft), MORE_THAN_ALL);
}

static void build_sinterstore(struct draft *draft)
{
    COMMAND(draft, SLICE("SINTERSTORE"), begin_removal(draft), SLICE("no-such-set"));
}

static void build_lpop(struct draft *draft)
{
    COMMAND(draft, SLICE("LPOP"), begin_removal(draft), MORE_THAN_ALL);
}

static void build_ltrim(struct draft *draft)
{
    COMMAND(draft, SLICE("LTRIM"), begin_removal(draft), SLICE("1"), SLICE("0"));
}

static void build_zpopmin(struct draft *draft)
{
    COMMAND(draft, SLICE("ZPOPMIN"), begin_removal(draft), MORE_THAN_ALL);
}

static void build_zremrangebyrank(struct draft *draft)
{
    COMMAND(draft, SLICE("ZREMRANGEBYRANK"), begin_removal(draft), SLICE("0"), SLICE("-1"));
}

static void build_zrangestore(struct draft *draft)
{
    COMMAND(draft, SLICE("ZRANGESTORE"), begin_removal(draft), SLICE("no-such-set"), SLICE("0"), SLICE("-1"));
}

static const struct operation rows[] = {
    { "whole-multi", true, 5, COLLECTIONS | SKETCH, build_multi, .settle = settle_done_or_exec },
    { "whole-rename", true, 3, COLLECTIONS | SKETCH, build_rename, .settle = settle_done_or_exec },
    { "whole-eval", true, 5, COLLECTIONS | SKETCH, build_script, .settle = settle_done },
    { "whole-eval-undeclared", true, 2, COLLECTIONS, build_script_undeclared, .settle = settle_done },
    { "whole-restore", true, 5, HASH | SET | LIST | ZSET, build_restore, .settle = settle_done },
    { "whole-retype", true, 2, COLLECTIONS, build_retype, .settle = settle_done },
    { "hash-hset", true, 5, HASH, build_hset, .settle = settle_done },
    { "sadd", true, 5, SET, build_sadd, .settle = settle_done },
    { "lpush", true, 3, LIST, build_lpush, .settle = settle_done },
    { "lpushx", true, 2, LIST, build_lpushx, .settle = settle_if_done },
    { "lpush-ltrim", true, 2, LIST, build_lpush_ltrim, .settle = settle_done_or_exec },
    { "lset", true, 2, LIST, build_lset, .settle = settle_done },
    { "zadd", true, 5, ZSET, build_zadd, .settle = settle_done },
    { "xadd", true, 5, STREAM, build_xadd, .settle = settle_done },
    { "xadd-nomkstream", true, 3, STREAM, build_xadd_nomkstream, .settle = settle_if_done },
    { "pfadd", true, 3, SKETCH, build_pfadd, .settle = settle_done },
    { "hdel-all", true, 1, HASH, build_hdel, .settle = settle_if_done },
    { "spop-all", true, 2, SET, build_spop, .settle = settle_done },
    { "sinterstore-nothing", true, 1, SET, build_sinterstore, .settle = settle_done },
    { "lpop-all", true, 2, LIST, build_lpop, .settle = settle_done },
    { "ltrim-all", true, 1, LIST, build_ltrim, .settle = settle_done },
    { "zpopmin-all", true, 2, ZSET, build_zpopmin, .settle = settle_done },
    { "zremrangebyrank-all", true, 1, ZSET, build_zremrangebyrank, .settle = settle_done },
    { "zrangestore-nothing", true, 1, ZSET, build_zrangestore, .settle = settle_done },
};
const struct operation_table collection_writes = { rows, sizeof rows / sizeof *rows };
