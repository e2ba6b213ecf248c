#include "tests/unit/storage/model.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/number.h"
#include "storage/evict/policy.h"
#include "storage/shard/graveyard.h"
#include "storage/shard/shard_change.h"

#define HASH_SEED 4711

static struct key key_of(struct model *m, size_t i)
{
    static const size_t lengths[] = { 200, 253, 254, 255, 256, 257, 1000 };
    size_t len = 0;
    if (i > 0) len = (size_t)snprintf(m->name, sizeof m->name, "%zu:", i);
    if (i % 16 == 5) {
        size_t padded = lengths[i / 16 % 7];
        memset(m->name + len, 'p', padded - len);
        len = padded;
    }
    struct slice name = slice_of(m->name, len);
    return (struct key){ .name = name, .hash = key_hash(HASH_SEED, name) };
}

static struct model_value *value_of(struct model *m, unsigned db, size_t i)
{
    return &m->values[db][i];
}

static void forget(struct model_value *value)
{
    free(value->text);
    *value = (struct model_value){ .deadline_ms = ENTRY_NO_DEADLINE };
}

static struct model_value *value_named(struct model *m, unsigned db, struct slice key)
{
    size_t i = 0;
    for (size_t at = 0; at < key.len && key.data[at] != ':'; at++) i = i * 10 + (size_t)(key.data[at] - '0');
    struct model_value *value = value_of(m, db, i);
    cr_assert(value->present);
    return value;
}

static void on_evicted(struct model *m, struct model_value *value)
{
    cr_assert(!m->budget.volatile_only || value->deadline_ms != ENTRY_NO_DEADLINE);
    forget(value);
    m->evicted++;
}

static void on_expired(struct model *m, struct model_value *value)
{
    cr_assert(value->deadline_ms != ENTRY_NO_DEADLINE && value->deadline_ms < m->now_ms);
    forget(value);
    m->reported++;
}

static void on_change(void *context, unsigned shard, const struct change *change)
{
    struct model *m = context;
    cr_assert_eq(shard, 0);
    if (change->class == CHANGE_EVICTED) on_evicted(m, value_named(m, change->db, change->key.name));
    if (change->class == CHANGE_EXPIRED) on_expired(m, value_named(m, change->db, change->key.name));
}

void model_init(struct model *m, size_t keys, uint64_t seed)
{
    *m = (struct model){ .keys = keys, .random = { seed }, .now_ms = 1700000000000 };
    budget_init(&m->budget, true);
    budget_set_limit(&m->budget, 1);
    struct shard_options options = {
        .hash_seed = HASH_SEED,
        .databases = MODEL_DATABASES,
        .budget = &m->budget,
    };
    m->shard = shard_create(&options);
    shard_listen(m->shard, &(struct change_listener){ .changed = on_change, .context = m });
    *shard_listened(m->shard) = 1;
    for (unsigned db = 0; db < MODEL_DATABASES; db++) {
        m->values[db] = alloc_zeroed(keys * sizeof *m->values[db]);
        for (size_t i = 0; i < keys; i++) forget(value_of(m, db, i));
    }
}

void model_clear(struct model *m)
{
    shard_destroy(&m->shard);
    cr_assert_null(m->shard);
    for (unsigned db = 0; db < MODEL_DATABASES; db++) {
        for (size_t i = 0; i < m->keys; i++) forget(value_of(m, db, i));
        alloc_free(m->values[db]);
    }
}

static bool is_dead(const struct model *m, const struct model_value *value)
{
    return value->deadline_ms != ENTRY_NO_DEADLINE && value->deadline_ms < m->now_ms;
}

static enum entry_encoding encoding_of(const struct model_value *value)
{
    int64_t integer;
    if (value->raw) return ENTRY_RAW;
    if (value->len <= 20 && number_parse_i64(slice_of(value->text, value->len), &integer)) return ENTRY_INT;
    return value->len <= 44 ? ENTRY_EMBSTR : ENTRY_RAW;
}

static void expect_same(const struct model *m, unsigned db, struct key key, const struct entry *entry,
                        const struct model_value *value)
{
    char scratch[NUMBER_I64_MAX];
    struct slice text = entry_text(entry, scratch);
    cr_assert(slice_equal(entry_key(entry), key.name));
    cr_assert(slice_equal(text, slice_of(value->text, value->len)));
    cr_assert_eq(entry_text_len(entry), value->len);
    cr_assert_eq(entry_type(entry), ENTRY_STRING);
    cr_assert_eq(entry_encoding(entry), encoding_of(value));
    cr_assert_eq(shard_deadline_ms(m->shard, db, key, entry), value->deadline_ms);
}

