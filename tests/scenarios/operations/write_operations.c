#include <stdio.h>

#include "proto/base/number.h"
#include "proto/base/random.h"
#include "storage/dump/dump_payload.h"
#include "tests/scenarios/operations/queue_operations.h"
#include "tests/scenarios/world/listener.h"
#include "tests/support/client/reply_parts.h"

#define PLAIN   FAMILY_BIT(FAMILY_PLAIN)
#define TEXT    FAMILY_BIT(FAMILY_TEXT)
#define PAIR    FAMILY_BIT(FAMILY_PAIR)
#define TYPES   FAMILY_BIT(FAMILY_TYPES)
#define TRIPLE  FAMILY_BIT(FAMILY_TRIPLE)
#define COUNTER FAMILY_BIT(FAMILY_COUNTER)
#define QUEUE   FAMILY_BIT(FAMILY_QUEUE)
#define KEPT    (FAMILIES_OF_COLLECTIONS | FAMILY_BIT(FAMILY_SKETCH))

#define VALUE_MAX (VALUE_TOKENS_MAX * TOKEN_BYTES)

/* The command that the row is about: its key, the value to be written, a time to live. */
struct writing {
    struct history *key;
    struct slice name, value;
    uint32_t number;
    char bytes[VALUE_MAX];
    struct slice ttl;
    char digits[NUMBER_I64_MAX];
};

static struct history *any_key(struct draft *draft)
{
    return draft_key(draft, (unsigned)random_below(draft->random, family_width(draft->family->kind)));
}

static void begin(struct draft *draft, struct writing *writing, struct write write)
{
    writing->key = any_key(draft);
    writing->name = draft_name(writing->key);
    writing->number = draft_add_write(draft, writing->key, write);
    writing->value = value_write(writing->bytes, writing->key, writing->number);
}

static int64_t draw_ttl_ms(struct draft *draft)
{
    /* Most end soon, so that the end is seen. */
    return random_chance(draft->random, 70) ? 5 + (int64_t)random_below(draft->random, 300)
                                            : 1000 + (int64_t)random_below(draft->random, 60000);
}

static void set_digits(struct writing *writing, int64_t number)
{
    writing->ttl = slice_of(writing->digits, number_format_i64(writing->digits, number));
}

/* Settles that most rows share. */

void settle_done(struct referee *referee, struct request *request, struct slice reply)
{
    for (size_t i = 0; i < request->len; i++) settle_write(referee, request, i, reply);
}

/* 0 or nil: it did nothing. */
void settle_if_done(struct referee *referee, struct request *request, struct slice reply)
{
    if (reply_begins(reply, ":0") || reply_begins(reply, "$-1") || reply_begins(reply, "_")) {
        for (size_t i = 0; i < request->len; i++) {
            history_withdraw(request->parts[i].history, request->parts[i].number);
        }
        referee->writes++;
        return;
    }
    settle_done(referee, request, reply);
}

/* The reply is the value before, as the upstream had it. */
static void settle_old(struct referee *referee, struct request *request, struct slice reply)
{
    if (!reply_is_error(reply)) settle_value(referee, request, 0, reply);
    settle_done(referee, request, reply);
}

static void settle_old_if_any(struct referee *referee, struct request *request, struct slice reply)
{
    if (!reply_is_error(reply)) settle_value(referee, request, 0, reply);
    settle_if_done(referee, request, reply);
}

/* The write is number `at` of what was queued. */
static void settle_queued(struct referee *referee, struct request *request, struct slice reply, size_t at)
{
    struct slice last = reply_part(reply, at);
    /* A transaction that was not executed; what happened to one that answers nothing is not known. */
    if (reply_begins(reply, "-EXECABORT")) last = SLICE("-OOM in other words");
    if (last.len == 0) last = reply_is_error(reply) ? reply : SLICE("-ERR no transaction");
    settle_done(referee, request, last);
}

static void settle_exec(struct referee *referee, struct request *request, struct slice reply)
{
    settle_queued(referee, request, reply, 0);
}

/* Rows. */

static void build_set(struct draft *draft)
{
    struct writing w;
    begin(draft, &w, (struct write){ .kind = WRITE_SET });
    COMMAND(draft, SLICE("SET"), w.name, w.value);
}

