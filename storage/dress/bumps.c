#include "storage/dress/bumps.h"

#include <pthread.h>
#include <stdatomic.h>

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "storage/dress/bump_table.h"
#include "storage/entry/dress.h"
#include "storage/entry/entry.h"
#include "storage/table/key_hash.h"

#define STRIPES      BUMPS_STRIPES
#define STRIPE_SHIFT 58

struct stripe {
    struct bump_table *_Atomic table; /* NULL: nothing was bumped */
    _Atomic uint64_t floor;
};

struct bumps {
    pthread_mutex_t lock;
    uint64_t seed;
    uint64_t all_shards;
    _Atomic size_t limit;
    _Atomic uint64_t clock;
    _Atomic uint64_t published;
    _Atomic uint64_t shown; /* written with every shard locked, so that its lock orders it for readers */
    struct stripe stripes[STRIPES];
    struct bump_table *retired; /* guarded by the lock */
    _Atomic bool waiting;       /* there are some */
    _Atomic size_t len, bytes;  /* these are written under the lock */
    _Atomic uint64_t hard, soft, floor, floors;
};

/* What the thread's commands see. A number without its owner says nothing: a process may have several. */
static _Thread_local struct {
    const struct bumps *of;
    uint64_t number;
} look;

struct bumps *bumps_create(const struct bumps_options *options)
{
    REQUIRE(options->shards > 0 && options->shards <= 64);
    struct bumps *bumps = alloc_zeroed(sizeof *bumps);
    pthread_mutex_init(&bumps->lock, NULL);
    bumps->seed = options->seed;
    bumps->all_shards = UINT64_MAX >> (64 - options->shards);
    atomic_store(&bumps->limit, options->limit);
    return bumps;
}

void bumps_destroy(struct bumps **bumps)
{
    if (*bumps == NULL) return;
    for (unsigned i = 0; i < STRIPES; i++) {
        struct bump_table *table = atomic_load(&(*bumps)->stripes[i].table);
        bump_table_destroy(&table);
    }
    while ((*bumps)->retired != NULL) {
        struct bump_table *next = (*bumps)->retired->next;
        bump_table_destroy(&(*bumps)->retired);
        (*bumps)->retired = next;
    }
    if (look.of == *bumps) look.of = NULL;
    pthread_mutex_destroy(&(*bumps)->lock);
    alloc_free(*bumps);
    *bumps = NULL;
}

void bumps_set_limit(struct bumps *bumps, size_t limit)
{
    atomic_store_explicit(&bumps->limit, limit, memory_order_relaxed);
}

uint64_t bumps_hash(const struct bumps *bumps, struct slice name)
{
    uint64_t hash = key_hash_inline(bumps->seed, name);
    return hash != 0 ? hash : 1;
}

uint64_t bumps_tick(struct bumps *bumps, int64_t now_us)
{
    uint64_t last = atomic_load(&bumps->clock), next;
    uint64_t day = now_us > 0 ? (uint64_t)now_us : 0;
    do next = day > last ? day : last + 1;
    while (!atomic_compare_exchange_weak(&bumps->clock, &last, next));
    return next;
}

uint64_t bumps_now(const struct bumps *bumps)
{
    return atomic_load(&bumps->clock);
}

uint64_t bumps_published(const struct bumps *bumps)
{
    return atomic_load_explicit(&bumps->published, memory_order_acquire);
}

void bumps_look(const struct bumps *bumps)
{
    look.of = bumps;
    look.number = bumps_published(bumps);
}

void bumps_show(struct bumps *bumps, uint64_t number)
{
    if (number > atomic_load_explicit(&bumps->shown, memory_order_relaxed))
        atomic_store_explicit(&bumps->shown, number, memory_order_relaxed);
}

static inline uint64_t seen(const struct bumps *bumps)
{
    if (look.of != bumps) return bumps_published(bumps);
    uint64_t shown = atomic_load_explicit(&bumps->shown, memory_order_relaxed);
    return shown > look.number ? shown : look.number;
}

static struct stripe *stripe_of(struct bumps *bumps, uint64_t tag)
{
    return &bumps->stripes[tag >> STRIPE_SHIFT];
}

static size_t share(const struct bumps *bumps)
{
    size_t limit = atomic_load_explicit(&bumps->limit, memory_order_relaxed) / STRIPES;
    return limit > 1 ? limit : 1;
}

/* Below, under the lock. */
static void count_table(struct bumps *bumps, const struct bump_table *table, bool comes)
{
    if (table == NULL) return;
    size_t sign = comes ? 1 : (size_t)-1;
    atomic_fetch_add(&bumps->len, sign * table->len);
    atomic_fetch_add(&bumps->bytes, sign * bump_table_bytes(table));
}

/* Readers may still be in the old one. */
static void replace(struct bumps *bumps, struct stripe *stripe, struct bump_table *table)
{
    struct bump_table *old = atomic_load(&stripe->table);
    count_table(bumps, old, false);
    count_table(bumps, table, true);
    atomic_store_explicit(&stripe->table, table, memory_order_release);
    if (old == NULL) return;
    old->unpassed = bumps->all_shards;
    old->next = bumps->retired;
    bumps->retired = old;
    atomic_store(&bumps->waiting, true);
}

