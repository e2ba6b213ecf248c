#include "server/memory/memory_limit.h"

#include <fcntl.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "proto/base/alloc.h"
#include "server/config/config.h"
#include "server/config/settings.h"
#include "server/core/burials.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/core/ticks.h"
#include "server/memory/client_account.h"
#include "server/memory/loop_memory.h"
#include "server/memory/memory_marks.h"
#include "server/memory/memory_use.h"
#include "storage/evict/budget.h"
#include "storage/evict/policy.h"
#include "storage/keyspace/access.h"
#include "storage/keyspace/room.h"
#include "storage/shard/shard.h"

/* Resident memory that is let be above the limit and what the process had at its start: at least as much as
 * code and buffers grow by when they are first used, and in large caches the allocator's usual waste. */
#define SLACK_BYTES ((size_t)2 << 20)
#define SLACK_PART  128
/* The keyspace keeps at least this part of maxmemory, whatever else there is. */
#define BUDGET_MIN_PART 2
/* When so much more is resident than is allowed, commands that may grow memory are held until it is not, as
 * long as so many slices of work evict so much, or make so much less resident; where they did not, nobody is
 * held for a while. */
#define HOLD_PART      256
#define PROGRESS_PART  2048
#define PROGRESS_BYTES ((size_t)128 << 10)
#define PATIENCE       1024
#define NO_HOLD_MS     500
/* A lower budget counts as reached when no more than this part is above it. */
#define REACHED_PART 256
/* The budget rises by at most this part of maxmemory at a time. */
#define RAISE_MS   100
#define RAISE_PART 64
/* Bytes written between two looks, as a part of maxmemory, and at least. */
#define WATCH_PART  512
#define WATCH_BYTES ((size_t)256 << 10)
/* What a key takes besides its name and value, roughly. */
#define ENTRY_BYTES 32
/* Bytes that go for each that comes while the keyspace is above a budget that was lowered. */
#define HASTE_FACTOR 3
/* Entries are moved together while the budget is this part of maxmemory below it. */
#define COMPACT_PART 64
/* Bytes moved for each that comes while there is too much; of stretches of entries that are looked at for
 * that, one for so many; and what a stretch must yield for the next to be worth while at once. */
#define COMPACT_FACTOR  4
#define BYTES_A_STRETCH 256
#define WORTH_BYTES     64
/* So many are looked at whatever they yield. */
#define VAIN_STRETCHES 32
/* The budget may be passed by this part while a command has used up its time. */
#define HASTE_PART 128
/* Evictions between two looks at the clock, and the time of a slice that nobody waits for. */
#define EVICTIONS_A_LOOK 16
#define SLICE_NS         50000
/* What a command may evict for at the default tenacity. */
#define TENACITY_NS 500000

/* Under the sanitizer of threads each byte has a shadow, which is resident with it: measured, 5.6 bytes. */
#ifdef __SANITIZE_THREAD__
#define RESIDENT_FOR_A_BYTE 6
#else
#define RESIDENT_FOR_A_BYTE 1
#endif

struct memory_limit {
    int statm; /* /proc/self/statm, kept open: a look costs one system call; -1: there is none */
    size_t page_bytes;
    size_t start_bytes;                        /* resident before the first key came */
    size_t (*beside_bytes)(const void *table); /* of a table beside the keyspace; NULL: there is none */
    const void *beside;
    atomic_flag watching;
    _Atomic bool over;      /* when last looked at */
    _Atomic bool holding;   /* far over */
    int64_t raise_after_ms; /* guarded by `watching`, as are the next */
    size_t least_excess;    /* since holding began */
    size_t least_used;      /* the same */
    unsigned vain_slices;   /* since either was reached */
    int64_t no_hold_until_ms;
};

static size_t slack_bytes(size_t most)
{
    return most / SLACK_PART > SLACK_BYTES ? most / SLACK_PART : SLACK_BYTES;
}

static size_t resident_bytes(const struct memory_limit *limit)
{
    char text[128];
    ssize_t len = limit->statm >= 0 ? pread(limit->statm, text, sizeof text - 1, 0) : -1;
    if (len <= 0) return 0;
    text[len] = '\0';
    char *resident;
    strtoul(text, &resident, 10);
    return strtoul(resident, NULL, 10) * limit->page_bytes / RESIDENT_FOR_A_BYTE;
}