static void build_set_px(struct draft *draft)
{
    struct writing w;
    int64_t ttl_ms = draw_ttl_ms(draft);
    begin(draft, &w, (struct write){ .kind = WRITE_SET, .ttl_ms = ttl_ms });
    set_digits(&w, ttl_ms);
    COMMAND(draft, SLICE("SET"), w.name, w.value, SLICE("PX"), w.ttl);
}

static void build_psetex(struct draft *draft)
{
    struct writing w;
    int64_t ttl_ms = draw_ttl_ms(draft);
    begin(draft, &w, (struct write){ .kind = WRITE_SET, .ttl_ms = ttl_ms });
    set_digits(&w, ttl_ms);
    COMMAND(draft, SLICE("PSETEX"), w.name, w.ttl, w.value);
}

static void build_setex(struct draft *draft)
{
    struct writing w;
    begin(draft, &w, (struct write){ .kind = WRITE_SET, .ttl_ms = 1000 });
    COMMAND(draft, SLICE("SETEX"), w.name, SLICE("1"), w.value);
}

static void build_setnx(struct draft *draft)
{
    struct writing w;
    begin(draft, &w, (struct write){ .kind = WRITE_SET });
    COMMAND(draft, SLICE("SETNX"), w.name, w.value);
}

static void build_getset(struct draft *draft)
{
    struct writing w;
    begin(draft, &w, (struct write){ .kind = WRITE_SET });
    COMMAND(draft, SLICE("GETSET"), w.name, w.value);
}

static void build_set_get(struct draft *draft)
{
    struct writing w;
    begin(draft, &w, (struct write){ .kind = WRITE_SET });
    COMMAND(draft, SLICE("SET"), w.name, w.value, SLICE("GET"));
}

static void build_getdel(struct draft *draft)
{
    struct writing w;
    begin(draft, &w, (struct write){ .kind = WRITE_GONE });
    COMMAND(draft, SLICE("GETDEL"), w.name);
}

static void build_del(struct draft *draft)
{
    struct writing w;
    begin(draft, &w, (struct write){ .kind = WRITE_GONE });
    COMMAND(draft, random_chance(draft->random, 50) ? SLICE("DEL") : SLICE("UNLINK"), w.name);
}

static void build_append(struct draft *draft)
{
    struct writing w;
    begin(draft, &w, (struct write){ .kind = WRITE_PART });
    COMMAND(draft, SLICE("APPEND"), w.name, slice_of(w.bytes, TOKEN_BYTES));
}

static void build_setrange(struct draft *draft)
{
    struct writing w;
    begin(draft, &w, (struct write){ .kind = WRITE_PART });
    COMMAND(draft, SLICE("SETRANGE"), w.name, SLICE("0"), slice_of(w.bytes, TOKEN_BYTES));
}

static void build_pexpire(struct draft *draft)
{
    struct writing w;
    int64_t ttl_ms = draw_ttl_ms(draft);
    begin(draft, &w, (struct write){ .kind = WRITE_DEADLINE, .ttl_ms = ttl_ms });
    set_digits(&w, ttl_ms);
    COMMAND(draft, SLICE("PEXPIRE"), w.name, w.ttl);
}

static void build_expire(struct draft *draft)
{
    struct writing w;
    begin(draft, &w, (struct write){ .kind = WRITE_DEADLINE, .ttl_ms = 1000 });
    COMMAND(draft, SLICE("EXPIRE"), w.name, SLICE("1"));
}

static void build_persist(struct draft *draft)
{
    struct writing w;
    begin(draft, &w, (struct write){ .kind = WRITE_DEADLINE });
    COMMAND(draft, SLICE("PERSIST"), w.name);
}

static void build_getex(struct draft *draft)
{
    struct writing w;
    int64_t ttl_ms = draw_ttl_ms(draft);
    begin(draft, &w, (struct write){ .kind = WRITE_DEADLINE, .ttl_ms = ttl_ms });
    set_digits(&w, ttl_ms);
    COMMAND(draft, SLICE("GETEX"), w.name, SLICE("PX"), w.ttl);
}

