#include "tests/differential/compare/shrink.h"

#include <string.h>

#include "proto/base/alloc.h"
#include "tests/differential/generate/stream.h"
#include "tests/support/pace.h"

static bool in_time(const struct shrinker *shrinker)
{
    return pace_now_ms() < shrinker->deadline_ms;
}

bool shrinker_fails(const struct shrinker *shrinker, const struct step *steps, size_t len)
{
    size_t failed;
    return in_time(shrinker) && !shrinker->play(shrinker->context, steps, len, &failed);
}

void shrinker_init(struct shrinker *shrinker)
{
    size_t failed;
    shrinker->deadline_ms = pace_now_ms() + (int64_t)shrinker->budget_ms * PACE;
    shrinker->trial = alloc_bytes(shrinker->len * sizeof *shrinker->steps);
    if (shrinker->play(shrinker->context, shrinker->steps, shrinker->len, &failed)) return;
    if (failed + 1 < shrinker->len && shrinker_fails(shrinker, shrinker->steps, failed + 1))
        shrinker->len = failed + 1;
}

void shrinker_clear(struct shrinker *shrinker)
{
    alloc_free(shrinker->trial);
    shrinker->trial = NULL;
}

static bool drop_commands(struct shrinker *shrinker, size_t start, size_t count)
{
    size_t rest = shrinker->len - start - count;
    memcpy(shrinker->trial, shrinker->steps, start * sizeof *shrinker->trial);
    memcpy(shrinker->trial + start, shrinker->steps + start + count, rest * sizeof *shrinker->trial);
    if (!shrinker_fails(shrinker, shrinker->trial, shrinker->len - count)) return false;
    shrinker->len -= count;
    memcpy(shrinker->steps, shrinker->trial, shrinker->len * sizeof *shrinker->trial);
    return true;
}

void shrink_commands(struct shrinker *shrinker)
{
    for (size_t size = shrinker->len / 2; size > 0 && in_time(shrinker);) {
        bool dropped = false;
        for (size_t start = 0; start + size <= shrinker->len && shrinker->len > size;) {
            if (drop_commands(shrinker, start, size)) {
                dropped = true;
            } else {
                start += size;
            }
        }
        if (size > 1 || !dropped) size /= 2;
    }
}

void shrink_all(struct shrinker *shrinker, void (*change)(struct step *step))
{
    memcpy(shrinker->trial, shrinker->steps, shrinker->len * sizeof *shrinker->trial);
    for (size_t i = 0; i < shrinker->len; i++) change(&shrinker->trial[i]);
    if (!shrinker_fails(shrinker, shrinker->trial, shrinker->len)) return;
    memcpy(shrinker->steps, shrinker->trial, shrinker->len * sizeof *shrinker->trial);
}

static void drop_argument(struct shrinker *shrinker, struct step *step, size_t at)
{
    struct slice dropped = step->argv[at];
    size_t behind = step->argc - at - 1;
    memmove(step->argv + at, step->argv + at + 1, behind * sizeof *step->argv);
    step->argc--;
    if (shrinker_fails(shrinker, shrinker->steps, shrinker->len)) return;
    memmove(step->argv + at + 1, step->argv + at, behind * sizeof *step->argv);
    step->argv[at] = dropped;
    step->argc++;
}

static void shorten_argument(struct shrinker *shrinker, struct slice *argument)
{
    while (argument->len > 1 && in_time(shrinker)) {
        size_t before = argument->len;
        argument->len = before / 2;
        if (shrinker_fails(shrinker, shrinker->steps, shrinker->len)) continue;
        argument->len = before;
        return;
    }
}

void shrink_arguments(struct shrinker *shrinker)
{
    for (size_t i = 0; i < shrinker->len; i++) {
        struct step *step = &shrinker->steps[i];
        for (size_t at = step->argc - 1; at > 0; at--) drop_argument(shrinker, step, at);
        for (size_t at = 1; at < step->argc; at++) {
            if (step->argv[at].len > 16) shorten_argument(shrinker, &step->argv[at]);
        }
    }
}