static const struct evict_policy *const policies[] = {
    [POLICY_NOEVICTION] = &evict_none,           [POLICY_ALLKEYS_LRU] = &evict_lru,
    [POLICY_ALLKEYS_LFU] = &evict_lfu,           [POLICY_ALLKEYS_RANDOM] = &evict_random,
    [POLICY_VOLATILE_LRU] = &evict_lru,          [POLICY_VOLATILE_LFU] = &evict_lfu,
    [POLICY_VOLATILE_RANDOM] = &evict_random,    [POLICY_VOLATILE_TTL] = &evict_ttl,
    [POLICY_ALLKEYS_ADAPTIVE] = &evict_adaptive, [POLICY_VOLATILE_ADAPTIVE] = &evict_adaptive,
};

static bool is_volatile(int64_t policy)
{
    return policy == POLICY_VOLATILE_LRU || policy == POLICY_VOLATILE_LFU ||
           policy == POLICY_VOLATILE_RANDOM || policy == POLICY_VOLATILE_TTL ||
           policy == POLICY_VOLATILE_ADAPTIVE;
}

static void follow_rules(struct server *server)
{
    const struct settings *settings = server->settings;
    int64_t policy = SETTING(settings, maxmemory_policy);
    budget_set_rules(keyspace_budget(server->keyspace),
                     &(struct budget_rules){
                         .policy = policies[policy],
                         .volatile_only = is_volatile(policy),
                         .samples = (unsigned)SETTING(settings, maxmemory_samples),
                         .lfu_log_factor = (unsigned)SETTING(settings, lfu_log_factor),
                         .lfu_decay_minutes = (unsigned)SETTING(settings, lfu_decay_time),
                     });
}

/* Never nothing, which would be no limit. */
static size_t least_part(size_t most)
{
    return most / BUDGET_MIN_PART > 0 ? most / BUDGET_MIN_PART : 1;
}

static size_t bytes_beside(const struct memory_limit *limit)
{
    return limit->beside_bytes != NULL ? limit->beside_bytes(limit->beside) : 0;
}

/* The keyspace has what the process left of `most` when it started, and what is beside it, so that
 * used_memory, less what clients hold, stays within it; where that would be next to nothing it has half. */
static size_t keyspace_part(const struct server *server, size_t most)
{
    size_t besides = memory_marks_at_start(server) + bytes_beside(server->memory_limit);
    size_t least = least_part(most);
    return most > besides + least ? most - besides : least;
}

static void limit_keyspace(struct server *server)
{
    size_t most = (size_t)SETTING(server->settings, maxmemory);
    budget_set_limit(keyspace_budget(server->keyspace), most > 0 ? keyspace_part(server, most) : 0);
}

static bool rules_changed(void *context, struct settings *settings, struct buffer *complaint)
{
    (void)settings;
    (void)complaint;
    follow_rules(context);
    return true;
}

/* What is above a lower limit now goes in slices, from the cron on. */
static bool limit_changed(void *context, struct settings *settings, struct buffer *complaint)
{
    struct server *server = context;
    (void)settings;
    (void)complaint;
    limit_keyspace(server);
    return true;
}

struct memory_limit *memory_limit_create(struct server *server)
{
    struct memory_limit *limit = ALLOC_NEW(struct memory_limit);
    *limit = (struct memory_limit){ .watching = ATOMIC_FLAG_INIT };
    limit->statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    limit->page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    limit->start_bytes = resident_bytes(limit);
    server->memory_limit = limit;
    follow_rules(server);
    limit_keyspace(server);

    static const char *const rules[] = { "maxmemory-policy", "maxmemory-samples", "lfu-log-factor",
                                         "lfu-decay-time" };
    config_on_change(server->config, "maxmemory", limit_changed, server);
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        config_on_change(server->config, rules[i], rules_changed, server);
    return limit;
}

void memory_limit_leave_room(struct server *server, size_t (*bytes)(const void *table), const void *table)
{
    server->memory_limit->beside_bytes = bytes;
    server->memory_limit->beside = table;
}