static void build_eval(struct draft *draft)
{
    struct writing w;
    begin(draft, &w, (struct write){ .kind = WRITE_SET });
    COMMAND(draft, SLICE("EVAL"), SLICE("return redis.call('SET', KEYS[1], ARGV[1])"), SLICE("1"), w.name,
            w.value);
}

/* Keys that the script does not declare: whoever caches cannot know from the command what it changes. */
static void build_eval_undeclared(struct draft *draft)
{
    struct writing w;
    begin(draft, &w, (struct write){ .kind = WRITE_SET });
    COMMAND(draft, SLICE("EVAL"), SLICE("return redis.call('SET', ARGV[1], ARGV[2])"), SLICE("0"), w.name,
            w.value);
}

static void build_multi_set(struct draft *draft)
{
    struct writing w;
    begin(draft, &w, (struct write){ .kind = WRITE_SET });
    draft->request->prelude = 2;
    COMMAND(draft, SLICE("MULTI"));
    COMMAND(draft, SLICE("SET"), w.name, w.value);
    COMMAND(draft, SLICE("EXEC"));
}

static void build_rename(struct draft *draft)
{
    unsigned from = (unsigned)random_below(draft->random, 2);
    draft_add_write(draft, draft_key(draft, from), (struct write){ .kind = WRITE_GONE });
    draft_add_write(draft, draft_key(draft, !from), (struct write){ .kind = WRITE_MOVE });
    COMMAND(draft, SLICE("RENAME"), draft_name(draft_key(draft, from)), draft_name(draft_key(draft, !from)));
}

static void build_copy(struct draft *draft)
{
    unsigned from = (unsigned)random_below(draft->random, 2);
    draft_add_write(draft, draft_key(draft, !from), (struct write){ .kind = WRITE_MOVE });
    COMMAND(draft, SLICE("COPY"), draft_name(draft_key(draft, from)), draft_name(draft_key(draft, !from)),
            SLICE("REPLACE"));
}

static void build_hset(struct draft *draft)
{
    struct writing w;
    begin(draft, &w, (struct write){ .kind = WRITE_PART, .type = TYPE_HASH });
    COMMAND(draft, SLICE("HSET"), w.name, SLICE("f"), slice_of(w.bytes, TOKEN_BYTES));
}

static void build_retype(struct draft *draft)
{
    struct writing w;
    begin(draft, &w, (struct write){ .kind = WRITE_SET, .type = TYPE_HASH });
    struct slice token = slice_of(w.bytes, TOKEN_BYTES);
    if (random_chance(draft->random, 50)) {
        COMMAND(draft, SLICE("EVAL"),
                SLICE("redis.call('DEL', KEYS[1]) return redis.call('HSET', KEYS[1], 'f', ARGV[1])"),
                SLICE("1"), w.name, token);
        return;
    }
    draft->request->prelude = 3;
    COMMAND(draft, SLICE("MULTI"));
    COMMAND(draft, SLICE("DEL"), w.name);
    COMMAND(draft, SLICE("HSET"), w.name, SLICE("f"), token);
    COMMAND(draft, SLICE("EXEC"));
}

void settle_done_or_exec(struct referee *referee, struct request *request, struct slice reply)
{
    if (request->prelude > 0) {
        settle_exec(referee, request, reply);
    } else {
        settle_done(referee, request, reply);
    }
}

/* The three keys of a triple and the values for them. */
static void begin_triple(struct draft *draft, bool apart, struct slice argv[static 6],
                         char bytes[static 3 * VALUE_MAX])
{
    for (unsigned i = 0; i < 3; i++) {
        struct history *key = draft_key(draft, i);
        uint32_t number = draft_add_write(draft, key, (struct write){ .kind = WRITE_SET, .apart = apart });
        argv[2 * i] = draft_name(key);
        argv[2 * i + 1] = value_write(bytes + (size_t)i * VALUE_MAX, key, number);
    }
}

static void build_mset(struct draft *draft)
{
    struct slice argv[7] = { SLICE("MSET") };
    char bytes[3 * VALUE_MAX];
    begin_triple(draft, false, argv + 1, bytes);
    draft_command(draft, argv, 7);
}

