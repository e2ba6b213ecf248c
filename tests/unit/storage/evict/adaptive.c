#include "storage/evict/adaptive.h"

#include <criterion/criterion.h>
#include <math.h>

#include "proto/base/random.h"
#include "tests/unit/storage/evict/store.h"

#define LIMIT 400000

static void open_store(struct store *s)
{
    struct store_options options = { .limit_bytes = LIMIT, .rules = { .policy = &evict_adaptive } };
    store_open(s, &options);
}

/* GET, and SET on a miss. */
static bool fetch(struct store *s, unsigned key, size_t len)
{
    if (store_get(s, key)) return true;
    cr_assert(store_set(s, key, len));
    return false;
}

Test(adaptive, keeps_what_is_used_while_a_scan_passes)
{
    struct store s;
    open_store(&s);
    for (int round = 0; round < 20; round++)
        for (unsigned i = 0; i < 1000; i++) fetch(&s, i, 20);
    /* Five times as much as fits, each once. */
    for (unsigned i = 0; i < 40000; i++) fetch(&s, 100000 + i, 20);

    size_t left = 0;
    for (unsigned i = 0; i < 1000; i++) left += store_has(&s, i);
    cr_assert_geq(left, 900, "%zu", left);
    store_check(&s);
    store_close(&s);
}

Test(adaptive, refuses_no_set_and_keeps_it_while_the_next_come)
{
    struct store s;
    open_store(&s);
    for (int round = 0; round < 20; round++)
        for (unsigned i = 0; i < 4000; i++) fetch(&s, i, 20);
    size_t least = store_len(&s) / 50;
    for (unsigned i = 0; i < 20000; i++) {
        cr_assert(store_set(&s, 100000 + i, 20));
        if (i >= least) cr_assert(store_has(&s, 100000 + i - (unsigned)least / 2));
    }
    store_close(&s);
}

Test(adaptive, gives_bytes_to_small_entries_when_all_are_used_alike)
{
    struct store s;
    struct random random = { 17 };
    open_store(&s);
    for (int i = 0; i < 300000; i++) {
        unsigned key = (unsigned)random_below(&random, 4000);
        fetch(&s, key, key % 2 ? 20 : 1000);
    }
    size_t small = 0, large = 0;
    for (unsigned i = 0; i < 4000; i++) *(i % 2 ? &small : &large) += store_has(&s, i);
    cr_assert_gt(small, 1500); /* 1570 to 1760, as it falls */
    cr_assert_lt(large, 400);
    store_close(&s);
}

/*
 * The same by plain means: a list, a hand that goes round all keys in an order of no meaning, and ghosts that
 * forget nothing but the oldest. Sizes are equal, so there is no chance in it.
 */
enum { MODEL_KEYS = 20000, GHOSTS = 2000 };

struct fifo {
    unsigned keys[1 << 20];
    size_t head, tail;
};

struct model {
    struct fifo ring, ghosts[2];
    size_t hand;
    unsigned char count[MODEL_KEYS];
    char place[MODEL_KEYS]; /* 0, 'r', 'm' */
    char ghost[MODEL_KEYS]; /* 0, 'r', 'm' */
    size_t len, ring_len, cap;
    double target;
};

static void push(struct fifo *fifo, unsigned key)
{
    cr_assert_lt(fifo->tail - fifo->head, 1u << 20);
    fifo->keys[fifo->tail++ % (1 << 20)] = key;
}

static unsigned pop(struct fifo *fifo)
{
    return fifo->keys[fifo->head++ % (1 << 20)];
}

static void bury(struct model *m, unsigned key, char from)
{
    struct fifo *ghosts = &m->ghosts[from == 'm'];
    m->place[key] = 0;
    m->ghost[key] = from;
    m->len--;
    push(ghosts, key);
    while (ghosts->tail - ghosts->head > m->cap * 3 / 4) {
        unsigned oldest = pop(ghosts);
        if (m->ghost[oldest] == from) m->ghost[oldest] = 0;
    }
}

