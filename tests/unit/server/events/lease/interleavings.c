/*
 * Everything that can happen to one key while its value is computed, in every order: grants, fills with the
 * oldest token that was not tried yet and with the newest, bumps, DEL, the end of times, eviction. Beside it
 * runs a model that is all that is promised: after each step the key is what the model says, and no value
 * that was begun before the last invalidation is called fresh.
 *
 * The server's loop runs the whole of it as one letter, with calls of a session without a socket, so that a
 * step takes some microseconds and time is a number.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/contract.h"
#include "proto/base/number.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/core/take_back.h"
#include "server/core/ticks.h"
#include "server/exec/command/table.h"
#include "server/exec/executor.h"
#include "server/exec/session/session.h"
#include "server/exec/session/sessions.h"
#include "server/memory/client_account.h"
#include "storage/keyspace/access.h"
#include "storage/shard/shard.h"
#include "tests/support/client/reply_parts.h"
#include "tests/support/fixture.h"
#include "tests/support/process/instance.h"

#define LENGTH    6
#define LIFE_MS   50
#define GRACE_MS  50
#define LEASE_MS  100
#define EXPIRE_MS 60 /* makes what is fresh stale, what is stale dead, and twice that ends a lease */

enum step { GRANT, FILL_OLDEST, FILL_NEWEST, BUMP, DELETE, EXPIRE, EVICT, STEPS };

static const char letters[] = "gfFbdxe";

/* A token, and the moment from which on its value may be too old. */
struct promise {
    char token[32];
    int64_t granted;
    bool tried;
};

struct model {
    int64_t clock; /* numbers of grants and bumps */
    int64_t now_ms;
    int64_t bumped;      /* when the tag was last */
    int64_t invalidated; /* that, or the last DEL */
    struct {
        int value; /* 0: there is none; else the number of its promise */
        int64_t born, soft_ms, dead_ms;
    } entry;
    struct {
        int promise; /* 0: none */
        int64_t until_ms;
    } lease;
    struct promise promises[LENGTH + 2];
    int len; /* the last of them; they count from 1 */
};

struct play {
    struct letter letter;
    uv_sem_t done;
    struct loop *loop;
    struct session session;
    struct client_account account;
    struct model model;
    char steps[LENGTH + 1];
    uint64_t sequences;
    bool failed;
    char failure[512];
};

static void fail(struct play *play, const char *what, struct slice reply)
{
    if (play->failed) return;
    play->failed = true;
    snprintf(play->failure, sizeof play->failure, "after %s: expected %s but got %.*s", play->steps, what,
             (int)reply.len, reply.data);
}

static void push(struct session *session, struct slice bytes)
{
    (void)session;
    (void)bytes;
}

static void peer(const struct session *session, char *text, size_t size)
{
    (void)session;
    snprintf(text, size, "nowhere:0");
}

static const struct session_ops ops = { .push = push, .peer = peer };

/* The reply is good until the next call. */
static struct slice ask(struct play *play, int argc, const char *const *words)
{
    struct slice argv[16];
    struct loop *loop = play->loop;
    loop_take_back(loop, 0);
    loop->now_ms = play->model.now_ms;
    loop->ticks = ticks_now();
    for (int i = 0; i < argc; i++) argv[i] = slice_of_cstr(words[i]);
    struct call call = executor_call(&play->session, &loop->reply, argv, argc);
    enum executed executed = executor_run(&call, command_table_find(loop->server->commands, argv[0]));
    REQUIRE(executed == EXECUTED);
    loop_post(loop);
    return buffer_slice(&loop->out);
}

#define ASK(play, ...)                                                                                       \
    ask(play, (int)(sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *)),                               \
        (const char *[]){ __VA_ARGS__ })

/* What there is to be shown. */
enum view { NONE, STALE, FRESH };

static enum view view_of(const struct model *model)
{
    if (model->entry.value == 0 || model->now_ms > model->entry.dead_ms) return NONE;
    if (model->bumped > model->entry.born) return NONE;
    return model->now_ms > model->entry.soft_ms ? STALE : FRESH;
}

static bool is_held(const struct model *model)
{
    return model->lease.promise != 0 && model->now_ms < model->lease.until_ms;
}

static void expect_state(struct play *play, struct slice reply, const char *state, int value)
{
    char text[16] = "";
    if (!slice_equal(reply_part_text(reply_part(reply, 0)), slice_of_cstr(state))) fail(play, state, reply);
    if (value != 0) snprintf(text, sizeof text, "%d", value);
    struct slice shown = reply_part_text(reply_part(reply, 1));
    if (!slice_equal(shown, slice_of_cstr(text)) && value != 0) fail(play, text, reply);
}

static const char *state_of(const struct model *model, bool may_win)
{
    enum view view = view_of(model);
    if (view == FRESH) return "hit";
    if (!is_held(model) && may_win) return "win";
    if (view == STALE) return "stale";
    return is_held(model) ? "busy" : "miss";
}

static void grant(struct play *play)
{
    struct model *model = &play->model;
    const char *state = state_of(model, true);
    struct slice reply = ASK(play, "CACHE", "GET", "k", "LEASE", "100");
    expect_state(play, reply, state, view_of(model) != NONE ? model->entry.value : 0);
    if (strcmp(state, "win") != 0) return;
    struct promise *promise = &model->promises[++model->len];
    *promise = (struct promise){ .granted = ++model->clock };
    slice_to_cstr(reply_part_text(reply_part(reply, 2)), promise->token, sizeof promise->token);
    model->lease.promise = model->len;
    model->lease.until_ms = model->now_ms + LEASE_MS;
}