/* So that the older half goes. */
static void raise_floor(struct bumps *bumps, struct stripe *stripe)
{
    struct bump_table *table = atomic_load(&stripe->table);
    uint64_t number = bump_table_median(table);
    atomic_store_explicit(&stripe->floor, number, memory_order_release);
    if (number > atomic_load(&bumps->floor)) atomic_store(&bumps->floor, number);
    atomic_fetch_add(&bumps->floors, 1);
    replace(bumps, stripe, bump_table_behind(table, number));
}

static struct bump *slot_for(struct bumps *bumps, uint64_t tag)
{
    struct stripe *stripe = stripe_of(bumps, tag);
    struct bump_table *table = atomic_load(&stripe->table);
    struct bump *bump = bump_table_find(table, tag);
    if (bump != NULL) return bump;
    if (table != NULL && table->len >= share(bumps)) {
        raise_floor(bumps, stripe);
        table = atomic_load(&stripe->table);
    }
    if (!bump_table_has_room(table)) {
        replace(bumps, stripe, bump_table_larger(table));
        table = atomic_load(&stripe->table);
    }
    atomic_fetch_add(&bumps->len, 1);
    return bump_table_add(table, tag);
}

uint64_t bumps_bump(struct bumps *bumps, const uint64_t *tags, size_t count, enum bump_kind kind,
                    int64_t now_us)
{
    pthread_mutex_lock(&bumps->lock);
    uint64_t number = bumps_tick(bumps, now_us);
    for (size_t i = 0; i < count; i++) bump_write(slot_for(bumps, tags[i]), kind == BUMP_HARD, number);
    atomic_fetch_add(kind == BUMP_HARD ? &bumps->hard : &bumps->soft, count);
    atomic_store_explicit(&bumps->published, number, memory_order_release);
    pthread_mutex_unlock(&bumps->lock);
    if (look.of == bumps) look.number = number;
    return number;
}

/* What is known of a tag. A floor stands for a hard bump. */
struct numbers {
    uint64_t hard, soft;
};

static struct numbers numbers_of(const struct bumps *bumps, uint64_t tag, uint64_t seen, uint64_t born)
{
    const struct stripe *stripe = &bumps->stripes[tag >> STRIPE_SHIFT];
    /* The floor is raised before its table comes: who sees the table sees the floor. */
    struct bump *bump = bump_table_find(atomic_load_explicit(&stripe->table, memory_order_acquire), tag);
    struct numbers numbers = { .hard = atomic_load_explicit(&stripe->floor, memory_order_acquire) };
    if (bump == NULL) return numbers;
    uint64_t hard = bump_hard(bump, seen);
    if (hard > numbers.hard) numbers.hard = hard;
    numbers.soft = bump_soft(bump, seen, born);
    return numbers;
}

bool bumps_allow(const struct bumps *bumps, const uint64_t *tags, size_t count, uint64_t born)
{
    for (size_t i = 0; i < count; i++) {
        struct numbers numbers = numbers_of(bumps, tags[i], UINT64_MAX, born);
        if (numbers.hard > born || numbers.soft > born) return false;
    }
    return true;
}

static void die(struct dress_verdict *verdict, uint64_t tag, uint64_t number)
{
    verdict->state = DRESS_DEAD;
    verdict->tag = tag;
    verdict->bump = number;
}

static int64_t when(uint64_t number, int64_t now_ms)
{
    int64_t at_ms = (int64_t)(number / 1000);
    return number == UINT64_MAX || at_ms > now_ms ? now_ms : at_ms;
}

/* A soft bump shortens what its time allows, and prolongs nothing. */
static void soften(struct dress_verdict *verdict, uint64_t tag, uint64_t number, int64_t now_ms)
{
    int64_t at_ms = when(number, now_ms);
    if (verdict->state == DRESS_STALE && verdict->soft_ms <= at_ms) return;
    verdict->state = DRESS_STALE;
    verdict->tag = tag;
    verdict->bump = number;
    if (verdict->soft_ms == ENTRY_NO_DEADLINE || at_ms < verdict->soft_ms) verdict->soft_ms = at_ms;
}

static __attribute__((noinline)) void ask_tags(const struct bumps *bumps, const struct entry *entry,
                                               uint64_t seen, int64_t now_ms, struct dress_verdict *verdict)
{
    struct dress dress = dress_read(entry);
    for (unsigned i = 0; i < dress.tag_count; i++) {
        struct numbers numbers = numbers_of(bumps, dress.tags[i], seen, dress.born);
        if (numbers.hard > dress.born) {
            die(verdict, dress.tags[i], numbers.hard);
            return;
        }
        if (numbers.soft > dress.born) soften(verdict, dress.tags[i], numbers.soft, now_ms);
    }
}

