/*
 * shrink.h - makes a failing sequence of steps as short as it can be made while it still fails.
 *
 * Whole commands go by delta debugging: halves, quarters, ... single ones; then arguments, then long
 * arguments become short. What else can be made simpler its caller knows, and tries in between with
 * shrinker_fails().
 *
 *     struct shrinker shrinker = { .play = play, .context = ..., .steps = steps, .len = len, .budget_ms =
 * 20000 }; shrinker_init(&shrinker); shrink_commands(&shrinker); shrink_arguments(&shrinker);
 *     shrinker_clear(&shrinker);          what is left is in `steps` and `len`
 */
#ifndef TESTS_DIFFERENTIAL_COMPARE_SHRINK_H
#define TESTS_DIFFERENTIAL_COMPARE_SHRINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct step;

struct shrinker {
    /* True: all replies agree. Otherwise `*failed` is the step whose replies did not. */
    bool (*play)(void *context, const struct step *steps, size_t len, size_t *failed);
    void *context;
    struct step *steps; /* the caller's, changed in place */
    size_t len;
    int budget_ms; /* how long it may take, stretched by PACE */

    int64_t deadline_ms;
    struct step *trial; /* room for a shorter sequence */
};

/* Drops what follows the difference, which cannot be its cause. */
void shrinker_init(struct shrinker *shrinker);
void shrinker_clear(struct shrinker *shrinker);

/* False also when the time is up. */
bool shrinker_fails(const struct shrinker *shrinker, const struct step *steps, size_t len);

void shrink_commands(struct shrinker *shrinker);
void shrink_arguments(struct shrinker *shrinker);

/* Let `change` alter every step at once; kept if it still fails. */
void shrink_all(struct shrinker *shrinker, void (*change)(struct step *step));

#endif
