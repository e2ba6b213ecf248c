/*
 * Writes of hashes whose fields have deadlines: of some fields, with a deadline or without, of deadlines
 * alone, and of what leaves all as it is.
 */
#include "proto/base/random.h"
#include "tests/scenarios/collections/fields.h"
#include "tests/support/client/reply_parts.h"

#define FIELDS FAMILY_BIT(FAMILY_FIELDS)

/* A deadline, as a time to live or as a moment. */
struct end {
    int64_t ttl_ms, at_ms;
    const char *word;
    int64_t number; /* what is said behind the word */
};

static int64_t draw_ttl_ms(struct draft *draft)
{
    /* Most end soon, so that the end is seen. */
    return random_chance(draft->random, 70) ? 5 + (int64_t)random_below(draft->random, 300)
                                            : 1000 + (int64_t)random_below(draft->random, 60000);
}

static struct end draw_end(struct draft *draft)
{
    int64_t ms = draw_ttl_ms(draft), at_ms = draft->request->sent.ms + ms;
    switch (random_below(draft->random, 4)) {
    case 0: return (struct end){ .ttl_ms = 1000, .word = "EX", .number = 1 };
    case 1:
        return (
            struct end){ .at_ms = at_ms, .word = "PXAT", .number = referee_unix_ms(draft->referee, at_ms) };
    default: return (struct end){ .ttl_ms = ms, .word = "PX", .number = ms };
    }
}

static void add_end(struct words *words, const struct end *end)
{
    words_add_text(words, end->word);
    words_add_number(words, end->number);
}

/* A write to each of the fields; their names, and for a value those, are said. */
static void add_writes(struct words *words, struct draft *draft, unsigned fields, struct write write)
{
    char name[CONTENT_WORD_MAX], value[VALUE_TOKENS_MAX * TOKEN_BYTES];
    bool valued = write.kind == WRITE_SET || write.kind == WRITE_PART;
    for (unsigned i = 0; i < FAMILY_WIDTH; i++) {
        struct history *field = draft_key(draft, i);
        if (!(fields >> i & 1)) continue;
        uint32_t number = draft_add_write(draft, field, write);
        words_add(words, content_field(name, family_field(field)));
        if (valued) words_add(words, value_write(value, field, number));
    }
}

static void add_counted(struct words *words, struct draft *draft, unsigned fields, struct write write)
{
    words_add_text(words, "FIELDS");
    words_add_number(words, __builtin_popcount(fields));
    add_writes(words, draft, fields, write);
}

static struct write ending(enum write_kind kind, const struct end *end)
{
    return (struct write){ .kind = kind, .ttl_ms = end->ttl_ms, .at_ms = end->at_ms };
}

/* A number for each field: 1 it was done, 2 the field was removed; others: it was not done. */
static void settle_statuses(struct referee *referee, struct request *request, struct slice reply)
{
    for (size_t i = 0; i < request->len; i++) {
        struct slice status = reply_is_error(reply) ? reply : reply_part(reply, i);
        bool done = reply_begins(status, ":1") || reply_begins(status, ":2");
        if (done || reply_is_error(status))
            settle_write(referee, request, i, status);
        else
            history_withdraw(request->parts[i].history, request->parts[i].number);
    }
}

/* Values. */

static void build_hset(struct draft *draft)
{
    struct words words = fields_command(draft, "HSET");
    add_writes(&words, draft, fields_draw(draft), (struct write){ .kind = WRITE_SET });
    words_end(&words, draft->out);
}

/* HSETEX, behind what was said already. */
static void add_hsetex(struct words *words, struct draft *draft, unsigned fields, const char *condition)
{
    struct end end = draw_end(draft);
    if (condition != NULL) words_add_text(words, condition);
    add_end(words, &end);
    add_counted(words, draft, fields, ending(WRITE_SET, &end));
}

static void build_hsetex(struct draft *draft)
{
    struct words words = fields_command(draft, "HSETEX");
    add_hsetex(&words, draft, fields_draw(draft), NULL);
    words_end(&words, draft->out);
}