static void fill(struct play *play, int number)
{
    struct model *model = &play->model;
    if (number == 0) return;
    struct promise *promise = &model->promises[number];
    bool is_its = model->lease.promise == number;
    bool good = is_its && model->bumped <= promise->granted;
    char value[16];
    snprintf(value, sizeof value, "%d", number);
    struct slice reply = ASK(play, "CACHE", "SET", "k", value, "TOKEN", promise->token, "PX", "50", "GRACE",
                             "50", "TAGS", "1", "t");
    promise->tried = true;
    if (!slice_equal(reply, good ? SLICE("+OK\r\n") : SLICE("$-1\r\n")))
        fail(play, good ? "OK" : "null", reply);
    if (is_its) model->lease.promise = 0;
    if (!good) return;
    model->entry.value = number;
    model->entry.born = promise->granted;
    model->entry.soft_ms = model->now_ms + LIFE_MS;
    model->entry.dead_ms = model->entry.soft_ms + GRACE_MS;
}

static int oldest(const struct model *model)
{
    for (int i = 1; i <= model->len; i++)
        if (!model->promises[i].tried) return i;
    return 0;
}

static void bump(struct play *play)
{
    struct model *model = &play->model;
    ASK(play, "CACHE", "INVALIDATE", "TAGS", "t");
    model->bumped = model->invalidated = ++model->clock;
}

static void delete (struct play *play)
{
    struct model *model = &play->model;
    struct slice reply = ASK(play, "DEL", "k");
    bool is_fresh = view_of(model) == FRESH;
    if (!slice_equal(reply, is_fresh ? SLICE(":1\r\n") : SLICE(":0\r\n"))) fail(play, "its number", reply);
    model->invalidated = ++model->clock;
    model->entry.value = 0;
    model->lease.promise = 0;
}

/* By the rules of the budget, but without its need. */
static void evict(struct play *play)
{
    struct access access;
    struct keyspace *keyspace = play->loop->server->keyspace;
    struct key key = keyspace_key(keyspace, SLICE("k"));
    bool open = access_open(&access, keyspace, key.hash);
    REQUIRE(open);
    shard_evict(access_shard(&access, key.hash), 1, play->model.now_ms);
    shard_check(access_shard(&access, key.hash));
    access_close(&access);
    play->model.entry.value = 0;
}

static void take(struct play *play, enum step step)
{
    struct model *model = &play->model;
    switch (step) {
    case GRANT: grant(play); return;
    case FILL_OLDEST: fill(play, oldest(model)); return;
    case FILL_NEWEST: fill(play, model->len); return;
    case BUMP: bump(play); return;
    case DELETE: delete (play); return;
    case EXPIRE: model->now_ms += EXPIRE_MS; return;
    case EVICT: evict(play); return;
    case STEPS: break;
    }
}

static void look(struct play *play)
{
    struct model *model = &play->model;
    struct slice reply = ASK(play, "CACHE", "GET", "k", "PEEK");
    enum view view = view_of(model);
    expect_state(play, reply, state_of(model, false), view != NONE ? model->entry.value : 0);
    if (!slice_equal(reply_part_text(reply_part(reply, 0)), SLICE("hit"))) return;
    int64_t value = 0;
    number_parse_i64(reply_part_text(reply_part(reply, 1)), &value);
    bool is_old = value <= 0 || value > model->len || model->promises[value].granted < model->invalidated;
    if (is_old) fail(play, "nothing older than the last invalidation", reply);
}

/* What one sequence leaves behind the next must not see. */
static void begin(struct play *play)
{
    struct model *model = &play->model;
    int64_t now_ms = model->now_ms + 1000, clock = model->clock;
    ASK(play, "DEL", "k");
    *model = (struct model){ .now_ms = now_ms, .clock = clock + 1, .bumped = clock, .invalidated = clock };
}

/* `number` has the steps as its digits. */
static void run_one(struct play *play, unsigned number, int length)
{
    begin(play);
    memset(play->steps, 0, sizeof play->steps);
    for (int i = 0; i < length && !play->failed; i++, number /= STEPS) {
        play->steps[i] = letters[number % STEPS];
        take(play, (enum step)(number % STEPS));
        look(play);
    }
    play->sequences++;
}

static void run_all(struct loop *loop, struct letter *letter)
{
    struct play *play = (struct play *)letter;
    unsigned count = 1;
    play->loop = loop;
    play->model.now_ms = loop->now_ms;
    session_init(&play->session, UINT64_C(1) << 40, true, loop->now_ms);
    play->session.ops = &ops;
    play->session.loop = loop;
    play->session.account = &play->account;
    client_account_open(&play->account, loop);
    sessions_add(loop->sessions, &play->session);
    for (int i = 0; i < LENGTH; i++) count *= STEPS;
    for (unsigned number = 0; number < count && !play->failed; number++) run_one(play, number, LENGTH);
    sessions_remove(loop->sessions, &play->session);
    session_clear(&play->session);
    client_account_leave(&play->account);
    client_account_close(&play->account);
    loop_take_back(loop, 0);
    loop_read_clock(loop);
    uv_sem_post(&play->done);
}

/* Shorter ones are the beginnings of these. */
Test(interleavings, whatever_the_order_a_value_older_than_an_invalidation_is_never_fresh, .timeout = 600)
{
    struct fixture *f = fixture_open(OPTIONS("--maxmemory", "1gb", "--maxmemory-policy", "allkeys-lru"));
    struct play play = { .letter.open = run_all };
    REQUIRE(uv_sem_init(&play.done, 0) == 0);
    mailbox_post(&f->server->loops[0].mailbox, &play.letter);
    uv_sem_wait(&play.done);
    uv_sem_destroy(&play.done);
    cr_assert_not(play.failed, "%s", play.failure);
    cr_log_info("%llu sequences", (unsigned long long)play.sequences);
    fixture_close(&f);
}
