#include "tests/scenarios/keyspace.h"

#include <stdio.h>

#include "proto/base/alloc.h"
#include "proto/base/random.h"
#include "tests/scenarios/history/queue.h"
#include "tests/scenarios/history/token.h"

#define HOT_FAMILIES 6
#define HOT_FOR_MS   40
#define HOT_PERCENT  55

/* Of a hundred families. */
static const unsigned shares[FAMILY_KINDS] = { 24, 10, 10, 8, 8, 8, 5, 5, 5, 5, 5, 3, 4, 8 };

unsigned family_width(enum family_kind kind)
{
    if (kind == FAMILY_TRIPLE || kind == FAMILY_FIELDS) return 3;
    return kind == FAMILY_PAIR || kind == FAMILY_QUEUE ? 2 : 1;
}

enum value_type family_type(enum family_kind kind)
{
    switch (kind) {
    case FAMILY_HASH: return TYPE_HASH;
    case FAMILY_SET: return TYPE_SET;
    case FAMILY_LIST: return TYPE_LIST;
    case FAMILY_ZSET: return TYPE_ZSET;
    case FAMILY_STREAM: return TYPE_STREAM;
    case FAMILY_SKETCH: return TYPE_SKETCH;
    default: return TYPE_STRING;
    }
}

void keyspace_renew(struct keyspace *keyspace, struct family *family, struct moment now)
{
    static const char *const letters[FAMILY_KINDS] = { "plain",   "text",   "pair",  "types", "triple",
                                                       "counter", "hash",   "set",   "list",  "zset",
                                                       "stream",  "sketch", "queue", "fields" };
    uint32_t base = keyspace->next_family++ % (TOKEN_KEYS_MAX / FAMILY_IDS) * FAMILY_IDS;
    for (unsigned i = 0; i < family_width(family->kind); i++) {
        for (int db = 0; db < DATABASES; db++) {
            char name[24];
            struct history **member = &family->members[i][db];
            if (*member != NULL) {
                (*member)->unsure = true;
                history_retire(member);
            }
            snprintf(name, sizeof name, "%s:%u:%u", letters[family->kind], base / FAMILY_IDS,
                     family->kind == FAMILY_FIELDS ? 0 : i);
            *member = history_create(base + i * DATABASES + (unsigned)db, name, db, now);
            (*member)->newest_last = family->kind == FAMILY_TEXT;
            (*member)->is_sketch = family->kind == FAMILY_SKETCH;
            (*member)->unsure = keyspace->erasing;
            if (family->kind == FAMILY_QUEUE) (*member)->queue = ALLOC_NEW(struct queue);
        }
    }
}

unsigned family_field(const struct history *history)
{
    return history->id % FAMILY_IDS / DATABASES;
}

static unsigned share(unsigned families, unsigned percent)
{
    unsigned count = families * percent / 100;
    return count == 0 ? 1 : count;
}

void keyspace_init(struct keyspace *keyspace, unsigned families, struct visibility *visibility,
                   struct moment now)
{
    *keyspace = (struct keyspace){ .visibility = visibility };
    for (int kind = 0; kind < FAMILY_KINDS; kind++) {
        keyspace->starts[kind + 1] = keyspace->starts[kind] + share(families, shares[kind]);
    }
    keyspace->len = keyspace->starts[FAMILY_KINDS];
    keyspace->families = alloc_zeroed(keyspace->len * sizeof *keyspace->families);
    for (int kind = 0; kind < FAMILY_KINDS; kind++) {
        for (unsigned i = keyspace->starts[kind]; i < keyspace->starts[kind + 1]; i++) {
            keyspace->families[i] = (struct family){ .kind = (enum family_kind)kind, .slot = i };
            keyspace_renew(keyspace, &keyspace->families[i], now);
        }
    }
}

static void retire(void *context, struct family *family, struct history *history)
{
    (void)context;
    (void)family;
    history_retire(&history);
}

void keyspace_each(struct keyspace *keyspace,
                   void (*visit)(void *context, struct family *family, struct history *history),
                   void *context)
{
    for (unsigned i = 0; i < keyspace->len; i++) {
        struct family *family = &keyspace->families[i];
        for (unsigned j = 0; j < family_width(family->kind); j++) {
            for (int db = 0; db < DATABASES; db++) visit(context, family, family->members[j][db]);
        }
    }
}