static void build_hsetex_if(struct draft *draft)
{
    struct words words = fields_command(draft, "HSETEX");
    add_hsetex(&words, draft, fields_draw(draft), random_chance(draft->random, 50) ? "FNX" : "FXX");
    words_end(&words, draft->out);
}

static void build_hsetex_keepttl(struct draft *draft)
{
    struct words words = fields_command(draft, "HSETEX");
    words_add_text(&words, "KEEPTTL");
    add_counted(&words, draft, fields_draw(draft), (struct write){ .kind = WRITE_PART });
    words_end(&words, draft->out);
}

static void build_eval(struct draft *draft)
{
    struct words words = { 0 };
    words_add_text(&words, "EVAL");
    words_add_text(&words, "return redis.call('HSETEX', KEYS[1], unpack(ARGV))");
    words_add_text(&words, "1");
    words_add(&words, draft_name(draft_key(draft, 0)));
    add_hsetex(&words, draft, fields_draw(draft), NULL);
    words_end(&words, draft->out);
}

/* A new hash, each of whose fields ends: and with the last of them the key. */
static void build_whole(struct draft *draft)
{
    struct words words = fields_command(draft, "HSETEX");
    draft->request->prelude = 3;
    COMMAND(draft, SLICE("MULTI"));
    COMMAND(draft, SLICE("HSETEX"), draft_name(draft_key(draft, 0)), SLICE("FIELDS"), SLICE("1"), SLICE("f0"),
            SLICE("overwritten"));
    add_hsetex(&words, draft, FIELDS_ALL, NULL);
    words_end(&words, draft->out);
    COMMAND(draft, SLICE("EXEC"));
}

/* Deadlines alone. */

static void build_hpexpire(struct draft *draft)
{
    struct end end = draw_end(draft);
    const char *command = end.at_ms > 0 ? "HPEXPIREAT" : end.word[0] == 'E' ? "HEXPIRE" : "HPEXPIRE";
    struct words words = fields_command(draft, command);
    words_add_number(&words, end.number);
    add_counted(&words, draft, fields_draw(draft), ending(WRITE_DEADLINE, &end));
    words_end(&words, draft->out);
}

/* A field whose time is over goes at once. */
static void build_hpexpire_past(struct draft *draft)
{
    struct words words = fields_command(draft, "HPEXPIRE");
    words_add_number(&words, 0);
    add_counted(&words, draft, fields_draw(draft), (struct write){ .kind = WRITE_GONE });
    words_end(&words, draft->out);
}

static void build_hpersist(struct draft *draft)
{
    struct words words = fields_command(draft, "HPERSIST");
    add_counted(&words, draft, fields_draw(draft), (struct write){ .kind = WRITE_DEADLINE });
    words_end(&words, draft->out);
}

static void build_hgetex(struct draft *draft)
{
    struct end end = draw_end(draft);
    struct words words = fields_command(draft, "HGETEX");
    add_end(&words, &end);
    add_counted(&words, draft, fields_draw(draft), ending(WRITE_DEADLINE, &end));
    words_end(&words, draft->out);
}

static void build_hgetex_persist(struct draft *draft)
{
    struct words words = fields_command(draft, "HGETEX");
    words_add_text(&words, "PERSIST");
    add_counted(&words, draft, fields_draw(draft), (struct write){ .kind = WRITE_DEADLINE });
    words_end(&words, draft->out);
}

/* The values before, as the upstream had them; what is not there got no deadline. */
static void settle_old_values(struct referee *referee, struct request *request, struct slice reply)
{
    for (size_t i = 0; i < request->len; i++) {
        struct slice value = reply_is_error(reply) ? reply : reply_part(reply, i);
        if (!reply_is_error(value)) settle_value(referee, request, i, value);
        if (reply_begins(value, "$-1") || reply_begins(value, "_"))
            history_withdraw(request->parts[i].history, request->parts[i].number);
        else
            settle_write(referee, request, i, value);
    }
}

/* Removals. */

static void build_hdel(struct draft *draft)
{
    struct words words = fields_command(draft, "HDEL");
    add_writes(&words, draft, fields_draw(draft), (struct write){ .kind = WRITE_GONE });
    words_end(&words, draft->out);
}

