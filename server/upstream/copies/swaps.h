/*
 * swaps.h - whether databases were exchanged, which nobody is told of.
 *
 * SWAPDB invalidates nothing, and a script or a transaction of ours may contain it. But the upstream counts
 * its calls, so it is asked for the count: behind every reply that may follow from one, in the place of the
 * barrier's PING. A count can be set back (CONFIG RESETSTAT); so two more are looked at: how often that was
 * done, and how often this question was asked, which must have grown.
 *
 * LATENCY HISTOGRAM tells counts of single commands; where it cannot be had, INFO commandstats does.
 *
 * Threads: loop 0.
 */
#ifndef SERVER_UPSTREAM_COPIES_SWAPS_H
#define SERVER_UPSTREAM_COPIES_SWAPS_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/slice.h"

struct upstream;

/* All zero: nothing is known. */
struct swaps {
    bool by_statistics; /* LATENCY HISTOGRAM does not tell */
    bool known;
    int64_t swaps;
    int64_t resets;
    int64_t questions;
};

/* A new link. */
void swaps_begin(struct swaps *swaps, struct upstream *upstream);
/* The question, as bytes. */
struct slice swaps_question(const struct swaps *swaps);
/* False: none since the last answer. */
bool swaps_happened(struct swaps *swaps, struct slice answer);

#endif