/* As a command does it: find, and see that the model agrees. */
static struct entry *find(struct model *m, unsigned db, size_t i)
{
    struct key key = key_of(m, i);
    bool use = random_chance(&m->random, 50);
    struct entry *entry = (use ? shard_use : shard_find)(m->shard, db, key, m->now_ms);
    struct model_value *value = value_of(m, db, i);
    cr_assert(!is_dead(m, value), "a dead key was not reported");
    cr_assert_eq(entry != NULL, value->present);
    if (entry != NULL) expect_same(m, db, key, entry, value);
    return entry;
}

static int64_t random_deadline(struct model *m)
{
    struct random *random = &m->random;
    switch (random_below(random, 10)) {
    case 0: return ENTRY_NO_DEADLINE;
    case 1: return m->now_ms - (int64_t)random_below(random, 100);
    case 2: return -(int64_t)random_below(random, 1000);
    case 3: return INT64_MAX - (int64_t)random_below(random, 1000);
    case 4: return (INT64_C(1) << 44) - 2 + (int64_t)random_below(random, 4);
    case 5: return m->now_ms + (int64_t)random_below(random, 20);
    /* Where four bytes overflow. */
    case 7: return (m->now_ms | UINT32_MAX) - 2 + (int64_t)random_below(random, 6);
    case 8: return m->now_ms + UINT32_MAX - 2000 + (int64_t)random_below(random, 4000);
    case 6: return m->now_ms + (int64_t)random_below(random, 400000000);
    default: return m->now_ms + (int64_t)random_below(random, 20000);
    }
}

static size_t random_len(struct model *m)
{
    struct random *random = &m->random;
    if (random_chance(random, 70)) return random_below(random, 60);
    if (random_chance(random, 90)) return random_below(random, 1200);
    return random_chance(random, 95) ? random_below(random, 9000) : 65525 + random_below(random, 20);
}

static void set_text(struct model *m, struct model_value *value)
{
    free(value->text);
    value->raw = false;
    if (random_chance(&m->random, 25)) {
        int64_t integer = (int64_t)(random_next(&m->random) >> random_below(&m->random, 64));
        value->text = malloc(NUMBER_I64_MAX);
        value->len = number_format_i64(value->text, integer);
        return;
    }
    value->len = random_len(m);
    value->text = malloc(value->len + 1);
    memset(value->text, 'a' + (int)random_below(&m->random, 26), value->len);
}

/* Kept as the shard keeps it: what is before 1970 is at its beginning. */
static int64_t kept(int64_t deadline_ms)
{
    return deadline_ms < 0 && deadline_ms != ENTRY_NO_DEADLINE ? 0 : deadline_ms;
}

static void put(struct model *m, unsigned db, size_t i)
{
    struct entry *old = find(m, db, i);
    struct model_value *value = value_of(m, db, i);
    int64_t deadline_ms = random_chance(&m->random, 50) ? random_deadline(m) : ENTRY_NO_DEADLINE;
    set_text(m, value);
    value->present = true;
    value->deadline_ms = kept(deadline_ms);
    struct slice text = slice_of(value->text, value->len);
    struct key key = key_of(m, i);
    struct entry *entry = shard_put_string(m->shard, db, key, old, text, deadline_ms);
    expect_same(m, db, key, entry, value);
}

static void remove_key(struct model *m, unsigned db, size_t i)
{
    struct entry *entry = find(m, db, i);
    if (entry == NULL) return;
    shard_remove(m->shard, db, key_of(m, i), entry);
    forget(value_of(m, db, i));
}

static void set_deadline(struct model *m, unsigned db, size_t i)
{
    struct entry *entry = find(m, db, i);
    if (entry == NULL) return;
    int64_t deadline_ms = random_deadline(m);
    value_of(m, db, i)->deadline_ms = kept(deadline_ms);
    struct key key = key_of(m, i);
    entry = shard_set_deadline(m->shard, db, key, entry, deadline_ms);
    expect_same(m, db, key, entry, value_of(m, db, i));
}

static void resize(struct model *m, unsigned db, size_t i)
{
    struct entry *entry = find(m, db, i);
    if (entry == NULL) return;
    struct model_value *value = value_of(m, db, i);
    size_t len = random_chance(&m->random, 50) ? value->len + random_below(&m->random, 30) : random_len(m);
    value->text = realloc(value->text, len + 1);
    if (len > value->len) memset(value->text + value->len, 0, len - value->len);
    value->len = len;
    value->raw = true;
    struct key key = key_of(m, i);
    entry = shard_resize_string(m->shard, db, key, entry, len);
    expect_same(m, db, key, entry, value);
    if (len > 0) entry_text_edit(entry)[len - 1] = value->text[len - 1] = 'z';
}

