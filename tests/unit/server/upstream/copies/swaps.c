#include "server/upstream/copies/swaps.h"

#include <criterion/criterion.h>
#include <stdio.h>

static char text[512];

static struct slice histograms(int swaps, int resets, int questions)
{
    int len = snprintf(text, sizeof text,
                       "%%3\r\n$6\r\nswapdb\r\n%%1\r\n$5\r\ncalls\r\n:%d\r\n$16\r\nconfig|resetstat\r\n%%"
                       "1\r\n$5\r\ncalls\r\n:%d"
                       "\r\n$17\r\nlatency|histogram\r\n%%1\r\n$5\r\ncalls\r\n:%d\r\n",
                       swaps, resets, questions);
    return slice_of(text, (size_t)len);
}

static struct slice statistics(int swaps, int resets, int questions)
{
    int len =
        snprintf(text, sizeof text,
                 "$100\r\ncmdstat_swapdb:calls=%d,usec=1\r\ncmdstat_config|resetstat:calls=%d,usec=1\r\n"
                 "cmdstat_info:calls=%d,usec=3\r\n",
                 swaps, resets, questions);
    return slice_of(text, (size_t)len);
}

/* B2 */
Test(swaps, are_seen_by_their_count)
{
    struct swaps swaps = { 0 };
    cr_expect(swaps_happened(&swaps, histograms(0, 0, 0)));
    cr_expect_not(swaps_happened(&swaps, histograms(0, 0, 1)));
    cr_expect(swaps_happened(&swaps, histograms(1, 0, 2)));
    cr_expect_not(swaps_happened(&swaps, histograms(1, 0, 3)));
    cr_expect_not(swaps.by_statistics);
}

/* B2: a count that was set back tells nothing. */
Test(swaps, may_hide_behind_counts_that_were_set_back)
{
    struct swaps swaps = { .by_statistics = true };
    swaps_happened(&swaps, statistics(0, 0, 5));
    cr_expect_not(swaps_happened(&swaps, statistics(0, 0, 6)));
    cr_expect(swaps_happened(&swaps, statistics(0, 1, 7)));
    cr_expect(swaps_happened(&swaps, statistics(0, 1, 1)));
    cr_expect_not(swaps_happened(&swaps, statistics(0, 1, 2)));
}

/* B2 */
Test(swaps, are_asked_for_another_way_where_histograms_do_not_tell)
{
    struct swaps swaps = { 0 };
    swaps_happened(&swaps, histograms(0, 0, 0));
    cr_expect(swaps_happened(&swaps, histograms(0, 0, 0)));
    cr_expect(swaps.by_statistics);
    cr_expect(swaps_happened(&swaps, statistics(0, 0, 5)));
    cr_expect_not(swaps_happened(&swaps, statistics(0, 0, 6)));
    cr_expect(swaps_happened(&swaps, SLICE("-ERR\r\n")));
    struct swaps old = { 0 };
    cr_expect(swaps_happened(&old, SLICE("-ERR unknown subcommand\r\n")));
    cr_expect(old.by_statistics);
}