static unsigned next_in_main(struct model *m)
{
    unsigned key;
    do key = (unsigned)(m->hand++ * 7919 % MODEL_KEYS);
    while (m->place[key] != 'm');
    return key;
}

static void model_evict(struct model *m)
{
    for (;;) {
        bool from_ring = (double)m->ring_len + 1 > m->target || m->len == m->ring_len;
        unsigned key = from_ring ? pop(&m->ring) : next_in_main(m);
        if (from_ring) m->ring_len--;
        if (m->count[key] == 0) {
            bury(m, key, from_ring ? 'r' : 'm');
            return;
        }
        m->count[key] = from_ring ? 0 : m->count[key] - 1;
        m->place[key] = 'm';
    }
}

static bool model_fetch(struct model *m, unsigned key)
{
    if (m->place[key] != 0) {
        if (m->count[key] < 3) m->count[key]++;
        return true;
    }
    if (m->len == m->cap) model_evict(m);
    char ghost = m->ghost[key];
    m->ghost[key] = 0;
    m->target += ghost == 'r' ? 1 : ghost == 'm' ? -1 : 0;
    m->target = fmin(fmax(m->target, fmax(8, 0.02 * (double)m->cap)), 0.9 * (double)m->cap);
    m->count[key] = ghost != 0;
    m->place[key] = 'r';
    m->len++;
    m->ring_len++;
    push(&m->ring, key);
    return false;
}

static unsigned draw(struct random *random, size_t i)
{
    /* A popular core, a drifting middle, and scans. */
    size_t kind = random_below(random, 10);
    if (kind < 5) return (unsigned)(random_below(random, 1 + random_below(random, 2000)));
    if (kind < 8) return (unsigned)(2000 + (random_below(random, 1000) + i / 50) % 8000);
    return (unsigned)(10000 + i % 10000);
}

Test(adaptive, hits_about_as_often_as_a_plain_model_of_it)
{
    enum { REQUESTS = 400000 };
    struct store s;
    struct random random = { 31 };
    static unsigned keys[REQUESTS];
    static struct model m;
    size_t hits = 0, expected = 0;
    open_store(&s);
    budget_set_limit(s.budget, 150000);
    for (size_t i = 0; i < REQUESTS; i++) {
        keys[i] = draw(&random, i);
        hits += fetch(&s, keys[i], 20);
    }
    m.cap = store_len(&s);
    m.target = 0.1 * (double)m.cap;
    for (size_t i = 0; i < REQUESTS; i++) expected += model_fetch(&m, keys[i]);
    cr_assert_leq(fabs((double)hits - (double)expected), REQUESTS * 0.02, "%zu, by the model %zu", hits,
                  expected);
    store_close(&s);
}

Test(adaptive, costs_three_to_seven_bytes_an_entry)
{
    struct store lru, adaptive;
    struct store_options options = { .limit_bytes = 8 << 20, .rules = { .policy = &evict_lru } };
    store_open(&lru, &options);
    options.rules.policy = &evict_adaptive;
    store_open(&adaptive, &options);
    for (unsigned i = 0; i < 300000; i++) {
        store_set(&lru, i, 40);
        store_set(&adaptive, i, 40);
    }
    double with = (double)(8 << 20) / (double)store_len(&adaptive);
    double without = (double)(8 << 20) / (double)store_len(&lru);
    cr_assert(with - without > 1 && with - without < 7, "%.1f", with - without);
    store_close(&lru);
    store_close(&adaptive);
}

Test(adaptive, keys_that_come_and_go_leave_no_trail)
{
    struct store s;
    open_store(&s);
    for (unsigned i = 0; i < 500; i++) store_set(&s, 1000 + i, 20);
    size_t before = budget_used(s.budget);
    for (unsigned i = 0; i < 200000; i++) {
        store_set(&s, i % 3, 20);
        store_delete(&s, i % 3);
    }
    cr_assert_leq(budget_used(s.budget), before + 16384);
    cr_assert_eq(store_evicted(&s), 0);
    store_check(&s);
    store_close(&s);
}