static void build_multi_triple(struct draft *draft)
{
    struct slice argv[6];
    char bytes[3 * VALUE_MAX];
    begin_triple(draft, true, argv, bytes);
    draft->request->prelude = 4;
    COMMAND(draft, SLICE("MULTI"));
    for (size_t i = 0; i < 6; i += 2) COMMAND(draft, SLICE("SET"), argv[i], argv[i + 1]);
    COMMAND(draft, SLICE("EXEC"));
}

static void build_del_triple(struct draft *draft)
{
    struct slice argv[4] = { SLICE("DEL") };
    for (unsigned i = 0; i < 3; i++) {
        draft_add_write(draft, draft_key(draft, i), (struct write){ .kind = WRITE_GONE });
        argv[1 + i] = draft_name(draft_key(draft, i));
    }
    draft_command(draft, argv, 4);
}

static void build_incr(struct draft *draft)
{
    struct history *key = any_key(draft);
    draft_add_write(draft, key, (struct write){ .kind = WRITE_PART });
    COMMAND(draft, SLICE("INCR"), draft_name(key));
}

static void settle_incr(struct referee *referee, struct request *request, struct slice reply)
{
    struct part *part = &request->parts[0];
    int64_t count;
    if (reply_is_error(reply) || !number_parse_i64(reply_part_text(reply), &count)) {
        settle_write(referee, request, 0, reply);
        return;
    }
    referee->writes++;
    settle_complain(referee, request, 0,
                    history_count(part->history, &part->view, part->number, count, referee_now(referee)),
                    reply);
}

static void build_set_keepttl(struct draft *draft)
{
    struct writing w;
    begin(draft, &w, (struct write){ .kind = WRITE_PART });
    COMMAND(draft, SLICE("SET"), w.name, w.value, SLICE("KEEPTTL"));
}

/* The condition, with a time to live or without. */
static void set_if(struct draft *draft, struct slice condition)
{
    struct writing w;
    bool timed = random_chance(draft->random, 50);
    int64_t ttl_ms = timed ? draw_ttl_ms(draft) : 0;
    begin(draft, &w, (struct write){ .kind = WRITE_SET, .ttl_ms = ttl_ms });
    set_digits(&w, ttl_ms);
    if (timed) COMMAND(draft, SLICE("SET"), w.name, w.value, condition, SLICE("PX"), w.ttl);
    if (!timed) COMMAND(draft, SLICE("SET"), w.name, w.value, condition);
}

static void build_set_nx(struct draft *draft)
{
    set_if(draft, SLICE("NX"));
}
static void build_set_xx(struct draft *draft)
{
    set_if(draft, SLICE("XX"));
}

static void build_msetnx(struct draft *draft)
{
    struct slice argv[7] = { SLICE("MSETNX") };
    char bytes[3 * VALUE_MAX];
    begin_triple(draft, false, argv + 1, bytes);
    draft_command(draft, argv, 7);
}

static void build_fcall(struct draft *draft)
{
    struct writing w;
    begin(draft, &w, (struct write){ .kind = WRITE_SET });
    if (random_chance(draft->random, 50)) {
        COMMAND(draft, SLICE("FCALL"), SLICE("put"), SLICE("1"), w.name, w.value);
    } else {
        COMMAND(draft, SLICE("FCALL"), SLICE("put_undeclared"), SLICE("0"), w.name, w.value);
    }
}

/* A token is two numbers of 64 bits. */
static void build_bitfield(struct draft *draft)
{
    struct writing w;
    char digits[2][NUMBER_I64_MAX];
    struct slice halves[2];
    begin(draft, &w, (struct write){ .kind = WRITE_PART });
    for (int half = 0; half < 2; half++) {
        uint64_t number = 0;
        for (int i = 0; i < 8; i++) number = number << 8 | (unsigned char)w.bytes[8 * half + i];
        halves[half] = slice_of(digits[half], number_format_i64(digits[half], (int64_t)number));
    }
    COMMAND(draft, SLICE("BITFIELD"), w.name, SLICE("SET"), SLICE("i64"), SLICE("#0"), halves[0],
            SLICE("SET"), SLICE("i64"), SLICE("#1"), halves[1]);
}

