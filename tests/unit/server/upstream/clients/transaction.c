/*
 * The machine of a client's transactions against a Redis in miniature: every sequence of some commands, sent
 * one by one and as far ahead as the machine lets it, must be answered as by the Redis alone.
 */
#include "server/upstream/clients/transaction.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/buffer.h"
#include "server/upstream/clients/execution.h"

enum word { MULTI, EXEC, DISCARD, WATCH, UNWATCH, WRITE, WRONG, SELECT, SELECT_FAR, HERE, HERE_WRONG, WORDS };

static const char *const names[] = { "MULTI", "EXEC",   "DISCARD",   "WATCH", "UNWATCH",   "WRITE",
                                     "WRONG", "SELECT", "SELECTFAR", "HERE",  "HERE-WRONG" };

#define ABORTED   "-EXECABORT Transaction discarded because of previous errors.\r\n"
#define FAR       "-ERR DB index is out of range\r\n"
#define QUEUE_MAX 16

struct redis {
    bool multi, dirty;
    int watched;
    enum word queue[QUEUE_MAX];
    int queued;
    int writes; /* done */
    int heres;
    int db;
    bool refuses_multi, refuses_watch;
};

static void run(struct redis *redis, enum word word, struct buffer *out)
{
    switch (word) {
    case WRITE: buffer_printf(out, ":%d\r\n", ++redis->writes); break;
    case HERE: buffer_printf(out, "+here %d\r\n", ++redis->heres); break;
    case SELECT:
        redis->db = 3;
        buffer_printf(out, "+OK\r\n");
        break;
    default: buffer_printf(out, FAR); break;
    }
}

static void exec(struct redis *redis, struct buffer *out)
{
    if (!redis->multi) {
        buffer_printf(out, "-ERR EXEC without MULTI\r\n");
        return;
    }
    if (redis->dirty) {
        buffer_printf(out, ABORTED);
    } else {
        buffer_printf(out, "*%d\r\n", redis->queued);
        for (int i = 0; i < redis->queued; i++) run(redis, redis->queue[i], out);
    }
    redis->multi = redis->dirty = false;
    redis->queued = redis->watched = 0;
}

static void discard(struct redis *redis, struct buffer *out)
{
    buffer_printf(out, redis->multi ? "+OK\r\n" : "-ERR DISCARD without MULTI\r\n");
    if (redis->multi) redis->watched = 0;
    redis->multi = redis->dirty = false;
    redis->queued = 0;
}

static void ask(struct redis *redis, enum word word, struct buffer *out)
{
    if (word == MULTI && redis->refuses_multi) {
        buffer_printf(out, "-NOPERM\r\n");
    } else if (word == WATCH && redis->refuses_watch) {
        buffer_printf(out, "-NOPERM\r\n");
    } else if (word == MULTI) {
        buffer_printf(out, redis->multi ? "-ERR MULTI calls can not be nested\r\n" : "+OK\r\n");
        redis->multi = true;
    } else if (word == WATCH) {
        buffer_printf(out, redis->multi ? "-ERR WATCH inside MULTI is not allowed\r\n" : "+OK\r\n");
        if (!redis->multi) redis->watched++;
    } else if (word == EXEC) {
        exec(redis, out);
    } else if (word == DISCARD) {
        discard(redis, out);
    } else if (word == WRONG || word == HERE_WRONG) {
        buffer_printf(out, "-ERR wrong\r\n");
        redis->dirty = redis->dirty || redis->multi;
    } else if (redis->multi) {
        redis->queue[redis->queued++] = word;
        buffer_printf(out, "+QUEUED\r\n");
    } else if (word == UNWATCH) {
        redis->watched = 0;
        buffer_printf(out, "+OK\r\n");
    } else {
        run(redis, word, out);
    }
}

struct sent {
    enum word word;
    enum transaction_role role;
    struct transaction_step *step;
};

struct client {
    struct transaction transaction;
    struct redis upstream;
    struct sent sent[QUEUE_MAX];
    int first, len;
    int heres;
    int db;
    struct buffer told;
};

static enum command_kind kind_of(enum word word)
{
    static const enum command_kind kinds[WORDS] = { [MULTI] = KIND_MULTI,
                                                    [EXEC] = KIND_EXEC,
                                                    [DISCARD] = KIND_DISCARD,
                                                    [WATCH] = KIND_WATCH,
                                                    [UNWATCH] = KIND_UNWATCH };
    return kinds[word];
}

