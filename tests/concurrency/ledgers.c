/*
 * Scripts beside transactions and plain commands: money moves between accounts, of which some are not
 * declared, and whoever adds up all of them finds what there was, or nothing after a flush.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/concurrency/exercises.h"

#define ACCOUNTS 12
#define EACH     100
#define TOTAL    (ACCOUNTS * EACH)

#define SUM   "local sum = 0 for i = 1, 12 do sum = sum + (tonumber(redis.call('GET', 'a' .. i)) or 0) end "
#define FILL  SUM "if sum == 0 then for i = 1, 12 do redis.call('SET', 'a' .. i, 100) end end return sum"
#define MOVE  "redis.call('DECRBY', ARGV[1], ARGV[3]) redis.call('INCRBY', ARGV[2], ARGV[3]) return 1"
#define NAMED "redis.call('DECRBY', KEYS[1], ARGV[1]) redis.call('INCRBY', KEYS[2], ARGV[1]) return 1"
#define FOUND                                                                                                \
    "local sum = 0 for _, k in ipairs(redis.call('KEYS', 'a*')) do sum = sum + redis.call('GET', k) end "    \
    "return sum"
#define SLOW                                                                                                 \
    SUM "for i = 1, 20000 do local s = ('x'):rep(20):match('x-x$') end local first = sum " SUM               \
        "return first == sum and sum or -1"

static size_t account(struct worker *worker)
{
    return 1 + random_below(&worker->random, ACCOUNTS);
}

static void expect_sum(struct worker *worker, const char *how, int64_t sum)
{
    if (sum != 0 && sum != TOTAL)
        crew_fail(worker->crew, "%s: %lld in all accounts, not %d", how, (long long)sum, TOTAL);
    else
        atomic_fetch_add(&worker->crew->counts[sum != 0], 1);
}

/* Of an array of numbers and nulls. */
static int64_t sum_of(struct slice reply)
{
    int64_t sum = 0;
    const char *end = reply.data + reply.len;
    const char *at = memchr(reply.data, '\n', reply.len);
    while (at != NULL && ++at < end) {
        bool has_text = *at == '$' && at[1] != '-';
        at = memchr(at, '\n', (size_t)(end - at));
        if (!has_text || at == NULL) continue;
        sum += strtoll(at + 1, NULL, 10);
        at = memchr(at + 1, '\n', (size_t)(end - at - 1));
    }
    return sum;
}

static void move_in_transaction(struct worker *worker)
{
    size_t from = account(worker), to = account(worker);
    worker_ask(worker, "MULTI");
    worker_ask(worker, "DECRBY a%zu 3", from);
    if (random_chance(&worker->random, 30)) worker_ask(worker, "EVAL \"" SUM "return 1\" 0");
    if (random_chance(&worker->random, 20)) worker_ask(worker, "KEYS a*");
    worker_ask(worker, "INCRBY a%zu 3", to);
    worker_ask(worker, "EXEC");
}

static void move_on(struct worker *worker)
{
    while (!crew_is_over(worker->crew)) {
        size_t from = account(worker), to = account(worker);
        switch (random_below(&worker->random, 4)) {
        case 0: worker_ask(worker, "EVAL \"" MOVE "\" 0 a%zu a%zu 7", from, to); break;
        case 1: worker_ask(worker, "EVAL \"" MOVE "\" 1 a%zu a%zu a%zu 2", from, from, to); break;
        case 2: worker_ask(worker, "EVAL \"" NAMED "\" 2 a%zu a%zu 5", from, to); break;
        default: move_in_transaction(worker); break;
        }
    }
}

static void check_once(struct worker *worker)
{
    switch (random_below(&worker->random, 6)) {
    case 0:
        expect_sum(worker, "EVAL", worker_number(worker_ask(worker, "EVAL \"" SUM "return sum\" 0")));
        break;
    case 1: expect_sum(worker, "KEYS", worker_number(worker_ask(worker, "EVAL \"" FOUND "\" 0"))); break;
    case 2:
        expect_sum(worker, "EVAL_RO",
                   worker_number(worker_ask(worker, "EVAL_RO \"" SUM "return sum\" 2 a1 a7")));
        break;
    case 3: expect_sum(worker, "slow", worker_number(worker_ask(worker, "EVAL \"" SLOW "\" 1 a3"))); break;
    default:
        expect_sum(worker, "MGET", sum_of(worker_ask(worker, "MGET a1 a2 a3 a4 a5 a6 a7 a8 a9 a10 a11 a12")));
        break;
    }
}

static void check_on(struct worker *worker)
{
    while (!crew_is_over(worker->crew)) check_once(worker);
}

static const char *const lines[] = {
    "EVAL \"" FILL "\" 0",
    "EVAL \"" FILL "\" 0",
    "KEYS *",
    "DBSIZE",
    "SET other v PX 2",
    "EVAL \"return #redis.call('KEYS', '*')\" 0",
    "EVAL \"redis.call('RPUSH', 'list', 'x') return redis.call('LLEN', 'list')\" 0",
    "BLPOP list list2 0.002",
    "EVAL \"return redis.pcall('MIGRATE', '127.0.0.1', '1', 'a1', '0', '10')\" 0",
    "EVAL \"return redis.call('nosuch')\" 0",
    "EVAL \"redis.call('SELECT', 1) redis.call('SET', 'a1', 5) return redis.call('GET', 'a1')\" 1 a1",
    "EVAL \"return cjson.encode({redis.call('PING'), string.rep('x', 100):gsub('x', 'y')})\" 0",
    "INFO memory",
    "SCRIPT FLUSH",
    "SORT list BY w* GET a*",
};
#define LINES (sizeof lines / sizeof *lines)

static void disturb_on(struct worker *worker)
{
    while (!crew_is_over(worker->crew)) {
        if (random_below(&worker->random, 200) == 0) worker_ask(worker, "FLUSHALL");
        worker_ask(worker, "%s", lines[random_below(&worker->random, LINES)]);
    }
}

static void prepare(struct crew *crew, struct client *client)
{
    (void)crew;
    client_ask(client, "EVAL \"" FILL "\" 0");
}

static void finish(struct crew *crew, struct client *client)
{
    (void)client;
    if (crew->counts[1] == 0) crew_fail(crew, "nobody has found what there was");
}

const struct exercise exercise_ledgers = {
    .name = "ledgers",
    .parts = { { "mover", 6, move_on }, { "checker", 4, check_on }, { "disturber", 4, disturb_on } },
    .prepare = prepare,
    .finish = finish,
};