void memory_limit_destroy(struct memory_limit **limit)
{
    if ((*limit)->statm >= 0) close((*limit)->statm);
    alloc_free(*limit);
    *limit = NULL;
}

/* What is in use by clients is theirs, and no reason to take anything from the keyspace. */
static size_t allowed_bytes(const struct server *server, size_t most)
{
    return most + server->memory_limit->start_bytes + slack_bytes(most) + client_account_resident(server);
}

/* What was asked for before must have happened: memory comes back late, or not at all where pages are shared
 * with entries that stay, and who asks again too early drains the cache. */
static void lower_budget(struct server *server, size_t most, size_t over)
{
    struct budget *budget = keyspace_budget(server->keyspace);
    size_t budgeted = budget_limit(budget), used = budget_used(budget);
    if (used > budgeted + budgeted / REACHED_PART || budget_buried(budget) > 0) return;

    size_t least = least_part(most);
    size_t base = budgeted < used ? budgeted : used;
    size_t lowered = base > least + over ? base - over : least;
    if (lowered < budgeted) budget_set_limit(budget, lowered);
}

/* Other loops receive for their clients meanwhile, so their accounts are read last. */
static size_t bytes_above(const struct server *server, size_t most)
{
    size_t resident = resident_bytes(server->memory_limit);
    size_t allowed = allowed_bytes(server, most);
    return resident > allowed ? resident - allowed : 0;
}

/* By how much resident memory is above what is allowed, also without the pages that are free. */
static size_t excess_bytes(struct server *server, size_t most)
{
    if (bytes_above(server, most) == 0) return 0;
    memory_purge();
    size_t excess = bytes_above(server, most);
    if (excess > 0) lower_budget(server, most, excess);
    return excess;
}

static size_t progress_bytes(size_t most)
{
    return most / PROGRESS_PART < PROGRESS_BYTES ? most / PROGRESS_PART : PROGRESS_BYTES;
}

/* Writers wait while memory is given back in slices, so that nobody else has to wait for what it takes to
 * make room for them. */
static void hold_or_let_go(struct server *server, size_t most, size_t excess, int64_t now_ms)
{
    struct memory_limit *limit = server->memory_limit;
    const struct budget *budget = keyspace_budget(server->keyspace);
    bool may_evict = budget_policy(budget) != &evict_none;
    bool hold = excess > most / HOLD_PART && may_evict && now_ms >= limit->no_hold_until_ms;
    bool held = atomic_load_explicit(&limit->holding, memory_order_relaxed);
    size_t used = budget_used(budget), step = progress_bytes(most);
    if (!held || excess + step < limit->least_excess || used + step < limit->least_used) {
        limit->least_excess = excess;
        limit->least_used = used;
        limit->vain_slices = 0;
    }
    if (hold && ++limit->vain_slices > PATIENCE) {
        limit->no_hold_until_ms = now_ms + NO_HOLD_MS;
        hold = false;
    }
    atomic_store_explicit(&limit->holding, hold, memory_order_relaxed);
}

/* What is beside the keyspace may have grown. */
static void cap_budget(struct server *server, size_t most)
{
    struct budget *budget = keyspace_budget(server->keyspace);
    size_t part = keyspace_part(server, most);
    if (budget_limit(budget) > part) budget_set_limit(budget, part);
}

static void raise_budget(struct server *server, size_t most, int64_t now_ms)
{
    size_t allowed = allowed_bytes(server, most), resident = resident_bytes(server->memory_limit);
    size_t room = allowed > resident ? allowed - resident : 0;
    server->memory_limit->raise_after_ms = now_ms + RAISE_MS;
    struct budget *budget = keyspace_budget(server->keyspace);
    size_t limit = budget_limit(budget), part = keyspace_part(server, most);
    size_t step = room / 4 < most / RAISE_PART ? room / 4 : most / RAISE_PART;
    if (limit >= part) return;
    budget_set_limit(budget, limit + step < part ? limit + step : part);
}