static void set_integer(struct model *m, unsigned db, size_t i)
{
    struct entry *entry = find(m, db, i);
    int64_t before, after = (int64_t)random_next(&m->random);
    if (entry == NULL) return;
    struct model_value *value = value_of(m, db, i);
    bool canonical = number_parse_i64(slice_of(value->text, value->len), &before);
    int64_t seen = before;
    cr_assert_eq(entry_integer(entry, &seen), canonical);
    if (canonical) cr_assert_eq(seen, before);
    if (entry_encoding(entry) != ENTRY_INT) return;
    entry_set_integer(entry, after);
    value->text = realloc(value->text, NUMBER_I64_MAX);
    value->len = number_format_i64(value->text, after);
}

static void copy(struct model *m, unsigned db, size_t i)
{
    unsigned to_db = (unsigned)random_below(&m->random, MODEL_DATABASES);
    size_t to = random_below(&m->random, m->keys);
    if (find(m, to_db, to) != NULL) return;
    struct entry *entry = find(m, db, i);
    if (entry == NULL) return;
    struct model_value *value = value_of(m, to_db, to);
    *value = *value_of(m, db, i);
    value->text = malloc(value->len + 1);
    memcpy(value->text, value_of(m, db, i)->text, value->len);
    struct key key = key_of(m, to);
    struct entry *copied = shard_put_copy(m->shard, to_db, key, entry, value->deadline_ms);
    expect_same(m, to_db, key, copied, value);
}

static uint64_t draw(void *state)
{
    return random_next(state);
}

static void sample(struct model *m, unsigned db)
{
    struct entry *entry = shard_sample(m->shard, db, m->now_ms, draw, &m->random);
    if (entry == NULL) {
        for (size_t i = 0; i < m->keys; i++) cr_assert(!value_of(m, db, i)->present);
        return;
    }
    struct slice name = entry_key(entry);
    size_t i = name.len > 0 ? strtoul(name.data, NULL, 10) : 0;
    cr_assert(value_of(m, db, i)->present && !is_dead(m, value_of(m, db, i)));
}

static void flush(struct model *m, unsigned db)
{
    size_t len = shard_len(m->shard, db);
    size_t bytes = budget_used(&m->budget);
    struct graveyard *graveyard = NULL;
    shard_empty(m->shard, db, &graveyard);
    cr_assert_eq(graveyard_len(graveyard), len);
    /* A14: not a byte is on nobody's account. The ring of the policy is freed at once, so it counts twice for
     * a while. */
    cr_assert_geq(budget_used(&m->budget) + budget_buried(&m->budget),
                  bytes - (graveyard == NULL ? bytes : 0));
    cr_assert_eq(graveyard != NULL, len > 0);
    while (graveyard_dig(&graveyard, 1 + random_below(&m->random, 10))) {}
    cr_assert_null(graveyard);
    cr_assert_eq(budget_buried(&m->budget), 0);
    for (size_t i = 0; i < m->keys; i++) forget(value_of(m, db, i));
}

static void swap(struct model *m, unsigned a, unsigned b)
{
    shard_swap(m->shard, a, b);
    struct model_value *held = m->values[a];
    m->values[a] = m->values[b];
    m->values[b] = held;
}

/* Nothing that was past two ticks ago is left: of now, the last millisecond is not over yet. */
static void expect_swept(struct model *m)
{
    int64_t tick_ms = ((m->now_ms - 1) & ~INT64_C(15)) - 32;
    for (unsigned db = 0; db < MODEL_DATABASES; db++) {
        for (size_t i = 0; i < m->keys; i++) {
            int64_t deadline_ms = value_of(m, db, i)->deadline_ms;
            cr_assert(deadline_ms == ENTRY_NO_DEADLINE || deadline_ms > tick_ms, "swept late");
        }
    }
}

static void sweep(struct model *m)
{
    if (random_chance(&m->random, 50)) {
        shard_sweep(m->shard, m->now_ms, 1 + random_below(&m->random, 20));
        return;
    }
    while (shard_sweep(m->shard, m->now_ms, 1 + random_below(&m->random, 100))) {}
    if (m->keys < 100) expect_swept(m);
    cr_assert_gt(shard_next_due_ms(m->shard), m->now_ms);
}

static void choose_policy(struct model *m)
{
    static const struct evict_policy *const policies[] = { &evict_none,   &evict_lru, &evict_lfu,
                                                           &evict_random, &evict_ttl, &evict_adaptive };
    budget_set_rules(&m->budget, &(struct budget_rules){
                                     .policy = policies[random_below(&m->random, 6)],
                                     .volatile_only = random_chance(&m->random, 40),
                                     .samples = 1 + (unsigned)random_below(&m->random, 10),
                                     .lfu_log_factor = 10,
                                     .lfu_decay_minutes = 1,
                                 });
}