static void build_hgetdel(struct draft *draft)
{
    struct words words = fields_command(draft, "HGETDEL");
    add_counted(&words, draft, fields_draw(draft), (struct write){ .kind = WRITE_GONE });
    words_end(&words, draft->out);
}

static void build_del(struct draft *draft)
{
    for (unsigned i = 0; i < FAMILY_WIDTH; i++) {
        draft_add_write(draft, draft_key(draft, i), (struct write){ .kind = WRITE_GONE });
    }
    COMMAND(draft, random_chance(draft->random, 50) ? SLICE("DEL") : SLICE("UNLINK"),
            draft_name(draft_key(draft, 0)));
}

/* What changes nothing: the deadlines of fields go where the hash goes. */

static void build_rename(struct draft *draft)
{
    struct slice key = draft_name(draft_key(draft, 0)), other = SLICE("elsewhere");
    COMMAND(draft, SLICE("EVAL"),
            SLICE("if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end "
                  "redis.call('RENAME', KEYS[1], KEYS[2]) redis.call('RENAME', KEYS[2], KEYS[1]) return 1"),
            SLICE("2"), key, other);
}

static void build_restore(struct draft *draft)
{
    COMMAND(draft, SLICE("EVAL"),
            SLICE("local dump = redis.call('DUMP', KEYS[1]) if not dump then return 0 end "
                  "redis.call('RESTORE', KEYS[1], 0, dump, 'REPLACE') return 1"),
            SLICE("1"), draft_name(draft_key(draft, 0)));
}

static void build_copy(struct draft *draft)
{
    struct slice key = draft_name(draft_key(draft, 0)), other = SLICE("elsewhere");
    COMMAND(draft, SLICE("EVAL"),
            SLICE("if redis.call('COPY', KEYS[1], KEYS[2], 'REPLACE') == 0 then return 0 end "
                  "redis.call('DEL', KEYS[1]) redis.call('RENAME', KEYS[2], KEYS[1]) return 1"),
            SLICE("2"), key, other);
}

static void settle_nothing(struct referee *referee, struct request *request, struct slice reply)
{
    (void)request;
    if (reply_is_error(reply)) referee->refused++;
}

static const struct operation rows[] = {
    { "fields-hset", true, 6, FIELDS, build_hset, .settle = settle_done, .newer = true },
    { "hsetex", true, 8, FIELDS, build_hsetex, .settle = settle_done, .newer = true },
    { "hsetex-if", true, 4, FIELDS, build_hsetex_if, .settle = settle_if_done, .newer = true },
    { "hsetex-keepttl", true, 3, FIELDS, build_hsetex_keepttl, .settle = settle_done, .newer = true },
    { "hsetex-eval", true, 3, FIELDS, build_eval, .settle = settle_done, .newer = true },
    { "hsetex-whole", true, 4, FIELDS, build_whole, .settle = settle_done_or_exec, .newer = true },
    { "hpexpire", true, 8, FIELDS, build_hpexpire, .settle = settle_statuses, .newer = true },
    { "hpexpire-past", true, 2, FIELDS, build_hpexpire_past, .settle = settle_statuses, .newer = true },
    { "hpersist", true, 4, FIELDS, build_hpersist, .settle = settle_statuses, .newer = true },
    { "hgetex", true, 4, FIELDS, build_hgetex, .settle = settle_old_values, .newer = true },
    { "hgetex-persist", true, 2, FIELDS, build_hgetex_persist, .settle = settle_old_values, .newer = true },
    { "fields-hdel", true, 3, FIELDS, build_hdel, .settle = settle_done, .newer = true },
    { "hgetdel", true, 3, FIELDS, build_hgetdel, .settle = settle_old_values, .newer = true },
    { "fields-del", true, 3, FIELDS, build_del, .settle = settle_done, .newer = true },
    { "fields-rename", true, 2, FIELDS, build_rename, .settle = settle_nothing, .newer = true },
    { "fields-restore", true, 2, FIELDS, build_restore, .settle = settle_nothing, .newer = true },
    { "fields-copy", true, 2, FIELDS, build_copy, .settle = settle_nothing, .newer = true },
};
const struct operation_table field_writes = { rows, sizeof rows / sizeof *rows };