static void answer_exec(struct client *client, const struct sent *sent, struct slice reply)
{
    struct execution execution = { 0 };
    const struct transaction_step *step;
    struct slice element;
    execution_begin(&execution, &client->transaction, reply);
    transaction_replied(&client->transaction, sent->role, NULL, reply, 0);
    while ((step = execution_next(&execution, &element)) != NULL) {
        char text[64];
        if (step->sort == STEP_SELECT) {
            if (element.data[0] == '+') client->db = step->number;
            execution_answer(&execution, element);
        } else {
            int len = step->number == SELECT_FAR
                          ? snprintf(text, sizeof text, FAR)
                          : snprintf(text, sizeof text, "+here %d\r\n", ++client->heres);
            execution_answer(&execution, slice_of(text, (size_t)len));
        }
    }
    buffer_append(&client->told, execution.out.data, execution.out.len);
    execution_clear(&execution);
}

/* The upstream gets the oldest of what was sent, and its reply comes. */
static void come(struct client *client)
{
    struct sent sent = client->sent[client->first++];
    struct buffer reply = { 0 };
    ask(&client->upstream, sent.role == ROLE_ABORT ? DISCARD : sent.word, &reply);
    struct slice slice = buffer_slice(&reply);
    if (sent.role == ROLE_EXEC && slice.data[0] == '*' && client->transaction.steps != NULL) {
        answer_exec(client, &sent, slice);
    } else {
        transaction_replied(&client->transaction, sent.role, sent.step, slice, 0);
        if (sent.role == ROLE_ABORT) slice = SLICE(ABORTED);
        if (sent.role == ROLE_NONE && sent.word == SELECT) client->db = 3;
        buffer_append(&client->told, slice.data, slice.len);
    }
    buffer_clear(&reply);
}

static void come_all(struct client *client)
{
    while (client->first < client->len) come(client);
}

static void tell(struct client *client, struct slice text)
{
    come_all(client);
    buffer_append(&client->told, text.data, text.len);
}

static void pass(struct client *client, enum word word)
{
    struct slice words[] = { slice_of_cstr(names[word]) };
    bool on = transaction_is_on(&client->transaction);
    struct sent *sent = &client->sent[client->len++];
    sent->word = word;
    sent->step = on && word == SELECT ? transaction_step_create(STEP_SELECT, 3, words, 1) : NULL;
    sent->role = transaction_sent(&client->transaction, kind_of(word));
}

/* What conversation.c does with a command of this server. */
static void answer_here(struct client *client, enum word word)
{
    struct slice words[] = { slice_of_cstr(names[word]) };
    come_all(client);
    if (!transaction_is_on(&client->transaction)) {
        struct redis here = { .heres = client->heres };
        ask(&here, word, &client->told);
        client->heres = here.heres;
    } else if (word == HERE_WRONG) {
        transaction_doom(&client->transaction);
        tell(client, SLICE("-ERR wrong\r\n"));
    } else {
        transaction_queue(&client->transaction, transaction_step_create(STEP_HERE, word, words, 1));
        tell(client, SLICE("+QUEUED\r\n"));
    }
}

static void refuse(struct client *client, enum word word)
{
    come_all(client);
    transaction_failed(&client->transaction, transaction_role_of(&client->transaction, kind_of(word)));
    tell(client, SLICE("-REFUSED\r\n"));
}

static void say(struct client *client, enum word word)
{
    struct transaction *transaction = &client->transaction;
    enum transaction_turn turn;
    while ((turn = transaction_turn(transaction, kind_of(word))) == TURN_WAIT) come(client);
    switch (turn) {
    case TURN_REFUSE: refuse(client, word); return;
    case TURN_ABORT:
        tell(client, SLICE(ABORTED));
        transaction_end(transaction);
        return;
    case TURN_OK:
        tell(client, SLICE("+OK\r\n"));
        transaction_end(transaction);
        return;
    case TURN_AGAIN: transaction_end(transaction); break;
    default: break;
    }
    if (word == HERE || word == HERE_WRONG || word == SELECT_FAR)
        answer_here(client, word);
    else
        pass(client, word);
}

static void clear(struct client *client)
{
    transaction_end(&client->transaction);
    buffer_clear(&client->told);
}

#define LONGEST 6

static const char *line_of(const enum word *words, int len)
{
    static char line[256];
    size_t at = 0;
    for (int i = 0; i < len; i++)
        at += (size_t)snprintf(line + at, sizeof(line) - at, "%s ", names[words[i]]);
    return line;
}

