#include "server/commands/string/subsequence.h"

#include <stdint.h>
#include <stdlib.h>

#include "proto/base/alloc.h"
#include "proto/base/array.h"
#include "proto/base/contract.h"

/* For each pair of prefixes: is it better to shorten `a`? */
struct directions {
    uint64_t *bits;
    size_t width;
};

static bool shortens_a(const struct directions *directions, size_t a_len, size_t b_len)
{
    size_t at = (a_len - 1) * directions->width + b_len - 1;
    return directions->bits[at / 64] >> at % 64 & 1;
}

static void set_shortens_a(struct directions *directions, size_t a_len, size_t b_len)
{
    size_t at = (a_len - 1) * directions->width + b_len - 1;
    directions->bits[at / 64] |= UINT64_C(1) << at % 64;
}

/* `lengths` holds b.len + 1 zeros; afterwards, for each prefix of `b`, its longest length with all of `a`. */
static void measure(struct directions *directions, uint32_t *lengths, struct slice a, struct slice b)
{
    for (size_t i = 1; i <= a.len; i++) {
        uint32_t diagonal = 0; /* of both strings shortened */
        for (size_t j = 1; j <= b.len; j++) {
            uint32_t without_a = lengths[j];
            uint32_t without_b = lengths[j - 1];
            if (a.data[i - 1] == b.data[j - 1]) {
                lengths[j] = diagonal + 1;
            } else if (without_a > without_b) {
                set_shortens_a(directions, i, j);
            } else {
                lengths[j] = without_b;
            }
            diagonal = without_a;
        }
    }
}

static struct subsequence_run *add_run(struct subsequence *subsequence, size_t in_a, size_t in_b)
{
    ARRAY_RESERVE(subsequence->runs, subsequence->run_count, subsequence->run_cap, 16);
    struct subsequence_run *run = &subsequence->runs[subsequence->run_count++];
    *run = (struct subsequence_run){ .in_a = in_a, .in_b = in_b };
    return run;
}

static void walk_back(struct subsequence *subsequence, const struct directions *directions, struct slice a,
                      struct slice b)
{
    size_t i = a.len;
    size_t j = b.len;
    while (i > 0 && j > 0) {
        if (a.data[i - 1] != b.data[j - 1]) {
            *(shortens_a(directions, i, j) ? &i : &j) -= 1;
            continue;
        }
        struct subsequence_run *run = add_run(subsequence, i, j);
        while (i > 0 && j > 0 && a.data[i - 1] == b.data[j - 1]) {
            run->in_a = --i;
            run->in_b = --j;
            run->len++;
        }
    }
}

bool subsequence_init(struct subsequence *subsequence, struct slice a, struct slice b)
{
    REQUIRE(a.len < UINT32_MAX && b.len < UINT32_MAX);

    /* Not alloc.h's, which would end the process: a peer chose these sizes. */
    struct directions directions = { .width = b.len };
    directions.bits = (uint64_t *)calloc(a.len * b.len / 64 + 1, sizeof *directions.bits);
    uint32_t *lengths = (uint32_t *)calloc(b.len + 1, sizeof *lengths);
    bool enough = directions.bits != NULL && lengths != NULL;

    *subsequence = (struct subsequence){ 0 };
    if (enough) {
        measure(&directions, lengths, a, b);
        subsequence->len = lengths[b.len];
        walk_back(subsequence, &directions, a, b);
    }
    free(lengths);
    free(directions.bits);
    return enough;
}

void subsequence_clear(struct subsequence *subsequence)
{
    alloc_free(subsequence->runs);
    *subsequence = (struct subsequence){ 0 };
}