/* Whoever was held under a limit that is gone waits for nothing any more. */
static void stop_limiting(struct memory_limit *limit)
{
    atomic_store_explicit(&limit->over, false, memory_order_relaxed);
    atomic_store_explicit(&limit->holding, false, memory_order_relaxed);
}

void memory_limit_watch(struct server *server, int64_t now_ms)
{
    struct memory_limit *limit = server->memory_limit;
    size_t most = (size_t)SETTING(server->settings, maxmemory);
    if (atomic_flag_test_and_set(&limit->watching)) return;
    if (most == 0) {
        stop_limiting(limit);
        atomic_flag_clear(&limit->watching);
        return;
    }
    size_t excess = excess_bytes(server, most);
    atomic_store_explicit(&limit->over, excess > 0, memory_order_relaxed);
    cap_budget(server, most);
    hold_or_let_go(server, most, excess, now_ms);
    if (excess == 0 && now_ms >= limit->raise_after_ms) raise_budget(server, most, now_ms);
    atomic_flag_clear(&limit->watching);
}

/* The bytes that were moved. The loops start at different shards and go round all. */
static size_t compact_next(struct loop *loop, enum compaction_need need)
{
    struct keyspace *keyspace = loop->server->keyspace;
    unsigned index = (loop->index + loop->memory->compact_turn++) % keyspace_shards(keyspace);
    struct access access;
    if (!access_open_at(&access, keyspace, index)) return 0;
    size_t moved = shard_compact(access_shard_at(&access, index), need);
    access_close(&access);
    return moved;
}

/* Who writes while there is too much works for it: several bytes are moved together for each that comes, as
 * long as that finds some. */
static void compact_for(struct loop *loop, size_t need)
{
    size_t stretches = 2 + need / BYTES_A_STRETCH, moved = 0;
    for (size_t i = 0; i < stretches && moved < COMPACT_FACTOR * need; i++) {
        moved += compact_next(loop, COMPACTION_URGENT);
        if (i >= VAIN_STRETCHES && moved < i * WORTH_BYTES) break;
    }
}

struct memory_need memory_need_of(const struct slice *argv, int argc, uint64_t hash)
{
    size_t bytes = ENTRY_BYTES * ((size_t)argc / 2);
    for (int i = 1; i < argc; i++) bytes += argv[i].len;
    return (struct memory_need){ .bytes = bytes, .hash = hash };
}

/* How long one command may evict: at the default tenacity of 10 half a millisecond, at 100 without end. */
static uint64_t patience_ns(const struct settings *settings)
{
    int64_t tenacity = SETTING(settings, maxmemory_eviction_tenacity);
    if (tenacity <= 10) return (uint64_t)tenacity * 50000;
    return tenacity < 100 ? (uint64_t)(TENACITY_NS * pow(1.15, (double)(tenacity - 10))) : UINT64_MAX;
}

/* Half as much again must go as comes; above that, when the limit was lowered, the rest may wait for a
 * quieter moment. */
static bool make_room(struct loop *loop, const struct memory_need *demand)
{
    struct server *server = loop->server;
    struct budget *budget = keyspace_budget(server->keyspace);
    size_t need = demand->bytes;
    if (need > budget_limit(budget) || budget_policy(budget) == &evict_none) return false;

    size_t before = budget_used(budget);
    uint64_t start = ticks_now(), patience = patience_ns(server->settings);
    struct room_request request = {
        .need = need, .hash = demand->hash, .now_ms = loop->now_ms, .evictions = EVICTIONS_A_LOOK
    };
    for (;;) {
        enum room room = room_make(server->keyspace, &request);
        if (room != ROOM_SOME) return room == ROOM_ENOUGH;
        loop->memory->relieving = true;
        size_t used = budget_used(budget), limit = budget_limit(budget);
        if (used + HASTE_FACTOR * need <= before) return true;
        bool late = ticks_to_ns(ticks_now() - start, server->ns_per_tick) >= patience;
        if (late && used + need <= limit + limit / HASTE_PART) return true;
    }
}

static bool is_holding(const struct server *server)
{
    return atomic_load_explicit(&server->memory_limit->holding, memory_order_relaxed);
}

bool memory_limit_is_idle(const struct server *server)
{
    const struct budget *budget = keyspace_budget(server->keyspace);
    return budget_limit(budget) == 0 && budget_buried(budget) == 0 && !is_holding(server);
}