/* `eager`: nothing that was sent is answered before the machine wants it; `trusted`: it has seen both. */
static void play(const enum word *words, int len, bool eager, bool trusted)
{
    struct client client = { .transaction = { .multi_trusted = trusted, .watch_trusted = trusted } };
    struct redis redis = { 0 };
    struct buffer wanted = { 0 };
    for (int i = 0; i < len; i++) {
        ask(&redis, words[i], &wanted);
        say(&client, words[i]);
        if (!eager) come_all(&client);
    }
    come_all(&client);
    cr_assert(slice_equal(buffer_slice(&wanted), buffer_slice(&client.told)), "%s\nwanted %.*s\ngot %.*s",
              line_of(words, len), (int)wanted.len, wanted.data, (int)client.told.len, client.told.data);
    cr_assert_eq(client.db, redis.db, "%s", line_of(words, len));
    cr_assert_eq(client.upstream.writes, redis.writes, "%s", line_of(words, len));
    cr_assert_eq(transaction_is_on(&client.transaction), redis.multi, "%s", line_of(words, len));
    cr_assert_eq(client.transaction.watching, redis.watched > 0, "%s", line_of(words, len));
    buffer_clear(&wanted);
    clear(&client);
}

static bool next_sequence(enum word *words, int len)
{
    for (int i = 0; i < len; i++) {
        if (++words[i] < WORDS) return true;
        words[i] = MULTI;
    }
    return false;
}

/* A1, A5 */
Test(transaction, every_sequence_is_answered_as_by_a_redis)
{
    for (int len = 1; len < LONGEST; len++) {
        enum word words[LONGEST] = { MULTI };
        do {
            play(words, len, false, false);
            play(words, len, true, false);
            play(words, len, true, true);
        } while (next_sequence(words, len));
    }
}

/* Nothing may be executed now, by a client that takes itself to be in a transaction. */
static void play_refused(const enum word *words, int len, bool multi, bool watch)
{
    struct client client = { .upstream = { .refuses_multi = multi, .refuses_watch = watch } };
    bool in = false, unwatched = false;
    for (int i = 0; i < len; i++) {
        int writes = client.upstream.writes;
        bool barred = in && (multi || unwatched);
        say(&client, words[i]);
        come_all(&client);
        cr_assert(!barred || client.upstream.writes == writes, "%s", line_of(words, len));
        bool end = words[i] == EXEC || words[i] == DISCARD;
        if (words[i] == WATCH && !in) unwatched = watch;
        if ((words[i] == UNWATCH && !in) || (end && in)) unwatched = false;
        in = words[i] == MULTI || (in && !end);
    }
    clear(&client);
}

/* A4 */
Test(transaction, nothing_is_executed_of_what_was_refused)
{
    enum word words[LONGEST] = { MULTI };
    do {
        play_refused(words, LONGEST - 1, true, false);
        play_refused(words, LONGEST - 1, false, true);
        play_refused(words, LONGEST - 1, true, true);
    } while (next_sequence(words, LONGEST - 1));
}

Test(transaction, what_is_lost_before_it_was_sent_leaves_no_transaction_behind)
{
    struct transaction transaction = { 0 };
    cr_expect_eq(transaction_sent(&transaction, KIND_MULTI), ROLE_MULTI);
    transaction_failed(&transaction, ROLE_MULTI);
    cr_expect_eq(transaction_turn(&transaction, KIND_PLAIN), TURN_REFUSE);
    cr_expect_eq(transaction_turn(&transaction, KIND_EXEC), TURN_ABORT);
    cr_expect_eq(transaction_turn(&transaction, KIND_DISCARD), TURN_OK);
    cr_expect_eq(transaction_turn(&transaction, KIND_MULTI), TURN_AGAIN);
    transaction_end(&transaction);
    cr_expect_eq(transaction_turn(&transaction, KIND_PLAIN), TURN_SEND);
}

Test(transaction, an_old_redis_keeps_one_open_when_exec_has_an_argument)
{
    struct transaction transaction = { 0 };
    transaction_replied(&transaction, transaction_sent(&transaction, KIND_MULTI), NULL, SLICE("+OK\r\n"), 0);
    enum transaction_role role = transaction_sent(&transaction, KIND_EXEC);
    cr_expect_eq(transaction_turn(&transaction, KIND_PLAIN), TURN_WAIT);
    transaction_replied(&transaction, role, NULL, SLICE("-ERR wrong number of arguments\r\n"), 0);
    cr_expect_eq(transaction.state, TRANSACTION_OPEN);
    role = transaction_sent(&transaction, KIND_EXEC);
    transaction_replied(&transaction, role, NULL, SLICE("-EXECABORT Transaction discarded\r\n"), 0);
    cr_expect_eq(transaction.state, TRANSACTION_NONE);
}