static void build_restore(struct draft *draft)
{
    struct writing w;
    struct buffer payload = { 0 };
    int64_t ttl_ms = random_chance(draft->random, 50) ? draw_ttl_ms(draft) : 0;
    begin(draft, &w, (struct write){ .kind = WRITE_SET, .ttl_ms = ttl_ms });
    set_digits(&w, ttl_ms);
    dump_payload_write_text(&payload, w.value, DUMP_PLAIN);
    COMMAND(draft, SLICE("RESTORE"), w.name, w.ttl, buffer_slice(&payload), SLICE("REPLACE"));
    buffer_clear(&payload);
}

/* What is stored is nothing, so the key goes. */
static void build_sort_store(struct draft *draft)
{
    struct writing w;
    begin(draft, &w, (struct write){ .kind = WRITE_GONE });
    COMMAND(draft, SLICE("SORT"), SLICE("no-such-list"), SLICE("STORE"), w.name);
}

static void build_watch_set(struct draft *draft)
{
    struct writing w;
    begin(draft, &w, (struct write){ .kind = WRITE_SET });
    draft->request->prelude = 3;
    draft->request->opening = 1;
    COMMAND(draft, SLICE("WATCH"), w.name);
    COMMAND(draft, SLICE("MULTI"));
    COMMAND(draft, SLICE("SET"), w.name, w.value);
    COMMAND(draft, SLICE("EXEC"));
}

/* The key changed after it was watched: no reply at all, and nothing was done. */
static void settle_watch_set(struct referee *referee, struct request *request, struct slice reply)
{
    if (reply_begins(reply, "*-1") || reply_begins(reply, "_")) reply = SLICE("-EXECABORT in other words");
    settle_exec(referee, request, reply);
}

/* A key of the other database, which is this client's while the transaction runs. */
static void build_select_set(struct draft *draft)
{
    int home = draft->db, away = draft->referee->databases > 1 ? !home : home;
    char bytes[VALUE_MAX], digits[2][NUMBER_I64_MAX];
    struct slice names[2];
    for (int i = 0; i < 2; i++) {
        names[i] = slice_of(digits[i], number_format_i64(digits[i], i == 0 ? away : home));
    }
    struct history *key = draft->family->members[0][away];
    uint32_t number = draft_add_write(draft, key, (struct write){ .kind = WRITE_SET });
    draft->request->prelude = 4;
    COMMAND(draft, SLICE("MULTI"));
    COMMAND(draft, SLICE("SELECT"), names[0]);
    COMMAND(draft, SLICE("SET"), draft_name(key), value_write(bytes, key, number));
    COMMAND(draft, SLICE("SELECT"), names[1]);
    COMMAND(draft, SLICE("EXEC"));
}

static void settle_select_set(struct referee *referee, struct request *request, struct slice reply)
{
    settle_queued(referee, request, reply, 1);
}

/* Nobody says whether it was done. */
static void build_silent_set(struct draft *draft)
{
    struct writing w;
    begin(draft, &w, (struct write){ .kind = WRITE_SET });
    COMMAND(draft, SLICE("CLIENT"), SLICE("REPLY"), SLICE("SKIP"));
    COMMAND(draft, SLICE("SET"), w.name, w.value);
    draft_read(draft, w.key);
    COMMAND(draft, SLICE("GET"), w.name);
}

static void settle_silent_set(struct referee *referee, struct request *request, struct slice reply)
{
    settle_write(referee, request, 0, SLICE("-ERR nothing was said"));
    settle_value(referee, request, 1, reply);
}

/* A write, and in the same turn of the upstream a message to who has subscribed to the place's channel. */
static void build_set_publish(struct draft *draft)
{
    struct writing w;
    char channel[LISTENER_CHANNEL_MAX];
    begin(draft, &w, (struct write){ .kind = WRITE_SET });
    struct slice to = listener_channel(channel, draft->place);
    if (random_chance(draft->random, 50)) {
        COMMAND(draft, SLICE("EVAL"),
                SLICE("local done = redis.call('SET', KEYS[1], ARGV[1]) "
                      "redis.call('PUBLISH', ARGV[2], ARGV[1]) return done"),
                SLICE("1"), w.name, w.value, to);
        return;
    }
    draft->request->prelude = 3;
    COMMAND(draft, SLICE("MULTI"));
    COMMAND(draft, SLICE("SET"), w.name, w.value);
    COMMAND(draft, SLICE("PUBLISH"), to, w.value);
    COMMAND(draft, SLICE("EXEC"));
}