bool memory_limit_holds(struct loop *loop, const struct memory_need *need)
{
    const struct budget *budget = keyspace_budget(loop->server->keyspace);
    bool waits_for_burial = budget_buried(budget) > 0 && budget_waits_for_burial(budget, need->bytes);
    if (!is_holding(loop->server) && !waits_for_burial) return false;
    loop->memory->holding = loop->memory->relieving = true;
    return true;
}

bool memory_limit_admits(struct loop *loop, const struct memory_need *need)
{
    struct server *server = loop->server;
    struct loop_memory *memory = loop->memory;
    struct budget *budget = keyspace_budget(server->keyspace);
    size_t limit = budget_limit(budget);
    if (limit == 0) return true;

    memory->written_bytes += need->bytes;
    if (memory->written_bytes > WATCH_BYTES && memory->written_bytes > limit / WATCH_PART) {
        memory->written_bytes = 0;
        memory_limit_watch(server, loop->now_ms);
    }
    if (atomic_load_explicit(&server->memory_limit->over, memory_order_relaxed))
        compact_for(loop, need->bytes);
    return !budget_is_short(budget, need->bytes) || make_room(loop, need);
}

bool memory_limit_has_room(const struct server *server, size_t bytes)
{
    const struct budget *budget = keyspace_budget(server->keyspace);
    return budget_limit(budget) == 0 || bytes <= budget_limit(budget);
}

static uint64_t ns_since(const struct server *server, uint64_t start)
{
    return ticks_to_ns(ticks_now() - start, server->ns_per_tick);
}

/* Whether more is to be done at once. */
static bool evict_slice(struct loop *loop)
{
    struct server *server = loop->server;
    const struct budget *budget = keyspace_budget(server->keyspace);
    if (!budget_is_short(budget, 0) || budget_policy(budget) == &evict_none) return false;

    uint64_t start = ticks_now();
    struct room_request request = { .now_ms = loop->now_ms, .evictions = EVICTIONS_A_LOOK };
    enum room room;
    do room = room_make(server->keyspace, &request);
    while (room == ROOM_SOME && ns_since(server, start) < SLICE_NS);
    return room == ROOM_SOME;
}

/* While the budget is below what it should be, entries are moved together, as long as that finds some.
 * Without a limit there is nothing to reach. */
static bool compact_slice(struct loop *loop)
{
    struct server *server = loop->server;
    size_t most = (size_t)SETTING(server->settings, maxmemory);
    size_t budgeted = budget_limit(keyspace_budget(server->keyspace));
    if (most == 0 || budgeted >= keyspace_part(server, most) - most / COMPACT_PART) return false;

    enum compaction_need need = loop->memory->holding ? COMPACTION_URGENT : COMPACTION_USEFUL;
    uint64_t start = ticks_now();
    size_t moved = 0, stretches = 0;
    do {
        moved += compact_next(loop, need);
        stretches++;
    } while (ns_since(server, start) < SLICE_NS);
    return moved > stretches * WORTH_BYTES;
}

/* Help to free what clients of this loop wait for. */
static void bury_slice(struct loop *loop)
{
    struct server *server = loop->server;
    const struct budget *budget = keyspace_budget(server->keyspace);
    uint64_t start = ticks_now();
    while (budget_buried(budget) > 0 && ns_since(server, start) < SLICE_NS)
        if (!burials_dig(server->burials)) return;
}

/* Whether those that were held may go on. */
static bool let_held_go(struct loop *loop)
{
    bury_slice(loop);
    memory_limit_watch(loop->server, loop->now_ms);
    if (is_holding(loop->server)) return false;
    if (budget_waits_for_burial(keyspace_budget(loop->server->keyspace), 0)) return false;
    loop->memory->holding = false;
    return true;
}

bool memory_limit_relieve(struct loop *loop)
{
    bool evicting = evict_slice(loop);
    bool compacting = compact_slice(loop);
    bool let_go = loop->memory->holding && let_held_go(loop);
    loop->memory->relieving = evicting || compacting || loop->memory->holding;
    return let_go;
}