/* A birth behind all that is seen: the usual case. */
static inline bool must_ask(const struct entry *entry, uint64_t seen)
{
    return entry_extras(entry) & EXTRA_TAGS_MASK && dress_born(entry) < seen;
}

static inline bool is_over(int64_t deadline_ms, int64_t now_ms)
{
    return deadline_ms != ENTRY_NO_DEADLINE && deadline_ms < now_ms;
}

struct dress_verdict bumps_judge(const struct bumps *bumps, const struct entry *entry, int64_t now_ms)
{
    struct dress_verdict verdict = { .soft_ms = ENTRY_NO_DEADLINE, .dead_ms = ENTRY_NO_DEADLINE };
    if (!entry_is_dressed(entry)) return verdict;
    int64_t grace_ms = dress_grace_ms(entry);
    verdict.soft_ms = dress_deadline_ms(entry);
    if (dress_is_stale(entry) || is_over(verdict.soft_ms, now_ms)) verdict.state = DRESS_STALE;
    uint64_t number = bumps != NULL ? seen(bumps) : 0;
    if (must_ask(entry, number)) ask_tags(bumps, entry, number, now_ms, &verdict);
    if (verdict.soft_ms != ENTRY_NO_DEADLINE) verdict.dead_ms = verdict.soft_ms + grace_ms;
    if (verdict.state == DRESS_STALE && (grace_ms == 0 || is_over(verdict.dead_ms, now_ms)))
        verdict.state = DRESS_DEAD;
    return verdict;
}

/* Of none of its tags is there anything: what is asked first, as it is mostly so, and costs a third of
 * finding out what there is. */
static inline bool knows_none(const struct bumps *bumps, const struct entry *entry)
{
    const uint64_t *tags = dress_tags(entry);
    uint64_t born = dress_born(entry);
    for (unsigned i = 0, count = dress_tag_count(entry); i < count; i++) {
        const struct stripe *stripe = &bumps->stripes[tags[i] >> STRIPE_SHIFT];
        /* The table before the floor, as in numbers_of(). */
        const struct bump_table *table = atomic_load_explicit(&stripe->table, memory_order_acquire);
        if (atomic_load_explicit(&stripe->floor, memory_order_acquire) > born) return false;
        if (bump_table_knows(table, tags[i])) return false;
    }
    return true;
}

static __attribute__((noinline)) bool none_was_bumped(const struct bumps *bumps, const struct entry *entry,
                                                      int64_t now_ms)
{
    if (__builtin_expect(knows_none(bumps, entry), 1)) return true;
    struct dress_verdict verdict = { .soft_ms = ENTRY_NO_DEADLINE };
    ask_tags(bumps, entry, seen(bumps), now_ms, &verdict);
    return verdict.state == DRESS_FRESH;
}

/* With nothing on the stack: most values that have tags are younger than the last bump. */
bool bumps_is_fresh(const struct bumps *bumps, const struct entry *entry, int64_t now_ms)
{
    if (dress_is_stale(entry) || dress_soft_ms(entry) < now_ms) return false;
    if (bumps == NULL || __builtin_expect(!must_ask(entry, seen(bumps)), 1)) return true;
    return none_was_bumped(bumps, entry, now_ms);
}

void bumps_forget_stripe(struct bumps *bumps, uint64_t number, unsigned stripe)
{
    struct stripe *its = &bumps->stripes[stripe];
    pthread_mutex_lock(&bumps->lock);
    struct bump_table *table = atomic_load(&its->table);
    size_t left = table != NULL ? bump_table_count_behind(table, number) : 0;
    if (table != NULL && left < table->len)
        replace(bumps, its, left > 0 ? bump_table_behind(table, number) : NULL);
    pthread_mutex_unlock(&bumps->lock);
}

void bumps_forget(struct bumps *bumps, uint64_t number)
{
    for (unsigned i = 0; i < STRIPES; i++) bumps_forget_stripe(bumps, number, i);
}

bool bumps_passed(struct bumps *bumps, unsigned shard)
{
    if (!atomic_load_explicit(&bumps->waiting, memory_order_relaxed)) return false;
    pthread_mutex_lock(&bumps->lock);
    for (struct bump_table **at = &bumps->retired; *at != NULL;) {
        struct bump_table *table = *at;
        table->unpassed &= ~(UINT64_C(1) << shard);
        if (table->unpassed != 0) {
            at = &table->next;
            continue;
        }
        *at = table->next;
        bump_table_destroy(&table);
    }
    bool waiting = bumps->retired != NULL;
    atomic_store(&bumps->waiting, waiting);
    pthread_mutex_unlock(&bumps->lock);
    return waiting;
}

struct bumps_stats bumps_stats(const struct bumps *bumps)
{
    return (struct bumps_stats){
        .len = atomic_load(&bumps->len),
        .bytes = atomic_load(&bumps->bytes),
        .hard = atomic_load(&bumps->hard),
        .soft = atomic_load(&bumps->soft),
        .floor = atomic_load(&bumps->floor),
        .floors = atomic_load(&bumps->floors),
        .waiting = atomic_load(&bumps->waiting),
    };
}