static const struct operation rows[] = {
    { "set", true, 10, PLAIN | TEXT | PAIR | TYPES, build_set, .settle = settle_done },
    { "set-px", true, 6, PLAIN | TEXT | TYPES, build_set_px, .settle = settle_done },
    { "psetex", true, 2, PLAIN, build_psetex, .settle = settle_done },
    { "setex", true, 2, PLAIN, build_setex, .settle = settle_done },
    { "setnx", true, 4, PLAIN, build_setnx, .settle = settle_if_done },
    { "getset", true, 2, PLAIN | PAIR, build_getset, .settle = settle_old },
    { "set-get", true, 2, PLAIN, build_set_get, .settle = settle_old },
    { "getdel", true, 2, PLAIN | PAIR, build_getdel, .settle = settle_old },
    { "del", true, 5, PLAIN | TEXT | PAIR | TYPES | KEPT, build_del, .settle = settle_done },
    { "append", true, 8, TEXT, build_append, .settle = settle_done },
    { "setrange", true, 4, PLAIN, build_setrange, .settle = settle_done },
    { "pexpire", true, 5, PLAIN | TEXT | KEPT, build_pexpire, .settle = settle_if_done },
    { "expire", true, 2, PLAIN, build_expire, .settle = settle_if_done },
    { "persist", true, 4, PLAIN | TEXT | KEPT, build_persist, .settle = settle_if_done },
    { "getex", true, 2, PLAIN, build_getex, .settle = settle_old_if_any },
    { "eval-set", true, 1, PLAIN | PAIR, build_eval, .settle = settle_done },
    { "eval-set-undeclared", true, 1, PLAIN, build_eval_undeclared, .settle = settle_done },
    { "multi-set", true, 1, PLAIN | PAIR, build_multi_set, .settle = settle_exec },
    { "rename", true, 4, PAIR, build_rename, .settle = settle_done },
    { "copy", true, 4, PAIR, build_copy, .settle = settle_if_done },
    { "hset", true, 4, TYPES, build_hset, .settle = settle_done },
    { "retype", true, 2, TYPES, build_retype, .settle = settle_done_or_exec },
    { "mset", true, 6, TRIPLE, build_mset, .settle = settle_done },
    { "multi-mset", true, 2, TRIPLE, build_multi_triple, .settle = settle_exec },
    { "del-together", true, 2, TRIPLE, build_del_triple, .settle = settle_done },
    { "set-keepttl", true, 3, PLAIN, build_set_keepttl, .settle = settle_done },
    { "set-nx", true, 3, PLAIN, build_set_nx, .settle = settle_if_done },
    { "set-xx", true, 3, PLAIN, build_set_xx, .settle = settle_if_done },
    { "msetnx", true, 2, TRIPLE, build_msetnx, .settle = settle_if_done },
    { "fcall", true, 2, PLAIN | PAIR, build_fcall, .settle = settle_done },
    { "bitfield", true, 2, PLAIN, build_bitfield, .settle = settle_done },
    { "restore", true, 2, PLAIN | PAIR, build_restore, .settle = settle_done },
    { "sort-store", true, 1, PLAIN | PAIR | KEPT, build_sort_store, .settle = settle_done },
    { "watch-set", true, 2, PLAIN | PAIR, build_watch_set, .settle = settle_watch_set },
    { "select-set", true, 1, PLAIN, build_select_set, .settle = settle_select_set },
    { "set-publish", true, 2, PLAIN | PAIR, build_set_publish, .settle = settle_done_or_exec },
    { "silent-set", true, 1, PLAIN, build_silent_set, .settle = settle_silent_set, .silent = true },
    { "rpush", true, 8, QUEUE, build_rpush, .settle = settle_rpush },
    { "blpop", true, 5, QUEUE, build_blpop, .settle = settle_blpop },
    { "blmove", true, 2, QUEUE, build_blmove, .settle = settle_blmove },
    { "incr", true, 8, COUNTER, build_incr, .settle = settle_incr },
};
const struct operation_table write_operations = { rows, sizeof rows / sizeof *rows };
