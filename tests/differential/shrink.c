#include "tests/differential/shrink.h"

#include <string.h>

#include "proto/base/alloc.h"
#include "tests/differential/stream.h"
#include "tests/support/pace.h"

struct attempt {
    const struct duel *duel;
    struct step *steps;
    size_t len;
    struct duel_way *way;
    int64_t deadline_ms;
    struct step *trial; /* room for a shorter stream */
};

static bool in_time(const struct attempt *attempt)
{
    return pace_now_ms() < attempt->deadline_ms;
}

static bool fails(const struct attempt *attempt, const struct step *steps, size_t len)
{
    return in_time(attempt) && !duel_play(attempt->duel, steps, len, *attempt->way, NULL);
}

/* Drop what follows the difference: it cannot be its cause. */
static void cut_tail(struct attempt *attempt)
{
    struct difference difference = { 0 };
    if (duel_play(attempt->duel, attempt->steps, attempt->len, *attempt->way, &difference)) return;
    size_t needed = difference.step + 1;
    difference_clear(&difference);
    if (needed < attempt->len && fails(attempt, attempt->steps, needed)) attempt->len = needed;
}

static bool drop_commands(struct attempt *attempt, size_t start, size_t count)
{
    size_t rest = attempt->len - start - count;
    memcpy(attempt->trial, attempt->steps, start * sizeof *attempt->trial);
    memcpy(attempt->trial + start, attempt->steps + start + count, rest * sizeof *attempt->trial);
    if (!fails(attempt, attempt->trial, attempt->len - count)) return false;
    attempt->len -= count;
    memcpy(attempt->steps, attempt->trial, attempt->len * sizeof *attempt->trial);
    return true;
}

static void shrink_commands(struct attempt *attempt)
{
    for (size_t size = attempt->len / 2; size > 0 && in_time(attempt);) {
        bool dropped = false;
        for (size_t start = 0; start + size <= attempt->len && attempt->len > size;) {
            if (drop_commands(attempt, start, size)) {
                dropped = true;
            } else {
                start += size;
            }
        }
        if (size > 1 || !dropped) size /= 2;
    }
}

static void shrink_way(struct attempt *attempt)
{
    if (!attempt->way->plain) {
        attempt->way->plain = true;
        if (!fails(attempt, attempt->steps, attempt->len)) attempt->way->plain = false;
    }
    memcpy(attempt->trial, attempt->steps, attempt->len * sizeof *attempt->trial);
    for (size_t i = 0; i < attempt->len; i++) attempt->trial[i].connection = 0;
    if (!fails(attempt, attempt->trial, attempt->len)) return;
    memcpy(attempt->steps, attempt->trial, attempt->len * sizeof *attempt->trial);
}

static void drop_argument(struct attempt *attempt, struct step *step, size_t at)
{
    struct slice dropped = step->argv[at];
    size_t behind = step->argc - at - 1;
    memmove(step->argv + at, step->argv + at + 1, behind * sizeof *step->argv);
    step->argc--;
    if (fails(attempt, attempt->steps, attempt->len)) return;
    memmove(step->argv + at + 1, step->argv + at, behind * sizeof *step->argv);
    step->argv[at] = dropped;
    step->argc++;
}

static void shorten_argument(struct attempt *attempt, struct slice *argument)
{
    while (argument->len > 1 && in_time(attempt)) {
        size_t before = argument->len;
        argument->len = before / 2;
        if (fails(attempt, attempt->steps, attempt->len)) continue;
        argument->len = before;
        return;
    }
}

static void shrink_arguments(struct attempt *attempt)
{
    for (size_t i = 0; i < attempt->len; i++) {
        struct step *step = &attempt->steps[i];
        for (size_t at = step->argc - 1; at > 0; at--) drop_argument(attempt, step, at);
        for (size_t at = 1; at < step->argc; at++) {
            if (step->argv[at].len > 16) shorten_argument(attempt, &step->argv[at]);
        }
    }
}

void shrink(const struct duel *duel, struct step *steps, size_t *len, struct duel_way *way, int budget_ms)
{
    struct attempt attempt = { .duel = duel,
                               .steps = steps,
                               .len = *len,
                               .way = way,
                               .deadline_ms = pace_now_ms() + (int64_t)budget_ms * PACE,
                               .trial = alloc_bytes(*len * sizeof *steps) };
    cut_tail(&attempt);
    shrink_way(&attempt);
    shrink_commands(&attempt);
    shrink_way(&attempt);
    shrink_arguments(&attempt);
    shrink_commands(&attempt);
    *len = attempt.len;
    alloc_free(attempt.trial);
}
