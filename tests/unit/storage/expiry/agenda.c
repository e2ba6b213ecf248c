#include "storage/expiry/agenda.h"

#include <criterion/criterion.h>

#include "proto/base/random.h"
#include "tests/support/seed.h"

#define NONE UINT64_MAX

/* The same with whole ticks, one bucket after the other. */
struct model {
    uint64_t ticks[AGENDA_BUCKETS];
};

static uint32_t take(struct model *model, uint64_t last, uint64_t *first)
{
    uint32_t taken = 0;
    *first = NONE;
    for (unsigned i = 0; i < AGENDA_BUCKETS; i++) {
        if (model->ticks[i] <= last) {
            taken |= UINT32_C(1) << i;
            model->ticks[i] = NONE;
        }
        if (model->ticks[i] < *first) *first = model->ticks[i];
    }
    return taken;
}

/* What cannot be said comes one tick later. */
static uint64_t said(uint64_t tick)
{
    return (uint16_t)tick != 0 ? tick : tick + 1;
}

static void note(struct agenda *agenda, struct model *model, unsigned bucket, uint64_t anchor, uint16_t since)
{
    bool earlier = said(anchor + since) < model->ticks[bucket];
    bool noted = agenda_note(agenda, bucket, anchor, since);
    if (earlier) cr_assert(noted);
    if (noted) model->ticks[bucket] = said(anchor + since);
}

static void expect_taken(struct agenda *agenda, struct model *model, uint64_t anchor, uint16_t past)
{
    uint16_t first;
    uint64_t model_first;
    uint32_t taken = agenda_take(agenda, anchor, past, &first);
    cr_assert_eq(taken, take(model, anchor + past, &model_first));
    cr_assert_eq(first, model_first != NONE ? model_first - anchor : AGENDA_NEVER);
}

Test(agenda, takes_what_is_due_however_the_anchor_goes_on)
{
    struct random random = { seed_draw() };
    struct agenda agenda = { 0 };
    struct model model;
    uint64_t anchor = random_below(&random, UINT64_C(1) << 40);
    for (unsigned i = 0; i < AGENDA_BUCKETS; i++) model.ticks[i] = NONE;
    for (int step = 0; step < 100000; step++) {
        uint64_t reach = UINT64_C(1) << random_below(&random, 16);
        for (int notes = 0; notes < 4; notes++)
            note(&agenda, &model, (unsigned)random_below(&random, AGENDA_BUCKETS), anchor,
                 (uint16_t)(random_below(&random, reach) % (AGENDA_LAST + 1)));
        uint16_t past = (uint16_t)random_below(&random, 200);
        expect_taken(&agenda, &model, anchor, past);
        anchor += past;
    }
}

Test(agenda, forgets_a_bucket_that_is_dropped)
{
    struct agenda agenda = { 0 };
    uint16_t first;
    cr_assert(agenda_note(&agenda, 31, 1000, 5));
    cr_assert_not(agenda_note(&agenda, 31, 1000, 5));
    cr_assert(agenda_note(&agenda, 31, 1000, 4));
    cr_assert_eq(agenda_since(agenda.ticks[31], 1000), 4);
    agenda_drop(&agenda, 31);
    cr_assert_eq(agenda_take(&agenda, 1000, AGENDA_LAST, &first), 0);
    cr_assert_eq(first, AGENDA_NEVER);
}
