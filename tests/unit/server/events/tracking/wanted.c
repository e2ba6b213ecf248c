#include "server/events/tracking/wanted.h"

#include <criterion/criterion.h>
#include <string.h>

#include "proto/base/random.h"
#include "server/events/tracking/prefix_overlap.h"
#include "tests/support/seed.h"

#define CLIENTS 5
#define TEXTS   40

/* Texts of three letters, short enough to overlap. */
static struct slice text_of(char *text, struct random *random, size_t most)
{
    size_t len = random_below(random, most + 1);
    for (size_t i = 0; i < len; i++) text[i] = "ab\xff"[random_below(random, 3)];
    return slice_of(text, len);
}

/* Prefixes, and beside them which client has which of the texts. */
struct fixture {
    struct wanted wanted;
    struct random random;
    char bytes[TEXTS][8];
    struct slice texts[TEXTS];
    size_t text_count;
    bool has[TEXTS][CLIENTS];
};

static void fixture_open(struct fixture *f)
{
    *f = (struct fixture){ .random = { seed_draw() } };
    for (size_t i = 0; i < TEXTS; i++) f->texts[i] = text_of(f->bytes[i], &f->random, 6);
    f->text_count = prefix_sort(f->texts, TEXTS);
}

static void expect_match(struct fixture *f)
{
    char bytes[10];
    struct slice key = text_of(bytes, &f->random, 9);
    bool expected = false;
    for (size_t i = 0; i < f->text_count; i++)
        for (size_t j = 0; j < CLIENTS; j++)
            expected = expected || (f->has[i][j] && prefix_begins(f->texts[i], key));
    cr_assert_eq(wanted_match(&f->wanted, key), expected);
}

static void expect_told(struct fixture *f)
{
    size_t len = 0;
    for (size_t i = 0; i < f->text_count; i++) {
        size_t clients = 0;
        for (size_t j = 0; j < CLIENTS; j++) clients += f->has[i][j];
        if (clients == 0) continue;
        const struct wanted_prefix *prefix = &f->wanted.items[len++];
        cr_assert(slice_equal(prefix->text, f->texts[i]));
        cr_assert_eq(prefix->len, clients);
        for (size_t j = 0; j < prefix->len; j++) cr_assert(f->has[i][prefix->numbers[j] - 1]);
    }
    cr_assert_eq(f->wanted.len, len);
}

Test(wanted, prefixes_are_matched_and_told_in_order)
{
    struct fixture f;
    fixture_open(&f);
    for (size_t step = 0; step < 5000; step++) {
        struct slice chosen[TEXTS];
        size_t count = 0, client = random_below(&f.random, CLIENTS);
        bool adds = random_chance(&f.random, step / 1000 % 2 ? 30 : 60);
        for (size_t i = 0; i < f.text_count; i++) {
            if (!random_chance(&f.random, 20)) continue;
            chosen[count++] = f.texts[i];
            f.has[i][client] = adds;
        }
        if (adds)
            wanted_add(&f.wanted, chosen, count, (uint32_t)client + 1);
        else
            wanted_remove(&f.wanted, chosen, count, (uint32_t)client + 1);
        wanted_check(&f.wanted);
        expect_told(&f);
        for (size_t i = 0; i < 10; i++) expect_match(&f);
    }
    wanted_clear(&f.wanted);
}

/* As Redis looks for it: each with each. */
static bool find_overlap(const struct slice *existing, size_t existing_count, const struct slice *given,
                         size_t count, struct prefix_overlap *overlap)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < existing_count; j++) {
            if (!prefix_begins(existing[j], given[i]) && !prefix_begins(given[i], existing[j])) continue;
            *overlap = (struct prefix_overlap){ given[i], existing[j], false };
            return true;
        }
        for (size_t j = i + 1; j < count; j++) {
            if (!prefix_begins(given[j], given[i]) && !prefix_begins(given[i], given[j])) continue;
            *overlap = (struct prefix_overlap){ given[i], given[j], true };
            return true;
        }
    }
    return false;
}

/* Those of `texts` that may stand beside each other; now and then the empty one besides. */
static size_t keep_apart(struct slice *texts, size_t count, bool with_empty)
{
    size_t len = 0;
    count = prefix_sort(texts, count);
    for (size_t i = 0; i < count; i++) {
        struct prefix_overlap overlap;
        if (texts[i].len > 0 && !prefix_overlap_find(texts, len, &texts[i], 1, &overlap))
            texts[len++] = texts[i];
    }
    if (!with_empty) return len;
    memmove(texts + 1, texts, len * sizeof *texts);
    texts[0] = SLICE("");
    return len + 1;
}

Test(wanted, prefixes_that_overlap_are_found_as_redis_finds_them)
{
    struct random random = { seed_draw() };
    size_t found = 0;
    for (size_t step = 0; step < 20000; step++) {
        char bytes[16][12];
        struct slice existing[16], given[8];
        size_t given_count = random_below(&random, 9), most = 3 + random_below(&random, 8);
        for (size_t i = 0; i < 7; i++) existing[i] = text_of(bytes[i], &random, most);
        size_t existing_count = random_chance(&random, 50) ? random_below(&random, 8) : 0;
        existing_count = keep_apart(existing, existing_count, random_chance(&random, 5));
        for (size_t i = 0; i < given_count; i++) given[i] = text_of(bytes[8 + i], &random, most);

        struct prefix_overlap expected = { 0 }, overlap = { 0 };
        bool any = find_overlap(existing, existing_count, given, given_count, &expected);
        cr_assert_eq(prefix_overlap_find(existing, existing_count, given, given_count, &overlap), any);
        found += any;
        if (!any) continue;
        cr_assert_eq(overlap.given.data, expected.given.data);
        cr_assert(slice_equal(overlap.other, expected.other));
        cr_assert_eq(overlap.is_new, expected.is_new);
    }
    cr_assert(found > 1000 && found < 19000);
}