static bool has_evictable(struct model *m)
{
    for (unsigned db = 0; db < MODEL_DATABASES; db++) {
        size_t len = m->budget.volatile_only ? shard_deadlines(m->shard, db) : shard_len(m->shard, db);
        if (len > 0) return true;
    }
    return false;
}

static void evict(struct model *m)
{
    for (size_t n = random_below(&m->random, 4); n > 0; n--) {
        bool evictable = has_evictable(m) && budget_policy(&m->budget) != &evict_none;
        size_t gone = m->evicted + m->reported;
        bool freed = shard_evict(m->shard, random_below(&m->random, 200), m->now_ms);
        cr_assert_eq(freed, m->evicted + m->reported > gone);
        if (!m->budget.volatile_only) cr_assert_eq(freed, evictable);
    }
}

static void compact(struct model *m)
{
    size_t bytes = shard_stats(m->shard).bytes;
    for (size_t n = random_below(&m->random, 10); n > 0; n--) shard_compact(m->shard, COMPACTION_URGENT);
    cr_assert_eq(shard_stats(m->shard).bytes, bytes);
}

static void pass_time(struct model *m)
{
    static const size_t spans_ms[] = { 2, 50, 5000, 300000, 40000000 };
    m->now_ms += (int64_t)random_below(&m->random, spans_ms[random_below(&m->random, 5)]);
}

void model_step(struct model *m)
{
    unsigned db = (unsigned)random_below(&m->random, MODEL_DATABASES);
    size_t i = random_below(&m->random, m->keys);
    size_t rare = random_below(&m->random, 8 * m->keys);
    if (rare == 0) flush(m, db);
    if (rare == 1) swap(m, db, (unsigned)random_below(&m->random, MODEL_DATABASES));
    if (rare < 10) pass_time(m);
    if (rare >= 10 && rare < 20) choose_policy(m);
    if (rare >= 20 && rare < 40) evict(m);
    if (rare >= 40 && rare < 60) compact(m);
    switch (random_below(&m->random, 20)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
    case 5: put(m, db, i); break;
    case 6:
    case 7:
    case 8: remove_key(m, db, i); break;
    case 9:
    case 10:
    case 11: set_deadline(m, db, i); break;
    case 12:
    case 13: resize(m, db, i); break;
    case 14: copy(m, db, i); break;
    case 15: set_integer(m, db, i); break;
    case 16:
        if (rare % 64 == 0) sample(m, db);
        break;
    case 17:
        if (rare % 8 == 0) sweep(m);
        break;
    default: find(m, db, i); break;
    }
}

struct scanned {
    struct model *model;
    unsigned db;
    unsigned char *times; /* each key was seen */
};

static void see(void *context, struct entry *entry)
{
    struct scanned *scanned = context;
    struct slice name = entry_key(entry);
    scanned->times[name.len > 0 ? strtoul(name.data, NULL, 10) : 0]++;
}

static void check_scan(struct model *m, unsigned db)
{
    struct scanned scanned = { m, db, alloc_zeroed(m->keys) };
    uint64_t cursor = 0;
    do cursor = shard_scan(m->shard, db, cursor, m->now_ms, see, &scanned);
    while (cursor != 0);
    for (size_t i = 0; i < m->keys; i++) {
        const struct model_value *value = value_of(m, db, i);
        cr_assert_eq(scanned.times[i], value->present && !is_dead(m, value));
    }
    alloc_free(scanned.times);
}

static void check_counters(struct model *m, unsigned db)
{
    size_t len = 0, deadlines = 0;
    int64_t first_ms = INT64_MAX;
    for (size_t i = 0; i < m->keys; i++) {
        const struct model_value *value = value_of(m, db, i);
        len += value->present;
        if (value->deadline_ms == ENTRY_NO_DEADLINE) continue;
        deadlines++;
        if (value->deadline_ms < first_ms) first_ms = value->deadline_ms;
    }
    cr_assert_eq(shard_len(m->shard, db), len);
    cr_assert_eq(shard_deadlines(m->shard, db), deadlines);
    if (first_ms > m->now_ms && first_ms < INT64_C(1) << 44)
        cr_assert_lt(shard_next_due_ms(m->shard), first_ms + 32);
}

void model_check(struct model *m)
{
    shard_check(m->shard);
    for (unsigned db = 0; db < MODEL_DATABASES; db++) {
        check_counters(m, db);
        check_scan(m, db);
    }
    cr_assert_eq(shard_stats(m->shard).expired, m->reported);
    cr_assert_eq(shard_stats(m->shard).evicted, m->evicted);
    cr_assert_eq(budget_used(&m->budget), shard_stats(m->shard).bytes);
}