struct search {
    uint32_t id;
    struct history *found;
};

static void match(void *context, struct family *family, struct history *history)
{
    struct search *search = context;
    (void)family;
    if (history->id == search->id) search->found = history;
}

struct history *keyspace_find(struct keyspace *keyspace, uint32_t id)
{
    struct search search = { .id = id };
    keyspace_each(keyspace, match, &search);
    return search.found;
}

void keyspace_clear(struct keyspace *keyspace)
{
    keyspace_each(keyspace, retire, NULL);
    alloc_free(keyspace->families);
}

struct family *keyspace_draw(struct keyspace *keyspace, unsigned kinds, struct random *random,
                             struct moment now)
{
    unsigned kind = (unsigned)random_below(random, FAMILY_KINDS);
    while (!(kinds & FAMILY_BIT(kind))) kind = (kind + 1) % FAMILY_KINDS;
    unsigned start = keyspace->starts[kind], len = keyspace->starts[kind + 1] - start;
    size_t at = random_below(random, len);
    if (random_chance(random, HOT_PERCENT)) {
        at = ((size_t)(now.ms / HOT_FOR_MS) * HOT_FAMILIES + at % HOT_FAMILIES) % len;
    }
    return &keyspace->families[start + at];
}

static void make_room(struct keyspace *keyspace, struct moment now)
{
    for (unsigned i = 0; i < keyspace->len; i++) {
        struct family *family = &keyspace->families[i];
        bool room = true;
        for (unsigned j = 0; j < family_width(family->kind); j++) {
            for (int db = 0; db < DATABASES; db++) {
                room = room && history_has_room(family->members[j][db], keyspace->visibility, now);
            }
        }
        if (!room) keyspace_renew(keyspace, family, now);
    }
}

struct sweep {
    unsigned databases;
    const struct write *write;
    struct moment now;
    int64_t age_ms;
};

static void add_write(void *context, struct family *family, struct history *history)
{
    const struct sweep *sweep = context;
    (void)family;
    if (!(sweep->databases & 1u << history->db)) return;
    history->sweeping = history_write(history, sweep->write);
}

void keyspace_write(struct keyspace *keyspace, unsigned databases, const struct write *write)
{
    make_room(keyspace, write->sent);
    keyspace_each(keyspace, add_write, &(struct sweep){ .databases = databases, .write = write });
}

static void answer(void *context, struct family *family, struct history *history)
{
    const struct sweep *sweep = context;
    (void)family;
    if (history->sweeping != 0) history_answer(history, history->sweeping, sweep->now);
    history->sweeping = 0;
}

void keyspace_answer(struct keyspace *keyspace, struct moment now)
{
    keyspace_each(keyspace, answer, &(struct sweep){ .now = now });
}

static void lose(void *context, struct family *family, struct history *history)
{
    const struct sweep *sweep = context;
    (void)family;
    if (history->sweeping != 0) history_lose(history, history->sweeping, sweep->now);
    history->sweeping = 0;
}

void keyspace_lose(struct keyspace *keyspace, struct moment now)
{
    keyspace_each(keyspace, lose, &(struct sweep){ .now = now });
}

static void renew_all(struct keyspace *keyspace, enum family_kind kind, struct moment now)
{
    for (unsigned i = keyspace->starts[kind]; i < keyspace->starts[kind + 1]; i++) {
        keyspace_renew(keyspace, &keyspace->families[i], now);
    }
}

void keyspace_renew_counters(struct keyspace *keyspace, struct moment now)
{
    renew_all(keyspace, FAMILY_COUNTER, now);
    renew_all(keyspace, FAMILY_QUEUE, now);
}

void keyspace_set_erasing(struct keyspace *keyspace, bool erasing, struct moment now)
{
    keyspace->erasing = erasing;
    keyspace_renew_counters(keyspace, now);
    renew_all(keyspace, FAMILY_TRIPLE, now);
}

static void settle(void *context, struct family *family, struct history *history)
{
    const struct sweep *sweep = context;
    (void)family;
    history_settle(history, sweep->now, sweep->age_ms);
}

void keyspace_settle(struct keyspace *keyspace, struct moment now, int64_t age_ms)
{
    keyspace_each(keyspace, settle, &(struct sweep){ .now = now, .age_ms = age_ms });
}
